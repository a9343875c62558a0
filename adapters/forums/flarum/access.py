"""Whether something is read as a guest or with our token.

Guests come first, and what they were once shown is never read with the token afterwards: a thread that was moved to
where guests cannot follow is not carried on into a channel that they read. With the token is read what guests could
not read from the first; whoever mirrors it was told so.
"""

from __future__ import annotations

from adapters.forums.flarum.client import Client, Key, Params, unsure
from adapters.forums.flarum.parse import decoded
from adapters.forums.flarum.rows import DiscussionPage
from bot.errors import AdapterError, Gone, NotAllowed
from bot.net import Answer


class Access:
    """Opens the discussions and lists of one forum."""

    def __init__(self, client: Client, ours: Key | None) -> None:
        self._client = client
        self.ours = ours

    def key(self, with_key: bool, what: str) -> Key | None:
        """What is shown to be let in."""
        if with_key and self.ours is None:
            raise NotAllowed(f"{what}: guests cannot read it, and there is no token any more; set one, or unmirror it.")
        return self.ours if with_key else None

    async def first(self, thread: str, params: Params, *, guests: bool = False) -> tuple[bool, Answer]:
        """A thread that was never read: whether the token was needed, and what stands there; `guests`: without it."""
        path, what = f"/discussions/{thread}", f"thread {thread}"
        try:
            return False, await self._client.get(path, what, params=params)
        except AdapterError as error:
            if self.ours is None or guests or not unsure(error):
                raise
        try:
            return True, await self._client.get(path, what, self.ours, params=params)
        except Gone:
            await self._client.sure(self.ours)
            raise

    async def again(self, thread: str, with_key: bool, params: Params) -> Answer:
        """A thread that was read before, in the same way."""
        path, what = f"/discussions/{thread}", f"thread {thread}"
        key = self.key(with_key, what)
        try:
            return await self._client.get(path, what, key, params=params)
        except (Gone, NotAllowed):
            if not with_key and self.ours is not None:
                await self._closed(thread)
            await self._client.sure(key)
            raise

    async def _closed(self, thread: str) -> None:
        """Raises NotAllowed where a thread is there still, but for others: guests are told that it is not there."""
        what = f"thread {thread}"
        try:
            answer = await self._client.get(f"/discussions/{thread}", what, self.ours, params=[("page[limit]", "1")])
        except (Gone, NotAllowed):
            return
        if decoded(answer.body, DiscussionPage, "a discussion").data.shown:
            raise NotAllowed(
                f"{what}: guests cannot read it any more, so it is not followed any further. "
                "Mirror it again if its channel may show it."
            )
