"""How a NodeBB draws what stands there, for programs: the fields of the recorded answers, with their types."""

from __future__ import annotations

import html
import math
from datetime import UTC, datetime
from typing import Any

from tests.nodebb.world import Category, Event, Post, Queued, Topic, User, World

PAGE = 20
DELETED = "[[topic:post-is-deleted]]"


def iso(at: int) -> str:
    if not at:
        return ""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def paging(page: int, count: int, size: int = PAGE) -> dict[str, Any]:
    last = max(1, math.ceil(count / size))
    return {
        "prev": {"page": max(1, page - 1), "active": page > 1},
        "next": {"page": min(last, page + 1), "active": page < last},
        "first": {"page": 1, "active": page == 1},
        "last": {"page": last, "active": page == last},
        "rel": [],
        "pages": [],
        "currentPage": page,
        "pageCount": last,
    }


def user(one: User) -> dict[str, Any]:
    return {
        "uid": one.uid,
        "username": one.name,
        "userslug": one.slug,
        "picture": None,
        "displayname": html.escape(one.name),
        "isLocal": True,
        "icon:bgColor": "#009688",
        "icon:text": one.name[:1].upper(),
    }


def rights(one: User) -> dict[str, Any]:
    """What the one who asks may do more than others, as it stands on the pages of people."""
    return {"isAdmin": False, "isGlobalModerator": one.staff, "isModerator": one.staff}


def named(one: Category) -> dict[str, Any]:
    return {
        "cid": one.cid,
        "name": html.escape(one.name),
        "slug": one.slug,
        "icon": "hidden",
        "bgColor": "#BA8BAF",
        "color": "#ffffff",
        "disabled": 0,
    }


def category(world: World, one: Category) -> dict[str, Any]:
    below = [category(world, other) for other in world.categories.values() if str(other.parent) == str(one.cid)]
    return {
        **named(one),
        "description": "",
        "parentCid": one.parent,
        "order": 0,
        "link": one.link,
        "isSection": int(one.section),
        "children": below,
        "posts": [],
    }


def crumbs(world: World, one: Category) -> list[dict[str, Any]]:
    way = [one]
    while way[0].parent:
        way.insert(0, world.categories[str(way[0].parent)])
    home: dict[str, Any] = {"text": "[[global:home]]", "url": "http://127.0.0.1"}
    return [home, *({"text": html.escape(step.name), "url": f"/category/{step.slug}", "cid": step.cid} for step in way)]


def event(world: World, one: Event) -> dict[str, Any]:
    told: dict[str, Any] = {
        "type": one.type,
        "uid": one.user.uid,
        "id": str(one.id),
        "timestamp": one.at,
        "timestampISO": iso(one.at),
        "user": user(one.user),
        "icon": "fa-lock",
        "text": f'<span class="avatar">A</span> <a href="/user/x">{one.user.name}</a> did it <span title="x"></span>',
    }
    if one.source:
        told["fromCid"] = str(one.source)
        told["fromCategory"] = named(world.categories[str(one.source)])
    return told


def post(world: World, one: Post, index: int, reader: User | None) -> dict[str, Any]:
    topic = world.topic(one)
    own = reader is not None and (reader.staff or reader.uid == one.user.uid)
    told: dict[str, Any] = {
        "pid": one.pid,
        "uid": one.user.uid,
        "tid": one.tid,
        "content": DELETED if one.deleted and not own else one.content,
        "timestamp": {"broken": True} if one.broken else one.at,
        "deleted": int(one.deleted),
        "upvotes": 0,
        "downvotes": 0,
        "deleterUid": one.deleter,
        "edited": one.edited,
        "replies": {"hasMore": False, "users": [], "text": "[[topic:one-reply-to-this-post]]", "count": 0},
        "bookmarks": 0,
        "votes": 0,
        "timestampISO": iso(one.at),
        "editedISO": iso(one.edited),
        "attachments": [],
        "uploads": [],
        "index": index,
        "user": {**user(one.user), "status": "online", "lastonline": world.clock.now(), "selectedGroups": []},
        "editor": user(one.user) if one.edited else None,
        "selfPost": reader is not None and reader.uid == one.user.uid,
        "events": [],
        "topicOwnerPost": one.user.uid == world.posts[str(topic.main)].user.uid,
    }
    if one.to is not None:
        told["toPid"] = str(one.to)
        if (parent := world.posts.get(str(one.to))) is not None:
            told["parent"] = {"uid": parent.user.uid, "pid": parent.pid, "content": parent.content}
    return told


def page(world: World, topic: Topic, number: int, sort: str, reader: User | None, size: int = PAGE) -> dict[str, Any]:
    """A page of a thread: the post that opened it is the first in either order."""
    replies = [world.posts[str(pid)] for pid in topic.posts if pid != topic.main]
    if sort == "newest_to_oldest":
        replies.reverse()
    order = [world.posts[str(topic.main)], *replies]
    start = (number - 1) * size
    shown = order[start : start + size]
    posts = [post(world, one, start + at, reader) for at, one in enumerate(shown)]
    _placed(world, topic, order, start, posts, sort)
    return {
        **head(world, topic),
        "posts": posts,
        "category": named(world.categories[str(topic.cid)]),
        "breadcrumbs": [*crumbs(world, world.categories[str(topic.cid)]), {"text": html.escape(topic.title)}],
        "bookmark": None,
        "privileges": {},
        "pagination": paging(number, len(topic.posts), size),
        "loggedIn": reader is not None,
        "relative_path": "",
        "template": {"name": "topic", "topic": True},
        "url": f"/topic/{topic.tid}",
        "bodyClass": f"page-topic page-topic-{topic.tid} template-topic page-status-200 theme-harmony user-guest",
        "_header": {},
        "widgets": {},
    }


def _placed(world: World, topic: Topic, order: list[Post], start: int, posts: list[dict[str, Any]], sort: str) -> None:
    """Put what befell the thread behind the post that it followed; in the reverse order, beside its successor."""
    back = sort == "newest_to_oldest"
    for at, told in enumerate(posts if topic.events else (), start):
        one = order[at]
        if back:
            first = one.pid == topic.main
            begins = world.active(topic) if first else (order[at + 1].at if at + 1 < len(order) else topic.started)
            ends = math.inf if first else one.at
        else:
            begins, ends = one.at, (order[at + 1].at if at + 1 < len(order) else math.inf)
        told["events"] = [event(world, one) for one in topic.events if begins <= one.at < ends]


def head(world: World, topic: Topic) -> dict[str, Any]:
    """A thread without its posts."""
    last = world.last(topic)
    return {
        "tid": topic.tid,
        "uid": world.posts[str(topic.main)].user.uid,
        "cid": topic.cid,
        "mainPid": topic.main,
        "title": html.escape(topic.title),
        "slug": topic.slug,
        "timestamp": topic.started,
        "lastposttime": last.at,
        "postcount": len(topic.posts),
        "viewcount": topic.views,
        "tags": [{"value": tag, "valueEscaped": tag, "valueEncoded": tag, "class": tag} for tag in topic.tags],
        "teaserPid": str(last.pid) if last.pid != topic.main else None,
        "deleted": int(topic.deleted),
        "locked": int(topic.locked),
        "pinned": int(topic.pinned),
        "deleterUid": 0,
        "titleRaw": topic.title,
        "timestampISO": iso(topic.started),
        "scheduled": False,
        "lastposttimeISO": iso(last.at),
    }


def row(world: World, topic: Topic, reader: User | None) -> dict[str, Any]:
    """A thread in a list."""
    last = world.last(topic)
    return {
        **head(world, topic),
        "category": named(world.categories[str(topic.cid)]),
        "user": {**user(world.posts[str(topic.main)].user), "status": "online"},
        "teaser": {
            "pid": last.pid,
            "uid": last.user.uid,
            "timestamp": last.at,
            "tid": topic.tid,
            "content": html.escape(last.text),
            "user": user(last.user),
            "index": len(topic.posts),
        },
        "ignored": False,
        "unread": world.unread(topic, reader),
        "bookmark": None,
    }


def listing(world: World, topics: list[Topic], number: int, reader: User | None, size: int = PAGE) -> dict[str, Any]:
    start = (number - 1) * size
    return {
        "nextStart": start + size,
        "topicCount": len(topics),
        "topics": [row(world, topic, reader) for topic in topics[start : start + size]],
        "pagination": paging(number, len(topics), size),
        "relative_path": "",
        "bodyClass": "page-recent template-recent page-status-200 theme-harmony user-guest",
    }


def single(one: Post, reader: User | None) -> dict[str, Any]:
    """A post for programs: its words as they were typed."""
    own = reader is not None and (reader.staff or reader.uid == one.user.uid)
    told: dict[str, Any] = {
        "pid": one.pid,
        "uid": one.user.uid,
        "tid": one.tid,
        "content": DELETED if one.deleted and not own else one.text,
        "timestamp": one.at,
        "replies": 0,
        "deleted": int(one.deleted),
        "edited": one.edited,
        "upvotes": 0,
        "downvotes": 0,
        "deleterUid": one.deleter,
        "bookmarks": 0,
        "votes": 0,
        "timestampISO": iso(one.at),
        "editedISO": iso(one.edited),
        "attachments": [],
        "uploads": [],
    }
    if one.to is not None:
        told["toPid"] = str(one.to)
    return told


def made(world: World, one: Post) -> dict[str, Any]:
    """What is answered to a reply: here what it answers is a number."""
    topic = world.topic(one)
    return {
        "pid": one.pid,
        "tid": one.tid,
        "toPid": one.to,
        "url": f"http://127.0.0.1/post/{one.pid}",
        "content": one.content,
        "uid": one.user.uid,
        "timestamp": one.at,
        "deleted": one.deleted,
        "user": user(one.user),
        "topic": head(world, topic),
        "category": named(world.categories[str(topic.cid)]),
        "isMainPost": one.pid == topic.main,
    }


def queued(one: Queued) -> dict[str, Any]:
    data: dict[str, Any] = {
        "uid": one.user.uid,
        "content": f"<p>{html.escape(one.text)}</p>",
        "rawContent": html.escape(one.text),
        "timestamp": one.at,
        "timestampISO": iso(one.at),
        "title": html.escape(one.title),
    }
    data.update({"tid": one.tid} if one.tid else {"cid": one.cid})
    return {
        "id": one.id,
        "uid": one.user.uid,
        "type": "reply" if one.tid else "topic",
        "data": data,
        "user": user(one.user),
        "topic": {},
        "category": {},
    }


def config(uid: int) -> dict[str, Any]:
    return {
        "relative_path": "",
        "siteTitle": "NodeBB",
        "postsPerPage": PAGE,
        "topicsPerPage": PAGE,
        "usePagination": False,
        "theme:id": "nodebb-theme-harmony",
        "defaultLang": "en-GB",
        "loggedIn": uid > 0,
        "uid": uid,
        "cache-buster": "v=0",
        "activitypub": {"probe": 0},
    }
