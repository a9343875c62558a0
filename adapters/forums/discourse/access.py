"""Opens the pages of a Discourse, and finds out why guests cannot read one any more."""

from __future__ import annotations

from adapters.engines import access
from adapters.engines.access import Params
from adapters.engines.guests import closed, unsure
from adapters.forums.discourse.client import Client, Key
from bot.errors import AdapterError, Gone, NotAllowed
from bot.net import Answer
from bot.ports import Context


class Access(access.Access[Key]):
    """Opens the pages of one forum."""

    def __init__(self, client: Client, context: Context, ours: Key | None) -> None:
        super().__init__(ours, "key")
        self._client = client
        self._context = context

    async def again(
        self, path: str, what: str, with_key: bool, *, params: Params = (), etag: str = ""
    ) -> Answer | None:
        """A page that was read before, in the same way; None where it is said that nothing changed."""
        key, stamp = self.key(with_key, what), self._context.now()
        try:
            return await self._client.get(path, what, key, params=params, etag=etag, stamp=stamp)
        except AdapterError as error:
            if with_key or self.ours is None or not unsure(error):
                raise
            await self._closed(path, what)
            raise

    async def _closed(self, path: str, what: str) -> None:
        """Raises NotAllowed where a page is there still, but for others."""
        try:
            answer = await self._client.get(path, what, self.ours)
        except (Gone, NotAllowed):
            return
        if answer is not None and b'"deleted_at":"' not in answer.body.replace(b" ", b""):
            raise closed(what)

    async def asked(self, path: str, what: str, key: Key | None, params: Params) -> Answer:
        answer = await self._client.get(path, what, key, params=params, stamp=self._context.now())
        assert answer is not None  # no validator was sent
        return answer
