"""Searching what is mirrored: the newest posts that hold some words, as far as somebody sees them (law 12)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from bot.markup import clean_name, write
from bot.markup.nodes import Kind, Node, document, paragraph, text
from bot.model import When
from bot.reading.query import Query, parsed
from bot.store import fulltext
from bot.store.hidden import shown
from bot.store.indexing import lacking
from bot.store.sight import Sight, shows
from bot.store.unit import Unit
from bot.store.unread import boards_seen

LOOKED_THROUGH = 1000
"""Posts that one search looks at, for what a reader sees may be little of what has the words; then it can go on."""

AT_MOST = 200
"""Posts that are asked for at once."""

AROUND = 16
"""Words of a snippet."""

LONGEST = 300
"""Characters of a snippet."""

END = 1 << 62
"""Behind every post."""

OPENS, CLOSES = "\x02", "\x03"
"""Signs around what was found; no text that was cleaned holds them."""

SHOWN = f"""SELECT p.id, p.thread, p.op, p.number, t.title, CASE WHEN p.link='' THEN t.link ELSE p.link END, p.author,
  t.board, COALESCE(b.name, ''), p.earliest, p.latest
FROM post p JOIN thread t ON t.id=p.thread LEFT JOIN board b ON b.id=t.board
WHERE p.id=$3 AND p.state='live' AND {shows("$1", "$2")} AND {shown("p", "$1")}"""


class Hit(msgspec.Struct, frozen=True):
    """A post that was found."""

    post: int
    thread: int
    op: bool
    number: int | None
    title: str
    """Of its thread."""
    link: str
    author: str
    board: str
    """The name of the board where its thread is at home; empty where it is at home nowhere."""
    created: When
    snippet: str = ""
    """What stands around the words that were found, in Markdown, the words in bold."""


class Found(msgspec.Struct, frozen=True):
    """What a search found, the newest first."""

    hits: tuple[Hit, ...] = ()
    before: int | None = None
    """Where the next page goes on; None: there is none. What was looked through may hold no hit at all."""
    lacking: int = 0
    """Posts that cannot be found yet."""
    query: Query = Query()


def search(words: str, sight: Sight, before: int | None, limit: int) -> Unit[Found]:
    """The newest posts that fit a search (see `parsed`) and are seen; `before` is where the page before this ended."""
    query = parsed(words)
    behind = yield from lacking()
    boards = yield from _boards(query, sight)
    if query.empty or (query.boards and not boards):
        return Found(lacking=behind, query=query)
    expression = fulltext.matching(query)
    hits: list[Hit] = []
    end, looked, asked, more = END if before is None else before, 0, limit + 1, True
    while more and len(hits) <= limit and looked < LOOKED_THROUGH:
        ids = [int(id) for (id,) in (yield fulltext.FIND, (expression, end, asked))]
        if ids:
            rows = yield SHOWN, [(sight.community, sight.channel, id) for id in ids]
            for row in rows:
                if not query.boards or (yield from _stands_in(row[1], row[7], boards)):
                    hits.append(_hit(row))
            end = ids[-1]
        looked, more = looked + len(ids), len(ids) == asked
        asked = min(2 * asked, AT_MOST, LOOKED_THROUGH - looked)
    return (yield from _page(expression, hits, limit, end if more else None, behind, query))


def _page(expression: str, hits: list[Hit], limit: int, end: int | None, behind: int, query: Query) -> Unit[Found]:
    if len(hits) > limit:
        end, hits = hits[limit - 1].post, hits[:limit]
    signs = (OPENS, CLOSES, "…", AROUND)
    rows = (yield fulltext.EXCERPT, [(expression, hit.post, *signs) for hit in hits]) if hits else ()
    told = [msgspec.structs.replace(hit, snippet=_snippet(row[0])) for hit, row in zip(hits, rows, strict=True)]
    return Found(tuple(told), end, behind, query)


def _hit(row: Any) -> Hit:
    id, thread, op, number, title, link, author, _, board, earliest, latest = row
    return Hit(id, thread, bool(op), number, title, link, author, board, When(earliest, latest))


def _boards(query: Query, sight: Sight) -> Unit[frozenset[int]]:
    """The boards that a search is about, of those that are seen."""
    if not query.boards:
        return frozenset()
    seen = [board for board in (yield from boards_seen(sight)) if board.id is not None]
    found = set[int]()
    for words in query.boards:
        for board in seen:
            name = " ".join((*board.path, board.name)).casefold()
            if words == f"board:{board.id}" or all(word in name for word in words.split()):
                found.add(board.id or 0)
    return frozenset(found)


def _stands_in(thread: int, home: int | None, boards: Collection[int]) -> Unit[bool]:
    """Whether a thread is at home in one of some boards, or listed there."""
    if home in boards:
        return True
    rows = yield "SELECT board FROM listing WHERE thread=$1", (thread,)
    return any(board in boards for (board,) in rows)


def _snippet(marked: str) -> str:
    """An excerpt of the index in Markdown."""
    nodes: list[Node] = []
    left = LONGEST
    for number, piece in enumerate(fulltext.joined(marked).replace(OPENS, CLOSES).split(CLOSES)):
        words = clean_name(piece, left) if len(piece) > left else piece
        if words and left > 0:
            nodes.append(text(words) if number % 2 == 0 else Node(Kind.BOLD, children=(text(words),)))
        left -= len(piece)
    return write(document(paragraph(*nodes)), "markdown")
