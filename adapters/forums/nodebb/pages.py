"""Asks for the pages of a thread, the way in which it was read before."""

from __future__ import annotations

from adapters.engines.guests import moved, unsure
from adapters.engines.lately import Lately
from adapters.engines.working import made
from adapters.forums.nodebb import parse
from adapters.forums.nodebb.access import Access
from adapters.forums.nodebb.boards import Boards
from adapters.forums.nodebb.client import Client
from adapters.forums.nodebb.memory import Mind
from adapters.forums.nodebb.parse import Topic
from bot.errors import AdapterError, Gone, NotAllowed, Unparsable
from bot.net import Answer
from bot.ports import Context

KEPT = 200
"""Threads of which it is known which post stands where, for links that people give."""

OLDEST, NEWEST = "oldest_to_newest", "newest_to_oldest"
"""The orders in which pages are given; in both the post that opened the thread stands first."""


class Pages:
    """The pages of all threads of one forum."""

    def __init__(self, client: Client, access: Access, boards: Boards, context: Context) -> None:
        self._client = client
        self._access = access
        self._boards = boards
        self._context = context
        self._places = Lately[str, dict[int, str]](KEPT)

    def at(self, thread: str, index: int) -> str:
        """The post that was at a place of a thread when it was last read, counted from 0; empty where nobody knows."""
        return self._places.get(thread, {}).get(index, "")

    def knows(self, post: str) -> bool:
        """Whether a post stands in a thread that was read lately: those from elsewhere bear foreign addresses."""
        return any(post in places.values() for places in self._places.values())

    async def first(self, thread: str) -> tuple[bool, Topic]:
        """The first page of a thread that was never read, and whether our token was needed for it."""
        public = self._boards.public(thread)
        try:
            with_key, answer = await self._access.first(
                f"/api/topic/{thread}", f"thread {thread}", params=[("sort", OLDEST)], guests=public is not None
            )
        except AdapterError as error:
            if public is None or not unsure(error):
                raise
            raise await self._access.lost(thread, public, error) from None
        return with_key, await self.read(answer, thread)

    async def asked(self, thread: str, mind: Mind, sort: str, page: int, etag: str = "") -> Answer | None:
        """The answer to the question for a page; None where it is said that nothing changed."""
        params = [("sort", sort), *([("page", str(page))] if page > 1 else [])]
        path, what = f"/api/topic/{thread}", f"thread {thread}"
        try:
            return await self._access.again(path, what, mind.key, params=params, etag=etag)
        except AdapterError as error:
            if mind.key or page > 1 or not unsure(error):
                raise
            raise await self._access.lost(thread, mind.cid, error) from None

    async def page(self, thread: str, mind: Mind, sort: str, page: int) -> Topic:
        """A page; Gone where there are fewer."""
        answer = await self.asked(thread, mind, sort, page)
        assert answer is not None  # no validator was sent
        return await self.read(answer, thread)

    async def read(self, answer: Answer, thread: str) -> Topic:
        """What stands on a page; Gone where the thread is deleted, which our account may read all the same."""
        found = await made(self._context, parse.topic, answer.body, self._client.root, self._context.now())
        if found.thread.key != thread:
            raise Unparsable(f"the forum answered with another thread than {thread}", parse.THREAD, answer.body)
        if found.deleted:
            raise Gone(f"thread {thread} was deleted.")
        places = self._places.get(thread, {})
        places.update((index, id) for id, index in found.ids.items() if index >= 0)
        self._places.keep(thread, places)
        return found

    async def at_home(self, topic: Topic, mind: Mind) -> None:
        """Raises NotAllowed where a thread that is read with our token was moved to where other people read it."""
        if not mind.key or not mind.cid or mind.cid == topic.cid:
            return
        thread = topic.thread.key
        try:
            await self._client.get(f"/api/topic/{thread}", f"thread {thread}")
        except (Gone, NotAllowed):
            raise moved(f"thread {thread}", "category") from None
