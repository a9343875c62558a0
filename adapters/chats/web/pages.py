"""The chat's pages: every act is a form that posts, every message has an address; scripts save reloading."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode

import msgspec
from aiohttp import web

from adapters.chats.web import pictures, rules, views
from adapters.chats.web.live import Live, View
from adapters.chats.web.room import Room
from adapters.chats.web.state import State
from bot.errors import AdapterError, Forbidden, Gone, Refused, ThreadlineError
from bot.model import ChannelRef, MessageId, ThreadRef, Where
from bot.ports import LOOPBACK, SANDBOXED, SIGN_OUT, Fetches, Media, Missing, Pages, ShownIn

COOKIE = "threadline_name"
"""Holds the name chosen at the door."""

COOKIE_AGE = 365 * 24 * 3600
"""Seconds for which a browser remembers the name."""

STATIC = {path.name: path for path in sorted((Path(__file__).parent / "static").iterdir())}
"""Our script and style."""

KEPT = "private, max-age=86400"
"""For how long a browser keeps an image: an address may give another one later."""

GUARDED = {"Content-Security-Policy": SANDBOXED, "Cross-Origin-Resource-Policy": "same-origin"}
"""What a stranger's file is answered with: it does nothing, and nobody else's page shows it."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Who(msgspec.Struct, frozen=True):
    """Who sends a request: somebody who signed in, with an `id`; else by the name chosen at the door, or nobody."""

    name: str = ""
    id: str = ""
    chat: str = ""
    """With the login of which chat they signed in."""

    @property
    def key(self) -> str:
        """What is theirs is known by this."""
        return self.id or self.name


WHO = web.RequestKey("who", Who)
"""Under which a request keeps who sends it, once that was found out."""


class ChatPages:
    """The web pages of one room."""

    def __init__(self, room: Room, pages: Pages, media: Fetches) -> None:
        self._room = room
        self._pages = pages
        self._media = media
        self._to = views.Addresses(pages.url)
        self._live = Live(room, pages)

    def routes(self) -> list[web.RouteDef]:
        """All pages and forms: for everybody where the server listens on loopback only, else for who signed in."""
        asked: tuple[tuple[str, Handler], ...] = (
            ("/", self._start),
            ("/door", self._door),
            ("/static/{file}", self._static),
            ("/live/{channel}", self._listen),
            ("/live/{channel}/{thread}", self._listen),
            ("/m/{message}", self._message),
            ("/media/{message}/{file}", self._picture),
            ("/c/{channel}", self._place),
            ("/c/{channel}/{thread}", self._place),
        )
        sent: tuple[tuple[str, Handler], ...] = (
            ("/door", self._enter),
            ("/leave", self._leave),
            ("/c/{channel}", self._say),
            ("/c/{channel}/{thread}", self._say),
            ("/read/{channel}", self._read),
            ("/read/{channel}/{thread}", self._read),
            ("/m/{message}/edit", self._edit),
            ("/m/{message}/delete", self._delete),
            ("/m/{message}/react", self._react),
        )
        return [web.get(path, self._open(handler)) for path, handler in asked] + [
            web.post(path, self._open(handler)) for path, handler in sent
        ]

    def _open(self, handler: Handler) -> Handler:
        """The handler behind the door, where anybody may take any name: beyond loopback it opens for who signed in."""

        async def opened(request: web.Request) -> web.StreamResponse:
            visitor = await self._pages.visitor(request)
            if visitor is None and not request.config_dict.get(LOOPBACK, False):
                return self._html(request, "shut.html", 403)
            request[WHO] = (
                Who(rules.visitor_name(visitor.name), visitor.id, visitor.chat)
                if visitor is not None
                else Who(_name(request))
            )
            try:
                return await handler(request)
            except ThreadlineError as error:
                return self._failed(request, error)

        return opened

    # --------------------------------------------------------------------------------------------------- door

    async def _start(self, request: web.Request) -> web.StreamResponse:
        who = request[WHO]
        if not who.key:
            return self._html(request, "door.html", to="", wanted="", problem="")
        state = await self._room.state()
        channels = [_ChannelLine(state, channel, self._to) for channel in state.channels]
        return self._html(request, "channels.html", who=who, channels=channels)

    async def _door(self, request: web.Request) -> web.StreamResponse:
        to = _inside(request.query.get("to", ""))
        if request[WHO].id:  # who signed in has a name
            return _see(self._pages.url(to or "/"))
        return self._html(request, "door.html", to=to, wanted=_name(request), problem="")

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        to, wanted = _inside(_field(form, "to")), _field(form, "name")
        try:
            name = rules.person_name(wanted)
        except Refused as error:
            shown = wanted[: 2 * rules.NAME_LIMIT]
            return self._html(request, "door.html", 400, to=to, wanted=shown, problem=str(error))
        response = _see(self._pages.url(to or "/"))
        path = self._pages.url("/").rstrip("/") or "/"
        response.set_cookie(COOKIE, quote(name), max_age=COOKIE_AGE, path=path, httponly=True, samesite="Strict")
        return response

    async def _leave(self, request: web.Request) -> web.StreamResponse:
        response = _see(self._pages.url("/"))
        response.del_cookie(COOKIE, path=self._pages.url("/").rstrip("/") or "/")
        return response

    # ------------------------------------------------------------------------------------------------ reading

    async def _place(self, request: web.Request) -> web.StreamResponse:
        return await self._show_place(request)

    async def _show_place(
        self, request: web.Request, problem: str = "", text: str = "", reply_to: str = "", status: int = 200
    ) -> web.Response:
        state, who = await self._room.state(), request[WHO]
        channel, thread = request.match_info["channel"], request.match_info.get("thread", "")
        place = state.place(channel, thread)
        if place is None:
            raise Gone(f"There is no {'thread' if thread else 'channel'} {thread or channel} in this chat.")
        before = _position(request.query.get("before", ""))
        leaf = views.leaf(place, before)

        def show(message: str) -> views.Shown:
            return views.show(state, state.messages[message], who.key, self._to)

        replying = state.standing(reply_to or request.query.get("reply", ""))
        if replying is not None and replying.channel != channel:
            replying = None
        editing = state.standing(request.query.get("edit", ""))
        view = View(channel, thread, who.key)
        return self._html(
            request,
            "thread.html" if thread else "channel.html",
            status,
            who=who,
            named=bool(who.key),
            channel=channel,
            channel_href=self._to.place(channel),
            here=self._to.place(channel, thread),
            door=self._pages.url(
                f"/door?to={quote(f'/c/{quote(channel)}' + (f'/{thread}' if thread else ''), safe='')}"
            ),
            root=show(thread) if thread else None,
            title=state.messages[thread].title if thread else "",
            messages=[show(m.id) for m in leaf.messages],
            pins=[] if thread else [show(m.id) for m in state.pins.get(channel, ()) if not m.deleted],
            older=f"{self._to.place(channel, thread)}?before={leaf.older}" if leaf.older else "",
            newest=leaf.newest,
            live=self._to.live(channel, thread),
            read=self._to.read(channel, thread) if who.key else "",
            position=state.position,
            pane=self._live.pane(state, view) if who.key else "",
            replying=show(replying.id) if replying is not None else None,
            editing=editing.id if editing is not None and who.key and editing.by == who.key else "",
            editing_text=editing.text if editing is not None else "",
            problem=problem,
            text=text,
            text_limit=rules.TEXT_LIMIT,
        )

    async def _message(self, request: web.Request) -> web.StreamResponse:
        message = request.match_info["message"]
        return _see(await self._where(message, edit=request.query.get("edit", "") == "yes"))

    async def _listen(self, request: web.Request) -> web.StreamResponse:
        state = await self._room.state()
        view = View(request.match_info["channel"], request.match_info.get("thread", ""), request[WHO].key)
        if state.place(view.channel, view.thread) is None:
            raise Gone("There is nothing to listen to: the place is not there.")
        after = request.headers.get("Last-Event-ID") or request.query.get("after", "")

        async def theirs() -> bool:
            if not request[WHO].id:
                return True
            visitor = await self._pages.visitor(request)
            return visitor is not None and visitor.id == request[WHO].id

        return await self._live.stream(request, view, int(after) if _number(after) else state.position, theirs)

    async def _picture(self, request: web.Request) -> web.StreamResponse:
        """An image that a message shows; fetched when it is looked at, for a send must not wait for it."""
        state = await self._room.state()
        message = state.standing(request.match_info["message"])
        payload = message.payload if message is not None else None
        wanted = pictures.named(payload, request.match_info["file"]) if payload is not None else None
        if message is None or wanted is None:
            raise Gone("No message that stands here shows such an image.")
        where = Where(ChannelRef(message.channel), ThreadRef(message.thread))
        found = await self._media.fetch(wanted.address, ShownIn(where, MessageId(message.id)))
        if isinstance(found, Media) and found.kind == "image":
            headers = {"Content-Type": found.mime, "Content-Disposition": f'inline; filename="{found.name}"'}
            return web.FileResponse(found.path, headers=headers | GUARDED | {"Cache-Control": KEPT})
        why, later = (found.why, found.later) if isinstance(found, Missing) else ("It is no image.", False)
        headers = GUARDED | {"Cache-Control": "no-store"}
        if wanted.address == pictures.avatar_of(payload or {}):
            return web.Response(status=404, text=why, headers=headers)
        said = self._pages.fragment("missing.svg", lines=pictures.missing_lines(wanted.alt, why))
        return web.Response(status=503 if later else 404, text=said, content_type="image/svg+xml", headers=headers)

    async def _static(self, request: web.Request) -> web.StreamResponse:
        path = STATIC.get(request.match_info["file"])
        if path is None:
            raise Gone("There is no such file.")
        return web.FileResponse(path, headers={"Cache-Control": "no-cache"})

    # ------------------------------------------------------------------------------------------------ writing

    async def _say(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        channel, thread = request.match_info["channel"], request.match_info.get("thread", "")
        text, reply_to = _field(form, "text"), _field(form, "reply_to")
        try:
            who = _somebody(request)
            said = await self._room.say(channel, thread, who.name, text, reply_to, who.id)
        except (AdapterError, Forbidden) as error:
            if _is_live(request) or (await self._room.state()).place(channel, thread) is None:
                raise
            # Without scripts the page comes again with what was typed: it is not lost by being refused.
            return await self._show_place(request, str(error), text, reply_to, _status(error))
        here = self._to.place(channel, thread)
        return _done(request, f"{here}#{said or 'private'}")

    async def _read(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        channel, thread = request.match_info["channel"], request.match_info.get("thread", "")
        who = _somebody(request)
        await self._room.read(channel, thread, who.name, _field(form, "message"), who.id)
        return web.Response(status=204)

    async def _edit(self, request: web.Request) -> web.StreamResponse:
        form, message, who = await request.post(), request.match_info["message"], _somebody(request)
        await self._room.edit(message, who.name, _field(form, "text"), who.id)
        return _done(request, await self._where(message))

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        message, state, who = request.match_info["message"], await self._room.state(), _somebody(request)
        await self._room.delete(message, who.name, who.id)
        was = state.messages[message]
        return _done(request, self._to.place(was.channel, was.thread))

    async def _react(self, request: web.Request) -> web.StreamResponse:
        form, message, who = await request.post(), request.match_info["message"], _somebody(request)
        wanted = _field(form, "reaction")  # one button each: "+👍" puts it there, "-👍" takes it away
        await self._room.react(message, who.name, wanted[1:], wanted[:1] == "+", who.id)
        return _done(request, await self._where(message))

    # ------------------------------------------------------------------------------------------------ answers

    async def _where(self, message: str, edit: bool = False) -> str:
        """The page, and the place on it, where a message is shown; on request as a form to change it."""
        state = await self._room.state()
        found = state.messages.get(message)
        if found is None or not found.shown:
            raise Gone(f"Message {message} is not there any more.")
        place = state.place(found.channel, found.thread) or []
        before = views.page_of(place, found)
        asked = {"before": f"m{before}" if before is not None else "", "edit": message if edit else ""}
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"{self._to.place(found.channel, found.thread)}{'?' if query else ''}{query}#{found.id}"

    def _failed(self, request: web.Request, error: ThreadlineError) -> web.StreamResponse:
        status = _status(error)
        if _is_live(request):
            return web.Response(status=status, text=str(error))
        return self._html(request, "broken.html" if status == 503 else "refused.html", status, problem=str(error))

    def _html(self, request: web.Request, template: str, status: int = 200, **values: Any) -> web.Response:
        return self._pages.html(
            request,
            template,
            status,
            home=self._pages.url("/"),
            leave=self._pages.url("/leave"),
            sign_out=SIGN_OUT,
            enter=self._pages.url("/door"),
            static=self._pages.url("/static"),
            name_limit=rules.NAME_LIMIT,
            **values,
        )


class _ChannelLine:
    """A channel in the list: its name, and what was said there last."""

    def __init__(self, state: State, channel: str, to: views.Addresses) -> None:
        last = next((m for m in reversed(state.channels[channel]) if not m.deleted), None)
        self.name = channel
        self.href = to.place(channel)
        self.last = views.show(state, last, "", to) if last is not None else None
        self.gist = views.gist(last) if last is not None else ""


def _name(request: web.Request) -> str:
    """The name chosen at the door, empty where none was or the cookie holds no name."""
    try:
        return rules.person_name(unquote(request.cookies.get(COOKIE, "")))
    except Refused:
        return ""


def _somebody(request: web.Request) -> Who:
    who = request[WHO]
    if not who.key:
        raise Forbidden("You have no name here yet. Choose one at the door, then send it again.")
    return who


def _field(form: Any, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _inside(to: str) -> str:
    """The page to go to after the door, if it is one of ours."""
    return to if to.startswith("/c/") and to.isascii() and to.isprintable() else ""


def _position(message: str) -> int | None:
    return int(message[1:]) if message.startswith("m") and _number(message[1:]) else None


def _number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 18


def _is_live(request: web.Request) -> bool:
    return request.headers.get("X-Threadline") == "live"


def _status(error: ThreadlineError) -> int:
    match error:
        case Refused():
            return 400
        case Forbidden():
            return 403
        case Gone():
            return 404
        case _:
            return 503


def _done(request: web.Request, address: str) -> web.Response:
    return web.Response(status=204) if _is_live(request) else _see(address)


def _see(address: str) -> web.Response:
    return web.Response(status=303, headers={"Location": address})
