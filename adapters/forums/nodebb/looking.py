"""Looks through what an account wrote: its own list of posts, which marks nothing read, and what waits of it."""

from __future__ import annotations

import html
from collections.abc import AsyncIterator
from urllib.parse import quote

from adapters.forums.nodebb import addresses, parse
from adapters.forums.nodebb.acting import Accounts, Who
from adapters.forums.nodebb.client import Client, Key
from adapters.forums.nodebb.rows import (
    ListPage,
    QueuedRow,
    QueuePage,
    Single,
    Summary,
    TopicRow,
    UserPosts,
    number,
    on,
)
from adapters.forums.nodebb.tickets import ticket
from bot.errors import Gone, NotAllowed
from bot.model import Login, Millis, PostKey, ThreadKey, Written, at

LOOKED_THROUGH = 100
"""Pages of an account's posts that are looked through at most: two thousand posts."""

QUEUE = 20
"""Pages of what waits that are looked through."""


class Looking:
    """Reads back what was written to one forum."""

    def __init__(self, client: Client, accounts: Accounts) -> None:
        self._client = client
        self._accounts = accounts

    async def posts(self, thread: str, since: Millis, login: Login | None) -> list[Written]:
        """The posts of an account in a thread since a time, those too that wait."""
        key = self._accounts.key(login)
        who = await self._accounts.who(key)
        found = []
        async for row in self._written(who, key, since):
            if str(row.tid) == thread and (one := await self.single(str(row.pid), key)) is not None:
                made = Written(PostKey(str(row.pid)), who.name, one.content or "", at(number(one.timestamp)))
                found.append(made)
        waiting = [row for row in await self.waiting(who, key) if str(row.data.tid) == thread]
        return [*found, *(_queued(row, who) for row in waiting if number(row.data.timestamp) >= since)]

    async def threads(self, cid: str, since: Millis, login: Login | None) -> list[Written]:
        """The opening posts of threads that an account started on a board since a time, those too that wait."""
        key = self._accounts.key(login)
        who = await self._accounts.who(key)
        found = []
        async for row in self._started(who, key, since):
            if str(row.cid) != cid or row.main_pid is None:
                continue
            if (one := await self.single(str(row.main_pid), key)) is not None:
                title = row.title_raw if row.title_raw is not None else html.unescape(row.title or "")
                post, written = PostKey(str(row.main_pid)), at(number(one.timestamp))
                thread = ThreadKey(str(row.tid))
                found.append(Written(post, who.name, one.content or "", written, thread=thread, title=title))
        waiting = [row for row in await self.waiting(who, key) if row.type == "topic" and str(row.data.cid) == cid]
        return [*found, *(_queued(row, who) for row in waiting if number(row.data.timestamp) >= since)]

    async def single(self, post: str, key: Key) -> Single | None:
        """A post with its words as they were typed; None where it is gone or deleted."""
        if not addresses.is_id(post):
            return None
        try:
            found = await self._client.read(f"/posts/{addresses.escaped(post)}", Single, f"post {post}", key)
        except Gone:
            return None
        return None if on(found.deleted) else found

    async def waiting(self, who: Who | None, key: Key) -> list[QueuedRow]:
        """What waits for moderators, as far as an account may see it: of one account, or of all."""
        found: list[QueuedRow] = []
        for page in range(1, QUEUE + 1):
            try:
                told = await self._client.page("/api/post-queue", QueuePage, "what waits", key, params=_page(page))
            except Gone:
                break
            found += parse.items(told.posts, QueuedRow)
            if told.pagination is None or page >= told.pagination.page_count:
                break
        return [row for row in found if who is None or (row.user is not None and str(row.user.uid) == who.uid)]

    async def _written(self, who: Who, key: Key, since: Millis) -> AsyncIterator[Summary]:
        """The posts of an account, the newest first, back to the first that is older than a time."""
        for page in range(1, LOOKED_THROUGH + 1):
            told = await self._client.page(_path(who, "posts"), UserPosts, "its posts", key, params=_page(page))
            rows = parse.items(told.posts, Summary)
            for row in rows:
                if number(row.timestamp) < since:
                    return
                yield row
            if not rows:
                return
        raise NotAllowed(f"{who.name} wrote more than can be looked through; settle it by hand.")

    async def _started(self, who: Who, key: Key, since: Millis) -> AsyncIterator[TopicRow]:
        """The threads that an account started, the newest first."""
        for page in range(1, LOOKED_THROUGH + 1):
            told = await self._client.page(_path(who, "topics"), ListPage, "its threads", key, params=_page(page))
            rows = parse.items(told.topics, TopicRow)
            for row in rows:
                if number(row.timestamp) < since:
                    return
                yield row
            if not rows:
                return
        raise NotAllowed(f"{who.name} started more threads than can be looked through; settle it by hand.")


def _path(who: Who, what: str) -> str:
    return f"/api/user/{quote(who.slug, safe='')}/{what}"


def _page(page: int) -> list[tuple[str, str]]:
    return [("page", str(page))] if page > 1 else []


def _queued(row: QueuedRow, who: Who) -> Written:
    data = row.data
    text = html.unescape(data.raw_content) if data.raw_content is not None else (data.content or "")
    post = PostKey(ticket(who.uid, row.id))
    return Written(post, who.name, text, at(number(data.timestamp)), queued=True, title=html.unescape(data.title or ""))
