"""The one HTTP client: every connection is judged when it is opened, every call has a deadline and a size."""

from __future__ import annotations

import asyncio
import dataclasses
import errno
import io
import re
import socket
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import SimpleNamespace
from urllib.parse import urlencode

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver
from aiohttp.client_middlewares import ClientHandlerType
from aiohttp.http_exceptions import HttpProcessingError
from multidict import CIMultiDict
from yarl import URL

from bot import __version__
from bot.errors import LoginRejected, Refused, SettingsError, Unreachable
from bot.net.answer import Answer
from bot.net.guard import Params, Rules, origin, parsed, redirected, shown
from bot.net.trip import TooLarge, Trip, failure, whole

MAX_REDIRECTS = 5

AT_A_TIME = 1024 * 1024
"""Bytes of a body that are given to a connection as one piece: more would keep everybody else waiting."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOVED = frozenset({301, 308})
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})

_KEPT = frozenset({"accept", "accept-language", "user-agent", "if-none-match", "if-modified-since"})
"""The only headers that follow a redirect to another origin; any other may be a secret."""

_UNSENDABLE = re.compile(r"[^\t\x20-\x7e\x80-\ud7ff\ue000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Credential:
    """A header that proves who asks; sent only while scheme, host and port are those of the first request."""

    header: str
    value: str = field(repr=False)


# The connector calls the guard with an address but not with the host it is for; the task it runs in knows.
_trip: ContextVar[Trip] = ContextVar("trip")


class Net:
    """Fetches and posts for the program and its adapters, and reaches nothing but what it may reach.

    - `contact`: an address or e-mail that stands in the User-Agent, so that a forum's owner can complain.
    - `allow`: what may be reached though private: "host", "host:port" or "10.0.0.0/8"; from settings alone.
    - `ports`: the ports of public hosts that may be reached.
    - `total`: seconds for a whole call, from the wait for a slot to the last byte after the last redirect, so
      that a write cannot start later than that. `connect`: seconds for lookup, TCP and TLS.
    - `max_bytes`: the largest body, decompressed. `at_once`: calls in flight, but for those that
      are held open.
    - `resolver`: looks names up; the system's when absent.

    Every call raises only `AdapterError`. SettingsError if `allow`, `ports` or `contact` cannot be read.
    """

    def __init__(
        self,
        *,
        contact: str = "",
        allow: Sequence[str] = (),
        ports: Collection[int] = (80, 443),
        total: float = 20.0,
        connect: float = 5.0,
        max_bytes: int = 8 * 1024 * 1024,
        at_once: int = 32,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._rules = Rules.read(allow, ports)
        if _UNSENDABLE.search(contact):
            raise SettingsError("[net] contact: holds a line break or another character that cannot be sent")
        self._agent = f"Threadline/{__version__} (+{contact})" if contact else f"Threadline/{__version__}"
        self.total = total
        """Seconds for a whole call that begins from now on."""
        self._connect = connect
        self._max_bytes = max_bytes
        self._slots = asyncio.Semaphore(at_once)
        self._resolver = resolver
        self._reads: aiohttp.ClientSession | None = None
        self._writes: aiohttp.ClientSession | None = None
        self._closed = False

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Params | None = None,
        credential: Credential | None = None,
        etag: str | None = None,
        last_modified: str | None = None,
        max_bytes: int | None = None,
        total: float | None = None,
    ) -> Answer:
        """Read an address, following at most 5 redirects; any status is an Answer, 304 too.

        A redirect to another origin is followed without the credential, one from https to http not at all.
        Raises Unreachable, NotAllowed (private address, scheme, port), Unparsable (too large, not HTTP).
        """
        trip = self._planned(parsed(url, params), False, total)
        fields = _fields(trip.url, headers, credential)
        if etag:
            fields["If-None-Match"] = etag
        if last_modified:
            fields["If-Modified-Since"] = last_modified
        limit = self._max_bytes if max_bytes is None else max_bytes
        async with self._under_way(trip):
            return await self._followed(trip, fields, credential, limit)

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        form: Params | None = None,
        body: bytes | None = None,
        credential: Credential | None = None,
        max_bytes: int | None = None,
        total: float | None = None,
        held: bool = False,
    ) -> Answer:
        """Write, once: never repeated, never redirected; a redirect is an Answer like any status.

        At most one of `json`, `form` and `body` is given. A write has a connection of its own, so that no
        server which just closed an idle one leaves the outcome open. Raises Unreachable and NotAllowed while
        nothing was sent, OutcomeUnknown for whatever breaks afterwards, an unreadable answer included. `held` is for a
        question that is answered when there is something: it takes no other call's place.
        """
        method = method.upper()
        if method not in WRITES:
            raise ValueError(f"{method} is no write; use get")
        trip = self._planned(parsed(url), True, total)
        data, kind = _payload(json, form, body)
        fields = _fields(trip.url, headers, credential)
        if kind:
            fields.setdefault("Content-Type", kind)
        limit = self._max_bytes if max_bytes is None else max_bytes
        async with self._under_way(trip, held=held):
            return await self._once(method, trip, fields, data, limit)

    async def close(self) -> None:
        """Close all connections; calls still in flight fail as if the network had."""
        self._closed = True
        for session in (self._reads, self._writes):
            if session is not None:
                await session.close()

    def _planned(self, url: URL, write: bool, total: float | None) -> Trip:
        return Trip(url, write=write, total=self.total if total is None else total, connect=self._connect)

    @asynccontextmanager
    async def _under_way(self, trip: Trip, *, held: bool = False) -> AsyncIterator[None]:
        """In a slot and under the deadline; whatever breaks inside leaves as the error of the reaction.

        What is `held` open needs no slot.
        """
        token = _trip.set(trip)
        try:
            async with asyncio.timeout(trip.total), nullcontext() if held else self._slots:
                trip.queued = False
                yield
        except (aiohttp.ClientError, HttpProcessingError, OSError, ValueError, TooLarge) as error:
            raise failure(trip, error) from None
        finally:
            _trip.reset(token)

    async def _followed(
        self, trip: Trip, fields: CIMultiDict[str], credential: Credential | None, limit: int
    ) -> Answer:
        moved, for_good = "", True
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._once("GET", trip, fields, None, limit)
            location = answer.headers.get("location")
            if answer.status not in REDIRECTS or not location:
                return dataclasses.replace(answer, moved=moved) if moved else answer
            here, trip.url = trip.url, redirected(trip.url, location)
            for_good = for_good and answer.status in MOVED
            moved = str(trip.url) if for_good else moved
            trip.refusal, trip.passed, trip.begun = None, False, False
            if origin(here) != origin(trip.url):  # and it stays so, should a later redirect lead back
                kept = _KEPT - {credential.header.lower() if credential else ""}
                fields = CIMultiDict((name, value) for name, value in fields.items() if name.lower() in kept)
        raise Unreachable(
            f"{shown(trip.url)} cannot be read: more than {MAX_REDIRECTS} redirects. Open it in a browser."
        )

    async def _once(self, method: str, trip: Trip, fields: CIMultiDict[str], data: bytes | None, limit: int) -> Answer:
        session = self._session(trip)
        sent = io.BytesIO(data) if data is not None and len(data) > AT_A_TIME else data
        call = session.request(method, trip.url, headers=fields, data=sent, allow_redirects=False)
        async with call as response:
            follows = not trip.write and response.status in REDIRECTS and "Location" in response.headers
            body = b"" if follows else await whole(response, limit)
            return Answer(response.status, str(trip.url), response.headers, body)

    def _session(self, trip: Trip) -> aiohttp.ClientSession:
        """Made at the first call, for aiohttp wants a running loop."""
        if self._closed:
            raise Unreachable(f"{shown(trip.url)} is not asked: the program is stopping.")
        if trip.write:
            self._writes = self._writes or self._opened(write=True)
            return self._writes
        self._reads = self._reads or self._opened(write=False)
        return self._reads

    def _opened(self, *, write: bool) -> aiohttp.ClientSession:
        tracer = aiohttp.TraceConfig()
        tracer.on_request_headers_sent.append(_begun)
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                socket_factory=self._guard, resolver=self._resolver, limit=0, force_close=write
            ),
            timeout=aiohttp.ClientTimeout(total=None, connect=self._connect),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self._agent},
            trust_env=False,
            trace_configs=[tracer],
            middlewares=[_no_repeat] if write else [],
        )

    def _guard(self, addr_info: aiohttp.AddrInfoType) -> socket.socket:
        """The socket for one address, or PermissionError: the connector then tries the host's next one."""
        family, kind, proto, _, place = addr_info
        trip = _trip.get()
        refusal = self._rules.refusal(trip.url.raw_host or "", str(place[0]), int(place[1]))
        if refusal is not None:
            trip.refusal = refusal
            raise PermissionError(errno.EACCES, refusal)
        trip.passed = True
        return socket.socket(family, kind, proto)


async def _begun(
    session: aiohttp.ClientSession, context: SimpleNamespace, sent: aiohttp.TraceRequestHeadersSentParams
) -> None:
    """aiohttp calls this, despite the signal's name, with a connection in hand and before the first byte."""
    _trip.get().begun = True


async def _no_repeat(request: aiohttp.ClientRequest, handler: ClientHandlerType) -> aiohttp.ClientResponse:
    """aiohttp repeats PUT and DELETE by itself when the connection breaks."""
    if _trip.get().begun:
        raise aiohttp.ClientConnectionError("cut")
    return await handler(request)


def _payload(json: object, form: Params | None, body: bytes | None) -> tuple[bytes | None, str]:
    """What is sent, and its content type."""
    if sum(given is not None for given in (json, form, body)) > 1:
        raise ValueError("a write takes one of json, form and body")
    if json is not None:
        return msgspec.json.encode(json), "application/json"
    if form is not None:
        pairs = list(form.items()) if isinstance(form, Mapping) else form
        return urlencode(pairs).encode("ascii"), "application/x-www-form-urlencoded"
    return body, ""


def _fields(url: URL, headers: Mapping[str, str] | None, credential: Credential | None) -> CIMultiDict[str]:
    fields = CIMultiDict(headers or {})
    for name, value in fields.items():
        if _UNSENDABLE.search(value):
            raise Refused(f"{shown(url)} is not asked: header {name} holds a character that cannot be sent.")
    if credential is not None:
        if _UNSENDABLE.search(credential.value):
            raise LoginRejected(
                f"{shown(url)} is not asked: the credential for {credential.header} holds a line break or "
                "another character that no credential has. Enter it again."
            )
        fields[credential.header] = credential.value
    return fields
