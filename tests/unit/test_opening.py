"""What cannot be opened at the start is left out, with a word about it; the rest of the program works."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.app import App, opened
from bot.errors import SettingsError
from bot.home import Home
from bot.model import Board, BoardKey
from bot.opening import SETTING
from bot.registry import Registry
from bot.secret import Secret
from bot.settings import Configured, Settings, Web
from bot.store import run
from bot.store.communities import ensure_community
from bot.store.forums import ensure_board, ensure_forum
from bot.store.mirrors import add_mirror
from bot.store.notices import open_notices
from bot.store.places import ensure_channel
from bot.store.sources import ensure_source
from bot.testing.chats import FakeChat
from bot.testing.forums import FakeForum
from bot.testing.log import RecordingLog

PATIENCE = 10.0


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the adapters of these tests can be told."""

    address: str = ""
    token: Secret = Secret("")


class Adapter:
    """An adapter that opens what it is told to, or fails."""

    settings = Told

    def __init__(self, made: Callable[[], Any]) -> None:
        self.made = made

    def open(self, name: str, settings: Told, context: object) -> Any:
        return self.made()


class Shelf(Registry):
    """The adapters of these tests, by name."""

    def __init__(self) -> None:
        super().__init__([])
        self.adapters: dict[str, Adapter] = {"well": Adapter(FakeChat), "forum": Adapter(FakeForum)}

    def _load(self, kind: str, name: str) -> Any:
        return self.adapters[name] if name in self.adapters else super()._load(kind, name)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


Start = Callable[..., AbstractAsyncContextManager[App]]


@pytest.fixture
def start(tmp_path: Path, shelf: Shelf) -> Start:
    """The program on one home, with these chats in its settings, by name and adapter."""

    def started(**chats: str) -> AbstractAsyncContextManager[App]:
        configured = {name: Configured(adapter, Told()) for name, adapter in chats.items()}
        return opened(Home(tmp_path / "home"), Settings(web=Web(port=0), chats=configured), shelf, RecordingLog())

    return started


async def keep(app: App, adapter: str = "forum", settings: str = "{}", chat: str = "well") -> None:
    """A mirror of a board of a forum that only the database knows."""
    forum = await app.store.write(ensure_forum, "kept", adapter, settings)
    board = await app.store.write(ensure_board, forum, Board(BoardKey("b1"), "General"))
    community = await app.store.write(ensure_community, chat, "", chat)
    place = await app.store.write(ensure_channel, community, chat, "lounge", "lounge")
    await app.store.write(add_mirror, community, board, None, place, "threads", "all", "Ada", 0)
    await app.store.write(ensure_source, forum, board, None, 0)


async def told(app: App) -> dict[str, str]:
    return {about: text for about, text, _ in await app.store.read(open_notices)}


@pytest.mark.parametrize(
    ("adapter", "settings", "why"),
    [
        ("nobody", "{}", 'no forum adapter "nobody" is installed'),
        ("forum", '{"adress": ""}', "adress"),
        ("forum", "no JSON", "malformed"),
    ],
)
async def test_a_kept_forum_that_cannot_be_opened_ends_nothing(start, adapter, settings, why):
    """Law 9: one dead forum never stops the others."""
    async with start(well="well") as app:
        await keep(app, adapter, settings)
        await app.opening.open_all()
        assert list(app.chats) == ["well"]
        assert why in app.opening.closed["forum kept"]
        health = await app.health()
        assert (health["ok"], why in health["parts"]["forum kept"]) == (False, True)
        assert why in (await told(app))["opening:forum kept"]
        with pytest.raises(SettingsError):
            await app.forum("kept")


async def test_a_secret_that_cannot_be_opened_ends_nothing(start):
    """Its key file was lost: what does not need it works, and says what to do about the rest."""
    async with start(shut="well", well="well") as app:
        sealed = app.opening.sealer.seal(SETTING, "chats.other.token", "secret words")
        insert = "INSERT INTO secret (purpose, owner, sealed) VALUES ($1, $2, $3)"
        await app.store.write(run, insert, SETTING, "chats.shut.token", sealed)
        await keep(app, chat="shut")
        await app.opening.open_all()
        assert (list(app.chats), list(app.forums)) == (["well"], ["kept"])
        assert "enter the credential again" in app.opening.closed["chat shut"]
        assert "enter the credential again" in (await told(app))["opening:chat shut"]
        assert "secret words" not in str(await told(app))


async def test_an_adapter_that_fails_to_open_ends_nothing(start, shelf):
    shelf.adapters["broken"] = Adapter(lambda: 1 // 0)
    async with start(broken="broken", well="well") as app:
        await app.opening.open_all()
        assert list(app.chats) == ["well"]
        assert "ZeroDivisionError" in app.opening.closed["chat broken"]
        with pytest.raises(SettingsError, match="start Threadline again"):
            await app.chat("broken")


async def test_what_can_be_opened_again_is_told(start, shelf):
    """Law 11: once at failure, once at recovery."""
    del shelf.adapters["forum"]
    async with start(well="well") as app:
        await keep(app)
        await app.opening.open_all()
        assert await told(app)
    shelf.adapters["forum"] = Adapter(FakeForum)
    async with start(well="well") as app:
        await app.opening.open_all()
        assert (app.opening.closed, await told(app)) == ({}, {})
        assert await app.store.read(run, "SELECT over FROM notice") == [("The forum kept can be used again.",)]


async def test_what_nobody_wants_any_more_is_told_of_no_more(start, shelf):
    async with start(well="well") as app:
        await keep(app, "nobody")
        await app.opening.open_all()
        await app.store.write(run, "UPDATE source SET next_at=NULL")
    async with start(well="well") as app:
        await app.opening.open_all()
        assert await told(app) == {}
        assert await app.store.read(run, "SELECT over FROM notice") == [("",)]


async def test_the_program_runs_without_what_cannot_be_opened(start, shelf):
    shelf.adapters["broken"] = Adapter(lambda: 1 // 0)
    async with start(broken="broken", well="well") as app:
        await keep(app, "nobody")
        address = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(app.run(address.set_result))
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait({task, address}, return_when=asyncio.FIRST_COMPLETED)
        assert not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_commands_at_the_same_time_open_each_login_once(start, shelf):
    """A second one would be polled beside the first, and nobody would ever close it."""
    made: list[object] = []

    def noted(kind: Callable[[], Any]) -> Callable[[], Any]:
        def make() -> Any:
            made.append(kind())
            return made[-1]

        return make

    shelf.adapters["forum"] = Adapter(noted(FakeForum))
    shelf.adapters["well"] = Adapter(noted(FakeChat))
    async with start(well="well") as app:
        await keep(app)
        forums = await asyncio.gather(app.forum("kept"), app.forum("kept"))
        chats = await asyncio.gather(app.chat("well"), app.chat("well"))
        assert (forums[0] is forums[1], chats[0] is chats[1], len(made)) == (True, True, 2)
