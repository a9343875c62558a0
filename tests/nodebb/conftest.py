"""The NodeBB adapter on a stand-in of a NodeBB, as guest and with a token."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.forums.nodebb import adapter
from adapters.forums.nodebb.forum import NodeBB
from adapters.forums.nodebb.settings import Settings
from bot.model import ForumName
from bot.ports import Context, Secret
from bot.testing.clock import FakeClock
from bot.testing.context import context
from tests.nodebb.stand_in import StandIn

Opened = Callable[..., NodeBB]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def site(clock: FakeClock) -> AsyncIterator[StandIn]:
    """A forum with two boards, one of them under the other, and one for the team alone."""
    made = StandIn(clock)
    made.world.category("Talk", 5)
    made.world.category("Small talk", 6, parent=5)
    made.world.category("Team", 9, readers={"threadline", "mod"})
    async with made.site:
        yield made


@pytest.fixture
async def ours(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Context]:
    made = context(tmp_path, "nodebb", now=clock.now)
    yield made
    await made.net.close()


@pytest.fixture
def opened(site: StandIn, ours: Context) -> Opened:
    """Opens the adapter: `opened()` as a guest, `opened("threadline")` with a token of that account."""

    def made(name: str = "", **more: Any) -> NodeBB:
        given = {"token": Secret(site.token(name))} if name else {}
        settings = Settings(address=site.address, **{"spacing": 0.0, **given, **more})
        forum = adapter.open(ForumName("talk"), settings, ours)
        assert isinstance(forum, NodeBB)
        return forum

    return made
