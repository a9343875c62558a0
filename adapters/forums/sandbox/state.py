"""Pure: the sandbox as its entries made it; the same entries always make the same forum."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from adapters.forums.sandbox import entries
from bot.model import BoardKey, Millis, PostKey, ThreadKey

FORM = "form:"
"""Keys of posts that came through our own pages begin so: they keep a form from posting twice, no more."""


class Status(enum.StrEnum):
    """Where a post stands between its writing and its end."""

    QUEUED = "queued"
    LIVE = "live"
    DELETED = "deleted"
    REJECTED = "rejected"


@dataclass(slots=True)
class PostRow:
    """One post; `number` counts arrivals in the thread from 1; the OP has 0, a waiting post none yet (-1)."""

    key: PostKey
    thread: ThreadKey
    author: str
    title: str
    text: str
    at: Millis
    parent: PostKey
    sent_as: str
    status: Status
    op: bool = False
    number: int = -1
    version: int = 1
    edited: Millis | None = None
    why: str = ""
    """What the moderator said who rejected it."""

    @property
    def shown(self) -> bool:
        """Whether readers see the post or its tombstone."""
        return self.number >= 0

    @property
    def marker(self) -> str:
        """The key under which a program submitted the post; empty for people at the pages."""
        return "" if self.sent_as.startswith(FORM) else self.sent_as


@dataclass(slots=True)
class ThreadRow:
    """One thread; `posts` are those that readers see, in order of arrival."""

    key: ThreadKey
    board: BoardKey
    op: PostKey
    title: str
    closed: bool = False
    changes: int = 0
    """Rises with everything that a reader of the thread could notice."""
    arrival: int = 0
    """The forum's count of arrivals when the newest post came: orders threads whatever the clock does."""
    posts: list[PostKey] = field(default_factory=list)

    @property
    def shown(self) -> bool:
        """Whether readers see the thread at all."""
        return bool(self.posts)

    @property
    def replies(self) -> int:
        """Replies that readers see, tombstones among them."""
        return max(len(self.posts) - 1, 0)


@dataclass(slots=True)
class BoardRow:
    """One board."""

    key: BoardKey
    path: tuple[str, ...]
    threads: list[ThreadKey] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The last word of the path."""
        return self.path[-1]


@dataclass(frozen=True, slots=True)
class Touched:
    """What an entry changed: a thread, or none (empty keys); `seen` only where readers can notice.

    `judged`: a post that waited in a thread that readers see will never be shown.
    """

    board: BoardKey
    thread: ThreadKey
    seen: bool
    judged: bool = False


ELSEWHERE = Touched(BoardKey(""), ThreadKey(""), seen=False)


class State:
    """All boards, threads and posts; changed by `apply` alone, read by everybody."""

    def __init__(self) -> None:
        self.id = ""
        self.boards: dict[BoardKey, BoardRow] = {}
        self.threads: dict[ThreadKey, ThreadRow] = {}
        self.posts: dict[PostKey, PostRow] = {}
        self.sent: dict[str, PostKey] = {}
        """Posts by the key under which they were submitted."""
        self.waiting: dict[PostKey, None] = {}
        """Posts that wait for a moderator, oldest first."""
        self.moderation: bool | None = None
        """The switch as somebody set it; None while nobody did."""
        self.changes = 0
        """Rises with everything that a reader of any board could notice."""
        self.acts = 0
        """Rises with every entry."""
        self.dead = 0
        """Bytes of words in the journal that nobody can read any more; back to 0 when it is compacted."""
        self._arrivals = 0

    def newest_first(self, board: BoardKey) -> Iterator[ThreadRow]:
        """The threads of a board that readers see, the one with the newest post first."""
        rows = (self.threads[key] for key in self.boards[board].threads)
        return iter(sorted((row for row in rows if row.shown), key=lambda row: row.arrival, reverse=True))

    def in_order(self, thread: ThreadKey) -> Iterator[PostRow]:
        """The posts of a thread that readers see, in order of arrival, the OP first."""
        return (self.posts[key] for key in self.threads[thread].posts)

    def apply(self, entry: entries.Entry) -> Touched:
        """Do what an entry says.

        Raises `KeyError` or `ValueError` for an entry that does not fit what came before it.
        """
        self.acts += 1
        match entry:
            case entries.Opened():
                self.id = entry.id
                for act in entry.acts:
                    self.apply(act)
                return ELSEWHERE
            case entries.BoardAdded():
                self.boards[entry.board] = BoardRow(entry.board, entry.path)
                return ELSEWHERE
            case entries.ModerationSwitched():
                self.moderation = entry.on
                return ELSEWHERE
            case entries.ThreadStarted():
                thread = ThreadRow(entry.thread, entry.board, entry.post, entry.title)
                self.boards[entry.board].threads.append(entry.thread)
                self.threads[entry.thread] = thread
                return self._arrived(entry, thread, op=True)
            case entries.Replied():
                return self._arrived(entry, self.threads[entry.thread], op=False)
            case entries.ThreadClosed():
                thread = self.threads[entry.thread]
                thread.closed = entry.closed
                return self._touched(thread)
            case entries.PostEdited():
                return self._edited(entry, self.posts[entry.post])
            case entries.PostApproved():
                post = self.posts[entry.post]
                del self.waiting[post.key]
                post.status = Status.LIVE
                return self._shown(post)
            case entries.PostRejected():
                self.posts[entry.post].why = entry.why
                return self._ended(self.posts[entry.post], Status.REJECTED)
            case entries.PostDeleted():
                return self._ended(self.posts[entry.post], Status.DELETED)

    def _arrived(self, entry: entries.ThreadStarted | entries.Replied, thread: ThreadRow, op: bool) -> Touched:
        post = PostRow(
            key=entry.post,
            thread=thread.key,
            author=entry.author,
            title=entry.title,
            text=entry.text,
            at=entry.at,
            parent=entry.parent if isinstance(entry, entries.Replied) else PostKey(""),
            sent_as=entry.key,
            status=Status.QUEUED if entry.queued else Status.LIVE,
            op=op,
        )
        if post.key in self.posts:
            raise ValueError(f"post {post.key} arrives a second time")
        self.posts[post.key] = post
        if post.sent_as:
            self.sent[post.sent_as] = post.key
        if post.status is Status.LIVE:
            return self._shown(post)
        self.waiting[post.key] = None
        return self._touched(thread, seen=False)

    def _shown(self, post: PostRow) -> Touched:
        """Numbers are given when a post is first shown, so they have no gaps and follow arrival."""
        thread = self.threads[post.thread]
        post.number = len(thread.posts)
        thread.posts.append(post.key)
        self._arrivals += 1
        thread.arrival = self._arrivals
        return self._touched(thread)

    def _edited(self, entry: entries.PostEdited, post: PostRow) -> Touched:
        self.dead += size(post)
        post.title, post.text, post.edited = entry.title, entry.text, entry.at
        post.version += 1
        thread = self.threads[post.thread]
        if post.op:
            thread.title = post.title
        return self._touched(thread, post.shown)

    def _ended(self, post: PostRow, status: Status) -> Touched:
        self.waiting.pop(post.key, None)
        post.status = status
        thread = self.threads[post.thread]
        if post.op and post.shown:
            post.title = ""  # the list of threads goes on naming it
        elif post.op:
            thread.title = ""
        self.dead += size(post)
        post.title = post.text = ""
        return replace(self._touched(thread, post.shown), judged=thread.shown and not post.shown)

    def _touched(self, thread: ThreadRow, seen: bool = True) -> Touched:
        if seen:
            thread.changes += 1
            self.changes += 1
        return Touched(thread.board, thread.key, seen)


def size(post: PostRow) -> int:
    """Bytes of a post's words."""
    return len(post.title.encode()) + len(post.text.encode())
