"""What is over leaves by itself, and nobody has to look back for ever."""

from __future__ import annotations

from pathlib import Path

from bot.app import opened
from bot.home import Home
from bot.housekeeping import Housekeeping
from bot.model import DAY
from bot.registry import Registry
from bot.settings import load
from bot.store import run
from bot.testing.clock import FakeClock
from bot.testing.log import RecordingLog


async def test_floors_rise_with_the_days_and_texts_leave(tmp_path: Path) -> None:
    """The tide is noted at each look, and what is older than readers look back is read for everybody."""
    registry, clock = Registry(), FakeClock()
    settings = load(None, {}, registry.settings, registry.installed)
    async with opened(Home(tmp_path / "home"), settings, registry, RecordingLog(), clock=clock) as here:
        keeping = Housekeeping(here.store, here.media, settings, clock, here.schedule, here.log)
        await here.store.write(run, "INSERT INTO forum (name, adapter, next_seq) VALUES ('f', 'none', 8)")
        await here.store.write(run, "INSERT INTO board (forum, key, name) VALUES (1, 'b', 'Lounge')")
        for _ in range(30):
            await keeping.tidy()
            clock.advance(3_600_000)
        assert [tuple(row) for row in await here.store.read(run, "SELECT floor_seq FROM board")] == [(0,)]
        clock.advance((settings.reading.days + 1) * DAY)
        for _ in range(30):
            await keeping.tidy()
            clock.advance(3_600_000)
        assert [tuple(row) for row in await here.store.read(run, "SELECT floor_seq FROM board")] == [(7,)]
