"""A Discourse over HTTP, on loopback: its paths, its ways of refusing, its memory of equal posts and its message bus.

What it answers is held to Discourse's own API description (`test_described`); what that leaves out, to the source and
to recorded answers: guests are shown an answer for a minute again, an administrators' key that posts the same is
answered with the first post for two minutes, a person's key is not; wrong keys and closed places are refused in the
same words.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from aiohttp import web

from bot.testing.clock import FakeClock
from bot.testing.server import LoopbackSite
from tests.discourse import drawn
from tests.discourse.world import Invalid, Topic, User, World, iso

ANONYMOUS = 60_000
MEMO = 120_000
INVALID = {"errors": ["You are not permitted to view the requested resource."], "error_type": "invalid_access"}
WRONG_KEY = {
    "errors": ["You are not permitted to view the requested resource. The API username or key is invalid."],
    "error_type": "invalid_access",
}
NOT_LOGGED_IN = {"errors": ["You need to be logged in to do that."], "error_type": "not_logged_in"}
NOT_FOUND = {"errors": ["The requested URL or resource could not be found."], "error_type": "not_found"}

Handler = Callable[[web.Request, User | None], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Asked:
    """A request as it came, for tests that hold it to the description."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes
    status: int
    answer: bytes


@dataclass
class Stand:
    """How the site is set up."""

    login_required: bool = False
    detailed_404: bool = False
    per_page: int = drawn.PAGE
    bus_closed: bool = False
    pending_post: bool = True
    """Whether an answer names the post that waits; older versions do not."""
    cached: bool = True
    """Whether guests are shown an answer for a minute again."""
    limited: dict[str, int] = field(default_factory=dict)
    """Paths that are answered with 429, and the seconds that they ask to wait."""
    answers: dict[str, web.Response] = field(default_factory=dict)
    """What is answered at a path instead; at "*", whatever is asked for."""


class StandIn:
    """One forum at `address`; `world` is what it knows, `asked` what was asked of it."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.world = World(clock)
        self.stand = Stand()
        self.api_keys: dict[str, str] = {}
        """The account that each key of the administrators acts for; empty: for any."""
        self.user_keys: dict[str, str] = {}
        self.asked: list[Asked] = []
        self._memo: dict[str, tuple[int, dict[str, Any], int]] = {}
        self._memos: dict[str, asyncio.Lock] = {}
        self._shown: dict[str, tuple[int, bytes]] = {}
        self.site = LoopbackSite([web.route("*", "/{path:.*}", self._any)])
        self._routes: list[tuple[str, str, Handler]] = [
            ("GET", "/latest.json", self._latest),
            ("GET", "/tag/{name}.json", self._tag),
            ("GET", "/c/{id:[0-9]+}/show.json", self._category_shown),
            ("GET", "/c/{path:.+}.json", self._category),
            ("GET", "/t/external_id/{external}.json", self._by_external),
            ("GET", "/t/{id:[0-9]+}/posts.json", self._posts),
            ("GET", "/t/{id:[0-9]+}.json", self._topic),
            ("PUT", "/t/-/{id:[0-9]+}.json", self._rename),
            ("DELETE", "/t/{id:[0-9]+}.json", self._delete_topic),
            ("GET", "/posts/{name}/pending.json", self._pending),
            ("GET", "/posts/{id:[0-9]+}.json", self._post),
            ("PUT", "/posts/{id:[0-9]+}.json", self._revise),
            ("DELETE", "/posts/{id:[0-9]+}.json", self._withdraw),
            ("POST", "/posts.json", self._create),
            ("POST", "/uploads.json", self._upload),
            ("GET", "/site.json", self._categories),
            ("GET", "/about.json", self._about),
            ("GET", "/session/current.json", self._session),
            ("GET", "/u/{name}.json", self._profile),
            ("GET", "/review/{id:[0-9]+}.json", self._review),
            ("GET", "/topics/created-by/{name}.json", self._created_by),
            ("POST", "/topics/timings", self._timings),
            ("POST", "/user-api-key/revoke", self._revoke),
            ("POST", "/message-bus/{client}/poll", self._bus),
        ]

    @property
    def address(self) -> str:
        return self.site.address

    # ------------------------------------------------------------------------------------------------- what people do

    def api_key(self, username: str = "") -> str:
        """A key as administrators make it."""
        key = secrets.token_hex(32)
        self.api_keys[key] = username
        return key

    def user_key(self, username: str) -> str:
        """A key of one account, as if it had been granted."""
        key = secrets.token_hex(16)
        self.user_keys[key] = self.world.user(username).username
        return key

    def allow(self, username: str, link: str) -> str:
        """What the forum shows to somebody who opens the link and allows it."""
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import padding, rsa

        parts = urlsplit(link)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert parts.path.endswith("/user-api-key/new")
        assert {"application_name", "client_id", "scopes", "public_key", "nonce"} <= set(asked)
        public = serialization.load_pem_public_key(asked["public_key"].encode())
        assert isinstance(public, rsa.RSAPublicKey)
        told = {"key": self.user_key(username), "nonce": asked["nonce"], "push": False, "api": 4}
        coded = public.encrypt(json.dumps(told).encode(), padding.PKCS1v15())
        text = base64.b64encode(coded).decode()
        return "\n".join(text[at : at + 60] for at in range(0, len(text), 60)) + "\n"

    # ------------------------------------------------------------------------------------------------------ answering

    async def _any(self, request: web.Request) -> web.StreamResponse:
        if request.content_type == "multipart/form-data":
            await request.post()  # aiohttp keeps what it made of it, and reads none of it twice
        body = await request.read()
        answer = await self._answer(request)
        held = answer.body if isinstance(answer, web.Response) and isinstance(answer.body, bytes) else b""
        query: dict[str, list[str]] = {}
        for name, value in request.query.items():
            query.setdefault(name, []).append(value)
        headers = dict(request.headers)
        self.asked.append(Asked(request.method, request.path, query, headers, body, answer.status, held))
        async with self.world.happened:
            self.world.happened.notify_all()
        return answer

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if (canned := self.stand.answers.get(request.path) or self.stand.answers.get("*")) is not None:
            return web.Response(body=canned.body, status=canned.status, content_type=canned.content_type)
        if request.path in self.stand.limited:
            wait = self.stand.limited[request.path]
            told = {"errors": [f"You’ve performed this action too many times, please try again in {wait} seconds."]}
            told |= {"error_type": "rate_limit", "extras": {"wait_seconds": wait}}  # type: ignore[dict-item]
            return web.json_response(told, status=429)
        try:
            user = self._user(request)
        except PermissionError:
            return web.json_response(WRONG_KEY, status=403)
        bus = request.path.startswith("/message-bus/")
        if self.stand.login_required and user is None:
            return web.Response(status=403) if bus else web.json_response(NOT_LOGGED_IN, status=403)
        shown = self._shown.get(request.path_qs)
        if user is None and shown and self.stand.cached and self.clock.now() - shown[0] < ANONYMOUS:
            return web.Response(body=shown[1], content_type="application/json")
        found = self._found(request)
        if found is None:
            return web.json_response(NOT_FOUND, status=404)
        handler, match = found
        request.match_info.update(match)
        try:
            answer = await handler(request, user)
        except Invalid as error:
            return web.json_response({"action": "create_post", "errors": [str(error)]}, status=422)
        except KeyError:
            return web.json_response(NOT_FOUND, status=404)
        except PermissionError:
            return web.json_response(INVALID, status=403)
        cacheable = request.path.startswith(("/latest", "/t/", "/c/", "/tag/"))
        if user is not None or request.method != "GET" or not cacheable or not isinstance(answer, web.Response):
            return answer
        if answer.status == 200 and isinstance(answer.body, bytes):
            self._shown[request.path_qs] = self.clock.now(), answer.body
        return answer

    def _found(self, request: web.Request) -> tuple[Handler, dict[str, str]] | None:
        for method, pattern, handler in self._routes:
            if method == request.method and (match := _matched(pattern, request.path)) is not None:
                return handler, match
        return None

    def _user(self, request: web.Request) -> User | None:
        """Who asks; PermissionError for a key that is none."""
        if (key := request.headers.get("Api-Key")) is not None:
            name = request.headers.get("Api-Username", "")
            if key not in self.api_keys or (self.api_keys[key] and self.api_keys[key].lower() != name.lower()):
                raise PermissionError
            if name.lower() not in self.world.users:
                raise PermissionError
            if self.world.users[name.lower()].suspended:
                raise PermissionError
            return self.world.users[name.lower()]
        if (key := request.headers.get("User-Api-Key")) is not None:
            if key not in self.user_keys:
                raise PermissionError
            if self.world.users[self.user_keys[key].lower()].suspended:
                raise PermissionError
            return self.world.users[self.user_keys[key].lower()]
        return None

    def _there(self, request: web.Request, user: User | None) -> Topic:
        topic = self.world.topics[int(request.match_info["id"])]
        if not self.world.sees(user, topic):
            if topic.deleted is None and self.stand.detailed_404:
                raise PermissionError
            raise KeyError
        return topic

    @staticmethod
    def _needed(user: User | None) -> User:
        if user is None:
            raise PermissionError
        return user

    # -------------------------------------------------------------------------------------------------------- reading

    async def _latest(self, request: web.Request, user: User | None) -> web.StreamResponse:
        return self._list(request, self.world.listed(user), "/latest")

    async def _tag(self, request: web.Request, user: User | None) -> web.StreamResponse:
        name = request.match_info["name"]
        found = [topic for topic in self.world.listed(user) if name in topic.tags]
        if not found and name not in {tag for topic in self.world.topics.values() for tag in topic.tags}:
            raise KeyError(name)
        return self._list(request, found, f"/tag/{name}")

    async def _category(self, request: web.Request, user: User | None) -> web.StreamResponse:
        *slugs, last = request.match_info["path"].split("/")
        if not last.isdigit() or int(last) not in self.world.categories:
            raise KeyError(last)
        id = int(last)
        if not self.world.reads(user, id):
            raise PermissionError
        real = self._slugs(id)
        if "/".join(slugs) != real:
            raise web.HTTPMovedPermanently(f"/c/{real}/{id}.json")
        below = {id, *(one.id for one in self.world.categories.values() if one.parent == id)}
        found = [topic for topic in self.world.listed(user) if topic.category in below]
        return self._list(request, found, f"/c/{real}/{id}")

    async def _category_shown(self, request: web.Request, user: User | None) -> web.StreamResponse:
        id = int(request.match_info["id"])
        category = self.world.categories[id]
        if not self.world.reads(user, id):
            raise PermissionError
        return web.json_response({"category": drawn.category(category)})

    def _slugs(self, id: int) -> str:
        one = self.world.categories[id]
        return one.slug if one.parent is None else f"{self._slugs(one.parent)}/{one.slug}"

    def _list(self, request: web.Request, topics: list[Topic], path: str) -> web.Response:
        page = int(request.query.get("page", "0"))
        return web.json_response(drawn.listing(self.world, topics, path, page, self.stand.per_page))

    async def _topic(self, request: web.Request, user: User | None) -> web.StreamResponse:
        topic = self._there(request, user)
        topic.views += 1
        names = {name.lower() for name in request.query.get("username_filters", "").split(",") if name}
        raw = "include_raw" in request.query
        return web.json_response(drawn.topic(self.world, topic, user, names, raw=raw))

    async def _by_external(self, request: web.Request, user: User | None) -> web.StreamResponse:
        wanted = request.match_info["external"]
        topic = next((one for one in self.world.topics.values() if one.external_id == wanted), None)
        if topic is None or not self.world.sees(user, topic):
            raise KeyError(wanted)
        return web.json_response(drawn.topic(self.world, topic, user, set(), raw="include_raw" in request.query))

    async def _posts(self, request: web.Request, user: User | None) -> web.StreamResponse:
        topic = self._there(request, user)
        stream = self.world.stream(topic, user)
        if ids := {int(id) for id in request.query.getall("post_ids[]", [])}:
            found = [post for post in stream if post.id in ids]
        else:
            number = int(request.query.get("post_number", "0"))
            ahead = request.query.get("asc") == "true"
            found = [post for post in stream if (post.number > number if ahead else post.number < number)]
            found = found[: drawn.CHUNK] if ahead else found[::-1][: drawn.CHUNK]
        raw = "include_raw" in request.query
        rows = [drawn.post(self.world, post, user, raw=raw) for post in found]
        return web.json_response({"post_stream": {"posts": rows}, "id": topic.id})

    async def _post(self, request: web.Request, user: User | None) -> web.StreamResponse:
        post = self.world.posts[int(request.match_info["id"])]
        topic = self.world.topics[post.topic]
        if (post.deleted is not None or topic.deleted is not None) and not (user and user.staff):
            raise KeyError
        if not self.world.sees(user, topic):
            raise PermissionError
        return web.json_response(drawn.single(self.world, post, user))

    async def _categories(self, request: web.Request, user: User | None) -> web.StreamResponse:
        seen = [one for one in self.world.categories.values() if self.world.reads(user, one.id)]
        return web.json_response(drawn.site(seen))

    async def _about(self, request: web.Request, user: User | None) -> web.StreamResponse:
        return web.json_response({"about": {"title": "A forum", "version": "3.6.0.beta1"}})

    async def _session(self, request: web.Request, user: User | None) -> web.StreamResponse:
        if user is None:
            raise KeyError
        return web.json_response({"current_user": drawn.user(user)})

    async def _profile(self, request: web.Request, user: User | None) -> web.StreamResponse:
        return web.json_response({"user": drawn.user(self.world.users[request.match_info["name"].lower()])})

    async def _pending(self, request: web.Request, user: User | None) -> web.StreamResponse:
        who = self._needed(user)
        if request.match_info["name"].lower() != who.username.lower() and not who.staff:
            raise KeyError
        found = [
            one
            for one in self.world.waiting.values()
            if one.status == 0 and one.user.username.lower() == request.match_info["name"].lower()
        ]
        return web.json_response({"pending_posts": [drawn.waiting(one) for one in reversed(found)]})

    async def _review(self, request: web.Request, user: User | None) -> web.StreamResponse:
        if user is None or not user.staff:
            raise PermissionError
        return web.json_response(drawn.reviewable(self.world.waiting[int(request.match_info["id"])]))

    async def _created_by(self, request: web.Request, user: User | None) -> web.StreamResponse:
        who = self.world.users[request.match_info["name"].lower()]
        found = [one for one in self.world.listed(user) if self.world.stream(one)[0].user is who]
        found.sort(key=lambda one: one.created, reverse=True)
        return self._list(request, found, f"/topics/created-by/{who.username}")

    # -------------------------------------------------------------------------------------------------------- writing

    async def _create(self, request: web.Request, user: User | None) -> web.StreamResponse:
        who = self._needed(user)
        given: dict[str, Any] = json.loads(await request.read())
        if not str(given.get("raw", "")).strip():
            told = {"errors": ["param is missing or the value is empty: raw"], "error_type": "invalid_parameters"}
            return web.json_response(told, status=400)
        if "Api-Key" not in request.headers:
            given.pop("external_id", None)
            answer, status = self._created(who, given)
            return web.json_response(answer, status=status)
        told_by = f"{sorted(given.items())}{who.id}{request.headers.get('User-Agent')}"
        signature = hashlib.sha1(told_by.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
        async with self._memos.setdefault(signature, asyncio.Lock()):
            at, answer, status = self._memo.get(signature, (-MEMO, {}, 0))
            if self.clock.now() - at >= MEMO:
                answer, status = self._created(who, given)
                self._memo[signature] = self.clock.now(), answer, status
        return web.json_response(answer, status=status)

    def _created(self, who: User, given: dict[str, Any]) -> tuple[dict[str, Any], int]:
        world, raw = self.world, str(given["raw"]).strip()
        topic, to = given.get("topic_id"), given.get("reply_to_post_number")
        try:
            world.check(who, raw)
            if world.moderated:
                if topic is None and not str(given.get("title", "")).strip():
                    raise Invalid("Title can't be blank")
                one = world.queue(who, raw, topic, to, str(given.get("title", "")), given.get("category"))
                told: dict[str, Any] = {"action": "enqueued", "success": True, "pending_count": 1}
                if self.stand.pending_post:
                    told["pending_post"] = {"id": one.id, "raw": raw, "created_at": iso(one.created)}
                return told, 200
            if topic is not None:
                post = world.reply(who, int(topic), raw, to)
            else:
                external = str(given.get("external_id", ""))
                tags = tuple(given.get("tags", ()))
                post = world.start(who, str(given.get("title", "")), raw, given.get("category", 1), tags, external)
        except Invalid as error:
            return {"action": "create_post", "errors": [str(error)]}, 422
        world.remember(post)
        return drawn.written(world, post), 200

    async def _upload(self, request: web.Request, user: User | None) -> web.StreamResponse:
        who, form = self._needed(user), await request.post()
        file = form.get("file")
        if not form.get("upload_type") or not isinstance(file, web.FileField):
            told = {"errors": ["param is missing or the value is empty: type"], "error_type": "invalid_parameters"}
            return web.json_response(told, status=400)
        try:
            made = self.world.upload(who, file.filename, file.file.read())
        except Invalid as error:
            return web.json_response({"errors": [str(error)]}, status=422)
        return web.json_response(drawn.upload(made))

    async def _revise(self, request: web.Request, user: User | None) -> web.StreamResponse:
        who, post = self._needed(user), self.world.posts[int(request.match_info["id"])]
        if post.deleted is not None and not who.staff:
            raise KeyError
        if post.user is not who and not who.staff:
            raise PermissionError
        given = json.loads(await request.read())
        self.world.edit(post, str(given["post"]["raw"]).strip())
        return web.json_response({"post": drawn.written(self.world, post)})

    async def _withdraw(self, request: web.Request, user: User | None) -> web.StreamResponse:
        who, post = self._needed(user), self.world.posts[int(request.match_info["id"])]
        if post.deleted is not None:
            raise KeyError
        if post.user is not who and not who.staff:
            raise PermissionError
        self.world.delete(post, who)
        return web.Response(status=200)

    async def _rename(self, request: web.Request, user: User | None) -> web.StreamResponse:
        self._needed(user)
        topic = self._there(request, user)
        topic.title = json.loads(await request.read())["topic"]["title"]
        return web.json_response({"basic_topic": {"id": topic.id, "title": topic.title}})

    async def _delete_topic(self, request: web.Request, user: User | None) -> web.StreamResponse:
        self._needed(user)
        self._there(request, user).deleted = self.world.tick()
        return web.Response(status=200)

    async def _timings(self, request: web.Request, user: User | None) -> web.StreamResponse:
        who, form = self._needed(user), await request.post()
        topic = self.world.topics[int(str(form["topic_id"]))]
        numbers = [int(name[8:-1]) for name in form if name.startswith("timings[")]
        before = topic.read.get(who.username.lower(), 0)
        topic.read[who.username.lower()] = max(before, *numbers)
        return web.Response(status=200)

    async def _revoke(self, request: web.Request, user: User | None) -> web.StreamResponse:
        self.user_keys.pop(request.headers.get("User-Api-Key", ""), None)
        return web.json_response({"success": "OK"})

    # ------------------------------------------------------------------------------------------------ the message bus

    async def _bus(self, request: web.Request, user: User | None) -> web.StreamResponse:
        if self.stand.bus_closed:
            return web.Response(status=403)
        form = {name: str(value) for name, value in (await request.post()).items()}
        wanted = {name: int(value) for name, value in form.items() if name.startswith("/")}
        status = {name: self.world.bus(name).last for name, at in wanted.items() if at > self.world.bus(name).last}
        status |= {name: self.world.bus(name).last for name, at in wanted.items() if at == -1}
        deadline = 0.0 if request.query.get("dlp") == "t" else 5.0
        found = self._backlog(wanted)
        if not found and not status and deadline:
            async with self.world.happened:
                try:
                    async with asyncio.timeout(deadline):
                        while not (found := self._backlog(wanted)):
                            await self.world.happened.wait()
                except TimeoutError:
                    pass
        if status:
            found.append({"global_id": -1, "message_id": -1, "channel": "/__status", "data": status})
        return web.json_response(found)

    def _backlog(self, wanted: dict[str, int]) -> list[dict[str, object]]:
        found: list[dict[str, object]] = []
        for channel, at in wanted.items():
            if at >= 0:
                found += [one for one in self.world.bus(channel).messages if int(str(one["message_id"])) > at]
        return found

    async def stir(self) -> None:
        """Wake whoever waits at the bus, after something was done in the world."""
        async with self.world.happened:
            self.world.happened.notify_all()


def _matched(pattern: str, path: str) -> dict[str, str] | None:
    made = re.sub(r"\{(\w+):([^}]+)\}", r"(?P<\1>\2)", pattern.replace(".json", r"\.json"))
    made = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", made)
    found = re.fullmatch(made, path)
    return {name: unquote(value) for name, value in found.groupdict().items()} if found else None
