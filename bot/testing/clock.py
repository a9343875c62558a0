"""A clock that stands still until a test moves it."""

from __future__ import annotations

from bot.clock import Moment
from bot.model import Millis

NOON = 1_767_268_800_000
"""1 January 2026, 12:00 UTC, in milliseconds: when a `FakeClock` begins."""


class FakeClock:
    """Obeys `bot.clock.Clock`: the wall clock and the time since boot, moved together, apart, or back to nothing."""

    def __init__(self, wall: Millis = NOON, up: Millis = 3_600_000) -> None:
        self._wall = wall
        self._up = up
        self._boots = 1

    def now(self) -> Millis:
        """The wall clock, milliseconds UTC."""
        return self._wall

    def moment(self) -> Moment:
        """The same instant on all clocks."""
        return Moment(self._wall, self._up, f"boot-{self._boots}")

    def advance(self, ms: Millis) -> None:
        """Let time pass: every clock moves."""
        if ms < 0:
            raise ValueError(f"time does not run backwards; jump({ms}) sets the wall clock")
        self._wall += ms
        self._up += ms

    def jump(self, ms: Millis) -> None:
        """Set the wall clock forwards or backwards, as an operator or a time server does."""
        self._wall += ms

    def reboot(self, ms: Millis = 0) -> None:
        """Restart the machine: `ms` pass on the wall clock, the time since boot begins anew under a new name."""
        self._wall += ms
        self._up = 0
        self._boots += 1
