"""How far people have read, as NodeBB keeps it: a moment for each thread.

The API for programs can set that moment to now alone: so it is told of the newest post of a thread, and of no other. It
tells of a thread only whether all of it is read, and of threads that were quiet for some days always that they are.
"""

from __future__ import annotations

from collections.abc import Sequence

from adapters.forums.nodebb import addresses, parse
from adapters.forums.nodebb.acting import key_of
from adapters.forums.nodebb.client import Client
from adapters.forums.nodebb.rows import Head, ListPage, Single, TopicRow, number, on
from bot.errors import Gone
from bot.model import DAY, Login, PostKey, ReadTo, ThreadKey
from bot.ports import Context

QUIET = DAY
"""Milliseconds after which NodeBB may call a thread read that nobody has read; administrators set it, in days."""


class Marks:
    """The marks on one forum."""

    def __init__(self, client: Client, context: Context) -> None:
        self._client = client
        self._context = context

    async def read_to(self, login: Login, thread: ThreadKey, post: PostKey) -> None:
        """Mark a thread read where a post is its newest one; else do nothing, for it would be told too much."""
        if not addresses.THREAD.fullmatch(thread) or not addresses.is_id(post):
            raise Gone(f"{post[:80]!r} is no post of a thread {thread[:80]!r} here.")
        key = key_of(login)
        single = await self._client.read(f"/posts/{addresses.escaped(post)}", Single, f"post {post}", key)
        if str(single.tid) != thread or on(single.deleted):
            raise Gone(f"post {post} does not stand in thread {thread} any more.")
        head = await self._client.read(f"/topics/{thread}", Head, f"thread {thread}", key)
        if number(single.timestamp) >= number(head.lastposttime) > 0:
            await self._client.send("PUT", f"/topics/{thread}/read", f"the mark in thread {thread}", key)

    async def marks(self, login: Login, threads: Sequence[ThreadKey]) -> tuple[ReadTo, ...]:
        """Those threads of the forum's list that are read to their end; a request for twenty of the list."""
        key, wanted = key_of(login), {thread for thread in threads if addresses.THREAD.fullmatch(thread)}
        told: dict[ThreadKey, PostKey] = {}
        oldest = self._context.now() - QUIET
        for page in range(1, len(wanted) + 1):
            params = [("page", str(page))] if page > 1 else []
            try:
                found = await self._client.page("/api/recent", ListPage, "the threads", key, params=params)
            except Gone:
                if page == 1:
                    raise
                break
            rows = parse.items(found.topics, TopicRow)
            for row in rows:
                thread, last = ThreadKey(str(row.tid)), row.teaser
                if thread not in wanted:
                    continue
                wanted.discard(thread)
                active = number(row.lastposttime)
                if row.unread is None or on(row.unread) or on(row.ignored) or active < oldest:
                    continue
                if last is not None and last.pid is not None and number(last.timestamp) == active:
                    told[thread] = PostKey(str(last.pid))
            if not rows or not wanted or number(rows[-1].lastposttime) < oldest:
                break
        return tuple(ReadTo(thread, post) for thread, post in told.items())
