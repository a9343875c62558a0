"""Time as the outbox needs it: the wall clock, and what tells whether the wall clock can be trusted."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Protocol

import msgspec

from bot.model import Millis


class Moment(msgspec.Struct, frozen=True):
    """One instant on two clocks: `wall` may be set, `up` (milliseconds since boot) cannot; `boot` names the boot."""

    wall: Millis
    up: Millis
    boot: str


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> Millis:
        """The wall clock, milliseconds UTC."""

    def moment(self) -> Moment:
        """The same instant on all clocks."""


class SystemClock:
    """The machine's clocks."""

    def __init__(self) -> None:
        try:
            self._boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        except OSError:
            self._boot = ""

    def now(self) -> Millis:
        """The wall clock, milliseconds UTC."""
        return time.time_ns() // 1_000_000

    def moment(self) -> Moment:
        """The same instant on all clocks."""
        up = time.clock_gettime_ns(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
        return Moment(self.now(), up // 1_000_000, self._boot)


JUMP = 5_000
"""Milliseconds by which two clocks may part before the wall clock counts as set."""


def age(then: Moment, now: Moment) -> Millis | None:
    """Milliseconds from `then` to `now`, or None where they cannot be known.

    None after a clock that ran backwards, a clock that was set in between, and a restart of the machine (on machines
    that do not name their boots: always): in all three the wall clock alone would be a guess.
    """
    wall = now.wall - then.wall
    if wall < 0 or then.boot != now.boot or not now.boot:
        return None
    if abs(wall - (now.up - then.up)) > JUMP:
        return None
    return wall
