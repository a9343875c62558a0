"""The page on which a thread of a board is started."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from aiohttp import web

from bot.drafting import LONGEST_TITLE
from bot.errors import NotFound
from bot.store.page_leave import leave_to_start
from bot.store.page_openers import page_openers, write_opener
from bot.store.sessions import SignedIn
from bot.store.unread import BoardSeen, boards_seen
from bot.texts import say
from bot.web.reading import views
from bot.web.reading.frame import Frame, field, is_form, see
from bot.web.reading.threads import LONGEST


class StartPages:
    """The reader's new threads."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    def routes(self) -> Sequence[web.RouteDef]:
        """The page and its form."""
        signed = self._frame.signed
        return [web.get("/b/{board}/new", signed(self._new)), web.post("/b/{board}/new", signed(self._start))]

    async def _new(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        return await self._show(request, who, await self._seen(request, who))

    async def _show(
        self,
        request: web.Request,
        who: SignedIn,
        board: BoardSeen,
        problem: str = "",
        title: str = "",
        text: str = "",
        status: int = 200,
    ) -> web.Response:
        id = board.id or 0
        leave = await self._frame.store.read(leave_to_start, who, id)
        mine = await self._frame.store.read(page_openers, who.person, id, self._frame.clock.now())
        return self._frame.html(
            request,
            who,
            "new.html",
            status,
            board=views.board_name(board),
            board_href=views.board_at(board),
            takes=leave.given,
            unstartable=views.unstartable(leave),
            here=views.new_at(board),
            mine=[views.opener_view(one) for one in mine],
            form=secrets.token_urlsafe(16),
            problem=problem,
            title=title,
            text=text,
            text_help=f"{views.writing_help(leave, who.name)} {say('web.opener_told')}",
        )

    async def _start(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        board, form = await self._seen(request, who), await request.post()
        title, token = " ".join(field(form, "title").split()), field(form, "form")
        text = field(form, "text").replace("\r\n", "\n").strip()
        problem = ""
        if not title or not text:
            problem = say("web.no_opener")
        elif len(text) > LONGEST:
            problem = say("web.long_text", length=f"{len(text):,}", most=f"{LONGEST:,}")
        elif len(title) > LONGEST_TITLE:
            problem = say("web.long_title", length=f"{len(title):,}", most=f"{LONGEST_TITLE:,}")
        elif is_form(token):
            why = await self._frame.store.write(
                write_opener, who, board.id or 0, title, text, token, self._frame.clock.now()
            )
            problem = say("web.not_started", why=why) if why else ""
        if problem:
            # What was typed is not lost by being refused.
            return await self._show(request, who, board, problem, title, text, 422)
        self._frame.wake()
        self._frame.live.stir(who.person)
        return see(views.new_at(board))

    async def _seen(self, request: web.Request, who: SignedIn) -> BoardSeen:
        key = request.match_info["board"]
        for board in await self._frame.store.read(boards_seen, who.sight):
            if board.id is not None and views.board_key(board) == key:
                return board
        raise NotFound(say("web.no_board"))
