"""How far people have read, told to a Discourse and asked of it, each with the login of that person alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from adapters.forums.discourse import addresses
from adapters.forums.discourse.acting import key_of
from adapters.forums.discourse.client import Client
from adapters.forums.discourse.rows import PostRow, TopicPage
from adapters.items import each
from bot.errors import Gone, NotAllowed
from bot.model import Login, PostKey, ReadTo, ThreadKey

LOOKED = 1000
"""Milliseconds for which a post is said to have been looked at: less than the age of any account."""


class Marks:
    """The marks on one forum; `ids` gives the posts of a thread by their numbers, as far as they are known."""

    def __init__(self, client: Client, ids: Callable[[str], dict[int, int]]) -> None:
        self._client = client
        self._ids = ids

    async def read_to(self, login: Login, thread: ThreadKey, post: PostKey) -> None:
        """Say that a post was looked at: the forum keeps the highest number of each thread."""
        if not addresses.is_id(thread) or not addresses.is_id(post):
            raise Gone(f"{post[:80]!r} is no post of a thread {thread[:80]!r} here.")
        key = key_of(login)
        row = await self._client.read(f"/posts/{post}.json", PostRow, f"post {post}", key)
        if str(row.topic_id) != thread or row.deleted_at is not None:
            raise Gone(f"post {post} does not stand in thread {thread} any more.")
        form = [
            ("topic_id", thread),
            ("topic_time", str(LOOKED)),
            (f"timings[{row.post_number}]", str(LOOKED)),
        ]
        await self._client.send("POST", "/topics/timings", f"the mark in thread {thread}", key, form=form)

    async def marks(self, login: Login, threads: Sequence[ThreadKey]) -> tuple[ReadTo, ...]:
        """What the forum knows; a thread whose mark lies among posts that we never saw is not told."""
        key = key_of(login)
        told = []
        for thread in threads:
            if not addresses.is_id(thread):
                continue
            try:
                page = await self._client.read(f"/t/{thread}.json", TopicPage, f"thread {thread}", key)
            except (Gone, NotAllowed):
                continue
            if post := self._post(page):
                told.append(ReadTo(thread, PostKey(str(post))))
        return tuple(told)

    def _post(self, page: TopicPage) -> int:
        """The post up to which somebody has read a thread; 0 where nothing tells."""
        number = page.last_read_post_number or 0
        stream = page.post_stream.stream or []
        if number <= 0 or not stream:
            return 0
        if number >= page.highest_post_number:
            return stream[-1]
        ids = dict(self._ids(str(page.id)))
        rows = each(page.post_stream.posts, PostRow, lambda one: one)[0]
        ids.update((row.post_number, row.id) for row in rows)
        there = set(stream)
        below = [at for at, id in ids.items() if at <= number and id in there]
        # Between the highest post that is known below the mark and the mark itself there may be others.
        if not below or (max(below) != number and not any(at > number for at in ids)):
            return 0
        return ids[max(below)]
