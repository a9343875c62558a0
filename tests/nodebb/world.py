"""What stands on a NodeBB of our own, and what its people do there; ids, times and rules as NodeBB has them."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from bot.testing.clock import FakeClock

DAY = 86_400_000


_FILE = re.compile(r"(?P<image>!?)\[(?P<name>[^\n]+)\]\((?P<address>https?://[^\s()]+/assets/uploads/[^\s()]+)\)")
"""A file in a text, as the editor writes it."""


def _file(part: str) -> str:
    """A paragraph that is a file; empty where it is none."""
    found = _FILE.fullmatch(part)
    if found is None:
        return ""
    name, address = html.escape(re.sub(r"\\(.)", r"\1", found["name"])), html.escape(found["address"])
    if found["image"]:
        return f'<img src="{address}" alt="{name}" class=" img-fluid img-markdown" />'
    return f'<a href="{address}">{name}</a>'


class Refusal(Exception):
    """What the forum refuses, with its status, its word for it and its sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def bad(message: str) -> Refusal:
    return Refusal(400, "bad-request", message)


def missing(what: str) -> Refusal:
    return Refusal(404, "not-found", f"{what} does not exist")


FORBIDDEN = Refusal(403, "forbidden", "You do not have enough privileges for this action.")


@dataclass
class User:
    """Somebody; `read` says of each thread when they marked it read."""

    uid: int
    name: str
    staff: bool = False
    read: dict[str, int] = field(default_factory=dict)
    posted: int = 0
    """When they posted last."""

    @property
    def slug(self) -> str:
        return self.name.lower().replace(" ", "-")


@dataclass
class Category:
    """A board; `readers` are who may read it, None for everybody."""

    cid: int | str
    name: str
    parent: int | str = 0
    readers: set[str] | None = None
    section: bool = False
    link: str = ""

    @property
    def slug(self) -> str:
        return f"{self.cid}/{self.name.lower().replace(' ', '-')}"


@dataclass
class Post:
    """A post; `pid` is a number, or the address of a post from elsewhere."""

    pid: int | str
    tid: int | str
    user: User
    text: str
    at: int
    to: int | str | None = None
    edited: int = 0
    deleted: bool = False
    deleter: int = 0
    broken: bool = False
    drawn: str = ""
    """HTML to be shown in place of what the text would become."""

    @property
    def content(self) -> str:
        if self.drawn:
            return self.drawn
        parts = self.text.split("\n\n") if _FILE.search(self.text) else [self.text]
        return "".join(f'<p dir="auto">{_file(part) or html.escape(part)}</p>\n' for part in parts)


@dataclass
class Event:
    """What befell a thread."""

    id: int
    type: str
    user: User
    at: int
    source: int | str = 0


@dataclass
class Topic:
    """A thread; `posts` in the order of their times, `main` is the one that opened it."""

    tid: int | str
    cid: int | str
    title: str
    main: int | str
    started: int
    posts: list[int | str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    locked: bool = False
    pinned: bool = False
    deleted: bool = False
    views: int = 0
    tags: list[str] = field(default_factory=list)

    @property
    def slug(self) -> str:
        words = "".join(sign if sign.isalnum() else "-" for sign in self.title.lower()).strip("-")
        return f"{self.tid}/{words}"


@dataclass
class Queued:
    """A post that waits for a moderator: a reply where `tid` is set, else a thread."""

    id: str
    user: User
    text: str
    at: int
    tid: str = ""
    cid: str = ""
    title: str = ""
    to: int | str | None = None


class World:
    """The forum; each thing that happens takes a millisecond, so that no two have the same time."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.users: dict[str, User] = {}
        self.categories: dict[str, Category] = {}
        self.topics: dict[str, Topic] = {}
        self.posts: dict[str, Post] = {}
        self.queue: dict[str, Queued] = {}
        self.files: dict[str, bytes] = {}
        """What was uploaded, by its path."""
        self.endings: set[str] = set()
        """Which files are taken; none named: any."""
        self.largest = 2048 * 1024
        self.moderated = False
        self.delay = 0
        """Seconds between two posts of one account."""
        self.shortest = 1
        self._ids = {"post": 0, "topic": 0, "event": 0}

    def now(self) -> int:
        self.clock.advance(1)
        return self.clock.now()

    def next(self, what: str) -> int:
        self._ids[what] += 1
        return self._ids[what]

    def user(self, name: str, *, staff: bool = False) -> User:
        """The person of that name, made at the first call."""
        made = self.users.setdefault(name, User(len(self.users) + 1, name))
        made.staff = made.staff or staff
        return made

    def category(self, name: str, cid: int | str, **more: object) -> Category:
        self.categories[str(cid)] = made = Category(cid, name, **more)  # type: ignore[arg-type]
        return made

    # ------------------------------------------------------------------------------------------- writing

    def upload(self, user: User, name: str, content: bytes) -> dict[str, str]:
        """Take a file."""
        ending = name.rpartition(".")[2].lower()
        if not content:
            raise Refusal(500, "internal-server-error", "Invalid file")
        if len(content) > self.largest:
            told = f"The maximum allowed file size is {self.largest // 1024} kB, please upload a smaller file"
            raise Refusal(500, "internal-server-error", told)
        if self.endings and ending not in self.endings:
            told = f"Invalid file type. Allowed types are: {', '.join(sorted(self.endings))}"
            raise Refusal(500, "internal-server-error", told)
        safe = re.sub(r"[^a-z0-9.]+", "-", name.lower())
        path = f"/assets/uploads/files/{self.now()}-{safe}"
        self.files[path] = content
        return {"url": path, "name": name}

    def start(
        self, user: User, title: str, text: str, cid: int | str, *, tid: int | str = 0, pid: int | str = 0
    ) -> Post:
        """Somebody starts a thread."""
        made = Topic(tid or self.next("topic"), cid, title, 0, self.now())
        self.topics[str(made.tid)] = made
        post = self._add(made, user, text, None, pid)
        made.main = post.pid
        return post

    def reply(self, user: User, tid: int | str, text: str, to: int | str | None = None, *, pid: int | str = 0) -> Post:
        """Somebody answers."""
        return self._add(self.topics[str(tid)], user, text, to, pid)

    def _add(self, topic: Topic, user: User, text: str, to: int | str | None, pid: int | str) -> Post:
        made = Post(pid or self.next("post"), topic.tid, user, text.strip(), self.now(), to)
        self.posts[str(made.pid)] = made
        topic.posts.append(made.pid)
        user.posted = made.at
        user.read[str(topic.tid)] = made.at
        return made

    def edit(self, post: Post, text: str, title: str = "") -> None:
        post.text, post.edited = text.strip(), self.now()
        if title:
            self.topic(post).title = title

    def delete(self, post: Post, by: User | None = None) -> None:
        """A post is deleted; with the only one its thread is."""
        post.deleted, post.deleter = True, (by or post.user).uid
        topic = self.topic(post)
        if post.pid == topic.main and len(topic.posts) == 1:
            topic.deleted = True

    def restore(self, post: Post) -> None:
        post.deleted, post.deleter = False, 0

    def purge(self, post: Post) -> None:
        """It is taken away without a trace; answers to it go on naming it."""
        self.topic(post).posts.remove(post.pid)
        del self.posts[str(post.pid)]

    def carry(self, post: Post, to: Topic) -> None:
        """A moderator moves a post into another thread, or forks one from it."""
        self.topic(post).posts.remove(post.pid)
        post.tid = to.tid
        to.posts = sorted([*to.posts, post.pid], key=lambda pid: self.posts[str(pid)].at)

    def move(self, topic: Topic, cid: int | str, by: User) -> None:
        self.befall(topic, "move", by, topic.cid)
        topic.cid = cid

    def befall(self, topic: Topic, type: str, by: User, source: int | str = 0) -> Event:
        """Something is done to a thread."""
        if type in ("lock", "unlock"):
            topic.locked = type == "lock"
        if type in ("pin", "unpin"):
            topic.pinned = type == "pin"
        made = Event(self.next("event"), type, by, self.now(), source)
        topic.events.append(made)
        return made

    def topic(self, post: Post) -> Topic:
        return self.topics[str(post.tid)]

    # ------------------------------------------------------------------------------------------- reading

    def readable(self, cid: int | str, user: User | None) -> bool:
        found = self.categories.get(str(cid))
        return found is not None and (found.readers is None or (user is not None and user.name in found.readers))

    def shown(self, topic: Topic, user: User | None) -> bool:
        return self.readable(topic.cid, user) and (not topic.deleted or (user is not None and user.staff))

    def last(self, topic: Topic) -> Post:
        """The newest post that is not deleted; else the one that opened the thread."""
        live = [self.posts[str(pid)] for pid in topic.posts if not self.posts[str(pid)].deleted]
        return live[-1] if live else self.posts[str(topic.main)]

    def active(self, topic: Topic) -> int:
        return self.last(topic).at

    def unread(self, topic: Topic, user: User | None) -> bool:
        if user is None:
            return True
        quiet = self.active(topic) < self.clock.now() - 2 * DAY
        return not quiet and user.read.get(str(topic.tid), 0) < self.active(topic)

    def listed(self, user: User | None, cid: str = "") -> list[Topic]:
        """The threads of a board, pinned ones first, or of all; the newest activity first."""
        there = [topic for topic in self.topics.values() if self.shown(topic, user) and cid in ("", str(topic.cid))]
        return sorted(there, key=lambda topic: (not (cid and topic.pinned), -self.active(topic)))

    # ------------------------------------------------------------------------------------------- what the API does

    def checked(self, user: User, text: str) -> None:
        """Whether somebody may post a text now."""
        waited = self.clock.now() - user.posted
        if user.posted and waited < self.delay * 1000:
            raise bad(f"You can only post once every {self.delay} second(s) - please wait before posting again")
        if len(text.strip()) < self.shortest:
            raise bad(f"Please enter a longer post. Posts should contain at least {self.shortest} character(s).")
        if len(text) > 32767:
            raise bad("Please enter a shorter post. Posts can't be longer than 32767 character(s).")

    def approve(self, id: str) -> Post:
        """A moderator lets a waiting post through."""
        one = self.queue[id]
        if one.tid:
            made = self.reply(one.user, one.tid, one.text, one.to)
        else:
            made = self.start(one.user, one.title, one.text, one.cid)
        del self.queue[id]
        return made
