"""`/mirror filter` and `delay`: what a mirror shows, when, and how much of a post."""

from __future__ import annotations

import msgspec

from bot.commands.desk import Desk
from bot.commands.words import numeral, spelled
from bot.errors import NotFound, ThreadlineError
from bot.model import Answer, Caller, Command, Parameter
from bot.options import Given, applied, given, in_words, lasting
from bot.store.mirrors import Mirror, one_mirror
from bot.store.options import set_options
from bot.texts import say

POSTS = ("all", "ops")

FILTERS = tuple(
    Parameter(name, help, required=False, option=True, choices=choices)
    for name, help, choices in (
        ("words", "help.words", ()),
        ("not-words", "help.not_words", ()),
        ("authors", "help.authors", ()),
        ("not-authors", "help.not_authors", ()),
        ("tags", "help.tags", ()),
        ("not-tags", "help.not_tags", ()),
        ("posts", "help.posts", POSTS),
        ("max-length", "help.max_length", ()),
    )
)
DELAY = Parameter("delay", "help.delay", required=False, option=True)

MIRROR = Parameter("mirror", "help.mirror", suggested=True)


def mirror_number(caller: Caller, word: str) -> int:
    """The number of a mirror that a word writes; raises `ThreadlineError` for any other word."""
    number = numeral(word)
    if number is None:
        raise ThreadlineError(say("mirrors.no_mirror", word=word, list=spelled(caller, "list")))
    return number


def own(caller: Caller) -> int | None:
    """The community whose mirrors a caller may name; None for all."""
    return None if caller.operator else caller.community


async def known(desk: Desk, caller: Caller, number: int) -> Mirror:
    """A mirror of the caller's; raises `NotFound` saying how to look which there are."""
    try:
        return await desk.store.read(one_mirror, number, own(caller))
    except NotFound as error:
        raise NotFound(say("mirrors.which_are_there", error=error, list=spelled(caller, "list"))) from None


async def change(desk: Desk, caller: Caller, number: int, new: Given) -> Mirror:
    """Give a mirror what was given of its options, and leave the others; the mirror as it is then."""
    options = applied(new, (await known(desk, caller, number)).options)
    return await desk.store.write(set_options, number, options, own(caller), caller.person, desk.clock.now())


async def do_filter(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Show or change what a mirror leaves out."""
    number, new = mirror_number(caller, values["mirror"]), given(values)
    mirror = await change(desk, caller, number, new)
    desk.wake()
    told = "; ".join(in_words(mirror.options)) or say("mirrors.everything")
    text = say("mirrors.options", mirror=number, options=told)
    return Answer(text, {"mirror": number, "options": msgspec.to_builtins(mirror.options)})


async def do_delay(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Let new posts wait before a mirror shows them."""
    number = mirror_number(caller, values["mirror"])
    mirror = await change(desk, caller, number, Given(delay=values["time"]))
    desk.wake()
    delay = mirror.options.delay
    told = say("mirrors.after", delay=lasting(delay)) if delay else say("mirrors.without_delay")
    return Answer(say("mirrors.options", mirror=number, options=told), {"mirror": number, "delay": delay})


COMMANDS = [
    (Command("mirror", "filter", "help.mirror_filter", (MIRROR, *FILTERS)), do_filter),
    (
        Command(
            "mirror",
            "delay",
            "help.mirror_delay",
            (MIRROR, Parameter("time", "help.mirror_delay_time")),
        ),
        do_delay,
    ),
]
