"""`/mirror status` and `why`."""

from __future__ import annotations

from contextlib import suppress

import msgspec

from bot.commands.desk import Desk
from bot.commands.sources import told_of, told_short
from bot.commands.words import count, mebibytes, span
from bot.errors import NotFound, ThreadlineError
from bot.media.cache import Held
from bot.model import Answer, Caller, Command, Parameter
from bot.offers import HELD
from bot.ports import AcceptsPosts, NamesThreads
from bot.store.choosing import FLOOD, open_floods
from bot.store.counting import shorts
from bot.store.early import kept_waiting
from bot.store.inbox import skipped
from bot.store.meaning import MOST, Found, by_key, by_message, by_name, chats, damages, in_thread
from bot.store.notices import UNTOLD, open_notices, untold
from bot.store.obstacles import later, moment
from bot.store.report import status
from bot.store.story import story

NAMES = "its address, by `#n`, or by the message that shows it"
"""How a post is named."""

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
        f"{count(state.mirrors, 'mirror')}, {count(state.boards, 'board')}, {count(state.threads, 'thread')}, "
        f"{count(state.posts, 'post')}",
        "deliveries: " + ", ".join(f"{number} {name}" for name, number in state.deliveries.items()),
    ]
    if state.replies:
        lines.append("replies: " + ", ".join(f"{number} {fate}" for fate, number in sorted(state.replies.items())))
    if owed and state.oldest_owed is not None:
        lines.append(f"the oldest that is owed waits for {span(now - state.oldest_owed)}")
    early = await desk.store.read(kept_waiting, community)
    for place, number, since in early:
        about = "wait until it is recorded what they may answer"
        lines.append(f"{place}: {count(number, 'message')} {about}, for {span(now - since)}")
    for place, why in state.paused:
        lines.append(f"paused: {place}: {why}")
    delayed = await desk.store.read(later, community, now)
    for place, number, until, mirror in delayed:
        about = f"{count(number, 'post')} {'waits' if number == 1 else 'wait'} until {moment(until)} at the latest"
        lines.append(f"{place}: {about} (delay of mirror {mirror})")
    floods = await desk.store.read(open_floods, community)
    lines += [f"{flood.what} came at once, {span(now - flood.since)} ago." for flood in floods]
    for source in state.sources:
        lines.append(told_of(source, now))
    short = await desk.store.read(shorts, community, now)
    lines += map(told_short, short)
    for about, text, since in wrong:
        if about.startswith(FLOOD):
            continue  # what waits stands above, as it is now
        lines.append(f"since {span(now - since)}: {text} ({about})")
    lines += [f"{chat}: {UNTOLD}" for chat in unheard]
    # An event that could not be taken in is not known to be of any community.
    lost = await desk.store.read(skipped) if caller.operator else []
    lines += [f"{chat}: {count(number, 'event')} could not be taken in; the log says why" for chat, number in lost]
    remarks = desk.remarks() if caller.operator else {}
    lines += [f"{chat}: {remark}" for chat, said in remarks.items() for remark in said]
    if state.deliveries["held"]:
        lines.append(f"{state.deliveries['held']} held")
    # One cache serves all communities; what one of them looks at is no other's business.
    media = await desk.held_media() if caller.operator else Held()
    if media.files:
        lines.append(f"images and files: {media.files} kept, {mebibytes(media.bytes)} of {mebibytes(media.limit)}")
    data = msgspec.to_builtins(state) | {
        "notices": [[about, text, since] for about, text, since in wrong],
        "delayed": [[place, number, until, mirror] for place, number, until, mirror in delayed],
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
    return Answer("\n".join(lines), data, offers=(HELD,) if waits else ())


async def why(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Every stage of a post or of a chat user's reply, with reasons."""
    community = None if caller.operator else caller.community
    words = values["post"].strip()
    if not words:
        raise ThreadlineError(f"say which post is meant: {NAMES}")
    found = (
        await desk.store.read(by_name, words, community)
        or await _in_chats(desk, words, community)
        or await _in_forums(desk, words, community)
    )
    if not found:
        raise NotFound(await _not_found(desk, words, community))
    stories = [await desk.store.read(story, one, community, desk.clock.now()) for one in found]
    lines: list[str] = []
    for told in stories:
        lines.append(f"{told.number} {told.title}".strip() + (f" <{told.link}>" if told.link else ""))
        lines += [f"- {_moment(stage.at)}{stage.text}" for stage in told.stages]
    if len(found) >= MOST:
        lines.append(f"There may be more that go by `{words}`; an address names one alone.")
    return Answer("\n".join(lines), {"stories": [msgspec.to_builtins(told) for told in stories]})


async def _in_chats(desk: Desk, words: str, community: int | None) -> list[Found]:
    """What the chats understand by a link: one of their messages."""
    for name in await desk.store.read(chats, community):
        try:
            message = (await desk.chat(name)).named(words)
        except ThreadlineError:  # not one of its messages, or a chat that is not configured any more
            continue
        found = await desk.store.read(by_message, name, message, community)
        if found:
            return found
    return []


async def _in_forums(desk: Desk, words: str, community: int | None) -> list[Found]:
    """What the forum of an address understands by it: one of its posts, or a thread; without asking the forum."""
    try:
        opened = await desk.forum_for(words)
    except ThreadlineError:  # no address of any forum
        return []
    found: list[Found] = []
    if isinstance(opened.forum, AcceptsPosts):
        with suppress(ThreadlineError):
            post = opened.forum.named(words)
            found = await desk.store.read(by_key, opened.name, post, community)
    if not found and isinstance(opened.forum, NamesThreads):
        with suppress(ThreadlineError):
            thread = opened.forum.thread_named(words)
            found = await desk.store.read(in_thread, opened.name, thread, words.partition("#")[2], community)
    return found


async def _not_found(desk: Desk, words: str, community: int | None) -> str:
    text = f"no post here goes by `{words}`; name it by {NAMES}"
    broken = await desk.store.read(damages, community)
    if broken:
        text += f". Items that could not be parsed go by their keys: {', '.join(f'`{key}`' for key in broken[:SOME])}"
    return text


def _moment(at: int | None) -> str:
    return "" if at is None else f"{moment(at)}: "


COMMANDS = [
    (Command("mirror", "status", "how everything goes"), show_status),
    (
        Command(
            "mirror",
            "why",
            "what became of a post, and why",
            (Parameter("post", "its address, `#n`, or the message that shows it"),),
        ),
        why,
    ),
]
