"""Reads lists of threads, and the list of boards."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.engines.bookmarks import digest, remembered, written
from adapters.engines.lately import Lately
from adapters.engines.lists import gap
from adapters.engines.working import made
from adapters.forums.nodebb import addresses, parse
from adapters.forums.nodebb.access import Access
from adapters.forums.nodebb.memory import Shelf
from adapters.forums.nodebb.parse import Found
from bot.errors import Gone
from bot.model import HOUR, Board, BoardKey, Bookmark, Listing, Millis, Thread
from bot.net import Answer
from bot.ports import Context

PAGES = 50
"""Pages of a list that are read until it meets what was known."""

GAP = gap(f"{PAGES} pages of threads")

TOLD = 10_000
"""Threads of which it is known that guests saw them in a list."""

RECENT = "All threads"


class Boards:
    """The boards of one forum."""

    def __init__(self, access: Access, context: Context, root: str) -> None:
        self._access = access
        self._context = context
        self._root = root
        self._public = Lately[str, str](TOLD)
        self._all: tuple[Millis, tuple[Board, ...]] = 0, ()

    def public(self, thread: str) -> str | None:
        """The category of a thread that guests were shown in a list lately; None where they were not."""
        return self._public.get(thread)

    async def all(self) -> tuple[Board, ...]:
        """All threads, then the categories; read once an hour, as a guest where guests may."""
        then, found = self._all
        now = self._context.now()
        if not found or not 0 <= now - then < HOUR:
            with_key, answer = await self._access.first("/api/categories", "the list of boards")
            found = await self._context.work(parse.boards, answer.body, self._root)
            if not found and not with_key and self._access.ours is not None:
                told = await self._access.again("/api/categories", "the list of boards", True)
                assert told is not None  # no validator was sent
                found = await self._context.work(parse.boards, told.body, self._root)
            self._all = now, found
        return (self._main(), *found)

    async def first(self, key: BoardKey) -> tuple[bool, Found]:
        """The list of a board that was never read, and whether our token was needed for it."""
        with_key, _, found = await self._opened(key)
        return with_key, found

    async def _opened(self, key: BoardKey) -> tuple[bool, Answer, Found]:
        (path, params), what = _path(key, 1), f"board {key}"
        with_key, answer = await self._access.first(path, what, params=params)
        found = await self._read(answer.body)
        if key == addresses.RECENT and not found.keys and not with_key and self._access.ours is not None:
            # Where guests may read nothing at all, the list of all threads is not refused to them: it is empty.
            told = await self._access.again(path, what, True, params=params)
            assert told is not None  # no validator was sent
            seen = await self._read(told.body)
            if seen.keys:
                return True, told, seen
        return with_key, answer, found

    def board(self, key: BoardKey, found: Found) -> Board:
        """A board as its list tells of it."""
        if key == addresses.RECENT:
            return self._main()
        told = found.board
        return told if told is not None and told.key == key else self._bare(key)

    async def listing(self, key: BoardKey, since: Bookmark) -> Listing | None:
        """The threads of a board, None where nothing changed; `more` while it has not met what was read before."""
        before = remembered(since.cursor, Shelf)
        page = before.page or 1
        (path, params), what = _path(key, page), f"board {key}"
        seen: Found | None = None
        if not since.cursor:
            with_key, answer, seen = await self._opened(key)
        else:
            with_key = before.key
            etag = since.etag if page == 1 and before.sign else ""
            try:
                again = await self._access.again(path, what, with_key, params=params, etag=etag)
            except Gone:
                if page == 1:
                    raise
                return self._ended(key, before)  # there are fewer pages by now
            if again is None:
                return None
            answer = again
        mark = digest(answer.body)
        if page == 1 and before.sign and mark == since.digest:
            return None
        found = seen or await self._read(answer.body)
        if page == 1 and before.sign == found.sign:
            return None
        self._note(found.threads, not with_key)
        top = max(before.top, found.newest)
        unmet = found.oldest is None or (before.high and found.oldest > before.high)
        behind = bool(unmet and found.keys) and page < found.pages
        more = behind and page < PAGES
        first = found.sign if found.oldest is not None or found.pages == 1 else ""
        shown = first if page == 1 else before.sign
        after = Shelf(max(top, before.high), key=with_key, sign=shown)
        if more:
            after = Shelf(before.high, top, page + 1, with_key, shown)
        single = page == 1 and not more
        return Listing(
            self.board(key, found),
            found.threads,
            Bookmark(
                written(after),
                answer.headers.get("etag", "") if single else "",
                digest=mark if single else "",
            ),
            more=more,
            damaged=found.damaged,
            gap=GAP if behind and not more else "",
        )

    def _ended(self, key: BoardKey, before: Shelf) -> Listing:
        after = Shelf(max(before.top, before.high), key=before.key, sign=before.sign)
        return Listing(self._main() if key == addresses.RECENT else self._bare(key), (), Bookmark(written(after)))

    def _bare(self, key: BoardKey) -> Board:
        return Board(key, "", (), addresses.board_link(self._root, key))

    def _main(self) -> Board:
        return Board(addresses.RECENT, RECENT, (), addresses.board_link(self._root, addresses.RECENT))

    async def _read(self, body: bytes) -> Found:
        return await made(self._context, parse.listing, body, self._root)

    def _note(self, threads: Sequence[Thread], guests: bool) -> None:
        for thread in threads if guests else ():
            self._public.keep(thread.key, addresses.category(thread.board.key) if thread.board is not None else "")


def _path(key: BoardKey, page: int) -> tuple[str, list[tuple[str, str]]]:
    """Where a page of a board's list stands; Gone for a key that is none of ours."""
    params = [("page", str(page))] if page > 1 else []
    if key == addresses.RECENT:
        return "/api/recent", params
    if category := addresses.category(key):
        return f"/api/category/{addresses.escaped(category)}", [("sort", "recently_replied"), *params]
    raise Gone(f"{key[:80]!r} is no board of a NodeBB; boards look like {addresses.FORMS}")
