"""Pages from templates: an adapter's own, in the house's frame."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

import jinja2
from aiohttp import web
from markupsafe import Markup

from bot.clock import SystemClock
from bot.model import Millis, When
from bot.ports import Visitor
from bot.texts import say
from bot.web import times

HOUSE = "bot.web"
"""The package whose templates stand behind every adapter's."""

mount: ContextVar[str] = ContextVar("mount")
"""Below which address the adapter is mounted whose page is being made; an adapter is opened before that is known."""


async def nobody(request: web.Request) -> Visitor | None:
    """For pages to which nobody signs in."""
    return None


class TemplatePages:
    """The port `Pages` for the adapter that lives in `package`, or for the house itself.

    `visitor` says who is signed in. Its templates come first, then the house's; one that uses a name which it was not
    given is an error. Filters: `ago` (milliseconds) and `when` (a `When`) write `<time>` elements. `says` says a text
    of the catalogue.
    """

    def __init__(
        self,
        package: str = HOUSE,
        now: Callable[[], Millis] | None = None,
        visitor: Callable[[web.Request], Awaitable[Visitor | None]] = nobody,
    ) -> None:
        clock = now if now is not None else SystemClock().now
        self._visitor = visitor
        self._templates = jinja2.Environment(
            loader=jinja2.ChoiceLoader([loader for one in dict.fromkeys((package, HOUSE)) for loader in _loaders(one)]),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            auto_reload=False,
        )

        def ago(moment: Millis) -> Markup:
            return times.ago(moment, clock())

        def when(time: When) -> Markup:
            return times.when(time, clock())

        self._templates.filters.update(ago=ago, when=when)
        self._templates.globals["says"] = say

    async def visitor(self, request: web.Request) -> Visitor | None:
        """Who is signed in with the browser that sends a request."""
        return await self._visitor(request)

    def html(self, request: web.Request, template: str, status: int = 200, **values: Any) -> web.Response:
        """The page `template` with these values; `framed` says whether it is shown inside of another page of ours."""
        framed = request.headers.get("Sec-Fetch-Dest") in ("iframe", "frame")
        return web.Response(
            text=self.fragment(template, framed=framed, **values),
            status=status,
            content_type="text/html",
            charset="utf-8",
            headers={"Cache-Control": "no-cache", "Vary": "Cookie, Sec-Fetch-Dest"},
        )

    def url(self, path: str) -> str:
        """The address of `path` below the mount point; to be asked while a request of that adapter is answered."""
        return mount.get() + path

    def fragment(self, template: str, **values: Any) -> str:
        """A piece of a page."""
        return self._templates.get_template(template).render(**values)


def _loaders(package: str) -> list[jinja2.BaseLoader]:
    try:
        return [jinja2.PackageLoader(package, "templates")]
    except ValueError:  # the package has no templates of its own
        return []
