"""The pages that list: my boards, the threads of a board, what a search finds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from aiohttp import web

from bot import markup
from bot.errors import NotFound
from bot.store.browsing import mark_seen, threads_of
from bot.store.clearing import mark_shown
from bot.store.page_openers import openable
from bot.store.search import Hit, search
from bot.store.sessions import SignedIn
from bot.store.unit import Unit
from bot.store.unread import MOST, PAGE, BoardSeen, Unread, UnreadThread, boards_seen, unread_threads
from bot.texts import say
from bot.web.reading import views
from bot.web.reading.frame import Frame, field, numeral, see

FOUND = 20
"""Hits of one page of a search."""


class ThreadLine(msgspec.Struct, frozen=True):
    """A thread in a list of threads."""

    title: str
    href: str
    counts: str
    new: bool


class HitLine(msgspec.Struct, frozen=True):
    """A post that a search found."""

    hit: Hit
    href: str
    html: str


class ListPages:
    """The reader's lists."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    def routes(self) -> Sequence[web.RouteDef]:
        """Their pages and forms."""
        signed = self._frame.signed
        return [
            web.get("/", signed(self._boards)),
            web.get("/live", signed(self._boards_live)),
            web.post("/read", signed(self._mark_all)),
            web.get("/b/{board}", signed(self._board)),
            web.get("/b/{board}/live", signed(self._board_live)),
            web.post("/b/{board}/read", signed(self._mark_board)),
            web.get("/search", signed(self._search)),
        ]

    # ----------------------------------------------------------------------------------------------------------- boards

    async def _boards(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        return self._frame.html(request, who, "boards.html", list=await self._list(who))

    async def _boards_live(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        async def look(who: SignedIn) -> str:
            return _state(boards=await self._list(who))

        return await self._frame.listen(request, who, look)

    async def _list(self, who: SignedIn) -> str:
        """All boards, those with something new first, as a piece of a page."""
        news = await self._frame.store.read(_all_boards, who)
        lines = [views.board_line(one) for one in news]
        shown = {one.board.forum: one.board.shown for one in news}
        return self._frame.fragment(
            "list.html",
            fresh=[line for line in lines if line.new],
            read=[line for line in lines if not line.new],
            shown=",".join(f"{forum}:{seq}" for forum, seq in shown.items()),
        )

    async def _mark_all(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        form = await request.post()
        pairs = [pair.partition(":") for pair in field(form, "shown").split(",")]
        shown = {
            key: seq
            for forum, _, at in pairs
            if (key := numeral(forum)) is not None and (seq := numeral(at)) is not None
        }
        while not await self._frame.store.write(mark_shown, who.person, who.sight, shown):
            pass
        self._frame.live.stir(who.person)
        return see(f"{views.AT}/")

    # ------------------------------------------------------------------------------------------------------------ board

    async def _board(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        board = await self._seen(request, who)
        only_new, place = request.query.get("show", "") == "new", request.query.get("after", "").split("-")
        after = [cell for each in place if (cell := numeral(each)) is not None]
        threads: tuple[UnreadThread, ...]
        store, older = self._frame.store, ""
        if only_new:
            before = after[0] if len(after) == 1 else None
            news = await store.read(unread_threads, who.person, board, who.sight, before, PAGE)
            threads = news.threads
            if news.more:
                older = views.board_at(board, show="new", after=str(threads[-1].live_seq))
        else:
            from_there = (after[0], after[1]) if len(after) == 2 else None
            page = await store.read(threads_of, who.person, board, who.sight, from_there)
            threads = page.threads
            if page.after is not None:
                older = views.board_at(board, after="-".join(map(str, page.after)))
        return self._frame.html(
            request,
            who,
            "board.html",
            title=views.board_name(board),
            board=views.board_line(Unread(board, (), False)),
            link=board.link,
            threads=[_line(thread) for thread in threads],
            only_new=only_new,
            here=views.board_at(board),
            start=views.new_at(board) if await self._takes_threads(board, who) else "",
            older=older,
            deep=bool(after),
            live=f"{views.AT}/b/{views.board_key(board)}/live?shown={board.shown}",
        )

    async def _takes_threads(self, board: BoardSeen, who: SignedIn) -> bool:
        return board.id is not None and await self._frame.store.read(openable, board.id, who.sight) is not None

    async def _board_live(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        shown = numeral(request.query.get("shown", "")) or 0
        board = await self._seen(request, who)

        async def look(who: SignedIn) -> str:
            news = await self._frame.store.read(unread_threads, who.person, board, who.sight, None, PAGE)
            fresh = any(thread.live_seq > shown for thread in news.threads)
            return _state(news=self._frame.fragment("board_news.html", href=views.board_at(board)) if fresh else "")

        return await self._frame.listen(request, who, look)

    async def _mark_board(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        board, form = await self._seen(request, who), await request.post()
        seq = numeral(field(form, "shown")) or 0
        while not await self._frame.store.write(mark_seen, who.person, who.sight, board, seq):
            pass
        self._frame.live.stir(who.person)
        return see(views.board_at(board) if field(form, "back") == "board" else f"{views.AT}/")

    async def _seen(self, request: web.Request, who: SignedIn) -> BoardSeen:
        key = request.match_info["board"]
        boards = await self._frame.store.read(boards_seen, who.sight)
        found = next((board for board in boards if views.board_key(board) == key), None)
        if found is None:
            raise NotFound(say("web.no_board"))
        return found

    # ----------------------------------------------------------------------------------------------------------- search

    async def _search(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        words = request.query.get("q", "").strip()[:200]
        before = numeral(request.query.get("before", ""))
        hits: list[HitLine] = []
        more, nothing, behind = "", "", ""
        if words:
            found = await self._frame.store.read(search, words, who.sight, before, FOUND)
            hits = [HitLine(hit, views.post_at(hit.thread, hit.post), _snippet(hit.snippet)) for hit in found.hits]
            more = views.search_at(words, found.before) if found.before is not None else ""
            nothing = say("web.search_none", words=words) if not hits else ""
            behind = say("search.lacking", found.lacking) if found.lacking else ""
        shown: dict[str, Any] = {"words": words, "hits": hits, "more": more, "nothing": nothing, "behind": behind}
        return self._frame.html(request, who, "search.html", **shown)


def _all_boards(who: SignedIn) -> Unit[list[Unread]]:
    found: list[Unread] = []
    for board in (yield from boards_seen(who.sight)):
        found.append((yield from unread_threads(who.person, board, who.sight, limit=MOST)))
    return found


def _line(thread: UnreadThread) -> ThreadLine:
    counts = views.thread_counts(thread.replies, thread.unread)
    return ThreadLine(thread.title, views.thread_at(thread.id), counts, bool(thread.unread))


def _snippet(words: str) -> str:
    return markup.write(markup.read(words, "markdown"), "web")


def _state(**parts: str) -> str:
    """What a page is told: pieces of it, by the ids of the elements that hold them."""
    return msgspec.json.encode({"parts": parts}).decode()
