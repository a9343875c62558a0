"""Sites that say back whatever they are told: as refusals, as pages, as addresses of other places."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from html import escape
from typing import Any
from urllib.parse import quote, unquote_plus

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
Told = Callable[[str], dict[str, Any]]

STATUSES = (200, 202, 400, 401, 403, 404, 409, 422, 429, 500, 503)


async def said(request: web.Request) -> str:
    """All that a request holds, also as it was meant."""
    body = (await request.read()).decode("utf-8", "replace")
    text = "\n".join(
        [
            f"{request.method} {request.path_qs}",
            *(f"{name}: {value}" for name, value in request.headers.items()),
            body,
            unquote_plus(body),
        ]
    )
    return text


def discourse(text: str) -> dict[str, Any]:
    return {"errors": [text], "error_type": text, "extras": {"wait_seconds": text}, "action": text}


def nodebb(text: str) -> dict[str, Any]:
    return {"status": {"code": "forbidden", "message": text}, "response": {"error": text}, "error": text}


def flarum(text: str) -> dict[str, Any]:
    return {"errors": [{"status": text, "code": "validation_error", "detail": text, "source": {"pointer": text}}]}


def chat(text: str) -> dict[str, Any]:
    return {"errcode": "M_UNKNOWN", "error": text, "message": text, "code": 50013, "retry_after": text}


def in_json(told: Told, status: int) -> Answer:
    """A refusal in the words of an engine."""

    async def answer(request: web.Request) -> web.StreamResponse:
        text = await said(request)
        return web.json_response(told(text), status=status, headers=_headers(text))

    return answer


def in_a_page(status: int) -> Answer:
    """A page, such as a firewall or a board shows."""

    async def answer(request: web.Request) -> web.StreamResponse:
        text = await said(request)
        page = (
            f'<!DOCTYPE html><html id="phpbb"><head><title>{escape(text)}</title></head><body id="phpbb">'
            f'<div id="message" class="panel"><div class="inner"><h2 class="message-title">Information</h2>'
            f'<p>{escape(text)}</p></div></div><form id="login" action="./ucp.php?mode=login"><div class="error">'
            f"{escape(text)}</div></form></body></html>"
        )
        return web.Response(text=page, status=status, content_type="text/html", headers=_headers(text))

    return answer


def elsewhere(as_path: bool) -> Answer:
    """A redirect to an address that holds all of it; there, nothing is."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/said"):
            return web.Response(status=404, text=await said(request))
        text = quote(" ".join((await said(request)).split()), safe="")
        place = f"/said/{text[:6000]}" if as_path else f"/said?{text[:6000]}"
        return web.Response(status=302, headers={"Location": place})

    return answer


def _headers(text: str) -> dict[str, str]:
    line = " ".join(text.split()).encode("ascii", "replace").decode()[:4000]
    return {"X-Said": line, "Retry-After": "7", "ETag": f'"{line[:500]}"', "Set-Cookie": f"said={quote(line[:500])}"}


def every(told: Told) -> dict[str, Answer]:
    """All ways of saying it, by what they are called."""
    return {
        **{f"JSON, {status}": in_json(told, status) for status in STATUSES},
        **{f"a page, {status}": in_a_page(status) for status in (200, 401, 403, 500)},
        "a redirect to a path": elsewhere(True),
        "a redirect with a query": elsewhere(False),
    }
