"""Lets what chats tell of how far people have read become marks, a few seconds after it was told."""

from __future__ import annotations

from bot.clock import Clock
from bot.errors import StoreStopped
from bot.ports import Log
from bot.rounds import rounds
from bot.schedule import Schedule
from bot.store import Store
from bot.store.positions import due_positions, mark_position, put_off

LOOK = 5.0
"""Seconds between two looks at what is due."""

FAULT_PAUSE = 60_000
"""Milliseconds that a position rests after a fault of our own."""


class Positions:
    """The positions of all chats."""

    def __init__(self, store: Store, clock: Clock, schedule: Schedule, log: Log) -> None:
        self._store = store
        self._clock = clock
        self._schedule = schedule
        self._log = log

    async def run(self) -> None:
        """Mark what is due, again and again, until cancelled."""
        await rounds(self._schedule, self._log, "positions", LOOK, self.mark)

    async def mark(self) -> None:
        """Mark everything that is due now; one that goes wrong rests, and stops no other."""
        now = self._clock.now()
        while due := await self._store.read(due_positions, now):
            for position in due:
                try:
                    while not await self._store.write(mark_position, position):
                        pass  # others write between two commits
                except StoreStopped:
                    raise
                except Exception as error:
                    self._log.error("position not marked", chat=position.chat, place=position.place, exc_info=error)
                    await self._store.write(put_off, position, now + FAULT_PAUSE)
