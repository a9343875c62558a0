"""Alarms: a moment that no calendar knows ends nothing."""

from __future__ import annotations

import asyncio

import pytest

from bot.schedule import Schedule

PATIENCE = 10.0


@pytest.fixture
async def schedule():
    made = Schedule()
    made.start()
    yield made
    made.stop()


@pytest.mark.parametrize("moment", [10**15, 10**17, 2**63 - 1])
async def test_an_alarm_beyond_every_calendar_is_set_and_does_not_ring(schedule, moment):
    """Somebody asked for a pause of centuries; whoever sets the alarm goes on."""
    rung = asyncio.Event()
    schedule.at("far", moment, rung.set)
    now = asyncio.Event()
    schedule.at("near", 0, now.set)
    await asyncio.wait_for(now.wait(), PATIENCE)
    assert not rung.is_set()


@pytest.mark.parametrize("moment", [-1, -(2**63)])
async def test_an_alarm_before_every_calendar_rings_at_once(schedule, moment):
    rung = asyncio.Event()
    schedule.at("past", moment, rung.set)
    await asyncio.wait_for(rung.wait(), PATIENCE)
