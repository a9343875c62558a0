"""`/forum search`: the newest posts that hold some words."""

from __future__ import annotations

import msgspec

from bot.commands.desk import Desk
from bot.commands.reader import reader
from bot.commands.words import linked, numeral, said, span
from bot.errors import NotFound, ThreadlineError
from bot.model import Answer, Caller, Command, Millis, Offer, Parameter
from bot.rendering import label
from bot.store.search import LOOKED_THROUGH, Found, Hit, search
from bot.texts import say

SHOWN = 10
"""Posts of one answer."""

PRESSED = 96
"""Bytes of a command that every chat can put on a button."""


async def do_search(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """The newest posts that the reader sees and that fit, where they stand, and the words around what was found."""
    before = numeral(values["before"]) if "before" in values else None
    if "before" in values and before is None:
        raise ThreadlineError(say("search.before"))
    who = await reader(desk, caller)
    found = await desk.store.read(search, values["words"], who.sight, before, SHOWN)
    if found.query.empty:
        raise NotFound(say("search.how"))
    now = desk.clock.now()
    lines = [_line(hit, now) for hit in found.hits]
    if not lines:
        lines.append(_nothing(found))
    if found.lacking:
        lines.append(say("search.lacking", found.lacking))
    offers = _more(found)
    if found.before is not None and not offers:
        lines.append(say("search.more_typed", sign=caller.sign, before=found.before))
    data: dict[str, object] = {
        "posts": [msgspec.to_builtins(hit) for hit in found.hits],
        "before": found.before,
        "lacking": found.lacking,
    }
    return Answer("\n\n".join(lines), data, offers=offers)


def _nothing(found: Found) -> str:
    words = said(" ".join(found.query.typed))
    if found.before is None:
        return say("search.none", words=words)
    return say("search.none_yet", many=f"{LOOKED_THROUGH:,}", words=words)


def _line(hit: Hit, now: Millis) -> str:
    post = linked(f"{hit.title} {label(hit.op, hit.number)}".strip(), hit.link)
    author, age, words = said(hit.author), span(now - hit.created.latest), hit.snippet
    if hit.board:
        told = say("search.hit", post=post, author=author, board=said(hit.board), age=age, snippet=words)
    else:
        told = say("search.hit_at_home_nowhere", post=post, author=author, age=age, snippet=words)
    return told.rstrip()


def _more(found: Found) -> tuple[Offer, ...]:
    """The next page, where there is one and a button can say so."""
    if found.before is None:
        return ()
    offer = Offer(say("search.more"), "forum", ("search", "--before", str(found.before), *found.query.typed))
    return (offer,) if len(offer.line.encode()) <= PRESSED else ()


COMMANDS = [
    (
        Command(
            "forum",
            "search",
            "help.forum_search",
            (
                Parameter("words", "help.forum_search_words", rest=True, phrases=True),
                Parameter("before", "help.forum_search_before", required=False, option=True),
            ),
        ),
        do_search,
    ),
]
