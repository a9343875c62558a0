"""A Discourse as it is kept: people, categories, topics, posts, its message bus, and what waits for its moderators."""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import dataclass, field
from html import escape

from bot.model import calendar
from bot.testing.clock import FakeClock

REGULAR, MODERATOR, SMALL_ACTION, WHISPER = 1, 2, 3, 4
BACKLOG = 100
"""Messages of one channel that the bus keeps."""
UNIQUE = 5 * 60_000
"""Milliseconds in which an account cannot say the same twice."""

_FILE = re.compile(
    r"(?P<image>!?)\[(?P<name>.+)\|(?P<what>attachment|\d+x\d+)\]\(upload://(?P<short>[a-zA-Z0-9]+\.\w+)\)"
)
"""A file in a text, as the editor writes it."""

SIMILAR = "Body is too similar to what you recently posted"
CLOSED = "Something has gone wrong. Perhaps this topic was closed or deleted while you were looking at it?"


class Invalid(Exception):
    """What is answered with 422 and these words."""


@dataclass
class User:
    id: int
    username: str
    admin: bool = False
    moderator: bool = False
    suspended: bool = False
    silenced: bool = False

    @property
    def staff(self) -> bool:
        return self.admin or self.moderator


@dataclass
class Category:
    id: int
    name: str
    slug: str
    parent: int | None = None
    readers: set[str] | None = None
    """Who may read it besides the staff; None: everybody."""


@dataclass
class Post:
    id: int
    topic: int
    number: int
    user: User
    raw: str
    created: int
    type: int = REGULAR
    action: str = ""
    reply_to: int | None = None
    version: int = 1
    updated: int = 0
    hidden: bool = False
    user_deleted: bool = False
    deleted: int | None = None
    broken: bool = False
    """Whether the answers hold it with an id of another type."""
    cooked: str = ""
    """What Discourse makes of the words, where that is more than paragraphs."""


@dataclass
class Upload:
    id: int
    user: User
    name: str
    content: bytes

    @property
    def sha(self) -> str:
        return hashlib.sha1(self.content, usedforsecurity=False).hexdigest()

    @property
    def ending(self) -> str:
        return self.name.rpartition(".")[2].lower()

    @property
    def short(self) -> str:
        """What it is called in texts; Discourse writes the digest in base 62, which nobody can tell from this."""
        return f"{self.sha[:27]}.{self.ending}"

    @property
    def measures(self) -> tuple[int, int] | None:
        """Of images; a PNG says them behind its first sixteen bytes."""
        if not self.content.startswith(b"\x89PNG\r\n\x1a\n") or len(self.content) < 24:
            return None
        return int.from_bytes(self.content[16:20]), int.from_bytes(self.content[20:24])


@dataclass
class Topic:
    id: int
    title: str
    category: int
    created: int
    bumped: int
    tags: list[str] = field(default_factory=list)
    closed: bool = False
    pinned: bool = False
    deleted: int | None = None
    external_id: str | None = None
    views: int = 0
    read: dict[str, int] = field(default_factory=dict)

    @property
    def slug(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-") or "topic"


@dataclass
class Waiting:
    """A post that moderators have: status 0 waits, 1 approved, 2 rejected, 4 deleted."""

    id: int
    user: User
    raw: str
    created: int
    topic: int | None = None
    reply_to: int | None = None
    title: str = ""
    category: int | None = None
    status: int = 0
    post: int | None = None
    reason: str = ""


@dataclass
class Channel:
    last: int = 0
    messages: list[dict[str, object]] = field(default_factory=list)


class World:
    """Everything that a Discourse knows, and what its people do."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.users: dict[str, User] = {}
        self.categories: dict[int, Category] = {}
        self.topics: dict[int, Topic] = {}
        self.posts: dict[int, Post] = {}
        self.waiting: dict[int, Waiting] = {}
        self.channels: dict[str, Channel] = {}
        self.uploads: dict[str, Upload] = {}
        """By what they are called in texts."""
        self.endings = {"jpg", "jpeg", "png", "gif", "heic", "heif", "webp", "avif", "txt"}
        """Which files are taken, as the site is delivered; the staff may give any of these."""
        self.largest = 4096 * 1024
        self.moderated = False
        self.min_post_length = 1
        self.happened = asyncio.Condition()
        self.recent: dict[str, tuple[int, int]] = {}
        self._ids = 1000
        self.category("Uncategorized", "uncategorized", id=1)
        self.user("system", admin=True)

    def id(self) -> int:
        self._ids += 1
        return self._ids

    def upload(self, user: User, name: str, content: bytes) -> Upload:
        """Take a file; the same one again is the first one."""
        made = Upload(self.id(), user, name, content)
        if made.ending not in self.endings:
            told = ", ".join(sorted(self.endings))
            raise Invalid(
                f"Sorry, the file you are trying to upload is not authorized (authorized extensions: {told})."
            )
        if len(content) > self.largest:
            raise Invalid(
                f"Sorry, the file you are trying to upload is too big (maximum size is {self.largest // 1024} KB)."
            )
        if made.ending == "png" and made.measures is None:
            raise Invalid("Sorry, but we couldn't determine the size of the image. Maybe your image is corrupted?")
        return self.uploads.setdefault(made.short, made)

    def tick(self) -> int:
        """The moment of an act: each is a second later than the last."""
        self.clock.advance(1000)
        return self.clock.now()

    def user(self, name: str, *, admin: bool = False, moderator: bool = False) -> User:
        key = name.lower()
        if key not in self.users:
            self.users[key] = User(len(self.users) - 1 or 1, name, admin, moderator)
        return self.users[key]

    def category(
        self, name: str, slug: str, *, parent: int | None = None, readers: set[str] | None = None, id: int = 0
    ) -> Category:
        made = Category(id or 2 + len(self.categories), name, slug, parent, readers)
        self.categories[made.id] = made
        return made

    # ------------------------------------------------------------------------------------------------- who sees what

    def sees(self, user: User | None, topic: Topic) -> bool:
        if topic.deleted is not None:
            return user is not None and user.staff
        return self.reads(user, topic.category)

    def reads(self, user: User | None, category: int) -> bool:
        readers = self.categories[category].readers
        return readers is None or (user is not None and (user.staff or user.username.lower() in readers))

    def stream(self, topic: Topic, user: User | None = None) -> list[Post]:
        """The posts of a topic in their order, as somebody sees them: whispers for the staff alone."""
        found = [post for post in self.posts.values() if post.topic == topic.id and post.deleted is None]
        if user is None or not user.staff:
            found = [post for post in found if post.type != WHISPER]
        return sorted(found, key=lambda post: post.number)

    def listed(self, user: User | None) -> list[Topic]:
        found = [topic for topic in self.topics.values() if topic.deleted is None and self.sees(user, topic)]
        return sorted(found, key=lambda topic: (topic.pinned, topic.bumped), reverse=True)

    def highest(self, topic: Topic) -> int:
        return max((p.number for p in self.posts.values() if p.topic == topic.id and p.type != WHISPER), default=0)

    def bus(self, channel: str) -> Channel:
        return self.channels.setdefault(channel, Channel())

    # -------------------------------------------------------------------------------------------------- what they do

    def publish(self, channel: str, data: dict[str, object]) -> None:
        bus = self.bus(channel)
        bus.last += 1
        message = {"global_id": bus.last, "message_id": bus.last, "channel": channel, "data": data}
        bus.messages = [*bus.messages, message][-BACKLOG:]

    def changed(self, post: Post, type: str) -> None:
        """Tell the bus what happened to a post; nobody but the staff hears of whispers."""
        if post.type == WHISPER:
            self.bus(f"/topic/{post.topic}").last += 1
            return
        data = {
            "id": post.id,
            "post_number": post.number,
            "updated_at": iso(post.updated),
            "user_id": post.user.id,
            "type": type,
            "version": post.version,
        }
        self.publish(f"/topic/{post.topic}", data)

    def bumped(self, topic: Topic, channel: str = "/latest") -> None:
        payload = {"bumped_at": iso(topic.bumped), "category_id": topic.category, "tags": topic.tags}
        if self.categories[topic.category].readers is None:
            self.publish(channel, {"topic_id": topic.id, "message_type": channel[1:], "payload": payload})

    def start(
        self, user: User, title: str, raw: str, category: int = 1, tags: tuple[str, ...] = (), external: str = ""
    ) -> Post:
        if not title.strip():
            raise Invalid("Title can't be blank")
        if category not in self.categories:
            raise Invalid("Category not found")
        if external and any(topic.external_id == external for topic in self.topics.values()):
            raise Invalid("External has already been taken")
        now = self.tick()
        topic = Topic(self.id(), title, category, now, now, list(tags), external_id=external or None)
        self.topics[topic.id] = topic
        post = self.said(topic, user, raw)
        self.bumped(topic, "/new")
        return post

    def reply(self, user: User, topic: int, raw: str, to: int | None = None, type: int = REGULAR) -> Post:
        there = self.topics.get(topic)
        if there is None or there.deleted is not None or not self.sees(user, there):
            raise Invalid(CLOSED)
        if (there.closed and not user.staff) or user.silenced:
            raise Invalid(CLOSED)
        return self.said(there, user, raw, to, type)

    def said(
        self, topic: Topic, user: User, raw: str, to: int | None = None, type: int = REGULAR, action: str = ""
    ) -> Post:
        now = self.tick()
        number = 1 + max((p.number for p in self.posts.values() if p.topic == topic.id), default=0)
        post = Post(self.id(), topic.id, number, user, raw, now, type, action, to, updated=now)
        self.posts[post.id] = post
        self.changed(post, "created")
        if type == REGULAR:
            topic.bumped = now
            self.bumped(topic)
        return post

    def check(self, user: User, raw: str) -> None:
        """What is refused before it is written."""
        if len(raw) < self.min_post_length:
            raise Invalid(f"Body is too short (minimum is {self.min_post_length} characters)")
        at, _ = self.recent.get(_mark(user, raw), (-UNIQUE, 0))
        if not user.staff and self.clock.now() - at < UNIQUE:
            raise Invalid(SIMILAR)

    def remember(self, post: Post) -> None:
        self.recent[_mark(post.user, post.raw)] = (self.clock.now(), post.id)

    def edit(self, post: Post, raw: str, *, quietly: bool = False) -> None:
        """Replace a text; `quietly`: within the first minutes, in which no version is counted."""
        if raw == post.raw:
            return
        post.raw, post.cooked, post.updated = raw, "", self.tick()
        post.version += not quietly
        self.changed(post, "revised")

    def delete(self, post: Post, by: User | None = None) -> None:
        """Delete a post: its author leaves a stub, the staff nothing."""
        who = by or post.user
        if who.staff:
            post.deleted = self.tick()
            self.changed(post, "deleted")
            return
        post.raw, post.user_deleted, post.updated = "(post deleted by author)", True, self.tick()
        post.version += 1
        self.changed(post, "revised")

    def recover(self, post: Post) -> None:
        post.deleted, post.updated = None, self.tick()
        self.changed(post, "recovered")

    def hide(self, post: Post, hidden: bool = True) -> None:
        post.hidden, post.updated = hidden, self.tick()
        self.changed(post, "acted")

    def whisper(self, topic: Topic, user: User, raw: str) -> Post:
        return self.said(topic, user, raw, type=WHISPER)

    def befall(self, topic: Topic, user: User, action: str, raw: str = "") -> Post:
        """A small action: `closed.enabled` and the like."""
        if action.startswith("closed."):
            topic.closed = action == "closed.enabled"
        return self.said(topic, user, raw, type=SMALL_ACTION, action=action)

    def move(self, posts: list[Post], to: Topic) -> None:
        """Move posts to another topic, where they keep their ids and get other numbers."""
        there = self.topics[posts[0].topic]
        for post in posts:
            number = 1 + max((p.number for p in self.posts.values() if p.topic == to.id), default=0)
            post.topic, post.number = to.id, number
            self.changed(post, "created")
        self.befall(there, self.users["system"], "split_topic")
        to.bumped = self.tick()
        self.bumped(to)

    def queue(
        self, user: User, raw: str, topic: int | None, to: int | None, title: str, category: int | None
    ) -> Waiting:
        made = Waiting(self.id(), user, raw, self.tick(), topic, to, title, category)
        self.waiting[made.id] = made
        return made

    def approve(self, id: int, raw: str = "") -> Post:
        one = self.waiting[id]
        words = raw or one.raw
        if one.topic is None:
            post = self.start(one.user, one.title, words, one.category or 1)
        else:
            post = self.said(self.topics[one.topic], one.user, words, one.reply_to)
        one.status, one.post = 1, post.id
        return post

    def reject(self, id: int, reason: str = "") -> None:
        self.waiting[id].status, self.waiting[id].reason = 2, reason


def iso(moment: int) -> str:
    """A moment as Discourse writes it."""
    return calendar(moment).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment % 1000:03d}Z"


def cook(post: Post) -> str:
    """What Discourse makes of the words of a post; no more than paragraphs here."""
    if post.hidden:
        return "<p>This post was flagged by the community and is temporarily hidden.</p>"
    if post.cooked:
        return post.cooked
    parts = (part for part in post.raw.split("\n\n") if part.strip())
    return "\n".join(f"<p>{_file(part) or escape(part)}</p>" for part in parts)


def _file(part: str) -> str:
    """A paragraph that is a file; empty where it is none."""
    found = _FILE.fullmatch(part)
    if found is None:
        return ""
    name, short = escape(re.sub(r"\\(.)", r"\1", found["name"])), escape(found["short"])
    if found["image"]:
        size = found["what"].partition("x")
        told = f'data-base62-sha1="{short}" width="{size[0]}" height="{size[2]}"'
        return f'<img src="/uploads/default/original/1X/{short}" alt="{name}" {told}>'
    return f'<a class="attachment" href="/uploads/short-url/{short}">{name}</a>'


def _mark(user: User, raw: str) -> str:
    return hashlib.sha1(f"{user.id}:{raw}".encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
