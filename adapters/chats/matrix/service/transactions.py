"""What the homeserver sends to an application service by itself: that something happened.

It carries no truth: what happened is heard by asking, as by every other login, once and in order. A transaction is
answered when all that it tells was taken in that way, so that the homeserver keeps and repeats it until then; and a
question that got stuck on its way is asked anew.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence

import msgspec
from aiohttp import web

from adapters.chats.matrix.client import Denied, Object, path
from adapters.chats.matrix.receiving.events import TOLD
from adapters.chats.matrix.receiving.hurry import Hurry, Recent
from adapters.chats.matrix.receiving.missed import listed
from adapters.chats.matrix.session import Session
from bot.errors import AdapterError
from bot.ports import Log, Observation, for_programs

LARGEST = 16 * 1024 * 1024
"""Bytes of a transaction that are read: Synapse puts 100 events into one."""

MOST_WAITING = 8
"""Transactions that are waited with at once; a homeserver sends one after the other."""


class Transactions:
    """The addresses at which the homeserver tells that something happened."""

    def __init__(self, session: Session, hurry: Hurry, log: Log) -> None:
        self._session = session
        self._hurry = hurry
        self._log = log
        self._done = Recent()
        self._waiting = 0

    def routes(self) -> Sequence[web.RouteDef]:
        """The addresses, as homeservers have them now and had them before; none where nothing is to be sent there."""
        if self._session.registration is None or not self._session.registration.url:
            return ()
        return [
            route
            for base in ("/_matrix/app/v1", "")
            for route in (
                web.put(base + "/transactions/{id}", self.told),
                web.get(base + "/users/{id}", self.unknown, allow_head=False),
                web.get(base + "/rooms/{id}", self.unknown, allow_head=False),
                web.post(base + "/ping", self.pinged),
            )
        ]

    @for_programs
    async def told(self, request: web.Request) -> web.Response:
        """Something happened; answered when it was taken in, and at once where the same was answered before."""
        if (refused := self._stranger(request)) is not None:
            return refused
        id = request.match_info["id"]
        if id in self._done:
            return web.json_response({})
        if self._waiting >= MOST_WAITING:
            return _later("too much of it waits already")
        self._waiting += 1
        try:
            events = await self._events(request)
            if not await self._hurry.caught_up(events):
                return _later("it could not be taken in yet")
        finally:
            self._waiting -= 1
        self._done.add(id)
        return web.json_response({})

    async def unknown(self, request: web.Request) -> web.Response:
        """Whether there is an account or a room of a name: those that there are, the homeserver knows."""
        said = {"errcode": "M_NOT_FOUND", "error": "Nobody has that name, and nobody will when asked for."}
        return self._stranger(request) or web.json_response(said, status=404)

    @for_programs
    async def pinged(self, request: web.Request) -> web.Response:
        """Whether we are there."""
        return self._stranger(request) or web.json_response({})

    def _stranger(self, request: web.Request) -> web.Response | None:
        """What is answered to whoever cannot prove to be the homeserver; None to the homeserver."""
        assert self._session.registration is not None
        given = request.headers.get("Authorization", "").removeprefix("Bearer ") or request.query.get(
            "access_token", ""
        )
        if not given:
            return web.json_response({"errcode": "M_UNAUTHORIZED", "error": "Who asks?"}, status=401)
        theirs = self._session.registration.theirs.reveal()
        if not hmac.compare_digest(given.encode("utf-8", "replace"), theirs.encode()):
            self._log.warning("not our homeserver", path=request.path)
            return web.json_response({"errcode": "M_FORBIDDEN", "error": "You are not our homeserver."}, status=403)
        return None

    async def _events(self, request: web.Request) -> list[str]:
        """What of a transaction is for us, by its ids: what people said and did. What cannot be read says nothing."""
        parts, size = [], 0
        async for part in request.content.iter_chunked(65_536):
            parts.append(part)
            size += len(part)
            if size > LARGEST:
                self._log.warning("transaction not read", why="it is too large")
                return []
        try:
            told = msgspec.json.decode(b"".join(parts), type=Object)
        except (msgspec.DecodeError, ValueError, RecursionError):
            self._log.warning("transaction not read", why="it is not JSON")
            return []
        return [
            event["event_id"]
            for event in listed(told.get("events"))
            if event.get("type") in TOLD
            and isinstance(event.get("event_id"), str)
            and not self._session.is_ours(str(event.get("sender")))
        ]


def _later(why: str) -> web.Response:
    said = {"errcode": "M_UNKNOWN", "error": f"Send it again later: {why}."}
    return web.json_response(said, status=503)


async def reached(session: Session) -> tuple[Observation, ...]:
    """Whether the homeserver reaches us, where it is to tell us something; it can only while we serve."""
    registration = session.registration
    if registration is None or not registration.url:
        return ()
    where = path("appservice", registration.id, "ping", version="client/v1")
    try:
        await session.call("POST", where, {"transaction_id": "threadline"}, write=False)
    except Denied as error:
        told = f"the homeserver does not know where to tell us something ({error}); give it the registration anew"
        return (Observation("bad", told),)
    except AdapterError as error:
        told = f"the homeserver does not reach us at {registration.url} now, as while Threadline is stopped: {error}"
        return (Observation("note", told),)
    return (Observation("ok", f"the homeserver reaches us at {registration.url}"),)
