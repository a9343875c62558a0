"""How fast a site is asked: what it allows for a minute, spread, with some room for several at once."""

from __future__ import annotations

import asyncio

BURST = 20
"""Requests that may follow each other at once, after a while without any."""


class Budget:
    """So many requests a minute; `turn` waits until there is one left."""

    def __init__(self, per_minute: float) -> None:
        self._pause = 60.0 / per_minute
        self._free = 0.0
        """When all of the room for several will be there again, by the event loop's clock."""

    async def turn(self, *, at_once: bool = False) -> None:
        """Take one request; what a person waits for (`at_once`) is taken from those that come later."""
        now = asyncio.get_running_loop().time()
        self._free = max(self._free, now) + self._pause
        late = self._free - now - BURST * self._pause
        if late > 0 and not at_once:
            await asyncio.sleep(late)
