"""Asks Discord: one request, one answer, and what went wrong as the error of the reaction.

It is known what Discord did as soon as Discord has said it: whoever asks waits before a request for its place in the
limits, never behind it. Nothing is repeated here, for that is the outbox's to do. The address is that of discord.py, so
that both go to the same place; the library is imported at the first request.
"""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import aiohttp
import msgspec

from adapters.chats.discord.limits import Limits, told
from adapters.chats.discord.refusals import refusal
from adapters.chats.discord.settings import Settings
from bot.errors import AdapterError, LoginRejected, OutcomeUnknown, RateLimited, Unparsable, Unreachable
from bot.net import TooLarge, broken, whole
from bot.ports import Context

TOTAL = 20.0
"""Seconds for a whole request: the outbox reckons that none arrives later than this after it was begun."""

READ = 8.0
"""Seconds for one that only reads: several of them may come before a message, and count for its time."""

CONNECT = 5.0
PATIENCE = 6.0
"""Seconds that a request waits here for the limits; a longer wait is told, and the place waits instead."""

LARGEST = 32 * 1024 * 1024
"""Bytes of an answer."""

FILES = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
"""Where Discord keeps the files on messages."""

STOPPING = "Discord is not asked: the program is stopping."
CONNECTIONS = 100
AGENT = "DiscordBot (https://discord.com/developers, 1) Threadline"
"""As Discord wants it: an address (that of the portal where bots are described) and a version of this client."""
_READING = aiohttp.ClientTimeout(total=READ, connect=CONNECT)
_WRITING = aiohttp.ClientTimeout(total=TOTAL, connect=CONNECT)
_MAJOR = ("channel", "webhook", "guild", "interaction")

Object = dict[str, Any]
"""A JSON object, as Discord gave it."""


class Route(NamedTuple):
    """Where a request goes, and which bucket it falls into."""

    method: str
    path: str
    name: str
    major: str


class File(NamedTuple):
    """A file that goes with a message."""

    name: str
    mime: str
    data: bytes


def route(method: str, template: str, **parts: str) -> Route:
    """The route of a template such as "/channels/{channel}/messages", every part quoted whole: ids hold any sign."""
    major = next((parts[part] for part in _MAJOR if part in parts), "")
    path = template.format_map({name: quote(part, safe="") for name, part in parts.items()})
    return Route(method, path, f"{method} {template}", major)


class Rest:
    """One bot's requests; every call raises only `AdapterError`. `me` and `application` are asked for once."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._token = settings.token.reveal() if settings.token else ""
        self._limits = Limits(settings.budget)
        self._log = context.log
        self._base = ""
        self._session: aiohttp.ClientSession | None = None
        self._opening = asyncio.Lock()
        self._closed = False
        self._doubtful = False
        """The answer to the last write is missing, and nothing was heard since."""
        self._me: Object = {}
        self._application = ""

    async def call(
        self,
        where: Route,
        body: object = None,
        *,
        query: Mapping[str, str] | None = None,
        files: Sequence[File] = (),
        write: bool | None = None,
        token: bool = True,
        free: bool = False,
        reason: str = "",
    ) -> Any:
        """Ask once; what was answered, None where nothing was.

        `write` says whether it may matter that the request arrived while its answer did not; all but GET, if not given.
        `token` says whether our token goes with it; `free` that it answers an interaction, which no global limit
        counts. `reason` stands in the guild's audit log.
        """
        write = where.method != "GET" if write is None else write
        if token and not self._token:
            raise LoginRejected(
                "No token of a Discord bot is set. Copy it from the page “Bot” of the developer portal "
                "(https://discord.com/developers/applications) and set token_file, or run `threadline setup`."
            )
        session = await self._opened()
        if write and self._doubtful and not free:
            await self._look()
        await self._turn(where, token, free)
        if self._closed:
            self._limits.answered(where.name, where.major, {}, time.monotonic())
            raise Unreachable(STOPPING)
        headers = {"User-Agent": AGENT}
        if token:
            headers["Authorization"] = f"Bot {self._token}"
        if reason:
            headers["X-Audit-Log-Reason"] = quote(reason, safe=" ")
        data: Any = None
        if files:
            data = _form(body, files)
        elif body is not None:
            data, headers["Content-Type"] = msgspec.json.encode(body), "application/json"
        url = f"{self._base}{where.path}" + (f"?{urlencode(query)}" if query else "")
        said: Mapping[str, str] = {}
        timeout = _READING if where.method == "GET" else _WRITING
        try:
            async with session.request(where.method, url, data=data, headers=headers, timeout=timeout) as answer:
                said = answer.headers
                text = await whole(answer, LARGEST)
                status = answer.status
        except (aiohttp.ClientError, OSError, ValueError, TooLarge) as error:
            failed = broken("Discord", error, write=write, total=timeout.total or TOTAL, connect=CONNECT)
            self._doubtful |= isinstance(failed, OutcomeUnknown)
            raise failed from None
        finally:
            self._limits.answered(where.name, where.major, said, time.monotonic())
        if status in (200, 201):
            return self._read(text, write)
        if status == 204:
            return None
        raise self._refused(where, status, said, text, write, token)

    async def me(self) -> str:
        """The id of our account."""
        return str((await self.account())["id"])

    async def account(self) -> Object:
        """Our account, as Discord tells of it."""
        if not self._me:
            self._me = await self.call(route("GET", "/users/@me"))
        return self._me

    async def application(self) -> str:
        """The id of the application that our account belongs to."""
        if not self._application:
            self._application = str((await self.call(route("GET", "/applications/@me")))["id"])
        return self._application

    def serves(self, address: str) -> bool:
        """Whether an address is of Discord's own servers of files, or of where it is asked."""
        try:
            there, api = urlsplit(address), urlsplit(self._base)
        except ValueError:
            return False
        ours = bool(api.netloc) and (there.scheme, there.netloc) == (api.scheme, api.netloc)
        return ours or (there.scheme == "https" and there.netloc in FILES)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What an operator is told of our asking."""
        stopped = self._stopped()
        return (stopped,) if stopped else ()

    def _stopped(self) -> str:
        wait = self._limits.stopped(time.monotonic())
        if not wait:
            return ""
        return (
            f"Discord refused so many requests that it is not asked for {wait:.0f} s: it would shut this computer out "
            "soon; `threadline check` names what is missing"
        )

    async def close(self) -> None:
        """Let go of the connections."""
        self._closed = True
        if self._session is not None:
            await self._session.close()

    async def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            async with self._opening:
                await self._open()
        if self._closed or self._session is None:
            raise Unreachable(STOPPING)
        return self._session

    async def _open(self) -> None:
        if self._session is not None or self._closed:
            return
        http = await asyncio.to_thread(importlib.import_module, "discord.http")  # it takes its time
        self._base = str(http.Route.BASE)
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS))

    async def _turn(self, where: Route, token: bool, free: bool) -> None:
        """Wait until the limits let a request go; RateLimited where that takes long."""
        since = time.monotonic()
        while True:
            now = time.monotonic()
            left = PATIENCE - (now - since)
            go = self._limits.ask(where.name, where.major, now, left, token=token, free=free)
            if not go.may and go.after > left:
                raise RateLimited(self._stopped() or f"Discord takes no more of that for {go.after:.0f} s.", go.after)
            if go.may:
                await self._spaced(where, go.after, token, free)
                return
            await asyncio.sleep(go.after)

    async def _spaced(self, where: Route, after: float, token: bool, free: bool) -> None:
        """Wait for the place that was taken; it is given back where somebody ends that."""
        try:
            wait = after or self._limits.go(time.monotonic(), token=token, free=free)
            while wait:
                await asyncio.sleep(wait)
                wait = self._limits.go(time.monotonic(), token=token, free=free)
        except asyncio.CancelledError:
            self._limits.answered(where.name, where.major, {}, time.monotonic())
            raise

    async def _look(self) -> None:
        """Raise `Unreachable` where Discord is still away, before anything is begun.

        Its front door answers every write by 502 then, and each of those would count as a failure of what was written.
        """
        try:
            await self.call(route("GET", "/gateway"), token=False)
        except (Unreachable, RateLimited):
            raise
        except AdapterError:
            pass  # it is there, whatever it thinks of the question
        self._doubtful = False

    def _refused(
        self, where: Route, status: int, headers: Mapping[str, str], text: bytes, write: bool, token: bool
    ) -> AdapterError:
        said = _object(text)
        now = time.monotonic()
        if status == 429:
            limit = told(headers, said)
            self._limits.limited(where.name, where.major, limit, now, token=token)
            self._log.warning("discord limits us", route=where.name, scope=limit.scope, seconds=limit.seconds)
            if limit.scope == "banned":
                return RateLimited("Discord's front door lets nothing of this computer in for an hour.", limit.seconds)
            return RateLimited(f"Discord asks for a pause of {limit.seconds:.1f} s.", limit.seconds)
        if status in (401, 403):
            self._limits.refused(now)
        error = refusal(status, said, write, token)
        self._doubtful |= isinstance(error, OutcomeUnknown)
        return error

    def _read(self, text: bytes, write: bool) -> Any:
        try:
            return msgspec.json.decode(text)
        except (msgspec.DecodeError, ValueError, RecursionError):
            pass
        if write:
            self._doubtful = True
            raise OutcomeUnknown("Discord answered something that is not JSON. It may have been done; look first.")
        raise Unparsable("Discord answered something that is not JSON. Try again later.", "JSON", text)


def _form(body: object, files: Sequence[File]) -> aiohttp.FormData:
    form = aiohttp.FormData()
    form.add_field("payload_json", msgspec.json.encode(body).decode())
    for number, file in enumerate(files):
        form.add_field(f"files[{number}]", file.data, filename=file.name, content_type=file.mime)
    return form


def _object(text: bytes) -> Object:
    try:
        return msgspec.json.decode(text, type=Object)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return {}
