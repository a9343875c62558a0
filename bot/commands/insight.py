"""`/mirror status` and `why`."""

from __future__ import annotations

import msgspec

from bot.commands.desk import Desk
from bot.commands.posts import named
from bot.commands.sources import told_of, told_short
from bot.commands.words import mebibytes, span
from bot.errors import NotFound, ThreadlineError
from bot.media.cache import Held
from bot.model import Answer, Caller, Command, Parameter
from bot.offers import to_held
from bot.store.choosing import FLOOD, open_floods
from bot.store.counting import shorts
from bot.store.early import kept_waiting
from bot.store.inbox import skipped
from bot.store.meaning import MOST, damages
from bot.store.notices import open_notices, untold
from bot.store.obstacles import later, moment
from bot.store.pausing import pausing
from bot.store.report import status
from bot.store.story import story
from bot.texts import say

SOME = 5
"""Keys of items that could not be parsed that are named at once."""


async def show_status(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """How everything goes."""
    community = None if caller.operator else caller.community
    state = await desk.store.read(status, community)
    wrong = await desk.store.read(open_notices, community)
    unheard = await desk.store.read(untold, community)
    now = desk.clock.now()
    owed = state.deliveries["pending"] + state.deliveries["sending"]
    lines = [desk.store.trouble] if desk.store.trouble else []
    lines += [
        ", ".join(
            (
                say("words.mirrors", state.mirrors),
                say("words.boards", state.boards),
                say("words.threads", state.threads),
                say("words.posts", state.posts),
            )
        ),
        say("status.deliveries", states=", ".join(f"{number} {name}" for name, number in state.deliveries.items())),
    ]
    if state.replies:
        fates = ", ".join(f"{number} {fate}" for fate, number in sorted(state.replies.items()))
        lines.append(say("status.replies", fates=fates))
    if owed and state.oldest_owed is not None:
        lines.append(say("status.oldest", since=span(now - state.oldest_owed)))
    early = await desk.store.read(kept_waiting, community)
    lines += [say("status.early", number, place=place, since=span(now - since)) for place, number, since in early]
    lines += [say("status.paused", place=place, why=why) for place, why in state.paused]
    waiting = await desk.store.read(pausing, community)
    for one in waiting:
        text = say("mirrors.status_paused", mirror=one.mirror, of=one.of, place=one.place, ago=span(now - one.since))
        lines.append(f"{text}; {say('mirrors.posts_wait', one.posts)}" if one.posts else text)
    delayed = await desk.store.read(later, community, now)
    for place, number, until, mirror in delayed:
        lines.append(say("status.delayed", number, place=place, until=moment(until), mirror=mirror))
    floods = await desk.store.read(open_floods, community)
    lines += [say("held.flood", what=flood.what, since=span(now - flood.since)) for flood in floods]
    for source in state.sources:
        lines.append(told_of(source, now))
    short = await desk.store.read(shorts, community, now)
    lines += map(told_short, short)
    for about, text, since in wrong:
        if about.startswith(FLOOD):
            continue  # what waits stands above, as it is now
        lines.append(say("status.wrong", since=span(now - since), text=text, about=about))
    lines += [f"{chat}: {say('notices.untold')}" for chat in unheard]
    # An event that could not be taken in is not known to be of any community.
    lost = await desk.store.read(skipped) if caller.operator else []
    lines += [say("status.skipped", number, chat=chat) for chat, number in lost]
    remarks = desk.remarks() if caller.operator else {}
    lines += [f"{chat}: {remark}" for chat, said in remarks.items() for remark in said]
    if state.deliveries["held"]:
        lines.append(say("status.held", number=state.deliveries["held"]))
    # One cache serves all communities; what one of them looks at is no other's business.
    media = await desk.held_media() if caller.operator else Held()
    if media.files:
        kept, limit = mebibytes(media.bytes), mebibytes(media.limit)
        lines.append(say("status.media", files=media.files, kept=kept, limit=limit))
    data = msgspec.to_builtins(state) | {
        "notices": [[about, text, since] for about, text, since in wrong],
        "delayed": [[place, number, until, mirror] for place, number, until, mirror in delayed],
        "pausing": msgspec.to_builtins(waiting),
        "floods": msgspec.to_builtins(floods),
        "short": msgspec.to_builtins(short),
        "early": [[place, number, since] for place, number, since in early],
        "untold": unheard,
        "skipped": dict(lost),
        "remarks": remarks,
        "media": msgspec.to_builtins(media),
        "database": desk.store.trouble or "ok",
    }
    waits = state.deliveries["held"] or floods or any(source.losing for source in state.sources)
    return Answer("\n".join(lines), data, offers=(to_held(),) if waits else ())


async def why(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Every stage of a post or of a chat user's reply, with reasons."""
    community = None if caller.operator else caller.community
    words = values["post"].strip()
    if not words:
        raise ThreadlineError(say("why.which"))
    found = await named(desk, words, community)
    if not found:
        raise NotFound(await _not_found(desk, words, community))
    stories = [await desk.store.read(story, one, community, desk.clock.now()) for one in found]
    lines: list[str] = []
    for told in stories:
        lines.append(f"{told.number} {told.title}".strip() + (f" <{told.link}>" if told.link else ""))
        lines += [f"- {_moment(stage.at)}{stage.text}" for stage in told.stages]
    if len(found) >= MOST:
        lines.append(say("why.more", words=words))
    return Answer("\n".join(lines), {"stories": [msgspec.to_builtins(told) for told in stories]})


async def _not_found(desk: Desk, words: str, community: int | None) -> str:
    text = say("why.none", words=words)
    broken = await desk.store.read(damages, community)
    if broken:
        text += f". {say('why.damaged', keys=', '.join(f'`{key}`' for key in broken[:SOME]))}"
    return text


def _moment(at: int | None) -> str:
    return "" if at is None else f"{moment(at)}: "


COMMANDS = [
    (Command("mirror", "status", "help.mirror_status"), show_status),
    (
        Command(
            "mirror",
            "why",
            "help.mirror_why",
            (Parameter("post", "help.mirror_why_post"),),
        ),
        why,
    ),
]
