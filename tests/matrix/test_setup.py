"""`setup` with a Matrix homeserver, from nothing to the first room."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from bot.app import App, opened
from bot.errors import SettingsError
from bot.home import Home
from bot.registry import Registry
from bot.settings import load
from bot.setups import Answers, ask_all, set_up
from bot.testing.log import RecordingLog
from tests.matrix.homeserver import SERVER_NAME, Homeserver
from tests.matrix.people import Person, log_in

PASSWORD = "letmein"


@pytest.fixture
def name(homeserver: Homeserver, ann: Person) -> str:
    """An account for the program, and a name that no room has yet."""
    return ann.id[1:].partition(":")[0].replace("ann", "house")


@pytest.fixture
async def ann(people) -> Person:
    person: Person = await people("ann")
    return person


async def test_setup_leaves_one_device_and_a_room_with_its_people(
    homeserver: Homeserver, ann: Person, name: str, tmp_path: Path
) -> None:
    """By the device the homeserver knows repetitions; each one that is left behind stands in a list of sessions."""
    await homeserver.register(name, PASSWORD)
    told = {"HOMESERVER": homeserver.address, "USER": f"@{name}:{SERVER_NAME}", "PASSWORD": PASSWORD, "INVITE": ann.id}
    environ = {f"THREADLINE_CHATS_MATRIX_{key}": value for key, value in told.items()}
    registry, home = Registry(), Home(tmp_path / "home")
    answers = Answers("sandbox:b1", "matrix", f"{name}-lounge", f"{name}-notices")
    wanted = ask_all(home.path, None, answers, environ, registry)
    said = await set_up(home, wanted, {}, registry)
    assert f"The Workshop is mirrored into matrix:{name}-lounge now" in said
    assert "\n  !mirror status   in the chat" in said
    assert "/mirror" not in said
    settings = load(wanted.file, {}, registry.settings, registry.installed)
    async with opened(home, settings, registry, RecordingLog()) as app:
        assert f"@{name}:{SERVER_NAME}" in await probed(app)
    login = await log_in(homeserver.address, name, PASSWORD)
    own = Person(homeserver.address, login)
    devices = {one["device_id"]: one["display_name"] for one in (await own.call("GET", "/devices"))["devices"]}
    assert list(devices.values()).count("Threadline") == 1
    await own.close()
    for room in ("lounge", "notices"):
        await ann.join(f"#{name}-{room}:{SERVER_NAME}")
    lounge = (await ann.call("GET", f"/directory/room/{quote(f'#{name}-lounge:{SERVER_NAME}', safe='')}"))["room_id"]
    topic = await ann.call("GET", f"/rooms/{quote(lounge, safe='')}/state/m.room.topic/")
    assert topic["topic"].startswith("The Workshop: http://")


async def test_a_wrong_password_is_told_in_words_that_help(homeserver: Homeserver, name: str, tmp_path: Path) -> None:
    """Nothing is kept of it, so that setup can be given again."""
    await homeserver.register(name, PASSWORD)
    told = {"HOMESERVER": homeserver.address, "USER": f"@{name}:{SERVER_NAME}", "PASSWORD": "wrong", "INVITE": "@a:b"}
    environ = {f"THREADLINE_CHATS_MATRIX_{key}": value for key, value in told.items()}
    registry, home = Registry(), Home(tmp_path / "home")
    wanted = ask_all(home.path, None, Answers("sandbox:b1", "matrix"), environ, registry)
    with pytest.raises(SettingsError) as caught:
        await set_up(home, wanted, {}, registry)
    why = f"{homeserver.address} does not let @{name}:{SERVER_NAME} in with this password. Check both."
    assert str(caught.value) == f"nothing was set up: {why}"
    assert not home.path.exists()


async def probed(app: App) -> str:
    chat = await app.chat("matrix")
    return str(await chat.probe())  # type: ignore[attr-defined]
