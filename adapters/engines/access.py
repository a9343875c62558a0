"""Whether a page is read as a guest or with the key of the settings.

Guests come first, and what they were once shown is never read with the key afterwards: a thread that was moved to where
guests cannot follow is not carried on into a channel that they read. With the key is read what guests could not read
from the first; whoever mirrors it was told so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from adapters.engines.guests import keyless, unsure
from bot.errors import AdapterError
from bot.net import Answer

K = TypeVar("K")

Params = Sequence[tuple[str, str]]


class Access(Generic[K]):
    """Opens the pages of one forum; an engine's own says how one is asked for (`asked`)."""

    def __init__(self, ours: K | None, word: str = "token") -> None:
        self.ours = ours
        self._word = word

    def key(self, with_key: bool, what: str) -> K | None:
        """What is shown to be let in; NotAllowed where it is not there any more: as a guest one would see less."""
        if with_key and self.ours is None:
            raise keyless(what, self._word)
        return self.ours if with_key else None

    async def first(self, path: str, what: str, *, params: Params = (), guests: bool = False) -> tuple[bool, Answer]:
        """A page that was never read: whether the key was needed, and what stands there; `guests`: without it."""
        try:
            return False, await self.asked(path, what, None, params)
        except AdapterError as error:
            if self.ours is None or guests or not unsure(error):
                raise
        return True, await self.asked(path, what, self.ours, params)

    async def asked(self, path: str, what: str, key: K | None, params: Params) -> Answer:
        """What stands at a path."""
        raise NotImplementedError
