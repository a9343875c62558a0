"""Web pages of adapters: what they are written with, and how they are mounted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, TypeVar, runtime_checkable

import msgspec
from aiohttp import web

from bot.model import UserId


class Visitor(msgspec.Struct, frozen=True):
    """Who signed in to our pages with a login of another chat, by the one-time link that it gave them there."""

    id: UserId
    """CHAT:USER: the same whenever that login comes, and no other one's. Names that people choose must hold no ":"."""
    name: str
    """What they are called there; nothing keeps it from being the name of somebody else."""
    chat: str
    """The name of the chat whose login it is."""


class Pages(Protocol):
    """Writes HTML pages from templates; autoescape is on, the house's frame, style and scripts are there."""

    async def visitor(self, request: web.Request) -> Visitor | None:
        """Who is signed in with the browser that sends a request; None for anybody else.

        Asked by a chat at each of its pages and forms: who signs out, or unlinks the login, is nobody from then on. The
        id is one of the same person from the first answer on, so that what they say there is theirs.
        """

    def html(self, request: web.Request, template: str, status: int = 200, **values: Any) -> web.Response:
        """The page `template` (a file in the adapter's `templates/`, which may extend "page.html")."""

    def url(self, path: str) -> str:
        """The address of `path` below this adapter's mount point."""

    def fragment(self, template: str, **values: Any) -> str:
        """A piece of a page, for live updates."""


Handler = TypeVar("Handler", bound=Callable[..., Awaitable[web.StreamResponse]])


def for_programs(handler: Handler) -> Handler:
    """Mark a handler whose POSTs come from other programs: they arrive without their origin having been checked.

    It must find out itself who asks, and act for no reader of our pages.
    """
    handler.__dict__[FOR_PROGRAMS] = True
    return handler


FOR_PROGRAMS = "threadline_for_programs"
"""The attribute of a handler that `for_programs` marked."""

SIGN_OUT = "/read/out"
"""Where the form is sent with which a visitor signs out."""

LOOPBACK = web.AppKey("threadline.loopback", bool)
"""True where the web server can be reached from this computer alone; `request.config_dict.get(LOOPBACK, False)`."""


class Pane(msgspec.Struct, frozen=True):
    """A part of the start page: something of an adapter's that people look at beside the others."""

    title: str
    path: str
    order: int = 0


@runtime_checkable
class Serves(Protocol):
    """A forum or chat that has web pages of its own; mounted by the web server below `/<prefix>`."""

    prefix: str

    def routes(self) -> Sequence[web.RouteDef]:
        """Routes below the mount point, paths without the prefix; asked once, where they are served.

        POSTs are checked for origin before they arrive, but for handlers marked with `for_programs`.
        """

    def pane(self) -> Pane | None:
        """What the start page shows of it."""
