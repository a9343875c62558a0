"""Opens the discussions of a Flarum, and finds out why guests cannot read one any more."""

from __future__ import annotations

from adapters.engines import access
from adapters.engines.access import Params
from adapters.engines.guests import closed
from adapters.forums.flarum.client import Client, Key
from adapters.forums.flarum.parse import decoded
from adapters.forums.flarum.rows import DiscussionPage
from bot.errors import Gone, NotAllowed
from bot.net import Answer


class Access(access.Access[Key]):
    """Opens the discussions and lists of one forum."""

    def __init__(self, client: Client, ours: Key | None) -> None:
        super().__init__(ours)
        self._client = client

    async def asked(self, path: str, what: str, key: Key | None, params: Params) -> Answer:
        try:
            return await self._client.get(path, what, key, params=params)
        except (Gone, NotAllowed):
            await self._client.sure(key)
            raise

    async def again(self, path: str, what: str, with_key: bool, params: Params) -> Answer:
        """A discussion that was read before, in the same way."""
        key = self.key(with_key, what)
        try:
            return await self.asked(path, what, key, params)
        except (Gone, NotAllowed):
            if not with_key and self.ours is not None:
                await self._closed(path, what)
            raise

    async def _closed(self, path: str, what: str) -> None:
        """Raises NotAllowed where a thread is there still, but for others: guests are told that it is not there."""
        try:
            answer = await self._client.get(path, what, self.ours, params=[("page[limit]", "1")])
        except (Gone, NotAllowed):
            return
        if decoded(answer.body, DiscussionPage, "a discussion").data.shown:
            raise closed(what)
