"""A homeserver that says what a test tells it to: for what a real one says seldom."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from adapters.chats.matrix.session import Session
from adapters.chats.matrix.settings import Settings, checked
from bot.ports import Context, Secret
from bot.testing.clock import FakeClock
from bot.testing.context import context

US = "@bot:example.org"


class Stub:
    """Answers by method and last step of the path; what nobody set is an empty object."""

    def __init__(self) -> None:
        self.address = ""
        self.asked: list[tuple[str, str, str, Any]] = []
        """Method, path, token and body of every request."""
        self.queries: list[tuple[str, str, dict[str, str]]] = []
        """Method, path and query of every request."""
        self._answers: dict[tuple[str, str], list[web.Response]] = {}

    def says(self, method: str, step: str, *answers: web.Response) -> None:
        """What it answers, in order; the last one stays."""
        self._answers[method, step] = list(answers)

    def times(self, method: str, step: str) -> int:
        """How often something was asked for."""
        return sum((of, path.rpartition("/")[2]) == (method, step) for of, path, _, _ in self.asked)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        body = await request.json() if request.content_type == "application/json" and request.can_read_body else None
        self.asked.append((request.method, request.path, token, body))
        self.queries.append((request.method, request.path, dict(request.query)))
        waiting = self._answers.get((request.method, request.path.rpartition("/")[2]))
        if not waiting:
            return web.json_response({})
        answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)


def error(status: int, code: str, **more: Any) -> web.Response:
    """What a homeserver answers that says no."""
    return web.json_response({"errcode": code, "error": "words of its own", **more}, status=status)


def login(token: str, device: str = "DEVICE") -> web.Response:
    """What it answers to a login."""
    return web.json_response({"user_id": US, "access_token": token, "device_id": device})


@pytest.fixture
async def stub() -> AsyncIterator[Stub]:
    stub = Stub()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", stub.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    stub.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield stub
    await runner.cleanup()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def its_context(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Context]:
    its = context(tmp_path, "matrix", now=clock.now)
    yield its
    await its.net.close()


Opens = Callable[..., Session]


@pytest.fixture
async def opens(stub: Stub, its_context: Context) -> AsyncIterator[Opens]:
    """Opens a session at the stub, as a start of the program does; by password, if nothing else is said."""
    opened: list[Session] = []

    def open_(**told: Any) -> Session:
        told = told or {"user": US, "password": Secret("letmein")}
        opened.append(Session(checked(Settings(homeserver=stub.address, **told)), its_context))
        return opened[-1]

    yield open_
    for one in opened:
        await one.close()


async def caught(kind: type[Exception], act: Awaitable[object]) -> Any:
    """The error of that very class that an act ends with."""
    with pytest.raises(kind) as info:
        await act
    assert type(info.value) is kind
    return info.value
