"""Reads pages as a guest, and with the bridge's own account where guests cannot read."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TypeVar

import msgspec

from adapters.engines.bookmarks import written
from adapters.engines.lately import Lately
from adapters.engines.lists import gap
from adapters.forums.phpbb import addresses, feeds, listing, parse, walk
from adapters.forums.phpbb.client import Client
from adapters.forums.phpbb.sessions import Account, Sessions
from adapters.forums.phpbb.settings import Rules
from bot.errors import AdapterError, Gone, NotAllowed
from bot.model import Bookmark, Listing, Post, ThreadKey, ThreadPage
from bot.ports import Context

T = TypeVar("T")

LARGE = 400_000
"""Bytes from which on a page is parsed in a process of its own."""

MOST_PAGES = 40
"""Pages of a board that are read to find what happened since the last reading: a thousand threads."""

GAP = gap(f"{MOST_PAGES} pages of threads")

MOST_WALKS = 20
"""Threads of which the pages read so far are kept at a time; more are read without a proof of what is missing."""

_MOST_NOTED = 10_000


class Reading:
    """Reads one board's pages; never as a person, for who views a page has read it there."""

    def __init__(
        self, client: Client, sessions: Sessions, account: Account | None, rules: Rules, context: Context
    ) -> None:
        self._client = client
        self._sessions = sessions
        self._account = account
        self._rules = rules
        self._context = context
        self._closed: dict[str, None] = {}
        """Keys of what guests cannot read."""
        self._homes = Lately[str, str](_MOST_NOTED)
        """On which boards the threads stand that were read last."""
        self._walks = Lately[ThreadKey, walk.Walk](MOST_WALKS)
        self._feeds = True
        """False once a feed was asked for a time that pages do not tell, and told none either."""

    def public(self, subject: str) -> bool:
        """Whether guests could read it when it was read last."""
        return subject not in self._closed

    async def page(self, address: str, what: str, subject: str) -> bytes:
        """A page as guests see it, else as the bridge's account does; `subject` is what that is noted of."""
        if subject not in self._closed or self._account is None:
            try:
                return await self._client.page(address, what)
            except NotAllowed:
                if self._account is None:
                    raise
        session = await self._sessions.of(self._account)
        try:
            page = await self._client.page(address, what, session.cookies)
        except NotAllowed:
            self._sessions.forget(session)  # the board may have forgotten it: the next reading logs in
            raise
        if len(self._closed) < _MOST_NOTED:
            self._closed[subject] = None
        return page

    async def parsed(self, function: Callable[..., T], page: bytes, *rest: object) -> T:
        """What a page says; a large one is read in a process that can be stopped."""
        do = self._context.toil if len(page) > LARGE else self._context.work
        return await do(function, page, *rest)

    async def topic(self, thread: str, start: int) -> parse.Topic:
        """One page of a thread."""
        address = addresses.thread_link(self._rules.base, thread, start)
        page = await self.page(address, f"thread {thread}", f"t{thread}")
        topic = await self.parsed(parse.topic, page, self._rules, start, self._context.now())
        self._note(topic)
        return topic

    async def home(self, thread: str) -> str:
        """On which board a thread stands; read where it is not known, and 1 where its page does not tell."""
        if thread not in self._homes:
            await self.topic(thread, 0)
        return self._homes.get(thread, "1")

    def _note(self, topic: parse.Topic) -> None:
        if topic.thread.board is not None:
            self._homes.keep(topic.thread.key, topic.thread.board.key)

    # ------------------------------------------------------------------------------------------------- one thread

    async def thread(self, thread: ThreadKey, since: Bookmark) -> ThreadPage | None:
        """The next page of a thread, from the one on that holds the last known post; None where nothing changed.

        The engine has no validators. What stands in their place is a digest of our own: asked without it, the thread is
        read whole, for edits on its earlier pages.
        """
        before = walk.halt(since.cursor)
        if before.last and not (since.etag or before.onward) and before.count <= walk.WHOLE:
            before = walk.Halt(walking=True, op=before.op)
        address = addresses.thread_link(self._rules.base, thread, before.start)
        page = await self.page(address, f"thread {thread}", f"t{thread}")
        digest = await self._context.work(parse.stable, page)
        if since.etag == digest and not before.onward:
            return None
        topic = await self.parsed(parse.topic, page, self._rules, before.start, self._context.now(), before.op)
        if topic.thread.key != thread:
            raise Gone(f"thread {thread} is part of thread {topic.thread.key} by now")
        self._note(topic)
        return self._told(thread, before, await self._timed(topic), digest)

    async def _timed(self, topic: parse.Topic) -> parse.Topic:
        """The page with the exact times of its newest posts, which older boards tell in their feeds alone."""
        if topic.next is not None or not self._feeds or all(_exact(post) for post in topic.posts):
            return topic
        address = f"{self._rules.base}/feed.php?t={topic.thread.key}"
        try:
            times = await self._context.work(feeds.times, (await self._client.answer(address)).body)
        except AdapterError:
            return topic
        self._feeds = bool(times)
        posts = tuple(
            msgspec.structs.replace(post, created=times[post.key]) if post.key in times and not _exact(post) else post
            for post in topic.posts
        )
        return dataclasses.replace(topic, posts=posts)

    def _told(self, thread: ThreadKey, before: walk.Halt, topic: parse.Topic, digest: str) -> ThreadPage:
        if walk.repeats(before, topic):
            self._walks.pop(thread, None)
            return ThreadPage(
                topic.thread, topic.posts, bookmark=self._rest(before, topic, digest), damaged=topic.damaged
            )
        if not before.walking and walk.lost(before, topic) and (topic.total or 0) <= walk.WHOLE:
            if topic.start:
                again = Bookmark(written(walk.Halt(walking=True, onward=True)))
                return ThreadPage(topic.thread, topic.posts, bookmark=again, more=True, damaged=topic.damaged)
            before = walk.Halt(walking=True)
        posts, complete = topic.posts, False
        if before.walking or (not topic.start and topic.next is None):
            way = self._way(thread, before, topic)
            if topic.next is None and way is not None:
                self._walks.pop(thread, None)
                posts, complete = (tuple(way.posts.values()), True) if way.complete else (posts, False)
        if topic.next is None:
            rest = self._rest(before, topic, digest)
            return ThreadPage(topic.thread, posts, complete=complete, bookmark=rest, damaged=topic.damaged)
        keys = walk.keys_of(topic)
        op = walk.opening(before, topic)
        onward = walk.Halt(topic.next, keys[-1], topic.start + len(keys), before.walking, onward=True, op=op)
        bookmark = Bookmark(written(onward))
        return ThreadPage(topic.thread, posts, bookmark=bookmark, more=True, damaged=topic.damaged)

    def _way(self, thread: ThreadKey, before: walk.Halt, topic: parse.Topic) -> walk.Walk | None:
        """The walk that a page belongs to; None where its beginning was not kept."""
        if not before.start:
            self._walks.keep(thread, walk.Walk(topic.total))
        way = self._walks.get(thread)
        if way is not None:
            way.take(topic, before.start)
        return way

    def _rest(self, before: walk.Halt, topic: parse.Topic, digest: str) -> Bookmark:
        keys = walk.keys_of(topic)
        halt = walk.Halt(topic.start, keys[-1], topic.start + len(keys), op=walk.opening(before, topic))
        return Bookmark(written(halt), etag=digest)

    # -------------------------------------------------------------------------------------------------- one board

    async def board(self, board: str) -> listing.Page:
        """The first page of a board."""
        page = await self.page(addresses.board_link(self._rules.base, board), f"board {board}", f"b{board}")
        return await self.parsed(listing.board, page, self._rules, board, 0, self._context.now())

    async def listing(self, board: str, since: Bookmark) -> Listing | None:
        """The next page of a board's threads: the first one, then on until all was seen that is new since then."""
        before = walk.reach(since.cursor)
        address = addresses.board_link(self._rules.base, board, before.start)
        page = await self.page(address, f"board {board}", f"b{board}")
        digest = await self._context.work(parse.stable, page)
        if since.etag == digest and not before.start:
            return None
        found = await self.parsed(listing.board, page, self._rules, board, before.start, self._context.now())
        rows = sorted(found.rows, key=lambda row: -row.last)
        threads = tuple(row.thread for row in rows)
        newest = max([before.newest, *(row.last for row in found.rows)])
        until = before.until if before.start else before.newest
        told = [row.last for row in found.rows if not row.pinned and row.last]
        unseen = bool(until and told) and min(told) > until and found.next is not None and found.next > before.start
        far = unseen and (found.next or 0) >= MOST_PAGES * max(len(found.rows), 1)
        if unseen and not far:
            onward = Bookmark(written(walk.Reach(newest, found.next or 0, until)))
            return Listing(found.board, threads, onward, more=True, damaged=found.damaged)
        # Of a later page the digest says nothing about the first one, which is what is read next.
        rest = Bookmark(written(walk.Reach(newest)), etag="" if before.start else digest)
        return Listing(found.board, threads, rest, damaged=found.damaged, gap=GAP if far else "")


def _exact(post: Post) -> bool:
    return post.created.earliest == post.created.latest
