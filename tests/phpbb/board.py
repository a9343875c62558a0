"""A phpBB board on loopback: what it shows, what its forms want, and every way in which they save nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.testing.faults import UNANSWERED, Line
from bot.testing.server import Handler, LoopbackSite
from tests.phpbb import drawing
from tests.phpbb.drawing import PostRow, TopicRow

BEGAN = 1_795_424_000
FORUM = 2
TOPICS = 25
"""Topics of a page of a forum."""


class Site(LoopbackSite):
    """A line whose faults strike pages and what is sent: a form is fetched before its answer is lost."""

    @web.middleware
    async def _on_the_line(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        fetching = request.path == "/ucp.php" or (request.method == "GET" and request.path == "/posting.php")
        if fetching and self.instead is None and self._state in (Line.LOST, *UNANSWERED):
            return await handler(request)
        return await super()._on_the_line(request, handler)


class Board:
    """What stands on the board, and what its people do; `site` serves it."""

    def __init__(self) -> None:
        self.site = Site([web.route("*", "/{file:.*}", self._answer)])
        self.forums = {FORUM: "General & more"}
        self.private: set[int] = set()
        """Forums that guests cannot read."""
        self.topics: dict[int, TopicRow] = {}
        self.posts: dict[int, PostRow] = {}
        self.users = {"ann": 51, "ben": 52, "cleo": 53, "dora": 54, "bridge": 60, "zoe": 61}
        self.passwords = {"bridge": "over-the-river", "zoe": "two words"}
        self.sessions: dict[str, str] = {}
        self.failed = 0
        """Logins that failed; the board asks for a CAPTCHA from the third on."""
        self.per = 10
        """Posts of a page of a topic."""
        self.legacy = False
        """While true, times are printed for people alone."""
        self.moderated = False
        """While true, what is posted waits for a moderator."""
        self.objections: list[str] = []
        """What the board says against the next posts, one after the other."""
        self.sneaks: list[Callable[[], object]] = []
        """What happens between the next forms and their sending."""
        self.language = "en-gb"
        self.denied = ""
        """What the board says in place of its posting form; empty while it shows that."""
        self.asked: list[str] = []
        """The requests, as "GET /viewtopic.php?t=1"."""
        self.sent: list[dict[str, str]] = []
        """What was posted with forms."""
        self.other: Callable[[web.Request], Awaitable[web.StreamResponse] | None] = lambda request: None
        """What is answered in place of the board's own pages."""
        self.now = BEGAN
        self.pace = 1
        """Seconds that pass between two requests."""

    # ------------------------------------------------------------------------------------------------ its people

    def start(self, title: str, text: str, author: str = "ann", forum: int = FORUM) -> TopicRow:
        """Somebody starts a topic."""
        topic = TopicRow(len(self.topics) + 1, forum, title)
        self.topics[topic.id] = topic
        self.post(topic.id, author, text, title)
        return topic

    def post(self, topic: int, author: str, text: str, subject: str = "", waits: bool = False) -> PostRow:
        """Somebody answers."""
        self.now += 1
        row = PostRow(len(self.posts) + 1, topic, author, subject or f"Re: {self.topics[topic].title}", text, self.now)
        row.waits = waits
        self.posts[row.id] = row
        self.topics[topic].posts.append(row)
        return row

    def quote(self, post: int) -> str:
        """What the board offers to whoever answers a post."""
        row = self.posts[post]
        user = self.users.get(row.author, 1)
        return f"[quote={row.author} post_id={row.id} time={row.at} user_id={user}]{row.raw}[/quote]\n\n"

    # ------------------------------------------------------------------------------------------------- its pages

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.now += self.pace
        self.asked.append(f"{request.method} {request.path_qs}")
        if (other := self.other(request)) is not None:
            return await other
        match request.path:
            case "/viewtopic.php":
                return self._topic(request)
            case "/viewforum.php":
                return self._forum(request)
            case "/" | "/index.php":
                return self._page(drawing.index_page(self.forums, self._user(request) == ""))
            case "/posting.php":
                return await self._posting(request)
            case "/ucp.php":
                return await self._login(request)
        return self._missing("The requested page does not exist.")

    def _page(self, text: str, status: int = 200) -> web.Response:
        text = text.replace('lang="en-gb"', f'lang="{self.language}"', 1)
        answer = web.Response(text=text, content_type="text/html", status=status)
        answer.headers["Cache-Control"] = 'private, no-cache="set-cookie"'
        return answer

    def _missing(self, words: str) -> web.Response:
        return self._page(drawing.message_page(words), 404)

    def _user(self, request: web.Request) -> str:
        """Who asks; empty for a guest."""
        return self.sessions.get(request.cookies.get("phpbb3_test_sid", ""), "")

    def _number(self, request: web.Request, name: str) -> int:
        value = request.query.get(name, "")
        return int(value) if value.isdecimal() and value.isascii() and len(value) < 12 else 0

    def _closed(self, request: web.Request, forum: int) -> web.Response | None:
        if forum in self.private and not self._user(request):
            return self._page(drawing.login_page(self._token("login")))
        return None

    def _topic(self, request: web.Request) -> web.Response:
        post = self.posts.get(self._number(request, "p"))
        topic = self.topics.get(post.topic if post else self._number(request, "t"))
        if topic is None or topic.gone or not topic.shown or (post is not None and post not in topic.shown):
            return self._missing("The requested topic does not exist.")
        if (closed := self._closed(request, topic.forum)) is not None:
            return closed
        start = self._number(request, "start")
        if post is not None:
            start = topic.shown.index(post) // self.per * self.per
        if start >= len(topic.shown):  # never an empty page: the last one, again and again
            start = (len(topic.shown) - 1) // self.per * self.per
        guest, name = not self._user(request), self.forums[topic.forum]
        text = drawing.topic_page(
            self.site.address, topic, name, start, self.per, self.users, guest=guest, legacy=self.legacy
        )
        return self._page(text)

    def _forum(self, request: web.Request) -> web.Response:
        forum = self._number(request, "f")
        if forum not in self.forums:
            return self._missing("The forum you selected does not exist.")
        if (closed := self._closed(request, forum)) is not None:
            return closed
        here = [one for one in self.topics.values() if one.shown and not one.gone]
        here = [one for one in here if one.forum == forum or one.kind in ("global", "moved")]
        here.sort(key=lambda one: -one.shown[-1].at)
        start = self._number(request, "start")
        guest = not self._user(request)
        return self._page(
            drawing.forum_page(self.site.address, forum, self.forums[forum], here, start, TOPICS, self.users, guest)
        )

    # ------------------------------------------------------------------------------------------------- its forms

    def _token(self, form: str) -> dict[str, str]:
        made = str(self.now)
        return {"creation_time": made, "form_token": hashlib.sha1(f"{form}{made}".encode()).hexdigest()}

    def _valid(self, form: str, sent: dict[str, str]) -> bool:
        made = sent.get("creation_time", "")
        good = hashlib.sha1(f"{form}{made}".encode()).hexdigest() == sent.get("form_token")
        return good and made.isdecimal() and 0 < self.now - int(made) <= 7200

    async def _sent(self, request: web.Request) -> dict[str, str]:
        sent = {name: str(value) for name, value in (await request.post()).items()}
        self.sent.append(sent)
        return sent

    async def _login(self, request: web.Request) -> web.Response:
        if request.query.get("mode") == "logout":
            self.sessions.pop(request.query.get("sid", ""), None)
            return self._page(drawing.index_page(self.forums, True))
        if request.method == "GET":
            answer = self._page(drawing.login_page(self._token("login"), captcha=self.failed >= 3))
            answer.set_cookie("phpbb3_test_u", "1")
            answer.set_cookie("phpbb3_test_sid", "0" * 32)
            return answer
        sent = await self._sent(request)
        name, captcha = sent.get("username", ""), self.failed >= 3
        if not self._valid("login", sent):
            error = "The submitted form was invalid. Try submitting again."
            return self._page(drawing.login_page(self._token("login"), error))
        if captcha or self.passwords.get(name) != sent.get("password"):
            self.failed += 1
            error = "You have specified an incorrect password. Please check your password and try again."
            return self._page(drawing.login_page(self._token("login"), error, self.failed >= 3))
        sid = hashlib.md5(f"{name}{self.now}".encode()).hexdigest()
        self.sessions[sid] = name
        answer = web.Response(status=302, headers={"Location": f"{self.site.address}/index.php?sid={sid}"})
        answer.set_cookie("phpbb3_test_u", str(self.users[name]))
        answer.set_cookie("phpbb3_test_k", "k" * 16)
        answer.set_cookie("phpbb3_test_sid", sid)
        return answer

    async def _posting(self, request: web.Request) -> web.Response:
        mode, user = request.query.get("mode", ""), self._user(request)
        post = self.posts.get(self._number(request, "p"))
        topic = self.topics.get(post.topic if post else self._number(request, "t"))
        forum = topic.forum if topic else self._number(request, "f")
        if not self._number(request, "f"):  # wanted by every release before 3.3
            return self._missing("The forum you selected does not exist.")
        if mode in ("edit", "delete", "quote") and (post is None or post.deleted):
            return self._page(drawing.message_page("The requested post does not exist."))
        if mode in ("reply", "quote") and (topic is None or topic.gone):
            return self._missing("The requested topic does not exist.")
        if forum not in self.forums:
            return self._missing("The forum you selected does not exist.")
        if not user:
            return self._page(drawing.login_page(self._token("login")))
        if self.denied:
            return self._page(drawing.message_page(self.denied))
        if mode == "delete":
            assert post is not None
            return await self._delete(request, post, user)
        if mode == "edit" and post is not None and post.author != user:
            return self._page(drawing.message_page("You can only edit your own posts."), 403)
        if topic is not None and topic.locked:
            return self._page(drawing.message_page("This topic is locked, you cannot make further replies."))
        if request.method == "GET":
            text = "" if post is None else post.raw if mode == "edit" else self.quote(post.id)
            return self._form(request, topic, post if mode == "edit" else None, text)
        return await self._write(request, topic, post if mode == "edit" else None, user)

    def _form(
        self,
        request: web.Request,
        topic: TopicRow | None,
        post: PostRow | None,
        text: str,
        error: str = "",
        review: str = "",
    ) -> web.Response:
        subject = post.subject if post else f"Re: {topic.title}" if topic else ""
        fields = {"show_panel": "options-panel", **self._token("posting")}
        if topic is not None and post is None:
            fields["topic_cur_post_id"] = str(topic.shown[-1].id)
        return self._page(drawing.posting_page(request.query_string, topic, subject, text, fields, error, review))

    async def _write(
        self, request: web.Request, topic: TopicRow | None, post: PostRow | None, user: str
    ) -> web.Response:
        if self.sneaks:
            self.sneaks.pop(0)()
        if not self._user(request):
            return self._page(drawing.login_page(self._token("login")))
        sent = await self._sent(request)
        text, error, review = sent.get("message", "").replace("\r\n", "\n"), "", ""
        if not self._valid("posting", sent):
            error = "The submitted form was invalid. Try submitting again."
        elif self.objections:
            error = self.objections.pop(0)
        elif not text.strip():
            error = "Your message contains too few characters."
        elif topic is None and not sent.get("subject", "").strip():
            error = "You must specify a subject when posting a new topic."
        elif topic is not None and post is None and sent.get("topic_cur_post_id") != str(topic.shown[-1].id):
            review = "<h3>Post review</h3><p>At least one new post has been made to this topic.</p>"
        if error or review:
            return self._form(request, topic, post, text, error, review)
        if post is not None:
            post.raw, post.subject, post.edits = text, sent["subject"], post.edits + 1
            return self._led(f"viewtopic.php?p={post.id}#p{post.id}")
        if topic is None:
            topic = self.start(sent["subject"], text, user, self._number(request, "f"))
            topic.posts[0].waits = self.moderated
            link = f"viewtopic.php?t={topic.id}"
        else:
            row = self.post(topic.id, user, text, sent["subject"], self.moderated)
            link = f"viewtopic.php?p={row.id}#p{row.id}"
        if self.moderated:
            words = "This message has been submitted successfully, but it will need to be approved by a moderator."
            back = f"./viewforum.php?f={topic.forum}"
            return self._page(drawing.message_page(f'{words}<br /><a href="{back}">Return</a>', back))
        return self._led(link)

    def _led(self, link: str) -> web.Response:
        return web.Response(status=302, headers={"Location": f"{self.site.address}/{link}"})

    async def _delete(self, request: web.Request, post: PostRow, user: str) -> web.Response:
        if post.author != user:
            return self._page(drawing.message_page("You can only delete your own posts."))
        key = f"CONFIRM{post.id}"
        if request.method == "GET":
            fields = {
                "p": str(post.id),
                "mode": "delete",
                "confirm_uid": str(self.users[user]),
                "sess": "s",
                "sid": "s",
            }
            return self._page(drawing.confirm_page(f"{request.query_string}&confirm_key={key}", fields))
        sent = await self._sent(request)
        if sent.get("confirm") != "Yes" or request.query.get("confirm_key") != key:
            return self._page(drawing.confirm_page(f"{request.query_string}&confirm_key={key}", {}))
        post.deleted = True
        back = f'<a href="./viewtopic.php?t={post.topic}">Return to the topic last visited</a>'
        words = f"This post has been deleted successfully.<br /><br />{back}"
        return self._page(drawing.message_page(words, f"{self.site.address}/viewtopic.php?t={post.topic}"))
