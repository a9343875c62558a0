"""Servers to be asked, names to be looked up and clients to ask with."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from ssl import SSLContext

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer

from bot.net import Net

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
HOME = "127.0.0.1"

# fmt: off
BLOCKED = [
    "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1",
    "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "240.0.0.1", "255.255.255.255", "192.0.0.170",
    "192.0.0.8", "192.0.0.9", "192.88.99.1",
    "224.0.0.1", "239.1.1.1", "ff02::1",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "fe80::1%eth0", "fd00::1", "fc00::1",
    "2001:db8::1", "2001:0:7f00:1::", "2001:20::1", "100::1",
    "::7f00:1", "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b:1::7f00:1", "2002:7f00:1::",
    "fec0::1", "3fff::1", "5f00::1",
]
# fmt: on


class Names(AbstractResolver):
    """A name server that answers as told; a name's answers are used up one by one, the last one stays.

    To None it never answers, to what it was not told it says that there is no such name.
    """

    def __init__(self, **answers: list[list[str]] | None) -> None:
        self.answers = {name.replace("_", "."): given for name, given in answers.items()}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if host not in self.answers:
            raise OSError(None, "no such name")
        given = self.answers[host] or await asyncio.get_running_loop().create_future()
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in (given.pop(0) if len(given) > 1 else given[0])
        ]

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
async def serve() -> AsyncIterator[Callable[..., Awaitable[str]]]:
    """Start a web server that answers with a handler; its address, to which a path is added."""
    servers: list[TestServer] = []

    async def hello(request: web.Request) -> web.Response:
        return web.Response(text="hello")

    async def start(handler: Handler = hello, ssl: SSLContext | None = None) -> str:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", handler)
        servers.append(TestServer(app, scheme="https" if ssl else "http"))
        await servers[-1].start_server(ssl=ssl)
        return str(servers[-1].make_url("")).rstrip("/")

    yield start
    for server in servers:
        await server.close()


@pytest.fixture
async def script() -> AsyncIterator[Callable[[Script], Awaitable[str]]]:
    """Start a bare TCP server that follows a script once it has read the head of a request; its address."""
    servers: list[asyncio.Server] = []

    async def start(follow: Script) -> str:
        async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await reader.readuntil(b"\r\n\r\n")
                await follow(reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError):
                pass  # the client gave up, as it should
            finally:
                writer.close()

        servers.append(await asyncio.start_server(one, HOME, 0))
        return f"http://{HOME}:{servers[-1].sockets[0].getsockname()[1]}/"

    yield start
    for server in servers:
        server.close()


@pytest.fixture
async def net() -> AsyncIterator[Callable[..., Net]]:
    """Make clients that are closed afterwards; this machine may be reached unless told otherwise."""
    made: list[Net] = []

    def make(**settings: object) -> Net:
        made.append(Net(**{"allow": [HOME], **settings}))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        await one.close()


@pytest.fixture
async def touched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses to which a connection was attempted."""
    seen: list[str] = []
    loop = asyncio.get_running_loop()
    connect = loop.sock_connect

    async def watched(sock: socket.socket, address: tuple[str, int]) -> None:
        seen.append(address[0])
        await connect(sock, address)

    monkeypatch.setattr(loop, "sock_connect", watched)
    return seen


@pytest.fixture
def names() -> type[Names]:
    """A name server, to be told its answers."""
    return Names


@pytest.fixture
def blocked() -> list[str]:
    """Addresses of every kind that may not be reached."""
    return BLOCKED
