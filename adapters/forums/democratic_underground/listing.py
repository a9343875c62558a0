"""Pure: an HTML page of a board → its threads.

What is known of these pages are the rows `tr.bg-dark` and `tr.bg-lite` with the cells `td.title` (which holds
the thread's link), `td.author`, `td.time` and `td.views`; the first number behind the title is the count of
replies. Their text alone names no thread, so page texts of boards cannot be read.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from adapters.forums.democratic_underground import addresses, lines
from adapters.forums.democratic_underground.addresses import Place
from adapters.forums.democratic_underground.parse import BOARDS, board_name, read_lines
from adapters.forums.democratic_underground.parse_html import Tag, attributes, pieces
from adapters.forums.democratic_underground.settings import Rules
from bot.errors import Unparsable
from bot.model import Board, BoardKey, Damaged, Listing, Thread

LOOKED_FOR = "table rows 'tr.bg-dark' or 'tr.bg-lite' with a thread's link in 'td.title'"

_ROW = frozenset({"bg-dark", "bg-lite"})
_SOME = 50
"""Boards of the site that are named."""

_COUNT = re.compile(r"[0-9][0-9,]{0,9}")


@dataclass(slots=True)
class _Cell:
    kinds: frozenset[str]
    words: list[str] = field(default_factory=list)
    links: list[tuple[str, list[str]]] = field(default_factory=list)
    """Each with its words."""

    @property
    def text(self) -> str:
        return lines.folded(html.unescape("".join(self.words)))


def listing(page: bytes, board: BoardKey, rules: Rules) -> Listing:
    """The threads of a board's first page in the order of the page; Unparsable where it holds no row.

    A thread that the board shows as deleted is left out: its page has nothing to read.
    """
    place = Place(board)
    threads: dict[str, Thread] = {}
    damaged: list[Damaged] = []
    home = Board(board, _name(page, board, rules), link=addresses.link(rules.base, place))
    text, _ = lines.decoded(page)
    for kinds, cells in _rows(text):
        if any(kind.startswith("deleted") for kind in kinds.union(*(cell.kinds for cell in cells))):
            continue
        thread = _thread(cells, home, rules)
        if thread is None:
            sample = " | ".join(cell.text for cell in cells).encode()[:4096]
            damaged.append(Damaged("a row of the board has no link to a thread in 'td.title'", sample))
        else:
            threads.setdefault(thread.key, thread)
    if not threads:
        raise Unparsable(f"no threads found on the page of board {board}: looked for {LOOKED_FOR}", LOOKED_FOR, page)
    return Listing(home, tuple(threads.values()), damaged=tuple(damaged))


def boards(page: bytes, rules: Rules) -> tuple[Board, ...]:
    """The boards that a page of the site links to, those first whose names are known, which are the largest."""
    found: dict[BoardKey, Board] = {}
    link: Place | None = None
    words: list[str] = []
    text, _ = lines.decoded(page)
    for tag, name, rest in pieces(text):
        if tag is Tag.TEXT:
            words.append(rest)
        elif name == "a":
            if link is not None and (called := lines.folded(html.unescape("".join(words)))):
                found.setdefault(link.board, Board(link.board, called[:100], link=addresses.link(rules.base, link)))
            place = addresses.read(attributes(rest).get("href", ""), rules.base) if tag is Tag.OPEN else None
            link = place if place is not None and not place.thread and not place.old else None
            words = []
    some = sorted(found.values(), key=lambda board: board.key not in BOARDS)[:_SOME]
    return tuple(some) or tuple(
        Board(BoardKey(key), called, link=addresses.link(rules.base, Place(BoardKey(key))))
        for key, called in BOARDS.items()
    )


def digest(found: Listing) -> str:
    """A hash of what tells whether any of the threads may have changed."""
    told = [(thread.key, thread.title, thread.token) for thread in found.threads]
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


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


def _thread(cells: list[_Cell], board: Board, rules: Rules) -> Thread | None:
    for index, cell in enumerate(cells):
        if "title" not in cell.kinds:
            continue
        for target, words in cell.links:
            place = addresses.read(target, rules.base)
            title = lines.folded(html.unescape("".join(words)))
            if place is not None and place.thread and title:
                replies, token = _activity(cells[index + 1 :])
                link = addresses.link(rules.base, place)
                return Thread(place.thread, title, link, board, replies, token=token)
    return None


def _activity(cells: list[_Cell]) -> tuple[int | None, str]:
    """The count of replies, and the token: that and the last time; an age ("2 hrs ago") grows by itself."""
    counts = [cell.text for cell in cells if _COUNT.fullmatch(cell.text) and "views" not in cell.kinds]
    times = [cell.text for cell in cells if "time" in cell.kinds and not cell.text.endswith(" ago")]
    replies = int(counts[0].replace(",", "")) if counts else None
    return replies, f"{'' if replies is None else replies}/{' '.join(times)}"


def _name(page: bytes, board: BoardKey, rules: Rules) -> str:
    """The board's name: what stands above "Related:", else what is known of it."""
    above = ""
    for line in read_lines(page, rules).lines:
        if line.text.startswith("Related:"):
            return above or board_name(board)
        above = line.text or above
    return board_name(board)
