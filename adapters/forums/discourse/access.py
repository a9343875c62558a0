"""Whether a page is read as a guest or with our key.

Guests come first, and what they were once shown is never read with the key afterwards: a thread that was moved to where
guests cannot follow is not carried on into a channel that they read. With the key is read what guests could not read
from the first; whoever mirrors it was told so.
"""

from __future__ import annotations

from collections.abc import Sequence

from adapters.forums.discourse.client import Client, Key, unsure
from bot.errors import AdapterError, Gone, NotAllowed
from bot.net import Answer
from bot.ports import Context


class Access:
    """Opens the pages of one forum."""

    def __init__(self, client: Client, context: Context, ours: Key | None) -> None:
        self._client = client
        self._context = context
        self.ours = ours

    def key(self, with_key: bool) -> Key | None:
        """What is shown to be let in."""
        return self.ours if with_key else None

    async def first(
        self, path: str, what: str, *, params: Sequence[tuple[str, str]] = (), guests: bool = False
    ) -> tuple[bool, Answer]:
        """A page that was never read: whether the key was needed, and what stands there; `guests`: without it."""
        try:
            return False, await self._asked(path, what, None, params, "")
        except AdapterError as error:
            if self.ours is None or guests or not unsure(error):
                raise
        return True, await self._asked(path, what, self.ours, params, "")

    async def again(
        self, path: str, what: str, with_key: bool, *, params: Sequence[tuple[str, str]] = (), etag: str = ""
    ) -> Answer | None:
        """A page that was read before, in the same way; None where it is said that nothing changed."""
        if with_key and self.ours is None:
            raise NotAllowed(f"{what}: guests cannot read it, and there is no key any more; set one, or unmirror it.")
        key, stamp = self.key(with_key), self._context.now()
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
            raise NotAllowed(
                f"{what}: guests cannot read it any more, so it is not followed any further. "
                "Mirror it again if its channel may show it."
            )

    async def _asked(
        self, path: str, what: str, key: Key | None, params: Sequence[tuple[str, str]], etag: str
    ) -> Answer:
        answer = await self._client.get(path, what, key, params=params, etag=etag, stamp=self._context.now())
        assert answer is not None  # no validator was sent
        return answer
