"""The Flarum adapter on a stand-in of a Flarum, as guest and with a token."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.forums.flarum import adapter
from adapters.forums.flarum.forum import Flarum
from adapters.forums.flarum.settings import Settings
from bot.model import ForumName
from bot.ports import Context, Secret
from bot.testing.context import context
from tests.flarum.stand_in import StandIn

Opened = Callable[..., Flarum]


@pytest.fixture
async def site() -> AsyncIterator[StandIn]:
    """A forum with two tags, one under the other, one for the team alone, and a secondary one."""
    made = StandIn()
    world = made.world
    world.keys.add("a-key-of-the-site")
    world.tag("Computers", "computers", position=0)
    world.tag("Talk", "talk", position=0, parent=1)
    world.tag("Team", "team", position=1, restricted=True)
    world.tag("Solved", "solved", position=None)
    async with made.site:
        yield made


@pytest.fixture
async def ours(site: StandIn, tmp_path: Path) -> AsyncIterator[Context]:
    made = context(tmp_path, "flarum", now=lambda: site.world.now * 1000)
    yield made
    await made.net.close()


@pytest.fixture
def opened(site: StandIn, ours: Context) -> Opened:
    """Opens the adapter: `opened()` as a guest, `opened("bot")` with a token for that account."""

    def made(name: str = "", *, token: str = "a-key-of-the-site", **more: Any) -> Flarum:
        given: dict[str, Any] = {"address": site.address, "requests": 600_000.0}
        if name:
            given |= {"token": Secret(token), "user_id": str(site.world.user(name).id)}
        forum = adapter.open(ForumName("talk"), Settings(**{**given, **more}), ours)
        assert isinstance(forum, Flarum)
        return forum

    return made


@pytest.fixture
def forum(opened: Opened) -> Flarum:
    """The adapter as a guest."""
    return opened()
