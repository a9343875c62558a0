"""Lets leave what is over: rows, files and texts that need not be kept, and what readers need not look back at."""

from __future__ import annotations

from bot.clock import Clock
from bot.media.library import UNUSED, Library
from bot.model import DAY
from bot.ports import Log
from bot.rounds import rounds
from bot.schedule import Schedule
from bot.settings import Settings
from bot.store import Store
from bot.store.forums import forget_older
from bot.store.openers import forget_older_opened
from bot.store.said import forget_older_said
from bot.store.tides import forget_tides, note_tide, raise_floors
from bot.store.tidying import sweep

EVERY = 3600.0
"""Seconds between two looks."""


class Housekeeping:
    """Tidies up one home."""

    def __init__(
        self, store: Store, media: Library, settings: Settings, clock: Clock, schedule: Schedule, log: Log
    ) -> None:
        self._store = store
        self._media = media
        self._settings = settings
        self._clock = clock
        self._schedule = schedule
        self._log = log

    async def run(self) -> None:
        """Tidy up at once and then every hour, until cancelled."""
        await rounds(self._schedule, self._log, "tidy", EVERY, self.tidy)

    async def tidy(self) -> None:
        """Let leave the database what is over, and texts that are older than the settings allow."""
        now, days = self._clock.now(), self._settings.delivery.retention_days
        files = await self._media.sweep(now - min(UNUSED, days * DAY or UNUSED))
        self._log.info("tidied up", rows=await sweep(self._store, now), files=files)
        if self._settings.reading.days:
            await self._store.write(note_tide, now)
            await self._store.write(raise_floors, self._settings.reading.days)
        else:
            await self._store.write(forget_tides)
        if days:
            gone = await self._store.write(forget_older, now - days * DAY)
            said = await self._store.write(forget_older_said, now - days * DAY)
            opened = await self._store.write(forget_older_opened, now - days * DAY)
            self._log.info("old texts gone", posts=gone, replies=said, threads=opened)
