"""The only SQL: engines that run units of work, migrations, and one module for each family of tables."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.store.migrate import migrate, shipped
from bot.store.sqlite import SQLite
from bot.store.unit import Store, Unit, run

__all__ = ["SQLite", "Store", "Unit", "open_store", "run"]


async def open_store(path: Path) -> SQLite:
    """The store in the SQLite file at `path`, made and migrated where needed.

    Raises `StoreStopped` where the file cannot be used; the caller holds the lock of the home directory.
    """
    await asyncio.to_thread(migrate, path, shipped())
    return await SQLite(path).open()
