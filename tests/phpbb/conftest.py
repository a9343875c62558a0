"""A board on loopback, and the adapter opened on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from adapters.forums.phpbb import adapter, sessions, writing
from adapters.forums.phpbb.forum import Phpbb
from adapters.forums.phpbb.settings import Settings
from bot.model import ForumName
from bot.ports import Secret
from bot.testing.context import context
from tests.phpbb.board import Board

Opened = Callable[..., Phpbb]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The board's clock goes on with every request: nobody has to wait for it."""
    monkeypatch.setattr(sessions, "SECOND", 0.0)
    monkeypatch.setattr(writing, "SECOND", 0.0)


@pytest.fixture
async def board() -> AsyncIterator[Board]:
    """An empty board that answers."""
    made = Board()
    async with made.site:
        yield made


@pytest.fixture
async def opened(board: Board, tmp_path: Path) -> AsyncIterator[Opened]:
    """Opens the adapter on the board, by default with the account of the bridge."""
    ours = context(tmp_path, "phpbb", now=lambda: board.now * 1000)

    def made(username: str = "bridge", password: str = "over-the-river") -> Phpbb:
        settings = Settings(board.site.address, username, Secret(password))
        forum = adapter.open(ForumName("phpbb"), settings, ours)
        assert isinstance(forum, Phpbb)
        return forum

    yield made
    await ours.net.close()


@pytest.fixture
def forum(opened: Opened) -> Phpbb:
    """The adapter with the account of the bridge."""
    return opened()
