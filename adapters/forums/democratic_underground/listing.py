"""Pure: a page of a board → its threads.

What is known of HTML pages are the rows `tr.bg-dark` and `tr.bg-lite` with the cells `td.title` (which holds
the thread's link), `td.author`, `td.time` and `td.views`; the first number behind the title is the count of
replies, and nothing but this count is evidence that something happened: dates are words that change by
themselves. A page text has the counts alone (`index_text`).

The bookmark's cursor is what the last page listed, "key=replies" for each thread: it tells a thread that was
deleted since, and a list that has slid away under us.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from adapters.forums.democratic_underground import addresses, dates, index_text, lines, taxonomy
from adapters.forums.democratic_underground.addresses import GREATEST, Place
from adapters.forums.democratic_underground.index_text import RELATED, Index
from adapters.forums.democratic_underground.parse import read_lines
from adapters.forums.democratic_underground.parse_html import Tag, attributes, pieces
from adapters.forums.democratic_underground.settings import Rules
from bot.errors import Unparsable
from bot.model import Board, Bookmark, Damaged, Listing, Tempo, Thread, ThreadKey

LOOKED_FOR = "table rows 'tr.bg-dark' or 'tr.bg-lite' with a thread's link in 'td.title'"

SLID = (
    "none of the threads that the list showed at the last reading stands in it now: others may have come "
    "and gone between"
)

_ROW = frozenset({"bg-dark", "bg-lite"})
_COUNT = re.compile(r"[0-9][0-9,]{0,9}")
_KEPT = 200
"""Threads of a list that the cursor keeps; a page has some thirty."""
_DELETED = "deleted"
"""What the classes of a deleted thread's row begin with; such a thread's token, and its count in the cursor."""

Before = Mapping[str, str]
"""What the last page listed: the count of replies by the thread's key, empty where it had none."""


@dataclass(slots=True)
class _Cell:
    kinds: frozenset[str]
    words: list[str] = field(default_factory=list)
    links: list[tuple[str, list[str]]] = field(default_factory=list)
    """Each with its words."""

    @property
    def text(self) -> str:
        return _plain(self.words)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row that stands for a thread."""

    place: Place
    title: str
    called: str
    """The name of the thread's own board, where the row links to it."""
    replies: int | None
    times: tuple[str, ...]


def listing(page: bytes, home: Board, rules: Rules, cursor: str = "") -> Listing:
    """The threads of a board's first page in the order of the page; Unparsable where it names none.

    `home` is what is known of the board, `cursor` that of the last reading. A thread that the board shows as
    deleted is left out, unless it was there at the last reading: then it is to be read once more.
    """
    before = _before(cursor)
    text, _ = lines.decoded(page)
    if not lines.is_html(page):
        counted = index_text.read(read_lines(page, rules).lines)
        if counted is not None:
            return _counted(counted, home, before, cursor, page)
    home = _called(home, _name(page, rules))
    threads: dict[ThreadKey, Thread] = {}
    stood: dict[ThreadKey, str] = {}
    damaged: list[Damaged] = []
    oldest: tuple[str, ...] = ()
    for kinds, cells in _rows(text):
        row = _row(cells, rules)
        key = row.place.thread if row is not None else ThreadKey("")
        if any(kind.startswith(_DELETED) for kind in kinds.union(*(cell.kinds for cell in cells))):
            if row is not None and before.get(key, _DELETED) != _DELETED:
                threads.setdefault(key, _thread(row, home, rules, _DELETED))
            stood.setdefault(key, _DELETED)
        elif row is not None:
            threads.setdefault(key, _thread(row, home, rules))
            stood.setdefault(key, "" if row.replies is None else str(row.replies))
            oldest = row.times
        else:
            sample = " | ".join(cell.text for cell in cells).encode()[:4096]
            damaged.append(Damaged("a row of the board has no link to a thread in 'td.title'", sample))
    if not stood:
        raise Unparsable(f"no threads found on the page of board {home.key}: looked for {LOOKED_FOR}", LOOKED_FOR, page)
    slid = before and home.key != GREATEST and before.keys().isdisjoint(stood)
    return Listing(
        home,
        tuple(threads.values()),
        Bookmark(" ".join(f"{key}={replies}" for key, replies in list(stood.items())[:_KEPT])),
        damaged=tuple(damaged),
        tempo=Tempo(dates.age(oldest[-1]) if oldest else None),
        gap=SLID if slid else "",
    )


def digest(found: Listing) -> str:
    """A hash of what tells whether any of the threads may have changed."""
    told = [(thread.key, thread.title, thread.token) for thread in found.threads]
    return hashlib.sha256(msgspec.json.encode((told, found.bookmark.cursor, found.gap))).hexdigest()


def _counted(counted: Index, home: Board, before: Before, cursor: str, page: bytes) -> Listing:
    """What a list without names tells: whether the counts are still those of the last page, and nothing else."""
    if not before:
        raise Unparsable(
            f"the list of board {home.key} came as text, which counts the replies of {len(counted.rows)} threads "
            f"and names none of them: looked for {LOOKED_FOR}",
            LOOKED_FOR,
            page,
        )
    changed = Counter(str(row.replies) for row in counted.rows)
    changed.subtract(before.values())
    moved = sum(count for count in changed.values() if count > 0)
    gap = f"the list came as text, which does not name its threads: replies came or went in {moved} of them"
    sample = lines.sample(counted.stray)
    damaged = (Damaged("lines of the list belong to no thread", sample),) if counted.stray else ()
    return Listing(_called(home, counted.name), (), Bookmark(cursor), damaged=damaged, gap=gap if moved else "")


def _before(cursor: str) -> Before:
    pairs = (entry.partition("=") for entry in cursor.split())
    return {key: replies for key, _, replies in pairs}


def _called(home: Board, name: str) -> Board:
    """The board under the name that its page gives it, if any, else under a name that at least tells it from others."""
    name = name or home.name or f"Forum {home.key}"
    return msgspec.structs.replace(home, name=name, path=(*home.path[:-1], name) if home.path else ())


def _rows(page: str) -> Iterator[tuple[frozenset[str], list[_Cell]]]:
    """The rows that stand for threads: their classes and cells."""
    kinds: frozenset[str] = frozenset()
    cells: list[_Cell] = []
    link: list[str] | None = None
    for tag, name, rest in pieces(page):
        if tag is Tag.TEXT:
            if cells:
                cells[-1].words.append(rest)
            if link is not None:
                link.append(rest)
        elif name in ("tr", "table"):
            if cells:
                yield kinds, cells
            kinds = _kinds(rest) if tag is Tag.OPEN else frozenset()
            cells, link = [], None
        elif name == "td" and tag is Tag.OPEN and kinds & _ROW:
            cells.append(_Cell(_kinds(rest)))
            link = None
        elif name == "a":
            link = None
            if tag is Tag.OPEN and cells:
                link = []
                cells[-1].links.append((attributes(rest).get("href", ""), link))
    if cells:
        yield kinds, cells


def _kinds(rest: str) -> frozenset[str]:
    return frozenset(attributes(rest).get("class", "").lower().split())


def _plain(words: list[str]) -> str:
    return lines.folded(html.unescape("".join(words)))


def _row(cells: list[_Cell], rules: Rules) -> _Row | None:
    linked = [
        (cell, place, called)
        for cell in cells
        for target, words in cell.links
        if (place := addresses.read(target, rules.base)) is not None and (called := _plain(words))
    ]
    for cell, place, title in linked:
        if "title" not in cell.kinds or not place.thread:
            continue
        behind = next(index for index, one in enumerate(cells) if one is cell) + 1
        homes = [called for _, other, called in linked if not other.thread and other.board == place.board]
        return _Row(place, title, homes[0] if homes else "", *_activity(cells[behind:]))
    return None


def _thread(row: _Row, home: Board, rules: Rules, token: str = "") -> Thread:
    """A thread that stands in a list; on a list of the whole site it has a board of its own."""
    place = row.place
    own = home if place.board == home.key else taxonomy.board(place.board, rules, row.called)
    # Where a list tells no counts, its dates are better than nothing; an age ("2 hrs ago") grows by itself.
    words = " ".join(time for time in row.times if not time.endswith(" ago"))
    token = token or (words if row.replies is None else str(row.replies))
    return Thread(place.thread, row.title, addresses.link(rules.base, place), own, row.replies, token=token)


def _activity(cells: list[_Cell]) -> tuple[int | None, tuple[str, ...]]:
    """The count of replies, and the times: when it was started, and when it was last answered."""
    told = [cell for cell in cells if not cell.kinds & {"views", "author"}]
    counts = [cell.text for cell in told if _COUNT.fullmatch(cell.text)]
    times = tuple(cell.text for cell in cells if "time" in cell.kinds)
    return int(counts[0].replace(",", "")) if counts else None, times


def _name(page: bytes, rules: Rules) -> str:
    """The board's name: what stands above "Related:"; empty where nothing does."""
    above = ""
    for line in read_lines(page, rules).lines:
        if line.text.startswith(RELATED):
            return above
        above = line.text or above
    return ""
