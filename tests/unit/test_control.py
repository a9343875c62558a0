"""The control socket: commands act through the process that holds the home."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot import control
from bot.control import ControlServer, call
from bot.errors import (
    HomeInUse,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Refused,
    SettingsError,
    ThreadlineError,
    Unreachable,
)

Handler = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


class Log:
    """Keeps what was logged."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def debug(self, event: str, **values: Any) -> None:
        self.events.append(event)

    info = warning = error = debug


@pytest.fixture
def path(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path / "control.sock"


@pytest.fixture
async def serve(path: Path) -> AsyncIterator[Callable[[Handler], Awaitable[Log]]]:
    servers: list[ControlServer] = []

    async def starts(handler: Handler) -> Log:
        log = Log()
        servers.append(ControlServer(path, handler, log))
        await servers[-1].start()
        return log

    yield starts
    for server in servers:
        await server.stop()


async def echo(request: dict[str, Any]) -> dict[str, Any]:
    return {"got": request}


async def test_a_request_is_answered(serve: Any, path: Path) -> None:
    """What goes in and what comes out is any JSON object, line breaks and all."""
    await serve(echo)
    request = {"words": ["add", "a\nb", "ü"], "page": {"posts": [1, None]}}
    assert await call(path, request) == {"got": request}


async def test_the_socket_is_its_owner_s_alone(serve: Any, path: Path) -> None:
    """Who can connect is an operator."""
    await serve(echo)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


async def test_a_dead_process_s_socket_gives_way(serve: Any, path: Path) -> None:
    """After a kill the file is still there."""
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(os.fspath(path))
    dead.close()
    await serve(echo)
    assert await call(path, {}) == {"got": {}}


async def test_a_file_that_is_no_socket_is_left_alone(serve: Any, path: Path) -> None:
    """Somebody put it there, and not we."""
    os.mkfifo(path)
    with pytest.raises(SettingsError, match="move it away"):
        await serve(echo)
    assert stat.S_ISFIFO(os.stat(path).st_mode)


async def test_several_are_served_at_once(serve: Any, path: Path) -> None:
    """A slow command must not keep `status` waiting."""
    begun, go = asyncio.Event(), asyncio.Event()

    async def slow(request: dict[str, Any]) -> dict[str, Any]:
        if request["slow"]:
            begun.set()
            await go.wait()
        return request

    await serve(slow)
    waiting = asyncio.create_task(call(path, {"slow": True}))
    await begun.wait()
    assert await call(path, {"slow": False}) == {"slow": False}
    go.set()
    assert await waiting == {"slow": True}


async def test_more_than_can_be_served_are_told_to_come_again(
    serve: Any, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every queue has a bound."""
    monkeypatch.setattr(control, "AT_ONCE", 1)
    begun, go = asyncio.Event(), asyncio.Event()

    async def slow(request: dict[str, Any]) -> dict[str, Any]:
        begun.set()
        await go.wait()
        return request

    await serve(slow)
    waiting = asyncio.create_task(call(path, {}))
    await begun.wait()
    with pytest.raises(ThreadlineError, match="try again"):
        await call(path, {})
    go.set()
    await waiting


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (NotFound("there is no mirror 7"), NotFound),
        (Refused("no"), Refused),
        (RateLimited("wait", 3.0), ThreadlineError),
        (ThreadlineError("no"), ThreadlineError),
    ],
)
async def test_what_the_other_process_refuses_is_refused_here(
    serve: Any, path: Path, error: ThreadlineError, told: type[ThreadlineError]
) -> None:
    """The command ends as if it had acted itself."""

    async def refuse(request: dict[str, Any]) -> dict[str, Any]:
        raise error

    await serve(refuse)
    with pytest.raises(told, match=str(error)) as caught:
        await call(path, {})
    assert type(caught.value) is told


async def test_a_fault_of_the_other_process_is_logged_there_and_hides_its_inside(serve: Any, path: Path) -> None:
    """It goes on serving, and its texts are not made for people."""

    async def breaks(request: dict[str, Any]) -> dict[str, Any]:
        raise RuntimeError("canary")

    log = await serve(breaks)
    for _ in range(2):
        with pytest.raises(ThreadlineError, match="its log says more") as caught:
            await call(path, {})
        assert "canary" not in str(caught.value)
    assert log.events == ["command failed"] * 2


@pytest.mark.parametrize("line", [b"\n", b"[]\n", b"{\n", b"\xff\n", b'"x"\n'])
async def test_a_line_that_is_no_object_is_answered_in_words(serve: Any, path: Path, line: bytes) -> None:
    """Somebody may try it with a tool of their own."""
    await serve(echo)
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(line + b'{"a":1}\n')
    assert b"one JSON object" in await reader.readline()
    assert await reader.readline() == b'{"answer":{"got":{"a":1}}}\n'
    writer.close()


async def test_a_request_without_end_is_cut_off(serve: Any, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every size has a bound."""
    monkeypatch.setattr(control, "LARGEST", 4096)
    await serve(echo)
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(b"x" * 10_000)
    assert b"larger than" in await reader.readline()
    assert await reader.read() == b""
    writer.close()
    with pytest.raises(Refused, match="larger than"):
        await call(path, {"page": "x" * 5000})


async def test_a_large_saved_page_travels(serve: Any, path: Path) -> None:
    """Eight MiB of it become more as JSON."""
    await serve(echo)
    request = {"page": "ü" * 6 * 1024 * 1024}
    assert await call(path, request) == {"got": request}


async def test_an_answer_that_is_too_large_is_said_so(serve: Any, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half an answer would be none."""
    monkeypatch.setattr(control, "LARGEST", 4096)

    async def much(request: dict[str, Any]) -> dict[str, Any]:
        return {"text": "x" * 5000}

    await serve(much)
    with pytest.raises(ThreadlineError, match="ask for less"):
        await call(path, {})


async def test_without_a_running_program_it_says_how_to_start_one(path: Path) -> None:
    """The commonest reason of all."""
    with pytest.raises(Unreachable, match="threadline run"):
        await call(path, {})
    with pytest.raises(Unreachable, match="threadline run"):
        await call(path.parent / "none" / "control.sock", {})
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(os.fspath(path))
    dead.close()
    with pytest.raises(Unreachable, match="threadline run"):
        await call(path, {})


async def test_a_holder_that_does_not_listen_is_named(path: Path) -> None:
    """It is starting, stopping or stuck; to start a second one would not help."""
    (path.parent / "lock").write_text(f"{os.getpid()}\n")
    with pytest.raises(HomeInUse, match=f"process {os.getpid()} .*try again"):
        await call(path, {})


async def test_a_socket_that_strangers_could_have_made_is_not_trusted(serve: Any, path: Path) -> None:
    """Commands carry saved pages, and answers are believed."""
    await serve(echo)
    path.parent.chmod(0o777)
    with pytest.raises(Unreachable, match="another user"):
        await call(path, {})


async def test_silence_after_the_command_was_taken_is_no_failure_of_it(serve: Any, path: Path) -> None:
    """Whoever gives it again without looking may do it twice."""

    async def never(request: dict[str, Any]) -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    await serve(never)
    with pytest.raises(OutcomeUnknown, match="threadline status"):
        await call(path, {}, patience=0.01)


async def test_stopping_breaks_off_what_is_under_way(path: Path) -> None:
    """A shutdown must not wait for a command that waits for a forum."""
    begun = asyncio.Event()

    async def never(request: dict[str, Any]) -> dict[str, Any]:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    server = ControlServer(path, never, Log())
    await server.start()
    waiting = asyncio.create_task(call(path, {}))
    await begun.wait()
    await server.stop()
    with pytest.raises(OutcomeUnknown, match="ended before it answered"):
        await waiting
    assert os.listdir(path.parent) == []
    await server.stop()


async def test_a_command_goes_on_when_whoever_gave_it_leaves(serve: Any, path: Path) -> None:
    """It was taken; half of it would be worse than all of it."""
    begun, go, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow(request: dict[str, Any]) -> dict[str, Any]:
        begun.set()
        await go.wait()
        done.set()
        return request

    await serve(slow)
    waiting = asyncio.create_task(call(path, {}))
    await begun.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    go.set()
    await done.wait()
    assert await call(path, {}) == {}
