"""A NodeBB over HTTP, on loopback: its paths, its ways of refusing, and what its answers do besides.

Held to recorded answers (`test_recorded`) and to NodeBB's source. A wrong token makes a guest of whoever shows it;
guests who are refused and guests who ask for what was deleted are told the same; to read a thread marks it read; a mark
is a moment, and that moment is now; extra fields are dropped, and any parent is taken.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from bot.testing.clock import FakeClock
from bot.testing.server import LoopbackSite
from tests.nodebb import drawn
from tests.nodebb.world import FORBIDDEN, Post, Queued, Refusal, Topic, User, World, bad, missing

NOT_AUTHORISED = Refusal(401, "not-authorised", "A valid login session was not found. Please log in and try again.")

Handler = Callable[[web.Request, list[str], User | None], Awaitable[Any]]


class NotFound(Exception):
    """What the pages for people answer where nothing is."""


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]
    user: str


@dataclass
class Stand:
    """How the site is set up."""

    size: int = drawn.PAGE
    paged: bool = False
    """With pages set up, one behind the last is not there; else it is empty."""
    hidden: bool = False
    """Newer versions call what is closed to guests missing."""
    answers: dict[str, web.Response] = field(default_factory=dict)
    """What is answered at a path instead."""
    once: dict[str, web.Response] = field(default_factory=dict)
    """What is answered to a method and path instead, at the next time."""
    before: dict[str, Callable[[], object]] = field(default_factory=dict)
    """What happens just before a path is answered, once."""


class StandIn:
    """One forum at `address`; `world` is what it knows, `asked` what was asked of it."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.world = World(clock)
        self.stand = Stand()
        self.tokens: dict[str, str] = {}
        """Whose each token is; empty for a master token."""
        self.asked: list[Asked] = []
        self.site = LoopbackSite([web.route("*", "/{path:.*}", self._any)])

    @property
    def address(self) -> str:
        return self.site.address

    def token(self, name: str) -> str:
        """An API token of an account; of none, a master token."""
        made = hashlib.sha256(f"token of {name}".encode()).hexdigest()[:36]
        if name:
            self.world.user(name)
        self.tokens[made] = name
        return made

    def paths(self, method: str = "GET") -> list[str]:
        """What was asked for."""
        return [one.path for one in self.asked if one.method == method]

    def page(self, topic: Topic) -> web.Response:
        """The first page of a thread, to be answered somewhere else."""
        return self.told(drawn.page(self.world, topic, 1, "oldest_to_newest", None, self.stand.size))

    def listed(self, topics: list[Topic]) -> dict[str, Any]:
        """The first page of a list of threads, as guests see it."""
        return drawn.listing(self.world, topics, 1, None, self.stand.size)

    def told(self, what: object) -> web.Response:
        """Something as JSON."""
        return web.Response(body=json.dumps(what).encode(), headers={"Content-Type": "application/json; charset=utf-8"})

    # ------------------------------------------------------------------------------------------- the door

    async def _any(self, request: web.Request) -> web.StreamResponse:
        path = request.rel_url.raw_path
        if request.content_type == "multipart/form-data":
            await request.post()
        try:
            user = await self._user(request)
        except Refusal as error:
            return _enveloped(error.status, error.code, error.message)
        self.asked.append(Asked(request.method, path, dict(request.query), user.name if user else ""))
        if (happens := self.stand.before.pop(path, None)) is not None:
            happens()
        told = self.stand.once.pop(f"{request.method} {path}", None)
        if told is None and path in self.stand.answers:
            told = self.stand.answers[path]
        if told is not None:
            return web.Response(status=told.status, body=told.body, headers=told.headers)
        steps = [unquote(step) for step in path.strip("/").split("/")]
        try:
            if steps[:2] == ["api", "v3"]:
                answer = await self._v3(request, steps[2:], user)
                return _enveloped(200, "ok", "OK", answer)
            if (request.method, steps) == ("POST", ["api", "post", "upload"]):
                return _enveloped(200, "ok", "OK", await self._uploaded(request, user))
            return self._tagged(request, self._page(request, steps[1:] if steps[0] == "api" else steps, user))
        except Refusal as error:
            return _enveloped(error.status, error.code, error.message)
        except NotFound:
            return web.Response(status=404, text="Not found")

    async def _user(self, request: web.Request) -> User | None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if given not in self.tokens:
            return None
        name = self.tokens[given]
        if name:
            return self.world.users[name]
        uid = request.query.get("_uid", "")
        if not uid:
            raise Refusal(500, "internal-server-error", "[[error:api.master-token-no-uid]]")
        return next((user for user in self.world.users.values() if str(user.uid) == uid), None)

    def _tagged(self, request: web.Request, answer: object) -> web.Response:
        body = json.dumps(answer).encode()
        etag = f'W/"{len(body):x}-{hashlib.sha1(body, usedforsecurity=False).hexdigest()[:27]}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        return web.Response(body=body, headers={"ETag": etag, "Content-Type": "application/json; charset=utf-8"})

    # ------------------------------------------------------------------------------------------- pages

    def _page(self, request: web.Request, steps: list[str], user: User | None) -> object:
        world, number = self.world, int(request.query.get("page") or 1)
        match steps:
            case ["topic", tid, *_]:
                return self._topic(tid, number, request.query.get("sort", "oldest_to_newest"), user)
            case ["recent"]:
                return {**self._listed(world.listed(user), number, user), "title": "[[pages:recent]]"}
            case ["category", cid, *_]:
                if cid not in world.categories:
                    raise NotFound
                if not world.readable(cid, user):
                    raise self._refusal(user)
                found = world.categories[cid]
                told = {**drawn.category(world, found), "breadcrumbs": drawn.crumbs(world, found)}
                return {**told, **self._listed(world.listed(user, cid), number, user)}
            case ["categories"]:
                top = [one for one in world.categories.values() if not one.parent and world.readable(one.cid, user)]
                return {"title": "[[pages:categories]]", "categories": [drawn.category(world, one) for one in top]}
            case ["config"]:
                return drawn.config(user.uid if user else 0)
            case ["self"]:
                if user is None:
                    raise NOT_AUTHORISED
                return drawn.user(user) | drawn.rights(user)
            case ["user", "username", name]:
                if name not in world.users:
                    raise NotFound
                return drawn.user(world.users[name])
            case ["user", slug, "posts" | "topics" as what]:
                return self._written(slug, what, number, user)
            case ["post-queue"]:
                if user is None:
                    raise NotFound
                seen = [one for one in world.queue.values() if user.staff or one.user.uid == user.uid]
                return {"posts": [drawn.queued(one) for one in seen], "pagination": drawn.paging(1, len(seen))}
        raise NotFound

    def _topic(self, tid: str, number: int, sort: str, user: User | None) -> dict[str, Any]:
        topic = self.world.topics.get(tid)
        if topic is None or (self.stand.paged and number > drawn.paging(1, len(topic.posts))["pageCount"]):
            raise NotFound
        if not self.world.shown(topic, user):
            raise self._refusal(user)
        told = drawn.page(self.world, topic, number, sort, user, self.stand.size)
        topic.views += 1
        if user is not None:
            user.read[tid] = self.clock.now()
        return told

    def _refusal(self, user: User | None) -> Exception:
        if self.stand.hidden:
            return NotFound()
        return NOT_AUTHORISED if user is None else FORBIDDEN

    def _listed(self, topics: list[Topic], number: int, user: User | None) -> dict[str, Any]:
        if self.stand.paged and number > drawn.paging(1, len(topics))["pageCount"]:
            raise NotFound
        return drawn.listing(self.world, topics, number, user, self.stand.size)

    def _written(self, slug: str, what: str, number: int, user: User | None) -> dict[str, Any]:
        world = self.world
        author = next((one for one in world.users.values() if one.slug == slug), None)
        if author is None:
            raise NotFound
        start = (number - 1) * self.stand.size
        if what == "topics":
            own = [one for one in world.topics.values() if world.posts[str(one.main)].user is author]
            own = sorted((one for one in own if world.shown(one, user)), key=lambda one: -one.started)
            return {"topics": [drawn.row(world, one, user) for one in own[start : start + self.stand.size]]}
        said = [one for one in world.posts.values() if one.user is author and world.shown(world.topic(one), user)]
        said = sorted(said, key=lambda one: -one.at)[start : start + self.stand.size]
        return {"posts": [drawn.made(world, one) for one in said], "nextStart": start + self.stand.size}

    # ------------------------------------------------------------------------------------------- the API for programs

    async def _v3(self, request: web.Request, steps: list[str], user: User | None) -> object:
        body: dict[str, Any] = json.loads(await request.text() or "{}") if request.can_read_body else {}
        match request.method, steps:
            case "GET", ["topics", tid]:
                return drawn.head(self.world, self._seen(tid, user))
            case "GET", ["posts", pid]:
                return drawn.single(self._post(pid, user), user)
        if user is None:
            raise FORBIDDEN
        match request.method, steps:
            case "POST", ["topics"]:
                return self._started(body, user)
            case "POST", ["topics", tid]:
                return self._replied(tid, body, user)
            case "PUT", ["topics", tid, "read"]:
                user.read[str(self._seen(tid, user).tid)] = self.clock.now()
                return {}
            case "PUT", ["posts", pid]:
                return self._revised(self._post(pid, user), body, user)
            case "DELETE", ["posts", pid, "state"]:
                post = self._own(self._post(pid, user), user)
                if post.deleted:
                    raise bad("This post has already been deleted")
                self.world.delete(post, user)
                return {}
        raise missing("Route")

    def _seen(self, tid: str, user: User | None) -> Topic:
        topic = self.world.topics.get(tid)
        if topic is None or not self.world.shown(topic, user):
            raise missing("Topic")
        return topic

    def _post(self, pid: str, user: User | None) -> Post:
        post = self.world.posts.get(pid)
        if post is None or not self.world.readable(self.world.topic(post).cid, user):
            raise missing("Post")
        return post

    def _own(self, post: Post, user: User) -> Post:
        if post.user is not user and not user.staff:
            raise FORBIDDEN
        return post

    def _started(self, body: dict[str, Any], user: User) -> object:
        for name in ("cid", "title", "content"):
            if not body.get(name):
                raise bad(f"Required parameters were missing from this API call: {name}")
        if str(body["cid"]) not in self.world.categories:
            raise bad("Category does not exist")
        if not self.world.readable(body["cid"], user):
            raise FORBIDDEN
        self.world.checked(user, body["content"])
        if self.world.moderated:
            return self._queued(
                Queued("", user, body["content"], self.world.now(), cid=str(body["cid"]), title=body["title"]), "topic"
            )
        post = self.world.start(user, body["title"], body["content"], body["cid"])
        topic = self.world.topic(post)
        topic.tags = list(body.get("tags") or [])
        return {**drawn.row(self.world, topic, user), "mainPost": drawn.made(self.world, post)}

    def _replied(self, tid: str, body: dict[str, Any], user: User) -> object:
        if not body.get("content"):
            raise bad("Required parameters were missing from this API call: content")
        topic = self.world.topics.get(tid)
        if topic is None:
            raise missing("Topic")
        if not self.world.shown(topic, user):
            raise FORBIDDEN
        if topic.locked and not user.staff:
            raise bad("Topic locked")
        self.world.checked(user, body["content"])
        to = body.get("toPid") or None
        if self.world.moderated:
            return self._queued(Queued("", user, body["content"], self.world.now(), tid=tid, to=to), "reply")
        return drawn.made(self.world, self.world.reply(user, tid, body["content"], to))

    async def _uploaded(self, request: web.Request, user: User | None) -> object:
        """Files, as the editor gives them; what is wrong with one is an error of the server's, in words."""
        if user is None:
            raise FORBIDDEN
        given = [one for one in (await request.post()).getall("files[]", []) if isinstance(one, web.FileField)]
        if not given:
            raise Refusal(500, "internal-server-error", "Invalid files")
        return {"images": [self.world.upload(user, one.filename, one.file.read()) for one in given]}

    def _queued(self, one: Queued, kind: str) -> object:
        one.id = f"{kind}-{one.at}"
        self.world.queue[one.id] = one
        return {"id": one.id, "type": kind, "queued": True, "message": "[[success:post-queued]]"}

    def _revised(self, post: Post, body: dict[str, Any], user: User) -> object:
        if len(str(body.get("content") or "").strip()) < self.world.shortest:
            raise bad(f"Please enter a longer post. Posts should contain at least {self.world.shortest} character(s).")
        self.world.edit(self._own(post, user), body["content"], body.get("title") or "")
        return {**drawn.made(self.world, post), "edited": post.edited}


def _enveloped(status: int, code: str, message: str, response: object = None) -> web.Response:
    told = {"status": {"code": code, "message": message}, "response": response if response is not None else {}}
    return web.Response(
        status=status,
        body=json.dumps(told).encode(),
        headers={"Content-Type": "application/json; charset=utf-8"},
    )
