"""Opens the pages of a NodeBB, and finds out why guests cannot read one any more.

NodeBB marks as read what is read with a token, for its account.
"""

from __future__ import annotations

from adapters.engines import access
from adapters.engines.access import Params
from adapters.engines.guests import closed
from adapters.forums.nodebb import addresses
from adapters.forums.nodebb.client import Client, Key
from adapters.forums.nodebb.rows import Head, on
from bot.errors import AdapterError, Gone, NotAllowed
from bot.net import Answer


class Access(access.Access[Key]):
    """Opens the pages of one forum."""

    def __init__(self, client: Client, ours: Key | None) -> None:
        super().__init__(ours)
        self._client = client

    async def again(
        self, path: str, what: str, with_key: bool, *, params: Params = (), etag: str = ""
    ) -> Answer | None:
        """A page that was read before, in the same way; None where it is said that nothing changed."""
        return await self._client.get(path, what, self.key(with_key, what), params=params, etag=etag)

    async def lost(self, thread: str, cid: str, error: AdapterError) -> AdapterError:
        """Why guests cannot read a thread any more which they could read: it is gone, or it is closed to them.

        A deleted thread, and one that stands where guests are kept out, are refused in the same words. Our token tells
        them apart; without one, a thread whose board guests can read still counts as deleted.
        """
        what = f"thread {thread}"
        if self.ours is not None:
            try:
                head = await self._client.read(f"/topics/{thread}", Head, what, self.ours)
                return Gone(f"{what} was deleted.") if on(head.deleted) else closed(what)
            except (Gone, NotAllowed):
                pass  # our account sees no more of it than guests do
        if not addresses.is_id(cid):
            return error
        try:
            await self._client.get(f"/api/category/{addresses.escaped(cid)}", f"board {cid}")
        except (Gone, NotAllowed):
            return closed(what)
        return Gone(f"{what}: {error}")

    async def asked(self, path: str, what: str, key: Key | None, params: Params) -> Answer:
        answer = await self._client.get(path, what, key, params=params)
        assert answer is not None  # no validator was sent
        return answer
