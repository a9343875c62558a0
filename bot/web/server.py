"""The web server: mounts what adapters serve behind one guard, in one style."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.errors import SettingsError
from bot.log import logger
from bot.ports import LOOPBACK, SANDBOXED, Log, Serves
from bot.settings import Web
from bot.web import health as watching
from bot.web.failures import STARTED, Failures
from bot.web.guard import HEADERS, LARGEST, LOOPBACK_NAMES, POLICY, Door, Guard, authority
from bot.web.pages import TemplatePages, mount
from bot.web.start import StartPage

GRACE = 2.0
"""Seconds that requests under way have at shutdown; event streams, which never end by themselves, have none."""

TAKEN = frozenset({"static", "health", "metrics"})
"""First steps of addresses that are the house's own."""

STATIC = {path.name: path for path in sorted((Path(__file__).parent / "static").iterdir())}
"""The house's style and script."""

_NO_SUCH_FAMILY = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


class WebServer:
    """Serves the start page, what is mounted, /static, /health and /metrics, until it is stopped.

    Raises `SettingsError` where two of those that are mounted want the same address.
    """

    def __init__(
        self,
        settings: Web,
        serving: Sequence[Serves],
        *,
        health: watching.Health,
        metrics: watching.Metrics = watching.unmeasured,
        log: Log | None = None,
    ) -> None:
        self._settings = settings
        public = urlsplit(settings.public).netloc
        self._hosts = (*settings.hosts, public) if public else settings.hosts
        self._guard = Guard((*LOOPBACK_NAMES, settings.host), self._hosts)
        self._streams: set[asyncio.Task[object]] = set()
        self._runner: web.AppRunner | None = None
        self._mounted: set[str] = set()
        pages = TemplatePages()
        failures = Failures(pages, log if log is not None else logger(part="web"))
        self.app = web.Application(
            middlewares=[failures.middleware, Door(self._guard, pages).middleware], client_max_size=LARGEST
        )
        self.app.on_response_prepare.append(self._prepare)
        self.app.on_shutdown.append(self._end_streams)
        self.app.add_routes([web.get("/", StartPage(serving, pages).show), web.get("/static/{file}", _static)])
        self.app.add_routes(watching.routes(health, metrics))
        for one in serving:
            self._mount(one)

    @property
    def port(self) -> int:
        """The port that is listened on, 0 before the start."""
        return self._guard.port

    async def start(self) -> str:
        """Listen; gives the address to open in a browser on this computer, without a slash at the end.

        Raises `SettingsError` where host or port cannot be had.
        """
        host = self._settings.host
        addresses = await _resolved(host)
        loopback = all(ip_address(address.split("%")[0]).is_loopback for address in addresses)
        published = any((authority(name) or ("", 0))[0] not in LOOPBACK_NAMES for name in self._hosts)
        self.app[LOOPBACK] = loopback and not published
        self._runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=GRACE)
        await self._runner.setup()
        try:
            await self._listen(self._runner, addresses)
        except OSError as error:
            await self.stop()
            raise SettingsError(_unavailable(host, self._settings.port, error)) from error
        shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
        return f"http://{f'[{shown}]' if ':' in shown else shown}:{self.port}"

    async def stop(self) -> None:
        """Listen no more; event streams end at once, other requests within the grace."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _listen(self, runner: web.AppRunner, addresses: list[str]) -> None:
        """Listen on every address of the host, all with one port, even where the system chooses it."""
        port, refused = self._settings.port, None
        for address in addresses:
            try:
                await web.TCPSite(runner, address, port).start()
            except OSError as error:
                if error.errno not in _NO_SUCH_FAMILY:
                    raise
                refused = error  # a name may also stand for an address of a kind that this system lacks
            else:
                port = runner.addresses[-1][1]
        if refused is not None and not runner.addresses:
            raise refused
        self._guard.port = port

    def _mount(self, one: Serves) -> None:
        at = f"/{one.prefix}"
        if one.prefix in TAKEN:
            raise SettingsError(f"an adapter wants the web address {at}, which is Threadline's own; rename its prefix")
        if one.prefix in self._mounted:
            raise SettingsError(f"two forums or chats want the web address {at}; remove one of them from the settings")
        self._mounted.add(one.prefix)
        routes = one.routes()
        if not routes:
            return

        @web.middleware
        async def inside(request: web.Request, handler: Handler) -> web.StreamResponse:
            before = mount.set(at)
            try:
                return await handler(request)
            finally:
                mount.reset(before)

        async def with_slash(request: web.Request) -> web.StreamResponse:
            raise web.HTTPPermanentRedirect(f"{at}/")

        below = web.Application(middlewares=[inside])
        below.add_routes(routes)
        self.app.router.add_get(at, with_slash)
        self.app.add_subapp(at, below)

    async def _prepare(self, request: web.Request, response: web.StreamResponse) -> None:
        request[STARTED] = True
        policy = response.headers.get(POLICY)
        response.headers.update(HEADERS)
        if policy == SANDBOXED:  # stricter than the house's own; no other one is left to a page
            response.headers[POLICY] = policy
        response.headers["Server"] = "Threadline"
        task = asyncio.current_task()
        if response.content_type == "text/event-stream" and task is not None:
            self._streams.add(task)
            task.add_done_callback(self._streams.discard)

    async def _end_streams(self, app: web.Application) -> None:
        for stream in self._streams:
            stream.cancel()


async def _static(request: web.Request) -> web.StreamResponse:
    path = STATIC.get(request.match_info["file"])
    if path is None:
        raise web.HTTPNotFound
    return web.FileResponse(path, headers={"Cache-Control": "no-cache"})


async def _resolved(host: str) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        raise SettingsError(
            f'[web] host: "{host}" is no address of this computer ({error.strerror}); write 127.0.0.1 to be reached '
            "from here alone, 0.0.0.0 to be reached from everywhere"
        ) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _unavailable(host: str, port: int, error: OSError) -> str:
    at = f"port {port} of {host}"
    match error.errno:
        case errno.EADDRINUSE:
            why = f"{at} is in use by another program; stop that one, or choose another port"
        case errno.EACCES:
            why = f"{at} may only be used by root; choose one from 1024 up"
        case errno.EADDRNOTAVAIL:
            why = f"{host} is no address of this computer; choose another host"
        case _:
            why = f"{at} cannot be listened on ({os.strerror(error.errno or 0)}); choose another"
    return f"[web] {why}: in the settings, or with THREADLINE_WEB_PORT and THREADLINE_WEB_HOST"
