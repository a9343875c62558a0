"""`/mirror filter` and `delay`: what a mirror shows, when, and how much of a post."""

from __future__ import annotations

import msgspec

from bot.commands.desk import Desk
from bot.commands.words import numeral, spelled
from bot.errors import NotFound, ThreadlineError
from bot.model import Answer, Caller, Command, Parameter
from bot.options import Given, applied, given, in_words, lasting
from bot.store.options import set_options
from bot.store.places import Mirror, one_mirror

POSTS = ("all", "ops")

FILTERS = tuple(
    Parameter(name, help, required=False, option=True, choices=choices)
    for name, help, choices in (
        ("words", "show threads whose OP holds one of these, between commas; `*` ends a word in any way", ()),
        ("not-words", "leave out what holds one of these", ()),
        ("authors", "show threads that these people began", ()),
        ("not-authors", "leave out what these people write", ()),
        ("tags", "show threads with one of these tags", ()),
        ("not-tags", "leave out threads with one of these tags", ()),
        ("posts", "all, or ops: no replies", POSTS),
        ("max-length", "characters of a post that are shown; 0 shows it whole", ()),
    )
)
DELAY = Parameter("delay", "how long new posts wait, such as 10m", required=False, option=True)

MIRROR = Parameter("mirror", "its number in `list`", suggested=True)


def mirror_number(caller: Caller, word: str) -> int:
    """The number of a mirror that a word writes; raises `ThreadlineError` for any other word."""
    number = numeral(word)
    if number is None:
        raise ThreadlineError(f"`{word}` is no mirror's number; {spelled(caller, 'list')} shows them")
    return number


def own(caller: Caller) -> int | None:
    """The community whose mirrors a caller may name; None for all."""
    return None if caller.operator else caller.community


async def known(desk: Desk, caller: Caller, number: int) -> Mirror:
    """A mirror of the caller's; raises `NotFound` saying how to look which there are."""
    try:
        return await desk.store.read(one_mirror, number, own(caller))
    except NotFound as error:
        raise NotFound(f"{error}; {spelled(caller, 'list')} shows which there are") from None


async def change(desk: Desk, caller: Caller, number: int, new: Given) -> Mirror:
    """Give a mirror what was given of its options, and leave the others; the mirror as it is then."""
    options = applied(new, (await known(desk, caller, number)).options)
    return await desk.store.write(set_options, number, options, own(caller), caller.person, desk.clock.now())


async def do_filter(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Show or change what a mirror leaves out."""
    number, new = mirror_number(caller, values["mirror"]), given(values)
    mirror = await change(desk, caller, number, new)
    desk.wake()
    told = "; ".join(in_words(mirror.options)) or "everything is shown"
    return Answer(f"Mirror {number}: {told}.", {"mirror": number, "options": msgspec.to_builtins(mirror.options)})


async def do_delay(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Let new posts wait before a mirror shows them."""
    number = mirror_number(caller, values["mirror"])
    mirror = await change(desk, caller, number, Given(delay=values["time"]))
    desk.wake()
    delay = mirror.options.delay
    told = f"new posts are shown after {lasting(delay)}" if delay else "new posts are shown at once"
    return Answer(f"Mirror {number}: {told}.", {"mirror": number, "delay": delay})


COMMANDS = [
    (Command("mirror", "filter", "show or change what a mirror leaves out", (MIRROR, *FILTERS)), do_filter),
    (
        Command(
            "mirror",
            "delay",
            "let new posts wait: what is deleted meanwhile is never shown",
            (MIRROR, Parameter("time", "such as 90s, 10m or 2h; 0 for none")),
        ),
        do_delay,
    ),
]
