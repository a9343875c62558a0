"""The control socket: how other commands act through the process that holds the home.

One JSON object per line. A request is answered with {"answer": …}, or {"error": text, "kind": name of the class}.
"""

from __future__ import annotations

import asyncio
import os
import socket
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from bot import errors
from bot.errors import HomeInUse, OutcomeUnknown, SettingsError, ThreadlineError, Unreachable
from bot.home import holder
from bot.log import logger
from bot.ports import Log
from bot.redaction import words_of

LARGEST = 32 * 1024 * 1024
"""Bytes of one line: saved pages travel through here."""

AT_ONCE = 16
"""Connections that are served at the same time; further ones are told to come again."""

CONNECT = 5.0
"""Seconds within which the other process takes a connection."""

PATIENCE = 300.0
"""Seconds that a command may take before whoever asked stops waiting."""

Handler = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


class Reply(msgspec.Struct, omit_defaults=True):
    """What goes back over the socket."""

    answer: dict[str, Any] | None = None
    error: str = ""
    kind: str = ""


class ControlServer:
    """Serves a handler on a socket, several connections at once, until it is stopped.

    The caller holds the lock of the home, so a socket file that is there already is a dead process's.
    """

    def __init__(self, path: Path, handler: Handler, log: Log | None = None) -> None:
        self._path = path
        self._handler = handler
        self._log = log if log is not None else logger(part="control")
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen; the socket is open to its owner only."""
        if self._path.exists() and not stat.S_ISSOCK(self._path.lstat().st_mode):
            raise SettingsError(f"{self._path} is no socket; move it away, Threadline needs that name")
        self._path.unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listening.bind(os.fspath(self._path))
            self._path.chmod(0o600)
            self._server = await asyncio.start_unix_server(self._connected, sock=listening, limit=LARGEST)
        except BaseException:
            listening.close()
            raise

    async def stop(self) -> None:
        """Listen no more, break off what is under way, remove the socket."""
        if self._server is None:
            return
        self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        self._server = None
        self._path.unlink(missing_ok=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            if len(self._connections) > AT_ONCE:
                await _write(writer, Reply(error="too many commands at once; try again in a moment"))
                return
            while line := await reader.readline():
                await _write(writer, await self._answered(line))
        except ValueError:  # the line is longer than the limit, and its rest would be taken for the next
            await _write(writer, Reply(error=f"a request is larger than {LARGEST // 1024 // 1024} MiB"))
        except ConnectionError:
            pass  # whoever asked is gone; what they asked for was done
        except asyncio.CancelledError:
            pass  # told to stop; asyncio would report the cancelled task as a fault of the server
        finally:
            self._connections.discard(task)
            writer.close()

    async def _answered(self, line: bytes) -> Reply:
        try:
            return Reply(answer=await self._handler(msgspec.json.decode(line, type=dict[str, Any])))
        except ThreadlineError as error:
            return Reply(error=words_of(error), kind=type(error).__name__)
        except msgspec.DecodeError as error:
            return Reply(error=f"a request has to be one JSON object on one line: {error}")
        except Exception as error:
            self._log.error("command failed", exc_info=error)
            return Reply(error=f"the running Threadline failed at this ({type(error).__name__}); its log says more")


async def call(path: Path, request: dict[str, Any], *, patience: float = PATIENCE) -> dict[str, Any]:
    """Have the process that holds a home carry out a request.

    Raises `Unreachable` where none runs, `HomeInUse` where one does but does not listen, `OutcomeUnknown` where it
    took the request and then fell silent, else the `ThreadlineError` that the other process answered with.
    """
    line = msgspec.json.encode(request) + b"\n"
    if len(line) > LARGEST:
        raise errors.Refused(f"this is larger than {LARGEST // 1024 // 1024} MiB; give something smaller")
    reader, writer = await _reached(path)
    try:
        async with asyncio.timeout(patience):
            writer.write(line)
            await writer.drain()
            got = await reader.readline()
    except TimeoutError as error:
        raise OutcomeUnknown(
            f"the running Threadline took the command and has not answered for {patience:.0f} s; "
            "look at `threadline status` before you give it again"
        ) from error
    except (ConnectionError, ValueError):
        got = b""
    finally:
        writer.close()
    try:
        reply = msgspec.json.decode(got, type=Reply)
    except msgspec.DecodeError as error:
        raise OutcomeUnknown(
            "the running Threadline took the command and ended before it answered; "
            "look at `threadline status` before you give it again"
        ) from error
    if reply.answer is None:
        raise _error(reply)
    return reply.answer


async def _reached(path: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    home = path.parent
    try:
        _check_owner(path.parent)
        async with asyncio.timeout(CONNECT):
            return await asyncio.open_unix_connection(path, limit=LARGEST)
    except (FileNotFoundError, ConnectionError, NotADirectoryError) as error:
        process = holder(home / "lock")
        if process is None:
            raise Unreachable(f"no Threadline runs on {home}; start one with `threadline run`") from error
        raise HomeInUse(
            f"process {process} holds {home} but takes no commands; it may be starting or stopping: try again in a "
            f"moment, or stop it (kill {process})"
        ) from error
    except PermissionError as error:
        raise Unreachable(f"{path} belongs to another user; give the command as the one who runs Threadline") from error
    except TimeoutError as error:
        raise HomeInUse(f"the Threadline that holds {home} takes no commands now; try again in a moment") from error


def _check_owner(directory: Path) -> None:
    """What answers at a socket that a stranger could have put there is not listened to."""
    found = directory.lstat()
    strangers = found.st_uid not in (os.geteuid(), 0) and os.geteuid() != 0
    if strangers or not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o022:
        raise PermissionError


async def _write(writer: asyncio.StreamWriter, reply: Reply) -> None:
    line = msgspec.json.encode(reply) + b"\n"
    if len(line) > LARGEST:
        line = msgspec.json.encode(Reply(error="the answer is too large; ask for less")) + b"\n"
    writer.write(line)
    await writer.drain()


def _error(reply: Reply) -> ThreadlineError:
    found = getattr(errors, reply.kind, ThreadlineError)
    plain = isinstance(found, type) and issubclass(found, ThreadlineError) and found is not errors.RateLimited
    return found(reply.error) if plain else ThreadlineError(reply.error)
