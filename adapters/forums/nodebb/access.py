"""Whether a page is read as a guest or with our token.

Guests come first, and what they were once shown is never read with the token afterwards: a thread that was moved to
where guests cannot follow is not carried on into a channel that they read. With the token is read what guests could not
read from the first; whoever mirrored it was told so. NodeBB marks as read what is read with a token, for its account.
"""

from __future__ import annotations

from collections.abc import Sequence

from adapters.forums.nodebb import addresses
from adapters.forums.nodebb.client import Client, Key, unsure
from adapters.forums.nodebb.rows import Head, on
from bot.errors import AdapterError, Gone, NotAllowed
from bot.net import Answer


class Access:
    """Opens the pages of one forum."""

    def __init__(self, client: Client, ours: Key | None) -> None:
        self._client = client
        self.ours = ours

    def key(self, with_key: bool) -> Key | None:
        """What is shown to be let in."""
        return self.ours if with_key else None

    async def first(
        self, path: str, what: str, *, params: Sequence[tuple[str, str]] = (), guests: bool = False
    ) -> tuple[bool, Answer]:
        """A page that was never read: whether the token was needed, and what stands there; `guests`: without it."""
        try:
            return False, await self._asked(path, what, None, params)
        except AdapterError as error:
            if self.ours is None or guests or not unsure(error):
                raise
        return True, await self._asked(path, what, self.ours, params)

    async def again(
        self, path: str, what: str, with_key: bool, *, params: Sequence[tuple[str, str]] = (), etag: str = ""
    ) -> Answer | None:
        """A page that was read before, in the same way; None where it is said that nothing changed."""
        if with_key and self.ours is None:
            raise NotAllowed(f"{what}: guests cannot read it, and there is no token any more; set one, or unmirror it.")
        return await self._client.get(path, what, self.key(with_key), params=params, etag=etag)

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

    async def _asked(self, path: str, what: str, key: Key | None, params: Sequence[tuple[str, str]]) -> Answer:
        answer = await self._client.get(path, what, key, params=params)
        assert answer is not None  # no validator was sent
        return answer


def closed(what: str) -> NotAllowed:
    """That guests are kept out of what they could read."""
    return NotAllowed(
        f"{what}: guests cannot read it any more, so it is not followed any further. "
        "Mirror it again if its channel may show it."
    )
