"""Time and ids as Discord tells them: a clock that can be put forward, and ids that hold the moment they were made."""

from __future__ import annotations

import time
from datetime import UTC, datetime

EPOCH = 1_420_070_400_000
"""The first millisecond of 2015, from which ids count."""


class Clock:
    """The machine's clock, ahead by as much as a test wants, so that none waits for a window to pass."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self._ahead

    def forward(self, seconds: float) -> None:
        """Let time pass at once."""
        self._ahead += seconds


class Snowflakes:
    """Makes ids, each greater than all before it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def new(self, shard: tuple[int, int] = (0, 1)) -> str:
        """The next id; one for a guild that this shard of so many hears of, if that matters."""
        number, count = shard
        self._last = max(self._last + 1, (int(self._clock.now() * 1000) - EPOCH) << 22)
        while (self._last >> 22) % count != number:
            self._last = (self._last >> 22) + 1 << 22
        return str(self._last)


def made_at(snowflake: str) -> float:
    """When an id was made, in seconds since 1970."""
    return ((int(snowflake) >> 22) + EPOCH) / 1000


def stamp(seconds: float) -> str:
    """A moment as it stands in payloads."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")
