"""The door: which names the server answers to, who may send forms, and what browsers may do with its pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.ports import FOR_PROGRAMS
from bot.texts import say
from bot.web.pages import TemplatePages

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")
"""The names of this computer for itself; nobody can make them mean another one."""

LARGEST = 1024 * 1024
"""Bytes that may be sent to the server at once."""

POLICY = "Content-Security-Policy"

HEADERS = {
    POLICY: (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "frame-src 'self'; frame-ancestors 'self'; form-action 'self'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""What every answer carries: nothing from elsewhere is loaded, nobody else frames a page or learns its address."""

READS = frozenset({"GET", "HEAD", "OPTIONS"})

Authority = tuple[str, int]
"""A name, and a port."""

_AUTHORITY = re.compile(r"(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::([0-9]{1,5}))?")
_DEFAULT = {"http": 80, "https": 443}


def authority(text: str, default: int = 80) -> Authority | None:
    """Name and port of a Host header or the like; None where it is none."""
    found = _AUTHORITY.fullmatch(text.lower())
    if found is None:
        return None
    return (found[1] or found[2]).rstrip("."), int(found[3] or default)


class Guard:
    """Decides which requests come in.

    `own`: names of the server that are good with its own port only. `hosts`: further names from the settings,
    "name" with any port or "name:port".
    """

    def __init__(self, own: Iterable[str], hosts: Iterable[str]) -> None:
        self._own = {name.lower().strip("[]") for name in own}
        split = [(host, authority(host)) for host in hosts]
        self._names = {found[0] for host, found in split if found is not None and not _has_port(host)}
        self._exact = {found for host, found in split if found is not None and _has_port(host)}
        self.port = 0
        """The server's own port, once it is known."""

    def answers_to(self, host: str) -> bool:
        """Whether a Host header names this server.

        A stranger's name that was made to lead here (DNS rebinding) would let the stranger's pages read ours.
        """
        found = authority(host)
        if found is None:
            return False
        return (found[0] in self._own and found[1] == self.port) or found[0] in self._names or found in self._exact


def foreign(headers: Mapping[str, str]) -> str | None:
    """Why a form was not sent from a page of this server, None if it was.

    Whatever the browser tells about the page (Origin, Sec-Fetch-Site, and Referer where the first is absent) has to
    agree, and something has to be told.
    """
    host, site = headers.get("Host", ""), headers.get("Sec-Fetch-Site")
    if site not in (None, "same-origin", "none"):
        return say("pages.other_site")
    told = headers.get("Origin", headers.get("Referer"))
    if told is None:
        if site == "same-origin":
            return None
        return say("pages.no_origin")
    try:
        parts = urlsplit(told)
        default = _DEFAULT.get(parts.scheme, 0)
    except ValueError:
        default = 0
    if not default or authority(parts.netloc, default) != authority(host, default):
        return say("pages.other_origin", origin=told[:200], host=host[:200])
    return None


class Door:
    """Turns away, with a page that says why, what the guard does not let in."""

    def __init__(self, guard: Guard, pages: TemplatePages) -> None:
        self._guard = guard
        self._pages = pages

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Look at the Host header of every request, and at the origin of every form that is not for programs."""
        host = request.headers.get("Host", "")
        if not self._guard.answers_to(host):
            return self._pages.html(
                request,
                "error.html",
                421,
                title=say("pages.name"),
                what=say("pages.name_what", host=host[:200]),
                hint=say("pages.name_hint"),
            )
        checked = request.method not in READS and not getattr(request.match_info.handler, FOR_PROGRAMS, False)
        if checked and (why := foreign(request.headers)) is not None:
            return self._pages.html(
                request,
                "error.html",
                403,
                title=say("pages.forged"),
                what=say("pages.forged_what", why=why),
                hint=say("pages.forged_hint"),
            )
        return await handler(request)


def _has_port(host: str) -> bool:
    return re.search(r":[0-9]+$", host) is not None and (host.count(":") == 1 or "]:" in host)
