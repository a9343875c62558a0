"""`/forum highlight`: how many of the newest posts of a thread are starred for whoever asks."""

from __future__ import annotations

import msgspec

from bot.commands.desk import Desk
from bot.commands.reader import reader
from bot.commands.words import numeral
from bot.errors import ThreadlineError
from bot.model import Answer, Caller, Command, Offer, Parameter
from bot.store.readers import STARS, wish, wishes
from bot.store.unit import Unit
from bot.texts import say

NONE = "none"

MOST = 100
"""Stars of a thread; where everything has one, none says anything."""


async def do_highlight(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Star so many of the newest posts from now on, or say how many it is."""
    who = await reader(desk, caller)
    word = values.get("number", "").casefold()
    if not word:
        stars = (await desk.store.read(wishes, who.person)).stars
    else:
        number = 0 if word == NONE else numeral(word)
        if number is None or number > MOST:
            raise ThreadlineError(say("reading.how_many_stars", most=MOST))
        stars = await desk.store.write(_star, who.person, number)
    text = say("reading.stars", stars) if stars else say("reading.no_stars")
    return Answer(text, {"stars": stars}, offers=_offers(stars))


def _star(person: int, stars: int) -> Unit[int]:
    now = yield from wishes(person)
    yield from wish(person, msgspec.structs.replace(now, stars=stars))
    return stars


def _offers(stars: int) -> tuple[Offer, ...]:
    """The choices that old forums gave, but for the one that is taken."""
    choices = {
        0: Offer(say("reading.highlight_none"), "forum", ("highlight", NONE)),
        STARS: Offer(say("reading.highlight_newest", count=STARS), "forum", ("highlight", str(STARS))),
    }
    return tuple(offer for number, offer in choices.items() if number != stars)


COMMANDS = [
    (
        Command(
            "forum",
            "highlight",
            "help.forum_highlight",
            (Parameter("number", "help.forum_highlight_number", required=False),),
        ),
        do_highlight,
    ),
]
