"""Isso as a forum that is read: a page with comments is a thread, all pages of a site are its board."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

from adapters.engines.bookmarks import digest, remembered, written
from adapters.engines.lately import Lately
from adapters.engines.working import made
from adapters.forums.isso import addresses, parse, rows
from adapters.forums.isso.addresses import LOOKED_FOR
from adapters.forums.isso.client import Client
from adapters.forums.isso.memory import Memory
from adapters.forums.isso.page import Page
from adapters.forums.isso.parse import Where
from adapters.forums.isso.settings import Settings, checked
from adapters.forums.isso.site import Site
from adapters.forums.isso.walk import BEGIN, Found, Walk
from bot.errors import Gone, NotAllowed, Unparsable
from bot.model import (
    Board,
    BoardKey,
    Bookmark,
    ForumCapabilities,
    Listing,
    Post,
    PostKey,
    Target,
    TargetKind,
    Thread,
    ThreadKey,
    ThreadPage,
)
from bot.ports import Context

ALL = BoardKey("comments")
"""The key of the one board."""

NEWEST = 200
"""Comments of the site that are asked for at first; four times as many while they do not reach back far enough."""
MOST = NEWEST * 4**3
"""Comments of the site that are asked for at the most: some six megabytes."""

TOLD = 20_000
"""Pages of which it is known what the list said last, and comments whose keys are known by their ids."""

TOP_ONLY = "which answer an answer is for: Isso files those under the comment at the top"


class Newest(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is remembered of the list of the newest comments: the cursor of the board's bookmark."""

    moment: float = 0.0
    """When the newest one was written."""
    limit: int = NEWEST
    """How many were asked for."""


class Comments:
    """One server, read as a guest; raises only AdapterError, and SettingsError when it is made."""

    caps: ForumCapabilities

    def __init__(self, settings: Settings, context: Context) -> None:
        self._rules = checked(settings)
        self._context = context
        self._client = Client(context.net, self._rules.base)
        self._site = Site(self._client, self._rules, context)
        self._walk = Walk(self._client, context)
        self.caps = ForumCapabilities(
            parents="exact",
            edits="hash",
            deletes="absence",
            format="markdown",
            read_back="finds",
            min_interval=settings.min_interval,
            max_interval=max(settings.min_interval, 900.0),
            spacing=1.0,
            write_identity="impersonate",
            moderation_queue=True,
            queued_changes=True,
        )
        self._told = Lately[ThreadKey, str](TOLD)
        """The tokens that the list gave of pages, the last ones."""
        self._keys = Lately[int, PostKey](TOLD)
        """The keys of comments by their ids, the last ones that were read."""

    # --------------------------------------------------------------------------------------------------- where what is

    async def locate(self, address: str) -> Target:
        place = addresses.read(address, self._rules.base, await self._site.found())
        if place is None:
            raise Unparsable(f"{address[:200]} is none of {self._rules.base}: looked for {LOOKED_FOR}", LOOKED_FOR)
        if not place.uri:
            listing = await self.listing(ALL, Bookmark())
            board = listing.board if listing else self._board()
            return Target(TargetKind.BOARD, ALL, board.name, link=board.link, lacks=self._lacks())
        uri, shows = place.uri, True
        if place.page:
            page = await self._site.shown(address)
            if page is None or not self._site.ours(page):
                where = page.server if page is not None else "nowhere"
                raise Unparsable(f"{address[:200]} has its comments {where}, not at {self._rules.base}", LOOKED_FOR)
            uri, shows = page.uri or uri, page.shows
        read = await self.thread(ThreadKey(uri), Bookmark())
        assert read is not None, "an empty bookmark asks for everything"
        if not shows and len(read.posts) == 1:
            raise Unparsable(f"{address[:200]} shows no comments: looked for {LOOKED_FOR}", LOOKED_FOR)
        return Target(TargetKind.THREAD, uri, read.thread.title, link=read.thread.link, lacks=(TOP_ONLY,))

    def thread_named(self, link: str) -> ThreadKey:
        place = addresses.read(link, self._rules.base, self._site.origin)
        if place is None or not place.uri:
            raise Gone(f"{link[:200]} names no page with comments of {self._rules.base}; give {LOOKED_FOR}")
        return ThreadKey(place.uri)

    async def probe(self) -> str:
        try:
            info = await self._client.info()
        except (Gone, NotAllowed):
            return f"{self._rules.base} does not say what it is; comments are read as a guest"
        self._moderates(info.moderation)
        waits = ", comments wait for a moderator" if info.moderation else ""
        return f"Isso {info.version} for {info.origin or 'a site that it does not name'}{waits}; we are a guest"

    async def close(self) -> None:
        """Nothing is held: connections belong to the program's HTTP client."""

    # --------------------------------------------------------------------------------------------------------- reading

    async def listing(self, board: BoardKey, since: Bookmark) -> Listing | None:
        if board != ALL:
            raise Gone(f"{self._rules.base} has one board, {ALL}; {board[:100]!r} is none")
        if self._rules.pages:
            return await self._counted(since)
        known, gap = _newest(since.cursor), ""
        limit = known.limit
        while True:
            raw = await self._client.latest(limit)
            sign = digest(raw)
            if sign == since.digest:
                return None
            newest, damaged = await made(self._context, rows.latest, raw)
            # Isso puts all answers before the comments at the top, however old they are: of those that are left out
            # nothing is known but that they are older than the oldest one at the top that is there.
            tops = [row.created for row in newest if row.parent is None]
            if len(newest) + len(damaged) < limit or (tops and tops[-1] <= (known.moment or tops[-1])):
                break
            if limit >= MOST:
                gap = "the site has too many comments for its list to tell all new ones; name pages in the settings"
                break
            limit = min(limit * 4, MOST)
        found = parse.threads(newest, self._rules.base, await self._site.found())
        moment = max((row.created for row in newest), default=known.moment)
        kept = msgspec.json.encode(Newest(moment, limit)).decode()
        self._note(found)
        return Listing(self._board(), found, Bookmark(kept, digest=sign), damaged=damaged, gap=gap)

    async def thread(self, thread: ThreadKey, since: Bookmark) -> ThreadPage | None:
        uri = self._uri(thread)
        memory, site = remembered(since.cursor, Memory), await self._site.found()
        token = self._told.get(thread, memory.token)
        first = memory.stop == BEGIN
        known = since.digest if first and token == memory.token else ""
        if not since.cursor:
            memory = await self._site.seen(memory, uri)
        link = self._site.link(uri, astray=memory.astray)
        where = Where(uri, link, self._context.now())
        found = await self._walk.read(where, memory.stop, known)
        if found is None:
            return None
        if first and not found.posts and not found.damaged and found.stop == BEGIN:
            memory = await self._site.there(memory, uri)
        elif since.cursor and memory.page is None:
            memory = await self._site.seen(memory, uri)
        posts = tuple(sorted(found.posts.values(), key=lambda post: post.position))
        self._learn(posts)
        page = memory.page or Page(author=urlsplit(site or self._rules.base).hostname or "")
        if first:
            posts = (parse.opener(page, where, posts), *posts)
        return _page(uri, link, page.title or uri, token, posts, found, memory)

    async def _counted(self, since: Bookmark) -> Listing | None:
        """The pages that the settings name, by the counts of their comments."""
        pages = self._rules.pages
        raw = await self._client.counts(pages)
        sign = digest(raw)
        if sign == since.digest:
            return None
        told = rows.counts(raw)
        await self._site.found()
        if len(told) != len(pages):
            raise Unparsable(f"{len(pages)} pages were asked for, {len(told)} counts came", "as many counts", raw)
        found = tuple(
            Thread(ThreadKey(uri), "", self._site.link(uri), replies=count, token=str(count))
            for uri, count in zip(pages, told, strict=True)
            if count
        )
        self._note(found)
        return Listing(self._board(), found, Bookmark(digest=sign))

    # --------------------------------------------------------------------------------------------------- what is known

    def _board(self) -> Board:
        host = urlsplit(self._site.origin or self._rules.base).netloc
        return Board(ALL, f"Comments on {host}", link=f"{self._rules.base}/")

    def _lacks(self) -> tuple[str, ...]:
        if not self._rules.pages:
            return (TOP_ONLY,)
        return (TOP_ONLY, "edits at once: a page is read when the count of its comments changes, and now and then")

    def _uri(self, thread: str) -> str:
        """What Isso is asked for; raises `Gone` where it can be no page."""
        try:
            thread.encode()
        except UnicodeEncodeError:
            thread = ""
        if not thread.strip() or len(thread) > addresses.LONGEST or "\x00" in thread:
            raise Gone(f"{thread[:100]!r} is no page with comments of {self._rules.base}")
        return thread

    def _moderates(self, moderation: bool | None) -> None:
        """What waits for a moderator is shown to nobody: only where nothing does is what is not shown not there."""
        worth = "proof" if moderation is False else "finds"
        if worth != self.caps.read_back:
            self.caps = msgspec.structs.replace(self.caps, read_back=worth)

    def _note(self, threads: Sequence[Thread]) -> None:
        """Keep what the list says of pages, for the time when they are read."""
        for thread in threads:
            self._told.keep(thread.key, thread.token)

    def _learn(self, posts: Sequence[Post]) -> None:
        """Keep the keys of comments: a link to one tells its id alone."""
        for post in posts:
            if parts := addresses.parts_of(post.key):
                self._keys.keep(parts.id, post.key)


def _page(
    uri: str, link: str, title: str, token: str, posts: tuple[Post, ...], found: Found, memory: Memory
) -> ThreadPage:
    kept = msgspec.structs.replace(memory, token=token, stop=found.stop)
    return ThreadPage(
        Thread(ThreadKey(uri), title, link, replies=parse.live(posts) if found.whole else None, token=token),
        posts,
        complete=found.whole,
        bookmark=Bookmark(written(kept), digest=found.digest),
        more=found.stop != BEGIN,
        damaged=tuple(found.damaged),
        gap=found.gap,
    )


def _newest(cursor: str) -> Newest:
    kept = remembered(cursor, Newest)
    return kept if NEWEST <= kept.limit <= MOST else Newest(kept.moment)
