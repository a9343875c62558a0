"""How far people have read, told to a Flarum and asked of it, each with the login of that person alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from adapters.forums.flarum import addresses, parse
from adapters.forums.flarum.acting import key_of
from adapters.forums.flarum.client import Client, answered
from adapters.forums.flarum.parse import Tags, Topic
from adapters.forums.flarum.rows import Changed
from bot.errors import Gone, NotAllowed
from bot.model import Login, PostKey, ReadTo, ThreadKey


class Marks:
    """The marks on one forum; `ids` gives the posts of a thread by their numbers, as far as they are known."""

    def __init__(self, client: Client, ids: Callable[[str], dict[int, int]]) -> None:
        self._client = client
        self._ids = ids

    async def read_to(self, login: Login, thread: ThreadKey, post: PostKey) -> None:
        """Say that everything up to a post was read: the forum keeps the highest number of each discussion."""
        if not addresses.is_id(thread) or not addresses.is_id(post):
            raise Gone(f"{post[:80]!r} is no post of a thread {thread[:80]!r} here.")
        key = key_of(login)
        try:
            row, _ = parse.one((await self._client.get(f"/posts/{post}", f"post {post}", key)).body)
        except Gone:
            await self._client.sure(key)
            raise
        if row.discussion not in ("", thread) or row.attributes.isHidden:
            raise Gone(f"post {post} does not stand in thread {thread} any more.")
        data = {"type": "discussions", "id": thread, "attributes": {"lastReadPostNumber": row.attributes.number}}
        what = f"the mark in thread {thread}"
        answered(await self._client.send("PATCH", f"/discussions/{thread}", what, key, {"data": data}), Changed, what)

    async def marks(self, login: Login, threads: Sequence[ThreadKey]) -> tuple[ReadTo, ...]:
        """What the forum knows; a thread whose mark lies among posts that we never saw is not told."""
        key = key_of(login)
        told = []
        for thread in dict.fromkeys(threads):
            if not addresses.is_id(thread):
                continue
            known = self._ids(thread)
            params = [("page[limit]", "50"), ("page[near]", str(max(known, default=1)))]
            try:
                answer = await self._client.get(f"/discussions/{thread}", f"thread {thread}", key, params=params)
            except (Gone, NotAllowed):
                continue
            if post := _read(parse.topic(answer.body, self._client.root, Tags()), known):
                told.append(ReadTo(thread, PostKey(str(post))))
        return tuple(told)


def _read(topic: Topic, known: dict[int, int]) -> int:
    """The post up to which somebody has read a thread; 0 where nothing tells.

    Between the highest post that is known below the mark and the next one there may be none that is not known.
    """
    if not topic.read or not topic.stream:
        return 0
    there = set(topic.stream)
    numbers = {id: number for number, id in known.items() if id in there}
    numbers.update(topic.chunk.numbers)
    below = [id for id in topic.stream if id in numbers and numbers[id] <= topic.read]
    if not below:
        return 0
    last = topic.stream.index(below[-1])
    following = topic.stream[last + 1] if last + 1 < len(topic.stream) else None
    certain = following is None or following in numbers or numbers[below[-1]] == topic.read
    return below[-1] if certain else 0
