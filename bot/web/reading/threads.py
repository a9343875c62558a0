"""The page of a thread: its outline, its posts, the marks that are made on it, and replies."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import msgspec
from aiohttp import web
from markupsafe import escape

from bot.errors import NotFound
from bot.model import Millis
from bot.store.browsing import At, Opened, news_of, open_thread
from bot.store.marks import mark_thread, mark_to, mark_unread
from bot.store.page_leave import Leave, leave_to_answer
from bot.store.page_replies import PageReply, page_replies, write_reply
from bot.store.readers import STARS, wish, wishes
from bot.store.sessions import SignedIn
from bot.store.sight import ThreadSeen, thread_of, thread_seen
from bot.store.unit import Unit
from bot.texts import say
from bot.web.reading import views
from bot.web.reading.frame import Frame, field, is_form, numeral, see

LONGEST = 30_000
"""Characters of a reply; forums take fewer, and say so."""


class ThreadPages:
    """The reader's threads."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    def routes(self) -> Sequence[web.RouteDef]:
        """Their pages and forms."""
        signed = self._frame.signed
        return [
            web.get("/t/{thread}", signed(self._thread)),
            web.get("/t/{thread}/live", signed(self._listen)),
            web.post("/t/{thread}/read", signed(self._mark_thread)),
            web.post("/t/{thread}/highlight", signed(self._highlight)),
            web.post("/t/{thread}/reply", signed(self._reply)),
            web.post("/p/{post}/read", signed(self._mark_to)),
            web.post("/p/{post}/unread", signed(self._mark_from)),
        ]

    # ---------------------------------------------------------------------------------------------------------- reading

    async def _thread(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        return await self._show(request, who)

    async def _show(
        self, request: web.Request, who: SignedIn, problem: str = "", text: str = "", status: int = 200
    ) -> web.Response:
        query = request.query
        at = At(numeral(query.get("post", "")), numeral(query.get("page", "")))
        thread = (await self._seen(request, who)).id
        found = await self._frame.store.read(_page, who, thread, at, self._frame.clock.now())
        if found is None:
            raise NotFound(say("web.no_thread"))
        opened, leave, replies = found
        posts = views.posts(opened)
        answered = numeral(query.get("reply", ""))
        asked = next((post for post in posts if post.id == answered and not post.gone), None)
        here = opened.thread.id
        return self._frame.html(
            request,
            who,
            "thread.html",
            status,
            title=opened.thread.title,
            link=opened.thread.link,
            board=opened.board,
            board_href=f"{views.AT}/b/{opened.thread.board or f'f{opened.thread.forum}'}",
            closed=opened.closed,
            counts=views.thread_counts(opened.replies, opened.unread),
            rows=views.rows(opened),
            outlined=len(opened.mapped) == len(opened.lines),
            posts=posts,
            here=views.thread_at(here),
            page_of=say("web.page_of", number=opened.number, pages=opened.pages) if opened.pages > 1 else "",
            before=views.thread_at(here, page=str(opened.number - 1)) if opened.number > 1 else "",
            after=views.thread_at(here, page=str(opened.number + 1)) if opened.number < opened.pages else "",
            page=opened.number,
            stars=opened.stars,
            newest=say("web.highlight_newest", count=opened.stars or STARS),
            shown=opened.thread.shown,
            live=f"{views.thread_at(here)}/live?shown={opened.thread.shown}",
            answerable=leave.given,
            unanswerable=views.unanswerable(leave, opened.closed, opened.thread.link),
            answered=asked,
            mine=self._mine(here, replies),
            form=secrets.token_urlsafe(16),
            problem=problem,
            text=text,
            text_help=views.writing_help(leave, who.name),
        )

    def _mine(self, thread: int, replies: Sequence[PageReply]) -> str:
        """The reader's own replies that are no posts yet, as a piece of a page."""
        return self._frame.fragment("mine.html", replies=[views.reply_view(thread, reply) for reply in replies])

    async def _listen(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        thread = (await self._seen(request, who)).id
        shown = numeral(request.query.get("shown", "")) or 0

        async def look(who: SignedIn) -> str | None:
            news = await self._frame.store.read(news_of, who.person, who.sight, thread, shown)
            if news is None:
                return None
            replies = await self._frame.store.read(page_replies, who.person, thread, shown, self._frame.clock.now())
            came, since = "", news.since
            if since:
                came = self._frame.fragment(
                    "news.html", told=say("web.since", len(since)), href=views.post_at(thread, since[0])
                )
            parts = {
                "counts": str(escape(views.thread_counts(news.replies, len(news.new)))),
                "news": came,
                "mine": self._mine(thread, replies),
            }
            return msgspec.json.encode({"new": news.new, "parts": parts}).decode()

        return await self._frame.listen(request, who, look)

    # ---------------------------------------------------------------------------------------------------------- marking

    async def _mark_thread(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        thread, form = await self._seen(request, who), await request.post()
        await self._frame.store.write(mark_thread, who.person, thread.id, numeral(field(form, "shown")) or 0)
        self._frame.live.stir(who.person)
        return see(views.thread_at(thread.id, page=field(form, "page")))

    async def _mark_to(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        thread, post = await self._post(request, who)
        await self._frame.store.write(mark_to, who.person, post)
        self._frame.live.stir(who.person)
        return see(views.post_at(thread.id, post))

    async def _mark_from(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        thread, post = await self._post(request, who)
        await self._frame.store.write(mark_unread, who.person, post)
        self._frame.live.stir(who.person)
        return see(views.post_at(thread.id, post))

    async def _highlight(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        thread, form = await self._seen(request, who), await request.post()
        stars = numeral(field(form, "stars"))
        if stars is not None:
            await self._frame.store.write(_wish_stars, who.person, min(stars, 100))
        return see(views.thread_at(thread.id, page=field(form, "page")))

    # --------------------------------------------------------------------------------------------------------- replying

    async def _reply(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        thread, form = await self._seen(request, who), await request.post()
        text, token = field(form, "text").replace("\r\n", "\n").strip(), field(form, "form")
        problem = ""
        if not text:
            problem = say("web.no_text")
        elif len(text) > LONGEST:
            problem = say("web.long_text", length=f"{len(text):,}", most=f"{LONGEST:,}")
        elif is_form(token):
            taken = await self._frame.store.write(
                write_reply, who, thread.id, numeral(field(form, "post")), text, token, self._frame.clock.now()
            )
            problem = "" if taken else say("web.not_posted")
        if problem:
            # What was typed is not lost by being refused.
            return await self._show(request, who, problem, text, 422)
        self._frame.wake()
        self._frame.live.stir(who.person)
        return see(f"{views.thread_at(thread.id, page=field(form, 'page'))}#mine")

    # ---------------------------------------------------------------------------------------------------- what is meant

    async def _seen(self, request: web.Request, who: SignedIn) -> ThreadSeen:
        thread = numeral(request.match_info["thread"])
        found = await self._frame.store.read(thread_seen, thread, who.sight) if thread is not None else None
        if found is None:
            raise NotFound(say("web.no_thread"))
        return found

    async def _post(self, request: web.Request, who: SignedIn) -> tuple[ThreadSeen, int]:
        post = numeral(request.match_info["post"])
        found = await self._frame.store.read(thread_of, post, who.sight) if post is not None else None
        if found is None or post is None:
            raise NotFound(say("web.no_post"))
        return found, post


def _page(who: SignedIn, thread: int, at: At, now: Millis) -> Unit[tuple[Opened, Leave, list[PageReply]] | None]:
    """A thread, whether it takes answers, and what its reader wrote to it: in one snapshot."""
    opened = yield from open_thread(who.person, who.sight, thread, at)
    if opened is None:
        return None
    leave = yield from leave_to_answer(who, opened.thread)
    return opened, leave, (yield from page_replies(who.person, opened.thread.id, opened.thread.shown, now))


def _wish_stars(person: int, stars: int) -> Unit[None]:
    now = yield from wishes(person)
    yield from wish(person, msgspec.structs.replace(now, stars=stars))
