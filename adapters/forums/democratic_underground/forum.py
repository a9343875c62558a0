"""Democratic Underground as a forum: read only, a whole thread at a time."""

from __future__ import annotations

import msgspec

from adapters.forums.democratic_underground import addresses, listing, parse
from adapters.forums.democratic_underground.addresses import Place
from adapters.forums.democratic_underground.client import Client
from adapters.forums.democratic_underground.settings import Settings, checked
from bot.errors import Gone, Unparsable
from bot.model import (
    BoardKey,
    Bookmark,
    ForumCapabilities,
    Listing,
    Target,
    TargetKind,
    ThreadKey,
    ThreadPage,
)
from bot.ports import Context

THREADS = "'/10142016684', '/?com=view_post&forum=1002&pid=6256867' or " + (
    "'/discuss/duboard.php?az=view_all&address=389x3687590'"
)
"""What the addresses of threads look like."""

ADDRESSES = f"{THREADS}, of a board '/?com=forum&id=1002'"
"""What the addresses of threads and boards look like."""


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
            write_identity="none",
        )

    async def locate(self, address: str) -> Target:
        place = addresses.read(address, self._rules.base)
        if place is None:
            if addresses.is_site(address, self._rules.base):
                return await self._site()
            raise Unparsable(f"{address[:200]} is no thread or board here: looked for {ADDRESSES}", ADDRESSES)
        if not place.thread:
            return Target(TargetKind.BOARD, _living(place).board, parse.board_name(place.board))
        page = await self._read(place, Bookmark())
        if page is None:  # a server that answers "not modified" to who asked for the first time
            raise Unparsable(f"thread {place.thread}: the site sent no page", "a thread page")
        return Target(TargetKind.THREAD, place.thread, page.thread.title)

    async def listing(self, board: BoardKey, since: Bookmark) -> Listing | None:
        place = _living(Place(board))
        address = addresses.link(self._rules.base, place)
        fetched = await self._client.page(address, since, f"board {board}")
        if fetched is None:
            return None
        found = await self._context.work(listing.listing, fetched.body, board, self._rules)
        digest = listing.digest(found)
        if digest == since.digest:
            return None
        bookmark = Bookmark("", fetched.etag, fetched.last_modified, digest)
        return msgspec.structs.replace(found, bookmark=bookmark)

    async def thread(self, thread: ThreadKey, since: Bookmark) -> ThreadPage | None:
        place = addresses.place_of(thread)
        if place is None:
            raise Unparsable(
                f"thread {thread} is known from a saved page only; mirror it by its address to follow it",
                ADDRESSES,
            )
        page = await self._read(place, since)
        return None if page is None or page.bookmark.digest == since.digest else page

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
        found = await self._context.work(listing.boards, await self._home(), self._rules)
        return Target(TargetKind.SITE, "", "Democratic Underground", found)

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
