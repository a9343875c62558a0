"""Discord's REST API: what every request goes through before and after it is done."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import unquote

import msgspec
from aiohttp import web

from tests.discord.faults import Asked, Drop, Fail, Fault, Faults, Hold, Limit, LoseAnswer
from tests.discord.forms import REQUEST_BYTES
from tests.discord.limits import RENAME, Answer, Limits, rounded_up
from tests.discord.nouns import Upload
from tests.discord.refusals import Refusal
from tests.discord.snowflakes import made_at
from tests.discord.world import World

PREFIX = "/api/v10"
_PAGE = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>"
_ROOM = 8 * 2**20
"""Bytes above the largest request, so that it is Discord that refuses it, and not what reads it."""


@dataclass
class Call:
    """A request: what stands in its path, query and body."""

    parts: dict[str, str]
    query: dict[str, str]
    body: Any
    files: list[Upload]

    def __getitem__(self, part: str) -> str:
        return self.parts[part]

    def asks(self, name: str) -> bool:
        """Whether the query says yes to something."""
        return self.query.get(name, "").lower() in ("1", "true")

    def number(self, name: str, usual: int, most: int) -> int:
        """How many of something the query asks for; raises what Discord says to too many."""
        try:
            asked = int(self.query.get(name, usual))
        except ValueError:
            asked = 0
        if not 1 <= asked <= most:
            errors = {name: {"_errors": [{"code": "NUMBER_TYPE_MAX", "message": f"int value should be 1 to {most}."}]}}
            raise Refusal(400, 50035, "Invalid Form Body", errors=errors)
        return asked


class Route(NamedTuple):
    """Does what is asked at a path; gives a payload, or None for an answer without one.

    `token` is whether a bot's token is needed; `status` is that of an answer with a payload.
    """

    method: str
    path: str
    do: Callable[[Call], Any]
    token: bool = True
    status: int = 200


class Rest:
    """Takes requests, lets them fail as rules say, asks the limits, and does them."""

    def __init__(self, world: World, token: str, limits: Limits, faults: Faults) -> None:
        self.asked: list[Asked] = []
        """Every request that is done with, in that order."""
        self.waiting = 0
        """How many requests are unanswered."""
        self._world = world
        self._token = token
        self._limits = limits
        self._faults = faults

    def app(self, routes: list[Route], *more: web.AbstractRouteDef) -> web.Application:
        """The application that answers these, and whatever else there is."""
        app = web.Application(client_max_size=REQUEST_BYTES + _ROOM)
        # Fixed paths before those with parts: /messages/pins is no message.
        for route in sorted(routes, key=lambda one: one.path.count("{")):
            app.router.add_route(route.method, PREFIX + route.path, self._handler(route))
        app.router.add_routes(more)
        app.router.add_route("*", PREFIX + "/{rest:.*}", self._nowhere)
        return app

    async def _nowhere(self, request: web.Request) -> web.StreamResponse:
        return _json(404, {"message": "404: Not Found", "code": 0})

    def _handler(self, route: Route) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.StreamResponse:
            path = request.raw_path.removeprefix(PREFIX)
            rule = self._faults.take(request.method, path)
            status: int | None = None
            self.waiting += 1
            try:
                response = await self._answered(request, route, rule.fault if rule else None)
                status = response.status if response is not None else None
                return response if response is not None else _hang_up(request)
            finally:
                self.waiting -= 1
                fault = rule.fault if rule else None
                self.asked.append(Asked(self._world.clock.now(), request.method, path, status, fault))
                if rule is not None:
                    rule.happened += 1

        return handle

    async def _answered(self, request: web.Request, route: Route, fault: Fault | None) -> web.StreamResponse | None:
        """What is answered to a request; None if the line breaks."""
        body, files = await _read(request)
        match fault:
            case Drop():
                return None
            case Fail(status, done=False):
                return web.Response(status=status, text=_PAGE.format(status), content_type="text/html")
            case Limit(seconds, scope, hidden, via, code):
                headers = {"X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "3" if hidden else "0"}
                if scope == "global":
                    headers = {"X-RateLimit-Global": "true"}
                return self._limited(Answer(headers, seconds, scope, code, banned=not via))
            case Hold(done=False):
                await fault.over()
        response = self._done(request, route, body, files)
        match fault:
            case LoseAnswer():
                return None
            case Fail(status):
                return web.Response(status=status, text=_PAGE.format(status), content_type="text/html")
            case Hold(done=True):
                await fault.over()
        return response

    def _done(self, request: web.Request, route: Route, body: Any, files: list[Upload]) -> web.StreamResponse:
        parts = {name: unquote(part) for name, part in request.match_info.items()}
        given = request.headers.get("Authorization")
        if (route.token or given is not None) and given != f"Bot {self._token}":
            self._limits.answered(401)
            return _json(401, {"message": "401: Unauthorized", "code": 0})
        said = self._limits.ask(
            f"{route.method} {route.path}",
            parts.get("channel") or parts.get("webhook") or parts.get("guild") or "",
            channel=self._spoken_in(parts),
            free=self._of_interaction(route, parts),
            token=given is not None,
            age=self._world.clock.now() - made_at(parts["message"]) if parts.get("message", "").isdigit() else 0.0,
            renames=f"{route.method} {route.path}" == RENAME and isinstance(body, dict) and "name" in body,
        )
        if said.wait:
            return self._limited(said)
        if isinstance(body, Refusal):
            return self._refused(body, said.headers)
        try:
            payload = route.do(Call(parts, dict(request.query), body, files))
        except Refusal as refusal:
            return self._refused(refusal, said.headers)
        return _json(204 if payload is None else route.status, payload, said.headers)

    def _refused(self, refusal: Refusal, headers: dict[str, str]) -> web.StreamResponse:
        headers = dict(headers)
        if refusal.status == 429:
            headers |= {"Via": "1.1 google", "Retry-After": str(int(refusal.body.get("retry_after", 0)) + 1)}
        self._limits.answered(refusal.status)
        return _json(refusal.status, refusal.body, headers)

    def _limited(self, said: Answer) -> web.StreamResponse:
        self._limits.answered(429, said.scope)
        headers = {"Retry-After": str(int(said.wait) + 1), **said.headers}
        if said.banned:
            return web.Response(status=429, text=_PAGE.format("1015"), content_type="text/html", headers=headers)
        body = {"message": "You are being rate limited.", "retry_after": rounded_up(said.wait)}
        body |= {"global": said.scope == "global"} | ({"code": said.code} if said.code else {})
        return _json(429, body, headers | {"Via": "1.1 google", "X-RateLimit-Scope": said.scope})

    def _spoken_in(self, parts: dict[str, str]) -> str:
        hook = self._world.webhooks.get(parts.get("webhook", ""))
        return hook.channel if hook else ""

    def _of_interaction(self, route: Route, parts: dict[str, str]) -> bool:
        return route.path.startswith("/interactions/") or parts.get("webhook") == self._world.bot.id


async def _read(request: web.Request) -> tuple[Any, list[Upload]]:
    """The body and the files of a request; a Refusal where they are too large or cannot be read."""
    too_large = Refusal(413, 40005, "Request entity too large")
    try:
        if not request.content_type.startswith("multipart/"):
            raw = await request.read()
            return (json.loads(raw) if raw else {}), []
        form = await request.post()
    except web.HTTPRequestEntityTooLarge:
        return too_large, []
    except ValueError:
        return Refusal(400, 50109, "The request body contains invalid JSON."), []
    files: dict[int, Upload] = {}
    for name, part in form.items():
        if isinstance(part, web.FileField):
            files[int(name.removeprefix("files[").rstrip("]") or 0)] = Upload(part.filename, part.file.read())
    body = json.loads(str(form.get("payload_json", "{}")))
    if sum(len(file.data) for file in files.values()) > REQUEST_BYTES:
        return too_large, []
    return body, [files[number] for number in sorted(files)]


def _json(status: int, payload: Any, headers: dict[str, str] | None = None) -> web.Response:
    """An answer whose type is exactly application/json: clients take anything else for text."""
    body = msgspec.json.encode(payload) if status != 204 else None
    response = web.Response(status=status, body=body, headers=headers)
    if body is not None:
        response.headers["Content-Type"] = "application/json"
    return response


def _hang_up(request: web.BaseRequest) -> web.Response:
    """End the connection; what is returned reaches nobody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
