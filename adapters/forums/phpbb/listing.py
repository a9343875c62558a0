"""Pure: bytes of a board's page → its threads; bytes of the index → the boards."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

from adapters.forums.phpbb import addresses, elements
from adapters.forums.phpbb.parse import END, SAMPLE, board_of, decoded, language, when, zone
from adapters.forums.phpbb.settings import Rules
from bot.errors import Unparsable
from bot.model import Board, BoardKey, Damaged, Millis, Thread, ThreadKey, When

LOOKED_FOR = "a phpBB board: rows of threads with links of class 'topictitle', or a page of class 'section-viewforum'"
"""What a page of a board is known by."""

INDEX = "a phpBB index: links of class 'forumtitle', or a page of class 'section-index'"
"""What the page of all boards is known by."""

_LONGEST_TITLE = 300

_ROW = re.compile(r'<li class="row\b[^"]*"[^<>]*>')
_MOVED = re.compile(r"\btopic_moved(?:_\w+)?\b")
_PINNED = re.compile(r"\b(?:sticky|announce|global)_(?:un)?read\b")
_LOCKED = re.compile(r"_locked\b")
_LAST = re.compile(r"#p([1-9][0-9]{0,11})\b", re.ASCII)
_FORUM = re.compile(r'<a\b[^<>]*href="[^"]*viewforum\.php\?[^"]*\bf=([0-9]{1,12})[^"]*"', re.ASCII)
_USER = re.compile(r"[?&;]u=([0-9]{1,12})\b", re.ASCII)
_PERSON = re.compile(r"<(?:a|span)\b[^<>]*>([^<>]+)</(?:a|span)>")
_UP_TO_TIME = re.compile(r"[^<>]{0,80}(?:<time\b[^<>]{0,200}>[^<>]{0,80})?")
_HEAD = re.compile(r"<h2\b[^<>]*>\s*<a\b[^<>]*href=\"([^\"]*viewforum\.php[^\"]*)\"[^<>]*>")
_SECTION = re.compile(r"<body\b[^<>]*\bsection-(viewforum|index)\b")
_HREF = re.compile(r"href=\"([^\"]{1,400})\"")
_CANONICAL = re.compile(r"<link rel=\"canonical\" href=\"([^\"]{1,600})\"")
_BOARDS = re.compile(
    r'<li class="(?P<head>header)"|<a\b[^<>]*\bclass="(?P<kind>forumtitle|subforum)\b[^"]*"[^<>]*>'
    r'|<a\b[^<>]*\bhref="(?P<category>[^"]*viewforum\.php[^"]*)"[^<>]*>'
)
_REDIRECT = re.compile(r"\bforum_link\b")


@dataclass(frozen=True, slots=True)
class Row:
    """A thread as its board lists it."""

    thread: Thread
    last: int
    """The key of its newest post, 0 where the board does not tell it."""
    pinned: bool
    """True for what stands at the top whenever it was answered: stickies and announcements."""
    starter: tuple[str, str]
    """Name and key of who started it."""
    started: When


@dataclass(frozen=True, slots=True)
class Page:
    """What one page of a board tells."""

    board: Board
    rows: tuple[Row, ...]
    damaged: tuple[Damaged, ...]
    start: int
    next: int | None
    below: tuple[Board, ...]
    """The boards in this one."""


def board(page: bytes, rules: Rules, key: str, start: int = 0, seen: Millis | None = None) -> Page:
    """A board on a page that was asked for from thread number `start` on; Unparsable where the page shows none.

    Threads that only stand here because they were moved away, or are announced everywhere, are left out: their own
    board lists them.
    """
    text = decoded(page)
    head = _HEAD.search(text)
    section = _SECTION.search(text)
    if 'class="topictitle' not in text and (section is None or section[1] != "viewforum") and head is None:
        raise Unparsable(f"no board found on the page: looked for {LOOKED_FOR}", LOOKED_FOR, page)
    starts = list(_ROW.finditer(text))
    foot = END.search(text, starts[-1].end()) if starts else None
    ends = [*(one.start() for one in starts[1:]), foot.start() if foot else len(text)][: len(starts)]
    way = board_of(text[: starts[0].start()] if starts else text, rules)
    name = elements.words(elements.inside(text, head)) if head else ""
    if way is not None and way.key == key:
        here = way
    else:
        above = way.path if way is not None else ()
        here = Board(BoardKey(key), name, (*above, name) if name else (), addresses.board_link(rules.base, key))
    reading = _Reading(here, rules, text, seen)
    rows, damaged = [], []
    for one, end in zip(starts, ends, strict=True):
        piece = text[one.start() : end]
        try:
            if (row := reading.row(piece)) is not None:
                rows.append(row)
        except ValueError as error:
            damaged.append(Damaged(str(error), piece[:SAMPLE].encode()[:SAMPLE]))
    start, next = _paging(text, start)
    below = tuple(one for one in _boards(text, rules, here.path) if one.key != key)
    return Page(here, tuple(rows), tuple(damaged), start, next, below)


def boards(page: bytes, rules: Rules) -> tuple[Board, ...]:
    """The boards that the index shows, in its order, each under its category; Unparsable where the page is no index."""
    text = decoded(page)
    found = _boards(text, rules, ())
    section = _SECTION.search(text)
    if not found and (section is None or section[1] != "index"):
        raise Unparsable(f"no boards found on the page: looked for {INDEX}", INDEX, page)
    return found


def _boards(text: str, rules: Rules, above: tuple[str, ...]) -> tuple[Board, ...]:
    """Links of boards as they follow each other; a board in a board is listed below the last one."""
    found: dict[str, Board] = {}
    category, parent, heading = above, above, False
    for one in _BOARDS.finditer(text):
        if one["head"]:
            category, heading = above, True
            continue
        href = one["category"] or elements.given(one[0]).get("href", "")
        key = addresses.named_in(href).board
        name = elements.words(elements.inside(text, one, one.end() + 2000))
        if not one["kind"]:
            if heading and name and key:
                category, heading = (*above, name), False
            continue
        heading = False
        if not key or not name or _REDIRECT.search(text, max(0, one.start() - 1500), one.start()):
            continue
        if one["kind"] == "forumtitle":
            parent = path = (*category, name)
        else:
            path = (*parent, name)
        found.setdefault(key, Board(key, name, path, addresses.board_link(rules.base, key)))
    return tuple(found.values())


def _paging(text: str, asked: int) -> tuple[int, int | None]:
    canonical = _CANONICAL.search(text, 0, 20_000)
    here = addresses.start_in(canonical[1]) if canonical else None
    start = asked if here is None else here
    starts = [
        at
        for box in elements.starts(text, "div", "class", "pagination")
        for href in _HREF.findall(elements.inside(text, box, box.end() + 20_000))
        if "viewforum" in href and (at := addresses.start_in(href)) is not None
    ]
    return start, min((at for at in starts if at > start), default=None)


class _Reading:
    """Makes the rows of one page."""

    def __init__(self, board: Board, rules: Rules, text: str, seen: Millis | None) -> None:
        self._board = board
        self._rules = rules
        self._zone = zone(text[-20_000:], rules)
        self._language = language(text, rules)
        self._seen = seen

    def row(self, piece: str) -> Row | None:
        """The thread of a row; None where it holds none of this board. ValueError where it cannot be read."""
        link = next(elements.starts(piece, "a", "class", "topictitle"), None)
        if link is None:
            return None
        signs = piece[: link.start()]
        elsewhere = _FORUM.search(piece, link.end())
        if _MOVED.search(signs) or (elsewhere is not None and elsewhere[1] != self._board.key):
            return None
        key = addresses.named_in(elements.given(link[0]).get("href", "")).thread
        title = elements.words(elements.inside(piece, link))[:_LONGEST_TITLE]
        if not key or not title:
            raise ValueError("a row names no thread")
        lasts = [int(one) for one in _LAST.findall(piece)]
        last = max(lasts, default=0)
        count = elements.words(elements.first(piece, "dd", "class", "posts") or "")
        digits = re.sub(r"[^0-9]", "", count.partition(" ")[0])[:9]
        replies = int(digits) if digits else None
        closed = _LOCKED.search(signs) is not None
        told = zlib.crc32(f"{title}\0{closed}".encode())
        thread = Thread(
            ThreadKey(key),
            title,
            addresses.thread_link(self._rules.base, key),
            self._board,
            replies,
            closed,
            token=f"{last}.{digits}.{told:08x}",
        )
        starter, started = self._start(piece[link.end() :])
        return Row(thread, last, _PINNED.search(signs) is not None, starter, started)

    def _start(self, piece: str) -> tuple[tuple[str, str], When]:
        """Who started a thread, by name and key, and when: what stands around the first "»" behind its title."""
        before, sign, after = piece.partition("&raquo;")
        people = list(_PERSON.finditer(before)) if sign else []
        user = _USER.search(people[-1][0]) if people else None
        started = when(f"&raquo;{_UP_TO_TIME.match(after)[0]}", self._zone, self._language, self._seen)  # type: ignore[index]
        return (elements.words(people[-1][1]) if people else "", user[1] if user else ""), started
