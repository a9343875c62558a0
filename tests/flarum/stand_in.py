"""A Flarum on loopback: its API over a world of its own, held to recordings of a real one where they are."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from bot.testing.server import LoopbackSite
from tests.flarum.world import Discussion, Post, Tag, User, World

Row = dict[str, Any]
Handler = Callable[[web.Request, User | None], Awaitable[web.Response]]

KIND = "application/vnd.api+json"


class Refusal(Exception):
    """An answer in the forum's own form of errors."""

    def __init__(self, status: int, code: str, detail: str = "", pointer: str = "") -> None:
        super().__init__(code)
        self.row: Row = {"status": str(status), "code": code}
        if detail:
            self.row |= {"detail": detail, "source": {"pointer": pointer}}


class StandIn:
    """The forum; `asked` holds every request."""

    def __init__(self) -> None:
        self.world = World()
        self.asked: list[str] = []
        self.throttles = True
        """Takes one post in ten seconds of an account that comes with a token of its own."""
        self.answer: Callable[[web.Request], web.Response | None] = lambda request: None
        """What is answered in place of the forum's own answer."""
        self.site = LoopbackSite(
            [
                web.get("/api", self._on(self._forum)),
                web.get("/api/tags", self._on(self._tags)),
                web.get("/api/discussions", self._on(self._discussions)),
                web.get("/api/discussions/{id}", self._on(self._discussion)),
                web.post("/api/discussions", self._on(self._start, write=True)),
                web.patch("/api/discussions/{id}", self._on(self._change_discussion, write=True)),
                web.get("/api/posts", self._on(self._posts)),
                web.get("/api/posts/{id}", self._on(self._post)),
                web.post("/api/posts", self._on(self._reply, write=True)),
                web.patch("/api/posts/{id}", self._on(self._change_post, write=True)),
                web.get("/api/users/{id}", self._on(self._user)),
                web.post("/api/token", self._on(self._token)),
                web.get("/api/access-tokens", self._on(self._tokens)),
                web.delete("/api/access-tokens/{id}", self._on(self._forget, write=True)),
                web.get("/{path:.*}", self._page),
            ]
        )

    @property
    def address(self) -> str:
        return self.site.address

    # --------------------------------------------------------------------------------------------------- who asks

    def _on(self, handler: Handler, *, write: bool = False) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            self.asked.append(f"{request.method} {request.rel_url}")
            given = self.answer(request)
            if given is not None:
                return given
            try:
                actor, by_key = self._actor(request)
                if write and actor is None:
                    raise Refusal(400, "csrf_token_mismatch")
                if request.method == "POST" and write and not by_key:
                    self._throttle(actor)
                return await handler(request, actor)
            except Refusal as refusal:
                return _json({"errors": [refusal.row]}, int(refusal.row["status"]))

        return handle

    def _actor(self, request: web.Request) -> tuple[User | None, bool]:
        """Whom a request is of, and whether it came with a key of the site; a wrong one makes a guest."""
        value, _, user = request.headers.get("Authorization", "").removeprefix("Token ").partition("; userId=")
        if value in self.world.keys:
            return self.world.users.get(int(user or 0)), True
        token = self.world.tokens.get(value)
        return (self.world.users[token.user] if token else None), False

    def _throttle(self, actor: User | None) -> None:
        if actor is None or not self.throttles:
            return
        if self.world.now - self.world.last.get(actor.id, 0) < 10:
            raise Refusal(429, "too_many_requests")

    # ------------------------------------------------------------------------------------------------------- reading

    async def _forum(self, request: web.Request, actor: User | None) -> web.Response:
        told: Row = {"title": "Talk", "baseUrl": self.address, "apiUrl": f"{self.address}/api"}
        told["canViewForum"] = not self.world.private or actor is not None
        if actor is not None and actor.moderator:
            told["version"] = "1.8.7"
        return _json({"data": {"type": "forums", "id": "1", "attributes": told}})

    async def _tags(self, request: web.Request, actor: User | None) -> web.Response:
        if not self.world.tags:
            raise Refusal(404, "not_found")
        rows = [self._tag(tag) for tag in self.world.tags.values() if self._sees_tag(actor, tag)]
        return _json({"data": rows})

    def _sees_tag(self, actor: User | None, tag: Tag) -> bool:
        if self.world.private and actor is None:
            return False
        return not tag.restricted or (actor is not None and (actor.insider or actor.moderator))

    async def _discussions(self, request: web.Request, actor: User | None) -> web.Response:
        query, world = request.query, self.world
        rows = [one for one in world.discussions.values() if world.sees(actor, one)]
        if "filter[tag]" in query:
            wanted = query["filter[tag]"]
            rows = [one for one in rows if any(world.tags[id].slug == wanted for id in one.tags)]
        if "filter[author]" in query:
            rows = [one for one in rows if world.users[one.user].username == query["filter[author]"]]
        if query.get("sort") == "-createdAt":
            rows.sort(key=lambda one: -one.created)
        else:
            rows.sort(key=lambda one: -self._activity(one))
        found, links = self._paged(request, rows)
        included = [self._tag(world.tags[id]) for id in dict.fromkeys(id for one in found for id in one.tags)]
        included += [self._person(id) for id in dict.fromkeys(one.user for one in found)]
        return _json({"links": links, "data": [self._head(one, actor) for one in found], "included": included})

    async def _discussion(self, request: web.Request, actor: User | None) -> web.Response:
        row = self._found(request.match_info["id"], actor)
        return _json(self._shown(row, actor, request))

    def _shown(self, row: Discussion, actor: User | None, request: web.Request | None = None) -> Row:
        world = self.world
        seen = [one for one in world.of(row.id) if world.sees_post(actor, one)]
        query = request.query if request is not None else {}
        limit = min(50, int(query.get("page[limit]", "20")))
        start = int(query.get("page[offset]", "0"))
        if (near := int(query.get("page[near]", "0"))) > 1:
            start = max(0, sum(one.number < near for one in seen) - limit // 2)
        window = seen[start : start + limit]
        head = self._head(row, actor)
        relations = {"user": _one("users", row.user), "posts": _many("posts", (one.id for one in seen))}
        head["relationships"] = {**relations, "tags": _many("tags", row.tags)}
        included = [self._row(one, actor) for one in window]
        included += [self._person(id, full=True) for id in dict.fromkeys(one.user for one in window)]
        if any(world.users[one.user].moderator for one in window):
            attributes = {"nameSingular": "Mod", "namePlural": "Mods", "color": "#80349E", "icon": None, "isHidden": 0}
            included.append({"type": "groups", "id": "4", "attributes": attributes})
        included += [self._tag(world.tags[id]) for id in row.tags]
        return {"data": head, "included": included}

    async def _posts(self, request: web.Request, actor: User | None) -> web.Response:
        query, world = request.query, self.world
        rows = [one for one in world.posts.values() if world.sees_post(actor, one)]
        if "filter[discussion]" in query:
            rows = [one for one in rows if str(one.discussion) == query["filter[discussion]"]]
        if "filter[id]" in query:
            rows = [one for one in rows if str(one.id) in query["filter[id]"].split(",")]
        if "filter[author]" in query:
            rows = [one for one in rows if world.users[one.user].username == query["filter[author]"]]
        rows.sort(key=lambda one: -one.number if query.get("sort") == "-number" else one.number)
        found, links = self._paged(request, rows)
        included = [self._person(id, full=True) for id in dict.fromkeys(one.user for one in found)]
        for id in dict.fromkeys(one.discussion for one in found):
            home = world.discussions[id]
            attributes = {"title": home.title, "slug": home.slug}
            included.append({"type": "discussions", "id": str(id), "attributes": attributes})
        data = [self._row(one, actor, listed=True) for one in found]
        return _json({"links": links, "data": data, "included": included})

    async def _post(self, request: web.Request, actor: User | None) -> web.Response:
        row = self._found_post(request.match_info["id"], actor)
        return _json({"data": self._row(row, actor), "included": [self._person(row.user, full=True)]})

    async def _user(self, request: web.Request, actor: User | None) -> web.Response:
        wanted, by_slug = request.match_info["id"], request.query.get("bySlug")
        for one in self.world.users.values():
            if (one.username if by_slug else str(one.id)) == wanted and not one.gone:
                return _json({"data": self._person(one.id, full=True, own=actor is one)})
        raise Refusal(404, "not_found")

    async def _page(self, request: web.Request) -> web.Response:
        """A page of the forum as people see it: what draws it is brought along."""
        self.asked.append(f"{request.method} {request.rel_url}")
        brought: Row = {"resources": [{"type": "forums", "id": "1", "attributes": {"baseUrl": self.address}}]}
        parts = request.path.split("/")
        if request.path.startswith("/d/"):
            id = parts[2].split("-")[0]
            brought["apiDocument"] = self._shown(self.world.discussions[int(id)], None)
        text = _escaped(brought)
        page = (
            '<!doctype html><html><head><title>Talk</title></head><body><div id="app" class="App"></div>'
            '<div id="flarum-loading" style="display: none">Loading...</div>'
            f'<script id="flarum-json-payload" type="application/json">{text}</script>'
            "<script>flarum.core.app.load(data); flarum.core.app.bootExtensions(flarum.extensions);"
            "flarum.core.app.boot();</script></body></html>"
        )
        return web.Response(text=page, content_type="text/html")

    # ------------------------------------------------------------------------------------------------------- writing

    async def _reply(self, request: web.Request, actor: User | None) -> web.Response:
        assert actor is not None
        data = (await request.json())["data"]
        row = self._found(str(data["relationships"]["discussion"]["data"]["id"]), actor)
        if row.locked and not actor.moderator:
            raise Refusal(403, "permission_denied")
        text = str(data["attributes"].get("content", ""))
        if not text.strip():
            raise Refusal(422, "validation_error", "The content field is required.", "/data/attributes/content")
        post = self.world.reply(actor, row.id, text.strip())
        self.world.last[actor.id] = self.world.now
        home = {"title": row.title, "slug": row.slug}
        included = [self._person(actor.id, full=True), {"type": "discussions", "id": str(row.id), "attributes": home}]
        return _json({"data": self._row(post, actor), "included": included}, 201)

    async def _start(self, request: web.Request, actor: User | None) -> web.Response:
        assert actor is not None
        data = (await request.json())["data"]
        given, related = data["attributes"], data.get("relationships", {}).get("tags", {}).get("data", [])
        tags = [int(one["id"]) for one in related]
        if any(not self._sees_tag(actor, self.world.tags[id]) for id in tags):
            raise Refusal(403, "permission_denied")
        if self.world.tags and not any(self.world.tags[id].position is not None for id in tags):
            words = "Please choose at least 1 primary tag."
            raise Refusal(422, "validation_error", words, "/data/relationships/tags")
        if not str(given.get("title", "")).strip():
            raise Refusal(422, "validation_error", "The title field is required.", "/data/attributes/title")
        if not str(given.get("content", "")).strip():
            raise Refusal(422, "validation_error", "The content field is required.", "/data/attributes/content")
        post = self.world.start(actor, given["title"].strip(), given["content"].strip(), *tags)
        self.world.last[actor.id] = self.world.now
        row = self.world.discussions[post.discussion]
        made = self._shown(row, actor)
        made["data"]["relationships"]["firstPost"] = _one("posts", post.id)
        return _json(made, 201)

    async def _change_post(self, request: web.Request, actor: User | None) -> web.Response:
        assert actor is not None
        row = self._found_post(request.match_info["id"], actor)
        given = (await request.json())["data"]["attributes"]
        if not self.world.may_change(actor, row):
            raise Refusal(403, "permission_denied")
        if "content" in given:
            if not str(given["content"]).strip():
                raise Refusal(422, "validation_error", "The content field is required.", "/data/attributes/content")
            if given["content"] != row.content:
                self.world.now += 1
                row.content, row.edited = given["content"], self.world.now
        if "isHidden" in given:
            row.hidden = bool(given["isHidden"])
        return _json({"data": self._row(row, actor)})

    async def _change_discussion(self, request: web.Request, actor: User | None) -> web.Response:
        assert actor is not None
        row = self._found(request.match_info["id"], actor)
        given = (await request.json())["data"]["attributes"]
        own = actor.moderator or actor.id == row.user
        if set(given) & {"title", "isHidden", "isLocked"} and not own:
            raise Refusal(403, "permission_denied")
        if "lastReadPostNumber" in given:
            row.reads[actor.id] = max(row.reads.get(actor.id, 0), int(given["lastReadPostNumber"]))
        if "title" in given and given["title"] != row.title:
            self.world.rename(row.id, given["title"], actor)
        row.hidden = bool(given.get("isHidden", row.hidden))
        return _json({"data": self._head(row, actor, bare=True)})

    async def _token(self, request: web.Request, actor: User | None) -> web.Response:
        given = await request.json()
        for one in self.world.users.values():
            if (one.username, one.password) == (given.get("identification"), given.get("password")) and not one.gone:
                return _json({"token": self.world.token(one).value, "userId": one.id})
        raise Refusal(401, "not_authenticated")

    async def _tokens(self, request: web.Request, actor: User | None) -> web.Response:
        if actor is None:
            raise Refusal(401, "not_authenticated")
        rows = []
        for one in self.world.tokens.values():
            if one.user == actor.id:
                told: Row = {"userId": one.user, "isCurrent": False, "isSessionToken": one.session, "title": None}
                rows.append({"type": "access-tokens", "id": str(one.id), "attributes": told})
                if not one.session:
                    told["token"] = one.value
        return _json({"links": {}, "data": rows})

    async def _forget(self, request: web.Request, actor: User | None) -> web.Response:
        assert actor is not None
        for value, one in list(self.world.tokens.items()):
            if str(one.id) == request.match_info["id"] and one.user == actor.id:
                del self.world.tokens[value]
                return web.Response(status=204)
        raise Refusal(404, "not_found")

    # ---------------------------------------------------------------------------------------------------------- rows

    def _found(self, id: str, actor: User | None) -> Discussion:
        row = self.world.discussions.get(int(id)) if id.isdigit() else None
        if row is None or not self.world.sees(actor, row):
            raise Refusal(404, "not_found")
        return row

    def _found_post(self, id: str, actor: User | None) -> Post:
        row = self.world.posts.get(int(id)) if id.isdigit() else None
        if row is None or not self.world.sees_post(actor, row):
            raise Refusal(404, "not_found")
        return row

    def _activity(self, row: Discussion) -> int:
        return max((one.created for one in self.world.comments(row.id)), default=row.created)

    def _paged(self, request: web.Request, rows: list[Any]) -> tuple[list[Any], Row]:
        limit = min(50, int(request.query.get("page[limit]", "20")))
        start = int(request.query.get("page[offset]", "0"))
        links: Row = {"first": str(request.url)}
        if start + limit < len(rows):
            links["next"] = str(request.url.update_query({"page[offset]": str(start + limit)}))
        return rows[start : start + limit], links

    def _head(self, row: Discussion, actor: User | None, *, bare: bool = False) -> Row:
        comments = self.world.comments(row.id)
        own = actor is not None and (actor.moderator or actor.id == row.user)
        told: Row = {
            "title": row.title,
            "slug": row.slug,
            "commentCount": len(comments),
            "participantCount": len({one.user for one in comments}),
            "createdAt": _time(row.created),
            "lastPostedAt": _time(self._activity(row)),
            "lastPostNumber": max((one.number for one in comments), default=0),
            "canReply": actor is not None and not row.locked,
            "canRename": own,
            "canDelete": False,
            "canHide": own,
            "canTag": False,
            "subscription": None,
        }
        told |= {"isLocked": True} if row.locked else {}
        told |= {"isSticky": True} if row.sticky else {}
        told |= {"isHidden": True} if row.hidden else {}
        told |= {"isApproved": row.approved} if self.world.approval else {}
        if actor is not None and actor.id in row.reads:
            told |= {"lastReadAt": _time(self.world.now), "lastReadPostNumber": row.reads[actor.id]}
        head: Row = {"type": "discussions", "id": str(row.id), "attributes": told}
        if not bare:
            last = comments[-1].user if comments else row.user
            relations = {"user": _one("users", row.user), "lastPostedUser": _one("users", last)}
            head["relationships"] = {**relations, "tags": _many("tags", row.tags)}
        return head

    def _row(self, row: Post, actor: User | None, *, listed: bool = False) -> Row:
        may = actor is not None and self.world.may_change(actor, row)
        told: Row = {"number": row.number, "createdAt": _time(row.created), "contentType": row.kind}
        if row.comment:
            told |= {"contentHtml": self.world.html(str(row.content), self.address), "renderFailed": False}
        if may or not row.comment:
            told["content"] = row.content
        if row.edited is not None:
            told["editedAt"] = _time(row.edited)
        if row.hidden:
            told["isHidden"] = True
        if self.world.approval:
            told["isApproved"] = row.approved
        answers = self.world.answers().get(row.id, [])
        told |= {"canEdit": may, "canDelete": False, "canHide": may, "mentionedByCount": len(answers)}
        if row.broken:
            told["number"] = {"of": "nothing"}
        relations: Row = {"user": _one("users", row.user), "discussion": _one("discussions", row.discussion)}
        if self.world.users[row.user].gone:
            del relations["user"]
        relations |= {"eventPostMentionsTags": {"data": []}} if listed else {}
        relations["mentionedBy"] = _many("posts", answers)
        return {"type": "posts", "id": str(row.id), "attributes": told, "relationships": relations}

    def _person(self, id: int, *, full: bool = False, own: bool = False) -> Row:
        one = self.world.users[id]
        told: Row = {"username": one.username, "displayName": one.username, "avatarUrl": None, "slug": one.username}
        row: Row = {"type": "users", "id": str(id), "attributes": told}
        if full:
            told |= {"joinTime": _time(self.world.now), "discussionCount": 0, "commentCount": 0, "canEdit": False}
            told |= {"canEditCredentials": False, "canEditGroups": False, "canDelete": False}
            told["lastSeenAt"] = _time(self.world.now)
            row["relationships"] = {"groups": _many("groups", [4] if one.moderator else [])}
        if own:
            told |= {"email": f"{one.username}@example.org", "unreadNotificationCount": 0, "preferences": {}}
        return row

    def _tag(self, tag: Tag) -> Row:
        told: Row = {"name": tag.name, "description": None, "slug": tag.slug, "color": "#888", "backgroundUrl": None}
        told |= {"backgroundMode": None, "icon": None, "discussionCount": 1, "position": tag.position}
        told |= {"defaultSort": None, "isChild": tag.parent is not None, "isHidden": False, "lastPostedAt": None}
        told |= {"canStartDiscussion": False, "canAddToDiscussion": False}
        row: Row = {"type": "tags", "id": str(tag.id), "attributes": told}
        if tag.parent is not None:
            row["relationships"] = {"parent": _one("tags", tag.parent)}
        return row


def _one(kind: str, id: int) -> Row:
    return {"data": {"type": kind, "id": str(id)}}


def _many(kind: str, ids: Iterable[int]) -> Row:
    return {"data": [{"type": kind, "id": str(id)} for id in ids]}


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _escaped(told: Row) -> str:
    text = json.dumps(told, separators=(",", ":"))
    return text.replace("/", "\\/").replace("<", "\\u003C").replace(">", "\\u003E").replace("&", "\\u0026")


def _json(told: Row, status: int = 200) -> web.Response:
    return web.Response(body=_escaped(told).encode(), status=status, content_type=KIND)
