"""What did not work, as a page: what happened, to what, what to do. Never a traceback."""

from __future__ import annotations

import secrets

from aiohttp import web
from aiohttp.typedefs import Handler

from bot import errors
from bot.ports import Log
from bot.redaction import words_of
from bot.texts import say
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
            return self._page(request, status, say("pages.failed"), words_of(error), say("pages.other_way"))
        except Exception as error:
            number = secrets.token_hex(4)
            self._log.error("page failed", page=request.path, method=request.method, fault=number, exc_info=error)
            if request.get(STARTED):
                raise ConnectionError("the answer had begun when it failed") from error
            return self._page(
                request,
                500,
                say("pages.broke"),
                say("pages.broke_what"),
                say("pages.broke_hint", number=number),
            )

    def _page(self, request: web.Request, status: int, title: str, what: str, hint: str) -> web.Response:
        return self._pages.html(request, "error.html", status, title=title, what=what, hint=hint)


def _words(request: web.Request, error: web.HTTPException) -> tuple[str, str, str]:
    match error.status:
        case 404:
            return (
                say("pages.missing"),
                say("pages.missing_what", path=request.path[:200]),
                say("pages.missing_hint"),
            )
        case 405:
            return (
                say("pages.not_here"),
                say("pages.not_here_what", path=request.path[:200], method=request.method),
                say("pages.go_back"),
            )
        case 413:
            return (
                say("pages.too_large"),
                say("pages.too_large_what", most=LARGEST // 1024 // 1024),
                say("pages.too_large_hint"),
            )
        case _:
            return (
                say("pages.failed"),
                say("pages.failed_what", status=error.status, why=error.reason),
                say("pages.go_back"),
            )
