"""Pure: a discussion as a tree of rows, one for each post, as old threaded forums draw it.

Siblings stand in the forum's own order; arrival says only what is new.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TypeAlias

import msgspec

from bot.model import When

DEEPEST = 8
"""Levels of indentation; what is deeper stands at the last one and says whom it answers."""

PAGE = 25
"""Rows of a page."""


class Row(msgspec.Struct, frozen=True):
    """A post of a thread, as far as its row depends on it."""

    post: int
    position: int
    """The forum's own order."""
    n: int
    parent: int | None = None
    """The post that it answers; None for the OP, for what answers the thread, and where nobody knows."""
    guessed: bool = False
    """The forum does not say whom it answers; `parent` is likely."""
    op: bool = False
    live: bool = True
    author: str = ""
    title: str = ""
    number: int | None = None
    created: When | None = None


class Line(msgspec.Struct, frozen=True):
    """A row as it is drawn."""

    row: Row
    depth: int
    """Levels by which it is indented."""
    deeper: bool = False
    """It stands deeper than that: whom it answers has to be said."""
    replies: int = 0
    """Live posts below it."""
    new: bool = False
    """• not read by whoever looks; for their eyes alone."""
    starred: bool = False
    """★ among the newest of the thread; the same for everybody."""

    @property
    def guessed(self) -> bool:
        """Whether it stands where it stands by a guess."""
        return self.row.guessed and self.row.parent is not None


class Fold(msgspec.Struct, frozen=True):
    """Rows that follow each other and are not drawn, because nothing is new or newest in them."""

    depth: int
    posts: int


Drawn: TypeAlias = Line | Fold


class Page(msgspec.Struct, frozen=True):
    """Some of the rows; pages are counted from 1."""

    lines: tuple[Drawn, ...]
    number: int
    pages: int


def outline(
    rows: Iterable[Row], new: Collection[int] = (), starred: Collection[int] = (), deepest: int = DEEPEST
) -> list[Line]:
    """Draw a thread; `new` and `starred` name posts.

    What answers nobody who is here stands flat below the OP, and so does one post of every circle. A post that is gone
    has a row as long as something alive stands below it.
    """
    placed = _placed(rows)
    alive = _alive_below(placed)
    return [
        Line(
            row,
            min(depth, deepest),
            depth > deepest,
            below,
            row.live and row.post in new,
            row.live and row.post in starred,
        )
        for (row, depth), below in zip(placed, alive, strict=True)
        if row.live or below
    ]


def fold(lines: Sequence[Line]) -> list[Drawn]:
    """Draw only the OP, what is new or newest, and what that stands below; what lies between is counted.

    A single row takes no more room than its count, and stays.
    """
    wanted = _with_ancestors(lines)
    drawn: list[Drawn] = []
    hidden: list[Line] = []
    for line, shown in zip(lines, wanted, strict=True):
        if shown:
            drawn += _folded(hidden)
            hidden = []
            drawn.append(line)
        else:
            hidden.append(line)
    return drawn + _folded(hidden)


def page(lines: Sequence[Drawn], number: int = 1, size: int = PAGE) -> Page:
    """One page of the rows; the nearest one there is where there is none of that number."""
    pages = max(1, -(-len(lines) // size))
    number = min(max(number, 1), pages)
    return Page(tuple(lines[(number - 1) * size : number * size]), number, pages)


def page_of_news(lines: Sequence[Drawn], size: int = PAGE) -> int:
    """The page on which the first new row stands; the first one where nothing is new."""
    first = next((place for place, line in enumerate(lines) if isinstance(line, Line) and line.new), 0)
    return first // size + 1


def _placed(rows: Iterable[Row]) -> list[tuple[Row, int]]:
    """Every row once, with its depth, each behind the one that it answers."""
    ordered = sorted(rows, key=lambda row: (not row.op, row.position, row.n))
    here = {row.post for row in ordered}
    below: dict[int | None, list[Row]] = {}
    for row in ordered:
        parent = None if row.op or row.parent not in here else row.parent
        below.setdefault(parent, []).append(row)
    base = 1 if ordered and ordered[0].op else 0
    placed: list[tuple[Row, int]] = []
    done: set[int] = set()

    def draw(top: Row, depth: int) -> None:
        waiting = [(top, depth)]
        while waiting:
            row, level = waiting.pop()
            if row.post in done:
                continue
            done.add(row.post)
            placed.append((row, level))
            waiting += [(child, level + 1) for child in reversed(below.get(row.post, ()))]

    flat = below.get(None, [])
    if base:
        done.add(ordered[0].post)
        placed.append((ordered[0], 0))
        # What answers the OP and what answers the thread stand together, in one order.
        flat = sorted([*flat[1:], *below.get(ordered[0].post, ())], key=lambda row: (row.position, row.n))
    for row in (*flat, *ordered):  # whatever is left after the flat ones stands in circles
        draw(row, base)
    return placed


def _alive_below(placed: Sequence[tuple[Row, int]]) -> list[int]:
    """How many live posts stand below each row: those that were met between its beginning and its end."""
    counts = [0] * len(placed)
    above: list[int] = []
    alive = 0
    for place, (row, depth) in enumerate(placed):
        while above and placed[above[-1]][1] >= depth:
            ended = above.pop()
            counts[ended] = alive - counts[ended]
        alive += row.live
        counts[place] = alive
        above.append(place)
    for ended in above:
        counts[ended] = alive - counts[ended]
    return counts


def _with_ancestors(lines: Sequence[Line]) -> list[bool]:
    """Which rows are wanted: the OP, what is new or newest, and what stands above that."""
    wanted = [line.new or line.starred or line.row.op for line in lines]
    place_of = {line.row.post: place for place, line in enumerate(lines)}
    for line in lines:
        if not (line.new or line.starred):
            continue
        parent = line.row.parent
        while parent is not None and (place := place_of.get(parent)) is not None and not wanted[place]:
            wanted[place] = True
            parent = lines[place].row.parent
    return wanted


def _folded(hidden: Sequence[Line]) -> list[Drawn]:
    if len(hidden) < 2:
        return list(hidden)
    return [Fold(min(line.depth for line in hidden), sum(line.row.live for line in hidden))]
