"""The start page: what adapters show, side by side, and one sentence that says what one is looking at."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from aiohttp import web

from bot.model import ChatCapabilities, ForumCapabilities
from bot.ports import Serves
from bot.texts import say
from bot.web.pages import TemplatePages

FORUM, CHAT, OTHER = range(3)

READER = "read"
"""Where the pages of readers are mounted; they have no pane, for they are one person's own."""


class Shown(msgspec.Struct, frozen=True, order=True):
    """A part of the start page; forums stand left of chats."""

    kind: int
    order: int
    name: str
    """The mount point without its slash; also the name of the frame."""
    title: str = ""
    address: str = ""


class StartPage:
    """Shows the panes of everything that is mounted."""

    def __init__(self, serving: Iterable[Serves], pages: TemplatePages) -> None:
        self._serving = tuple(serving)
        self._pages = pages

    async def show(self, request: web.Request) -> web.Response:
        """The page; panes are asked for anew each time, they may come and go."""
        panes = sorted(shown for one in self._serving if (shown := _shown(one)) is not None)
        reader = say("web.reader") if any(one.prefix == READER for one in self._serving) else ""
        return self._pages.html(
            request, "start.html", panes=panes, reader=reader, lead=lead([pane.kind for pane in panes])
        )


def lead(kinds: list[int]) -> str:
    """One sentence or two: what stands here, and what can be done with it."""
    match kinds:
        case []:
            return say("pages.lead")
        case [one] if one == FORUM:
            return say("pages.lead_forum")
        case [one] if one == CHAT:
            return say("pages.lead_chat")
        case [left, right] if (left, right) == (FORUM, CHAT):
            return say("pages.lead_both")
        case _:
            return say("pages.lead_many")


def _shown(one: Serves) -> Shown | None:
    pane = one.pane()
    if pane is None:
        return None
    caps = getattr(one, "caps", None)
    kind = FORUM if isinstance(caps, ForumCapabilities) else CHAT if isinstance(caps, ChatCapabilities) else OTHER
    return Shown(kind, pane.order, one.prefix, pane.title, f"/{one.prefix}{pane.path}")
