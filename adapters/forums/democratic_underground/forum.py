"""Democratic Underground as a forum: read only, a whole thread at a time."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from adapters.engines.lately import Lately
from adapters.forums.democratic_underground import addresses, listing, parse, taxonomy
from adapters.forums.democratic_underground.addresses import Place
from adapters.forums.democratic_underground.client import Client
from adapters.forums.democratic_underground.settings import Settings, checked
from bot.errors import Gone, Unparsable
from bot.model import (
    HOUR,
    Board,
    BoardKey,
    Bookmark,
    ForumCapabilities,
    Listing,
    Millis,
    Target,
    TargetKind,
    Thread,
    ThreadKey,
    ThreadPage,
)
from bot.ports import Context

THREADS = "'/10142016684', '/?com=view_post&forum=1002&pid=6256867' or " + (
    "'/discuss/duboard.php?az=view_all&address=389x3687590'"
)
"""What the addresses of threads look like."""

ADDRESSES = f"{THREADS}, of a board '/?com=forum&id=1002', of all new threads '/?com=latest_threads'"
"""What the addresses of threads and boards look like."""

SOME = 50
"""Boards of the site that are named to whoever gave its address."""

TOLD = 20_000
"""Threads of which it is known what a list said last: some thirty for each board, at a few hundred boards."""

LONGEST = 900.0
"""Seconds after which a quiet board is read again."""

LISTED = HOUR
"""Milliseconds for which a list of the boards is good: boards are made a few times in a year."""


class DemocraticUnderground:
    """One login-free view of the site; raises only AdapterError, and SettingsError when it is made."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._rules = checked(settings)
        self._context = context
        self._client = Client(context.net)
        self.caps = ForumCapabilities(
            parents="outline",
            edits="hash",
            deletes="probe",
            numbered=True,
            format="plain",
            titled_replies=True,
            min_interval=settings.min_interval,
            max_interval=max(settings.min_interval, LONGEST),
            spacing=1.0,
            write_identity="none",
        )
        self._told = Lately[ThreadKey, str](TOLD)
        """The tokens that lists gave of threads, the last ones."""
        self._boards: dict[BoardKey, Board] = {}
        """What the site's own lists told of its boards."""
        self._listed: Millis | None = None
        """When the list of all boards was read."""

    async def locate(self, address: str) -> Target:
        place = addresses.read(address, self._rules.base)
        if place is None:
            if addresses.is_site(address, self._rules.base):
                return await self._site()
            what = f"is no thread or board here: looked for {ADDRESSES}"
            if addresses.is_feed(address, self._rules.base):
                what = "is a feed, which has no replies; give a board, or '/?com=latest_threads' for all of them"
            raise Unparsable(f"{address[:200]} {what}", ADDRESSES)
        if not place.thread:
            board = self._board(_living(place).board)
            return Target(TargetKind.BOARD, board.key, board.name or f"Forum {board.key}", link=board.link)
        page = await self._read(place, Bookmark())
        if page is None:  # a server that answers "not modified" to who asked for the first time
            raise Unparsable(f"thread {place.thread}: the site sent no page", "a thread page")
        return Target(TargetKind.THREAD, place.thread, page.thread.title, link=page.thread.link)

    async def listing(self, board: BoardKey, since: Bookmark) -> Listing | None:
        address = addresses.link(self._rules.base, _living(Place(board)))
        fetched = await self._client.page(address, since, f"board {board}")
        if fetched is None:
            return None
        home = self._board(board)
        found = await self._context.work(listing.listing, fetched.body, home, self._rules, since.cursor)
        digest = listing.digest(found)
        if digest == since.digest:
            return None
        self._note(found.threads)
        bookmark = Bookmark(found.bookmark.cursor, fetched.etag, fetched.last_modified, digest)
        return msgspec.structs.replace(found, bookmark=bookmark)

    async def boards(self) -> tuple[Board, ...]:
        """The boards of the site, in the groups of its page of all forums; no list of the whole site is among them."""
        now = self._context.now()
        if self._listed is None or not 0 <= now - self._listed < LISTED:
            fetched = await self._client.page(f"{self._rules.base}/?com=forums", Bookmark(), "the list of boards")
            found = await self._context.work(taxonomy.boards, fetched.body if fetched else b"", self._rules)
            self._learn(found)
            self._listed = now
        return tuple(self._boards.values())

    async def thread(self, thread: ThreadKey, since: Bookmark) -> ThreadPage | None:
        place = addresses.place_of(thread)
        if place is None:
            raise Unparsable(
                f"thread {thread} is known from a saved page only; mirror it by its address to follow it",
                ADDRESSES,
            )
        token = self._told.get(thread, since.cursor)
        # Where a list says that something happened, no validator is to say otherwise.
        page = await self._read(place, since if token == since.cursor else Bookmark())
        if page is None or (page.bookmark.digest == since.digest and token == since.cursor):
            return None
        replies = page.thread.replies
        return msgspec.structs.replace(
            page,
            # What the list said is answered by this reading, also where the page counts otherwise.
            thread=msgspec.structs.replace(page.thread, token=token or ("" if replies is None else str(replies))),
            bookmark=msgspec.structs.replace(page.bookmark, cursor=token),
        )

    def thread_named(self, link: str) -> ThreadKey:
        place = addresses.read(link, self._rules.base)
        if place is None or not place.thread:
            raise Gone(f"{link[:200]} names no thread here; threads look like {THREADS}")
        return place.thread

    async def probe(self) -> str:
        await self._home()
        return f"{self._rules.base} answers"

    async def close(self) -> None:
        """Nothing is held: connections belong to the program's HTTP client."""

    async def _home(self) -> bytes:
        """The site's start page; empty where it says that it did not change."""
        fetched = await self._client.page(f"{self._rules.base}/", Bookmark(), "the site")
        return fetched.body if fetched is not None else b""

    async def _site(self) -> Target:
        """The site as a whole: it has many boards, and none of them is the main one."""
        found = await self._context.work(taxonomy.boards, await self._home(), self._rules)
        self._learn(found)
        latest = taxonomy.board(addresses.LATEST, self._rules)
        return Target(TargetKind.SITE, "", "Democratic Underground", (*found[:SOME], latest))

    def _note(self, threads: Sequence[Thread]) -> None:
        """Keep what a list says of its threads, for the time when they are read."""
        for thread in threads:
            self._told.keep(thread.key, thread.token)

    def _board(self, key: BoardKey) -> Board:
        """What is known of a board; its name may be empty."""
        return self._boards.get(key) or taxonomy.board(key, self._rules)

    def _learn(self, found: Sequence[Board]) -> None:
        """Keep what a list told; of two names of a board, that of the list that knows its group."""
        for board in found:
            known = self._boards.get(board.key)
            if known is None or board.path or not known.path:
                self._boards[board.key] = board

    async def _read(self, place: Place, since: Bookmark) -> ThreadPage | None:
        """The page of a thread with its bookmark, None where the site says that nothing changed."""
        address = addresses.link(self._rules.base, place)
        fetched = await self._client.page(address, since, f"thread {place.thread}")
        if fetched is None:
            return None
        seen = self._context.now()
        page = await self._context.work(parse.thread_page, fetched.body, place, self._rules, seen)
        bookmark = Bookmark("", fetched.etag, fetched.last_modified, parse.digest(page))
        return msgspec.structs.replace(page, bookmark=bookmark)


def _living(place: Place) -> Place:
    if place.old:
        raise Unparsable(
            f"board {place.board} is an archive from before 2011 and is not listed; give a thread's address",
            ADDRESSES,
        )
    return place
