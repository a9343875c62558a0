"""The homeserver for people, `make synapse`, is one that they can use."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.registry import Registry
from bot.settings import load
from tests.matrix import serve
from tests.matrix.homeserver import SERVER_NAME, Homeserver, free_port, kept
from tests.matrix.people import Person, log_in

ROOT = Path(__file__).parents[2]


async def test_the_local_server_is_furnished_once(limited: Homeserver) -> None:
    """A second start finds the people, their passwords and the room of the first, also of an interrupted one."""
    kept(limited.folder / "ada.password", "written-and-then-interrupted")
    first = await serve.furnish(limited)
    assert await serve.furnish(limited) == first
    assert first["ada"] == "written-and-then-interrupted"
    ada = Person(limited.address, await log_in(limited.address, "ada", first["ada"]))
    try:
        room = (await ada.call("GET", "/directory/room/%23workshop:localhost"))["room_id"]
        (members,) = [await ada.call("GET", f"/rooms/{room}/members")]
    finally:
        await ada.close()
    who = {event["state_key"]: event["content"]["membership"] for event in members["chunk"]}
    assert who == {"@ada:localhost": "join", "@threadline:localhost": "invite"}


def test_the_settings_for_the_local_server_fit_it(tmp_path: Path) -> None:
    """Address, login, the file of the password and the room are said in two places, which have to agree."""
    shipped = ROOT / "config" / "matrix-local.toml"
    ours = tmp_path / "config" / shipped.name
    password = tmp_path / serve.FOLDER.relative_to(ROOT) / f"{serve.BOT}.password"
    for file in (ours, password):
        file.parent.mkdir(parents=True)
    shutil.copy(shipped, ours)
    kept(password, "of-the-bot")
    registry = Registry()
    settings = load(ours, {}, registry.settings, registry.installed)
    login = settings.chats["matrix"].values
    assert login.homeserver == f"http://127.0.0.1:{serve.PORT}"
    assert login.user == f"@{serve.BOT}:{SERVER_NAME}"
    assert login.password.reveal() == "of-the-bot"
    assert login.invite == (f"@{serve.READER}:{SERVER_NAME}",)
    assert [mirror.into for mirror in settings.mirrors] == [f"matrix:{serve.ROOM}"]


def test_the_local_server_tells_how_to_go_on_and_stops_when_told(synapse: Path, tmp_path: Path) -> None:
    """`make synapse` is for people: an address, two logins, the next command; Ctrl-C ends it without a traceback."""
    port = free_port()
    script = ROOT / "tests" / "matrix" / "serve.py"
    command: list[str | Path] = [sys.executable, script, "--folder", tmp_path / "kept", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        assert serving.stderr is not None
        told = ""
        try:
            while serve.LAST_WORDS not in told:
                line = serving.stdout.readline()
                assert line, serving.stderr.read()
                told += line
            serving.send_signal(signal.SIGINT)
            rest = serving.communicate(timeout=60)
        finally:
            serving.kill()
    assert f"http://127.0.0.1:{port}" in told
    assert re.search(r"@ada:localhost +password: \S{12,}\n", told)
    assert "make run CONFIG=config/matrix-local.toml" in told
    assert (serving.returncode, rest) == (0, ("", ""))


def test_a_port_that_is_taken_is_named_with_the_way_round(
    homeserver: Homeserver, capsys: pytest.CaptureFixture[str]
) -> None:
    """Most often it is this very server, in another terminal; two on one folder would spoil it."""
    assert serve.main(["--port", str(homeserver.port)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert f"listens on port {homeserver.port} already" in said.err
    assert f'ARGS="--port {homeserver.port + 1}"' in said.err
