"""The sandbox's own web pages: read, write, moderate; they work without scripts and are live with them."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from urllib.parse import quote, unquote

from aiohttp import web

from adapters.forums.sandbox import drawing, rules
from adapters.forums.sandbox.board import MessageBoard
from adapters.forums.sandbox.live import LivePages, acts, changes, thread_changes
from adapters.forums.sandbox.state import FORM, PostRow, State, Status
from bot.errors import AdapterError, Gone, NotAllowed, Refused
from bot.model import PostKey
from bot.ports import LOOPBACK, Context, Pages

STATIC = Path(__file__).parent / "static"
COOKIE = "sandbox_name"
FIELDS = ("author", "title", "text", "parent", "once", "closed", "on", "decision", "why")
YEAR = 365 * 24 * 3600
MAX_DRAWN = 4000
"""Texts kept as HTML: two of the longest threads."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class SandboxPages:
    """The handlers of all pages below the sandbox's mount point."""

    def __init__(self, board: MessageBoard, pages: Pages, context: Context) -> None:
        self._board = board
        self._pages = pages
        self._context = context
        self._live = LivePages(board)
        self._drawn: dict[tuple[PostKey, int], drawing.Drawn] = {}

    def routes(self) -> Sequence[web.RouteDef]:
        """Every address; POSTs answer with a redirect to what they made."""
        return [
            web.get("/", self._plain(self.boards)),
            web.post("/name", self._door(self.take_name)),
            web.get("/b/{board}", self._plain(self.board)),
            web.post("/b/{board}", self._door(self.start)),
            web.get("/b/{board}/live", self._plain(self._live.board), allow_head=False),
            web.get("/t/{thread}", self._plain(self.thread)),
            web.post("/t/{thread}", self._door(self.reply)),
            web.post("/t/{thread}/closed", self._door(self.close)),
            web.get("/t/{thread}/live", self._plain(self._live.thread), allow_head=False),
            web.get("/p/{post}", self._plain(self.post)),
            web.get("/p/{post}/edit", self._door(self.edit_form)),
            web.post("/p/{post}/edit", self._door(self.edit)),
            web.post("/p/{post}/delete", self._door(self.delete)),
            web.get("/moderation", self._door(self.moderation)),
            web.post("/moderation", self._door(self.switch)),
            web.get("/moderation/live", self._door(self._live.moderation), allow_head=False),
            web.post("/moderation/{post}", self._door(self.judge)),
            web.get("/static/{file}", self.static),
        ]

    # ------------------------------------------------------------------------------------------------ reading

    async def boards(self, request: web.Request) -> web.Response:
        """All boards."""
        state = await self._board.state()
        rows = []
        for board in state.boards.values():
            threads = list(state.newest_first(board.key))
            newest = state.posts[threads[0].posts[-1]] if threads else None
            rows.append(
                {
                    "board": board,
                    "threads": len(threads),
                    "replies": sum(thread.replies for thread in threads),
                    "newest": newest,
                }
            )
        return await self._html(request, "boards.html", boards=rows)

    async def board(self, request: web.Request) -> web.Response:
        """The threads of a board, and the form for a new one."""
        return await self._board_page(request, asked=request.query.get("waiting", ""))

    async def thread(self, request: web.Request) -> web.Response:
        """A thread: its outline, its posts, and the form for a reply."""
        return await self._thread_page(request, answers=request.query.get("reply", ""))

    async def post(self, request: web.Request) -> web.Response:
        """Where a post stands."""
        state = await self._board.state()
        row = rules.post(state, request.match_info["post"])
        raise self._see(self._place(row) if row.shown else f"/t/{rules.thread(state, row.thread).key}")

    async def moderation(self, request: web.Request) -> web.Response:
        """The switch, and the posts that wait."""
        state = await self._board.state()
        rows = [state.posts[key] for key in state.waiting]
        drawn = await self._texts(rows)
        waiting = [
            {
                "post": row,
                "thread": state.threads[row.thread],
                "html": drawn[row.key].html,
            }
            for row in rows
        ]
        return await self._html(request, "moderation.html", queue=waiting, live=acts(state))

    async def edit_form(self, request: web.Request) -> web.Response:
        """The form in which the author of a post changes it."""
        row = await self._own(request)
        return await self._html(request, "edit.html", post=row, title=row.title, text=row.text, error=None)

    # ------------------------------------------------------------------------------------------------ writing

    async def take_name(self, request: web.Request) -> web.Response:
        """Write under this name from now on."""
        form = await _form(request)
        raise self._remember(self._see("/"), rules.name(form["author"]))

    async def start(self, request: web.Request) -> web.Response:
        """Start a thread."""
        form = await _form(request)
        key = request.match_info["board"]
        author, title, text = form["author"], form["title"], form["text"]
        try:
            thread = await self._board.start_thread(key, author, title, text, key=_once(form))
        except Gone:
            raise
        except AdapterError as error:
            return await self._board_page(request, error=error, form=form)
        state = await self._board.state()
        shown = state.threads[thread].shown
        place = f"/t/{thread}" if shown else f"/b/{key}?waiting={state.threads[thread].op}#waiting"
        raise self._remember(self._see(place), rules.name(author))

    async def reply(self, request: web.Request) -> web.Response:
        """Answer a post or the thread."""
        form = await _form(request)
        key, parent = request.match_info["thread"], form["parent"]
        author, title, text = form["author"], form["title"], form["text"]
        rules.thread(await self._board.state(), key)
        try:
            post = await self._board.post(key, parent, author, title, text, key=_once(form))
        except AdapterError as error:
            return await self._thread_page(request, answers=parent, error=error, form=form)
        row = (await self._board.state()).posts[post]
        place = self._place(row) if row.shown else f"/t/{row.thread}?waiting={row.key}#waiting"
        raise self._remember(self._see(place), row.author)

    async def edit(self, request: web.Request) -> web.Response:
        """Change a post."""
        row = await self._own(request)
        form = await _form(request)
        title, text = form["title"], form["text"]
        try:
            await self._board.edit(row.key, title, text)
        except Gone:
            raise
        except AdapterError as error:
            return await self._html(
                request, "edit.html", status=_status(error), post=row, title=title, text=text, error=error
            )
        raise self._see(self._place(row) if row.shown else f"/t/{row.thread}")

    async def delete(self, request: web.Request) -> web.Response:
        """Delete a post."""
        row = await self._own(request)
        await self._board.delete(row.key)
        raise self._see(self._place(row) if row.shown else f"/t/{row.thread}")

    async def close(self, request: web.Request) -> web.Response:
        """Let a thread take no more replies, or take them again."""
        form = await _form(request)
        thread = request.match_info["thread"]
        await self._board.close_thread(thread, form["closed"] == "yes")
        raise self._see(f"/t/{thread}")

    async def switch(self, request: web.Request) -> web.Response:
        """Switch moderation."""
        form = await _form(request)
        await self._board.set_moderation(form["on"] == "yes")
        raise self._see("/moderation")

    async def judge(self, request: web.Request) -> web.Response:
        """Approve or reject a post that waits."""
        form = await _form(request)
        post = request.match_info["post"]
        match form["decision"]:
            case "approve":
                await self._board.approve(post)
            case "reject":
                await self._board.reject(post, form["why"])
            case _:
                raise Refused('Nothing was decided. Press "Approve" or "Reject".')
        raise self._see("/moderation")

    # ------------------------------------------------------------------------------------------------- inside

    async def static(self, request: web.Request) -> web.StreamResponse:
        """The script and the style sheet of these pages."""
        name = request.match_info["file"]
        if name not in ("sandbox.js", "sandbox.css"):
            raise web.HTTPNotFound
        return web.FileResponse(STATIC / name, headers={"Cache-Control": "no-cache"})

    async def _board_page(
        self,
        request: web.Request,
        *,
        asked: str = "",
        error: AdapterError | None = None,
        form: dict[str, str] | None = None,
    ) -> web.Response:
        state = await self._board.state()
        board = rules.board(state, request.match_info["board"])
        threads = []
        for thread in state.newest_first(board.key):
            newest = state.posts[thread.posts[-1]]
            threads.append(
                {
                    "thread": thread,
                    "author": state.posts[thread.op].author,
                    "newest": newest,
                }
            )
        return await self._html(
            request,
            "board.html",
            status=_status(error),
            board=board,
            threads=threads,
            waiting=_waiting(state, asked),
            form=form or self._blank(request),
            error=error,
            live=changes(state),
        )

    async def _thread_page(
        self,
        request: web.Request,
        *,
        answers: str = "",
        error: AdapterError | None = None,
        form: dict[str, str] | None = None,
    ) -> web.Response:
        state = await self._board.state()
        thread = rules.thread(state, request.match_info["thread"])
        rows = list(state.in_order(thread.key))
        token = thread_changes(state, thread.key)
        drawn = await self._texts([row for row in rows if row.status is Status.LIVE])
        reader, starred = self._reader(request), request.query.get("highlight") == "newest"
        posts = drawing.views(rows, drawn, reader=reader, starred=starred)
        parent = next((post for post in posts if post.key == answers), None)
        offered = drawing.reply_title((parent.title if parent else "") or thread.title)
        return await self._html(
            request,
            "thread.html",
            status=_status(error),
            board=state.boards[thread.board],
            thread=thread,
            posts=posts,
            outline=drawing.outline(posts),
            starred=starred,
            parent=parent,
            waiting=_waiting(state, request.query.get("waiting", "")),
            form=form or {**self._blank(request), "title": offered},
            error=error,
            live=token,
            reply_title=drawing.reply_title,
        )

    async def _texts(self, rows: Sequence[PostRow]) -> dict[PostKey, drawing.Drawn]:
        """The texts as HTML, each version drawn once."""
        # The state may move on while the texts are drawn: what is to be drawn is fixed before.
        versions = {row.key: (row.key, row.version) for row in rows}
        found = {key: self._drawn[version] for key, version in versions.items() if version in self._drawn}
        new = [row for row in rows if row.key not in found]
        if new:
            drawn = await self._context.work(drawing.draw, [row.text for row in new])
            found.update(zip((row.key for row in new), drawn, strict=True))
            self._drawn.update((versions[row.key], found[row.key]) for row in new)
            while len(self._drawn) > MAX_DRAWN:
                del self._drawn[next(iter(self._drawn))]
        return found

    async def _html(self, request: web.Request, template: str, status: int = 200, **values: object) -> web.Response:
        state = await self._board.state()
        everywhere = {
            "url": self._pages.url,
            "reader": self._reader(request),
            "writable": _writable(request),
            "moderated": await self._board.moderated(),
            "queued": len(state.waiting),
        }
        return self._pages.html(request, template, status, **{**everywhere, **values})

    def _door(self, handler: Handler) -> Handler:
        """The same behind the door: nobody has to sign in, so it is shut beyond this computer."""

        async def handle(request: web.Request) -> web.StreamResponse:
            if not _writable(request):
                raise NotAllowed(
                    "Nobody has to sign in here, so this is shut while the server can be reached from other "
                    "computers. Nothing was changed. Write in a chat that mirrors the board, or let the web server "
                    "listen on 127.0.0.1."
                )
            return await handler(request)

        return self._plain(handle)

    def _plain(self, handler: Handler) -> Handler:
        """What is not there or not allowed becomes a page that says so."""

        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except AdapterError as error:
                # Without a look at the forum: that may be what failed.
                bare = {"url": self._pages.url, "writable": False}
                return self._pages.html(request, "broken.html", _status(error), **bare, error=error)

        return handle

    async def _own(self, request: web.Request) -> PostRow:
        """The post of the address, if the person writes under its author's name."""
        row = rules.post(await self._board.state(), request.match_info["post"])
        if row.author != self._reader(request):
            raise Refused(f"Only {row.author} changes this post. Write under that name first: see the start page.")
        if row.status is Status.DELETED:
            raise Gone("The post is deleted; there is nothing left to change.")
        return row

    def _blank(self, request: web.Request) -> dict[str, str]:
        return {"author": self._reader(request), "title": "", "text": "", "once": secrets.token_urlsafe(12)}

    def _place(self, row: PostRow) -> str:
        return f"/t/{row.thread}#{row.key}"

    def _see(self, path: str) -> web.HTTPSeeOther:
        return web.HTTPSeeOther(self._pages.url(path))

    def _reader(self, request: web.Request) -> str:
        return unquote(request.cookies.get(COOKIE, ""))[: rules.MAX_NAME]

    def _remember(self, answer: web.HTTPSeeOther, name: str) -> web.HTTPSeeOther:
        # Not a login: whoever reaches these pages may write under any name.
        answer.set_cookie(COOKIE, quote(name), max_age=YEAR, path=self._pages.url("/"), httponly=True, samesite="Lax")
        return answer


def _writable(request: web.Request) -> bool:
    return request.config_dict.get(LOOPBACK, False)


async def _form(request: web.Request) -> dict[str, str]:
    """The fields of a form that was sent; those that it lacks are empty."""
    sent = await request.post()
    fields = {name: value for name, value in sent.items() if isinstance(value, str)}
    return {**dict.fromkeys(FIELDS, ""), **fields}


def _once(form: dict[str, str]) -> str:
    """The key that keeps a form from posting twice, however often it is sent."""
    once = form["once"][:64]
    return f"{FORM}{once}" if once else ""


def _status(error: AdapterError | None) -> int:
    """The HTTP status that says the same as an error."""
    match error:
        case None:
            return 200
        case Gone():
            return 404
        case NotAllowed():
            return 403
        case Refused():
            return 422
        case _:
            return 503


def _waiting(state: State, key: str) -> PostRow | None:
    """The post that somebody just wrote, as long as it waits."""
    return state.posts[PostKey(key)] if PostKey(key) in state.waiting else None
