"""The Discourse adapter on a stand-in of a Discourse, as guest and with a key."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.forums.discourse import adapter
from adapters.forums.discourse.forum import Discourse
from adapters.forums.discourse.settings import Settings
from bot.model import ForumName
from bot.ports import Context, Secret
from bot.testing.clock import FakeClock
from bot.testing.context import context
from tests.discourse.stand_in import StandIn

Opened = Callable[..., Discourse]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def site(clock: FakeClock) -> AsyncIterator[StandIn]:
    """A forum with two categories, one of them under the other, and one for the team alone."""
    made = StandIn(clock)
    talk = made.world.category("Talk", "talk", id=7)
    made.world.category("Small talk", "small", parent=talk.id, id=8)
    made.world.category("Team", "team", readers=set(), id=9)
    async with made.site:
        yield made


@pytest.fixture
async def ours(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Context]:
    made = context(tmp_path, "discourse", now=clock.now)
    yield made
    await made.net.close()


@pytest.fixture
def opened(site: StandIn, ours: Context) -> Opened:
    """Opens the adapter: `opened()` as a guest, `opened("bot")` with an administrators' key for that account."""

    def made(name: str = "", *, staff: bool = False, user_key: bool = False, **more: Any) -> Discourse:
        given: dict[str, Any] = {}
        if name:
            site.world.user(name, moderator=staff)
            if user_key:
                given = {"user_api_key": Secret(site.user_key(name))}
            else:
                given = {"api_key": Secret(site.api_key(name)), "username": name}
        settings = Settings(address=site.address, **{"requests": 60_000.0, **given, **more})
        forum = adapter.open(ForumName("talk"), settings, ours)
        assert isinstance(forum, Discourse)
        return forum

    return made
