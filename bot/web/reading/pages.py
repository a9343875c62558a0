"""The reader as it is mounted: the ways in and out, lists, threads, and their images."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aiohttp import web

from bot.clock import Clock
from bot.ports import Fetches, Pages, Pane
from bot.store import Store
from bot.web.reading.frame import Frame
from bot.web.reading.lists import ListPages
from bot.web.reading.pictures import PicturePages
from bot.web.reading.starting import StartPages
from bot.web.reading.threads import ThreadPages
from bot.web.sessions import Sessions


class ReaderPages:
    """Everything below /read: what is new to who signed in, in a browser."""

    prefix = "read"

    def __init__(
        self,
        store: Store,
        clock: Clock,
        sessions: Sessions,
        pages: Pages,
        media: Fetches,
        wake: Callable[[], None],
    ) -> None:
        self._sessions = sessions
        self._frame = Frame(store, clock, sessions, pages, media, wake)

    def routes(self) -> Sequence[web.RouteDef]:
        """All pages and forms."""
        return [
            *self._sessions.routes(),
            *ListPages(self._frame).routes(),
            *ThreadPages(self._frame).routes(),
            *StartPages(self._frame).routes(),
            *PicturePages(self._frame).routes(),
        ]

    def pane(self) -> Pane | None:
        """None: it is one person's own, and wants a page to itself."""
        return None
