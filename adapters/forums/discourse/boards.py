"""Reads lists of threads: every thread whose line there changed, also after a long absence."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from adapters.engines import bookmarks
from adapters.engines.bookmarks import remembered
from adapters.engines.lately import Lately
from adapters.engines.lists import Page, Shelf, listing
from adapters.forums.discourse import addresses, parse
from adapters.forums.discourse.access import Access
from adapters.forums.discourse.taxonomy import Taxonomy
from bot.errors import Gone
from bot.model import Board, BoardKey, Bookmark, Listing, Thread, ThreadKey
from bot.ports import Context

PAGES = 20
"""Pages of a list that are read after an absence; what lies behind them is a gap."""

STEP = 30
"""Threads of one page."""

TOLD = 20_000
"""Threads of which it is known what a list said last."""


class Boards:
    """The lists of one forum."""

    def __init__(self, access: Access, taxonomy: Taxonomy, context: Context, root: str) -> None:
        self._access = access
        self._taxonomy = taxonomy
        self._context = context
        self._root = root
        self._told = Lately[ThreadKey, tuple[str, bool]](TOLD)
        """What lists said of threads, and whether guests were told so."""
        self._befell = Lately[ThreadKey, int](TOLD)

    def token(self, thread: ThreadKey, before: str) -> str:
        """What a list said last of a thread, as long as one said anything since the program was started."""
        return self._told.get(thread, (before, False))[0]

    def befell(self, thread: ThreadKey, events: int) -> None:
        """Keep how much of what a thread's count of replies counts is no reply."""
        if events:
            self._befell.keep(thread, events)
        else:
            self._befell.pop(thread, None)

    def public(self, thread: ThreadKey) -> bool:
        """Whether a list that guests see named the thread."""
        return self._told.get(thread, ("", False))[1]

    async def board(self, key: BoardKey, *, with_key: bool) -> Board:
        """What is known of a board."""
        if category := addresses.category(key):
            found = await self._taxonomy.board(int(category), key=with_key)
            return found or Board(key, "")
        if name := addresses.tag(key):
            return Board(key, name, (name,), addresses.tag_link(self._root, name))
        return Board(addresses.LATEST, "Latest", ("Latest",), f"{self._root}/latest")

    async def path(self, key: BoardKey, *, with_key: bool) -> str:
        """Where a board's list stands; Gone for a key that is none of ours."""
        if key == addresses.LATEST:
            return "/latest.json"
        if category := addresses.category(key):
            slug = (await self._taxonomy.all(key=with_key)).slugs.get(int(category), "-")
            return f"/c/{quote(slug)}/{category}.json"
        if name := addresses.tag(key):
            return f"/tag/{quote(name, safe='')}.json"
        raise Gone(f"{key[:80]!r} is no board of a Discourse; boards look like {addresses.FORMS}")

    async def first(self, key: BoardKey) -> tuple[bool, bytes]:
        """The list of a board that was never read, and whether our key was needed for it."""
        path = await self.path(key, with_key=False)
        with_key, answer = await self._access.first(path, f"board {key}")
        return with_key, answer.body

    async def listing(self, key: BoardKey, since: Bookmark) -> Listing | None:
        """The threads of a board, None where nothing changed; `more` while it has not met what was read before."""
        before = remembered(since.cursor, Shelf)
        path = await self.path(key, with_key=before.key)
        what = f"board {key}"
        if not since.cursor:
            with_key, answer = await self._access.first(path, what)
        else:
            params = [("page", str(before.page))] if before.page else []
            etag = since.etag if not before.page else ""
            again = await self._access.again(path, what, before.key, params=params, etag=etag)
            if again is None:
                return None
            with_key, answer = before.key, again
        digest = bookmarks.digest(answer.body)
        if not before.page and digest == since.digest:
            return None
        categories = await self._taxonomy.all(key=with_key)
        found = await self._context.work(parse.listing, answer.body, self._root, categories, self._befell)
        if not before.page and found.digest == before.digest:
            return None
        self._note(found.threads, not with_key)
        behind = bool(before.high) and found.more and found.oldest > before.high
        return listing(
            await self.board(key, with_key=with_key),
            before,
            Page(found.threads, found.damaged, found.newest, found.digest, behind),
            with_key=with_key,
            most=PAGES,
            step=STEP,
            digest=digest,
            etag=answer.headers.get("etag", ""),
        )

    def _note(self, threads: Sequence[Thread], guests: bool) -> None:
        """Keep what a list says of its threads, for the time when they are read."""
        for thread in threads:
            self._told.keep(thread.key, (thread.token, guests or self.public(thread.key)))
