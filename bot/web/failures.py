"""What did not work, as a page: what happened, to what, what to do. Never a traceback."""

from __future__ import annotations

import secrets

from aiohttp import web
from aiohttp.typedefs import Handler

from bot import errors
from bot.ports import Log
from bot.web.guard import LARGEST
from bot.web.pages import TemplatePages

STARTED = web.RequestKey("threadline.started", bool)
"""Set on a request whose answer has begun: no other answer can be given any more."""

_STATUS: tuple[tuple[type[errors.ThreadlineError], int], ...] = (
    (errors.NotFound, 404),
    (errors.Gone, 404),
    (errors.Forbidden, 403),
    (errors.NotAllowed, 403),
    (errors.Refused, 422),
    (errors.RateLimited, 429),
    (errors.ThreadlineError, 503),
)


class Failures:
    """Turns whatever a handler raises into a page in house style."""

    def __init__(self, pages: TemplatePages, log: Log) -> None:
        self._pages = pages
        self._log = log

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The outermost: what is inside of it can raise what it likes."""
        try:
            return await handler(request)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            page = self._page(request, error.status, *_words(request, error))
            if "Allow" in error.headers:
                page.headers["Allow"] = error.headers["Allow"]
            return page
        except ConnectionError:
            raise  # the reader went away; there is nobody to tell
        except errors.ThreadlineError as error:
            if request.get(STARTED):
                raise
            status = next(status for kind, status in _STATUS if isinstance(error, kind))
            return self._page(request, status, "That did not work", str(error), "Go back and try it another way.")
        except Exception as error:
            number = secrets.token_hex(4)
            self._log.error("page failed", page=request.path, method=request.method, fault=number, exc_info=error)
            if request.get(STARTED):
                raise ConnectionError("the answer had begun when it failed") from error
            return self._page(
                request,
                500,
                "This page broke",
                "Threadline could not make this page. What was posted before is safe, and everything else goes on.",
                f"Load it again. If it stays broken, tell whoever runs this server: the log says more under {number}.",
            )

    def _page(self, request: web.Request, status: int, title: str, what: str, hint: str) -> web.Response:
        return self._pages.html(request, "error.html", status, title=title, what=what, hint=hint)


def _words(request: web.Request, error: web.HTTPException) -> tuple[str, str, str]:
    match error.status:
        case 404:
            return (
                "Nothing is here",
                f"There is no page {request.path[:200]} on this server.",
                "It may have been removed, or the address is mistyped. The start page shows what there is.",
            )
        case 405:
            return (
                "This cannot be done here",
                f"The address {request.path[:200]} does not take {request.method} requests.",
                "Go back, load the page again and try it from there.",
            )
        case 413:
            return (
                "That is too large",
                f"At most {LARGEST // 1024 // 1024} MiB can be sent at once, and this was more. Nothing was changed.",
                "Go back, shorten the text and send it again.",
            )
        case _:
            return (
                "That did not work",
                f"The server answered {error.status} ({error.reason}).",
                "Go back, load the page again and try it from there.",
            )
