"""Signing in to the pages: a one-time link from the chat, a button, a cookie.

What signs in to the reader signs in to the chat on our pages, as somebody whom nobody there can be by typing a name.

Chats fetch the addresses that stand in them, to show what is there: looking at a link uses nothing up. What signs in is
the button. Forms of other sites never come this far (`bot.web.guard`), so the cookie alone says who sends one.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from aiohttp import web

from bot.clock import Clock
from bot.model import DAY, ChatName
from bot.ports import FOR_PROGRAMS, Pages, Visitor
from bot.store import Store
from bot.store.own_data import own_data
from bot.store.sessions import (
    DATA,
    READER,
    SESSION_LASTS,
    SignedIn,
    Ticket,
    enter,
    extend,
    redeem,
    session,
    sign_out,
    ticket,
)
from bot.store.visitors import admit, visitor_id, visits
from bot.texts import say

AT = "/read"
"""Where the pages of readers stand."""

PATH = "/"
"""Where browsers send the cookie: to the chat's pages as well as to the reader's.

A path keeps it from nobody: whoever answers under the same name, on another port or behind the same proxy, can lead a
browser to any path of theirs. What keeps it is that no script reads it, that forms of other sites are turned away, that
handlers for programs know nobody (`for_programs`), and `Secure` under an https address.
"""

COOKIE = "threadline_reader"

COOKIE_AGE = 400 * 86_400
"""Seconds; browsers keep none longer. How long one is good for is said here, not by the browser."""

NO_STORE = {"Cache-Control": "no-store"}
"""What is one person's own is kept by nobody on its way."""

__all__ = ["AT", "Sessions", "SignedIn"]


def token() -> str:
    """A new one, that nobody guesses."""
    return secrets.token_urlsafe(32)


class Sessions:
    """Who reads in a browser; `public` is the https address under which others reach the pages, where there is one."""

    def __init__(self, store: Store, clock: Clock, pages: Pages, public: str = "") -> None:
        self._store = store
        self._clock = clock
        self._pages = pages
        self._secure = public.startswith("https:")

    def routes(self) -> Sequence[web.RouteDef]:
        """The ways in and out, below `AT`."""
        return [
            web.get("/in/{token}", self._show_entrance),
            web.post("/in/{token}", self._enter),
            web.get("/mydata/{token}", self._show_data),
            web.post("/mydata/{token}", self._give_data),
            web.post("/out", self._leave),
        ]

    async def who(self, request: web.Request) -> SignedIn | None:
        """Who sends a request, who stays signed in by it; None for nobody we know, and where programs send things."""
        if getattr(request.match_info.handler, FOR_PROGRAMS, False):
            # Nobody looked at who made the browser send it.
            return None
        shown = request.cookies.get(COOKIE, "")
        now = self._clock.now()
        found = await self._store.read(session, shown, now) if shown else None
        if found is None:
            return None
        if found.until < now + SESSION_LASTS - DAY:  # once a day is enough
            await self._store.write(extend, found.who.session, now)
        return found.who

    async def visitor(self, chat: ChatName, request: web.Request) -> Visitor | None:
        """Who sends a request to the pages of a chat, as that chat knows them: the same person.

        A login of that very chat is nobody here: it is a name that anybody can take at its door.
        """
        who = await self.who(request)
        if who is None or who.chat == chat:
            return None
        if not await self._store.read(visits, chat, who):
            await self._store.write(admit, chat, who, self._clock.now())
        return Visitor(visitor_id(who.chat, who.user), who.name, who.chat)

    async def _show_entrance(self, request: web.Request) -> web.Response:
        found = await self._store.read(ticket, request.match_info["token"], READER, self._clock.now())
        if found is None:
            return self._expired(request, "web")
        return self._ask(
            request, found, say("people.enter_title"), say("people.enter", name=found.name), say("people.enter_lasts")
        )

    async def _enter(self, request: web.Request) -> web.Response:
        new = token()
        if await self._store.write(enter, request.match_info["token"], new, self._clock.now()) is None:
            return self._expired(request, "web")
        response = web.Response(status=303, headers={"Location": f"{AT}/", **NO_STORE})
        # Lax: who follows a link from a chat is known. Nothing changes by following one.
        response.set_cookie(
            COOKIE, new, max_age=COOKIE_AGE, path=PATH, httponly=True, samesite="Lax", secure=self._secure
        )
        return response

    async def _leave(self, request: web.Request) -> web.Response:
        await self._store.write(sign_out, request.cookies.get(COOKIE, ""))
        response = self._pages.html(request, "signed_out.html", title=say("people.left"), hint=say("people.left_hint"))
        response.headers.update(NO_STORE)
        response.del_cookie(COOKIE, path=PATH, httponly=True, samesite="Lax", secure=self._secure)
        return response

    async def _show_data(self, request: web.Request) -> web.Response:
        found = await self._store.read(ticket, request.match_info["token"], DATA, self._clock.now())
        if found is None:
            return self._expired(request, "mydata")
        return self._ask(request, found, say("people.data_title"), say("people.download"), say("people.download_holds"))

    async def _give_data(self, request: web.Request) -> web.Response:
        found = await self._store.write(redeem, request.match_info["token"], DATA, self._clock.now())
        if found is None:
            return self._expired(request, "mydata")
        return web.Response(
            body=await self._store.read(own_data, found.person),
            content_type="application/json",
            charset="utf-8",
            headers={"Content-Disposition": 'attachment; filename="threadline-mydata.json"', **NO_STORE},
        )

    def _ask(self, request: web.Request, found: Ticket, title: str, button: str, hint: str) -> web.Response:
        response = self._pages.html(
            request,
            "entrance.html",
            title=title,
            whose=say("people.whose", name=found.name, chat=found.chat),
            button=button,
            hint=hint,
        )
        response.headers.update(NO_STORE)
        return response

    def _expired(self, request: web.Request, command: str) -> web.Response:
        response = self._pages.html(
            request,
            "error.html",
            410,
            title=say("people.expired_title"),
            what=say("people.expired"),
            hint=say("people.expired_hint", command=command),
        )
        response.headers.update(NO_STORE)
        return response
