"""Work that is looked at again and again: what is due says the database, when to look the schedule."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bot.errors import StoreStopped
from bot.ports import Log
from bot.schedule import Schedule


async def rounds(
    schedule: Schedule, log: Log, name: str, seconds: float, work: Callable[[], Awaitable[object]]
) -> None:
    """Do `work` at once and then every so many seconds, until cancelled; what the database does not take, later."""
    due = asyncio.Event()
    schedule.every(name, seconds, due.set)
    while True:
        due.clear()
        try:
            await work()
        except StoreStopped as error:
            log.error("store stopped", error=str(error))
        await due.wait()
