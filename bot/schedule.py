"""When, never what: the only user of APScheduler. A job wakes somebody; the truth of what is due is in the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from bot.model import Millis

LATEST = 253_370_764_800_000
"""The year 9999, which a calendar still knows, in milliseconds; what is never to ring rings then."""


class Schedule:
    """Alarm clocks, kept in memory: after a restart they are set again from the database."""

    def __init__(self) -> None:
        # Late alarms ring all the same (the default drops them after one second), and only once.
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )

    def start(self) -> None:
        """Begin to ring; called inside the running event loop."""
        self._scheduler.start()

    def stop(self) -> None:
        """Ring no more."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def every(self, name: str, seconds: float, wake: Callable[[], None]) -> None:
        """Call `wake` again and again, `seconds` apart."""
        self._scheduler.add_job(_soon(wake), IntervalTrigger(seconds=seconds), id=name, replace_existing=True)

    def at(self, name: str, moment: Millis, wake: Callable[[], None]) -> None:
        """Call `wake` once at a time; setting the same name again moves the alarm."""
        when = datetime.fromtimestamp(min(max(moment, 0), LATEST) / 1000, UTC)
        self._scheduler.add_job(_soon(wake), DateTrigger(when, UTC), id=name, replace_existing=True)


def _soon(wake: Callable[[], None]) -> Callable[[], object]:
    async def ring() -> None:  # a plain function would be run in a thread
        wake()

    return ring
