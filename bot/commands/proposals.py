"""`/mirror add` in a chat, and `start`: what a mirror would be is shown to the admin, and begun at their word."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bot import previews
from bot.commands import mirrors
from bot.commands.channels import OWN, Named, makes, meant
from bot.commands.desk import Desk
from bot.commands.finding import Located
from bot.commands.looking import Seen, look
from bot.commands.mirrors import BACKFILL, LAYOUTS, REPLIES, WHOLE
from bot.commands.options import own
from bot.commands.words import linked, numeral, said, span, spelled
from bot.errors import Forbidden, Gone, ThreadlineError
from bot.examining import lacking
from bot.lanes import OpenForum
from bot.model import Answer, Caller, Command, Offer, Parameter, Target, TargetKind
from bot.rendering import sketch
from bot.store.proposals import Heard, begun, heard, keep_proposal, proposal
from bot.texts import say

SHOWN = 3
"""Posts that are shown as they will appear."""
LINES, LONGEST = 7, 160
"""Lines of such a post, and characters of a line."""


class Wish(msgspec.Struct, frozen=True):
    """What was found out about a mirror that is proposed, and how it was asked for."""

    address: str
    target: Target
    into: str
    posts: int
    values: dict[str, str]
    """The options as they were given."""


async def propose(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Show what a mirror of an address would be, and offer to begin it."""
    into = mirrors.destination(caller, values)  # what is wrong with it is said before anybody is asked
    opened, address = await desk.sought(values["address"])

    def check(target: Target) -> None:
        mirrors.whole_at_first(target, values.get("backfill", ""))
        if not target.public:
            mirrors.check_private(caller, opened.name, target, values.get("private", ""))

    there = await _channel(desk, caller, into)
    place: Heard | None = None
    if there is not None:
        whose = (there.native, caller.community, there.inside)
        place = await desk.store.read(heard, there.chat, there.channel, *whose)
        if place.owner != caller.community and not caller.operator:
            raise Forbidden(say("mirrors.others_channel", channel=into))
    seen = await look(desk, opened, address, check)
    layout = values.get("layout", seen.layout.value)
    given = {name: value for name, value in values.items() if name not in ("address", "into")} | {"layout": layout}
    wish = Wish(address, seen.target, into, seen.posts, given)
    kept = msgspec.json.encode(wish).decode()
    number = await desk.store.write(keep_proposal, caller.community, caller.person, kept, desk.clock.now())
    lines = [*_what(opened, seen), *await _where(desk, there, place, into), *_how(layout, seen, values), *_last(seen)]
    data: dict[str, object] = {"proposal": number, "layout": layout, "daily": seen.daily, "pause": seen.pause}
    return Answer("\n".join(lines), data, offers=_offers(caller, number, layout, seen.target, values, place))


async def _channel(desk: Desk, caller: Caller, into: str) -> Named | None:
    """The channel that a mirror would go into; None where it has to be made, and raises what says that it will not."""
    here = caller.where is not None and into == f"{caller.chat}:{caller.where.channel}"
    if into.rpartition("/")[2].rpartition(":")[2] != OWN:
        try:
            return await meant(desk, caller, "" if here else into)
        except Gone as missing:
            gone = missing
    else:
        gone = Gone(say("mirrors.several_communities", chat=caller.chat))
    if not await makes(desk, caller, into.partition(":")[0]):
        raise gone
    return None


def _what(opened: OpenForum, seen: Seen) -> list[str]:
    """What it is, how soon its posts are here, how many there are, what cannot be had."""
    target = seen.target
    title = linked(target.title or target.key, target.link)
    forum, engine = said(opened.name), said(opened.adapter)
    if target.kind is TargetKind.BOARD:
        lines = [say("mirrors.a_board", title=title, forum=forum, engine=engine)]
    else:
        lines = [say("mirrors.a_thread", title=title, forum=forum, engine=engine)]
    path = next((page.thread.board.path for page in seen.pages if page.thread.board is not None), ())
    if len(path) > 1:
        lines[0] += f" ({said(' › '.join(path))})"
    pause, half = span(seen.pause), span(seen.pause // 2)
    lines.append(say("mirrors.pushed", pause=pause) if seen.pushes else say("mirrors.polled", pause=pause, half=half))
    if seen.daily is None:
        lines.append(say("mirrors.daily_unknown"))
    elif seen.daily < 1:
        lines.append(say("mirrors.daily_few"))
    else:
        lines.append(say("mirrors.daily", round(seen.daily)))
    lines += [say("mirrors.lacking", what=said(lack)) for lack in target.lacks]
    return lines


async def _where(desk: Desk, there: Named | None, place: Heard | None, into: str) -> list[str]:
    """Where it goes, and what stands in the way there."""
    if there is None:
        return [say("mirrors.into_new", chat=into.partition(":")[0])]
    lines = [say("mirrors.into", channel=f"{there.chat}:{said(there.label)}")]
    lines += [f"⚠ {line}" for line in await lacking(await desk.chat(there.chat), there.channel)]
    if place is None or not place.notices:
        lines.append(say("mirrors.no_notices"))
    return lines


def _how(layout: str, seen: Seen, values: Mapping[str, str]) -> list[str]:
    """The layout that is proposed, and why."""
    if "layout" in values:
        return [say("mirrors.layout_given", layout=layout)]
    if seen.busy:
        return [say("mirrors.layout_cards")]
    return [say("mirrors.layout_stream") if seen.flat and layout == "stream" else say("mirrors.layout_threads")]


def _last(seen: Seen) -> list[str]:
    """The newest posts that were seen, as they will appear."""
    newest = {(page.thread.key, post.key) for page, post in seen.newest[-SHOWN:]}
    cards = [
        card for page in seen.pages for post, card in previews.carded(page) if (page.thread.key, post.key) in newest
    ]
    if not cards:
        return [say("mirrors.none_seen")]
    lines = ["", say("mirrors.as_shown")]
    for card in cards:
        rows = [line for line in sketch(card).splitlines() if line.strip()]
        lines += [f"> {said(line, LONGEST)}" for line in rows[:LINES]]
        lines += ["> …"] if len(rows) > LINES else []
        lines.append("")
    return lines[:-1]


def _offers(
    caller: Caller, number: int, layout: str, target: Target, values: Mapping[str, str], place: Heard | None
) -> tuple[Offer, ...]:
    """What can be said to it by a press."""
    start = ("start", str(number))
    offers = [Offer(say("mirrors.start"), "mirror", start)]
    if "layout" not in values:
        others = [one for one in LAYOUTS if one != layout]
        offers += [Offer(say("mirrors.start_as", layout=one), "mirror", (*start, "--layout", one)) for one in others]
    if "backfill" not in values:
        some = [word for word in WHOLE if word != "1"] if target.kind is TargetKind.BOARD else ["none"]
        offers += [Offer(_older(word), "mirror", (*start, "--backfill", word)) for word in some]
    if caller.where is not None and (place is None or not place.notices):
        offers.append(Offer(say("mirrors.tell_here"), "mirror", ("notices",)))
    return tuple(offers)


def _older(word: str) -> str:
    if word == "none":
        return say("mirrors.start_none")
    return say("mirrors.start_all") if word == "all" else say("mirrors.start_some", number=word)


async def do_start(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Begin a mirror as it was shown, or with another layout and more or less of what was there before."""
    number = numeral(values["proposal"])
    if number is None:
        raise ThreadlineError(say("mirrors.no_proposal", word=said(values["proposal"]), add=spelled(caller, "add")))
    kept = await desk.store.read(proposal, number, own(caller), desk.clock.now())
    wish = msgspec.json.decode(kept.what, type=Wish)
    opened, _ = await desk.sought(wish.address)
    given = wish.values | {name: value for name, value in values.items() if name != "proposal"}
    caller = msgspec.structs.replace(caller, community=kept.community)
    answer = await mirrors.mirror(desk, caller, opened, Located(wish.target, wish.posts), wish.into, given)
    await desk.store.write(begun, number)
    return answer


COMMANDS = [
    (
        Command(
            "mirror",
            "start",
            "help.mirror_start",
            (
                Parameter("proposal", "help.mirror_start_proposal"),
                Parameter("layout", "help.mirror_add_layout", required=False, option=True, choices=LAYOUTS),
                Parameter("replies", "help.mirror_add_replies", required=False, option=True, choices=REPLIES),
                BACKFILL,
            ),
        ),
        do_start,
    ),
]
