"""Pure: the grammar of a board's list as page text: counts and rough dates, whose titles and authors are lost.

A dot stands for the end of a line::

    name · Related: About this forum
    replies · started · last reply · recommendations · views        five lines for every thread
    name Continued...                                               behind some thirty of them

Such a list names no thread. What can be known from it is how many threads have how many replies, so that
two of them tell whether replies came or went, and not where.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from adapters.forums.democratic_underground.dates import SHORT
from adapters.forums.democratic_underground.lines import Line

LOOKED_FOR = "'Related: About this forum' and five lines for every thread: replies, two dates, recommendations, views"

RELATED = "Related:"
"""What the line below a board's name begins with."""

_COUNT = re.compile(r"[0-9][0-9,]{0,9}")
_DATE = re.compile(SHORT)
_FIVE = (_COUNT, _DATE, _DATE, _COUNT, _COUNT)


@dataclass(frozen=True, slots=True)
class Counts:
    """What a list of this kind says of one thread."""

    replies: int
    started: str
    last: str
    recommendations: int
    views: int


@dataclass(frozen=True, slots=True)
class Index:
    """What a list of this kind says: the board's name, and its threads, newest activity first."""

    name: str
    rows: tuple[Counts, ...]
    stray: tuple[Line, ...] = ()
    """Lines between the rows that belong to none of them."""


def read(lines: Sequence[Line]) -> Index | None:
    """The list on a page, None where the page is none."""
    worded = [line for line in lines if line.text]
    related = next((at for at, line in enumerate(worded) if line.text.startswith(RELATED)), None)
    if not related:
        return None
    name = worded[related - 1].text
    rows: list[Counts] = []
    stray: list[Line] = []
    waiting: list[Line] = []  # lines that are no row, until a row follows them
    at = related + 1
    while at < len(worded) and worded[at].text != f"{name} Continued...":
        row = _row([line.text for line in worded[at : at + 5]])
        if row is None:
            waiting.append(worded[at])
            at += 1
            continue
        stray += waiting if rows else ()
        waiting = []
        rows.append(row)
        at += 5
    return Index(name, tuple(rows), tuple(stray)) if rows else None


def _row(five: Sequence[str]) -> Counts | None:
    if len(five) < 5 or not all(form.fullmatch(text) for form, text in zip(_FIVE, five, strict=True)):
        return None
    replies, started, last, recommendations, views = five
    return Counts(_number(replies), started, last, _number(recommendations), _number(views))


def _number(text: str) -> int:
    return int(text.replace(",", ""))
