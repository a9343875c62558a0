"""A forum as people use it: boards, threads and posts in memory, changed by the test that plays its people."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.errors import Gone
from bot.model import BoardKey, Millis, PostKey, PostState, TargetKind, ThreadKey
from bot.testing.clock import NOON

NO_POST = PostKey("")
"""What a post answers that answers the thread."""


@dataclass
class BoardRow:
    """A board; `changes` rises with everything that its readers can notice."""

    key: BoardKey
    name: str
    path: tuple[str, ...]
    changes: int = 0


@dataclass
class ThreadRow:
    """A thread; `posts` in order of arrival, `active` says when its newest post arrived, counted, not timed."""

    key: ThreadKey
    board: BoardKey
    title: str
    posts: list[PostKey] = field(default_factory=list)
    changes: int = 0
    active: int = 0
    closed: bool = False
    gone: bool = False


@dataclass
class PostRow:
    """A post; `key` is the one under which it was submitted through the port, `ours` that it came that way.

    `why` is what the moderator said who rejected it; `lent`: its author's own account posted it; `event`: it tells
    what befell the thread.
    """

    post: PostKey
    thread: ThreadKey
    author: str
    title: str
    text: str
    at: Millis
    parent: PostKey = NO_POST
    op: bool = False
    number: int = 0
    state: PostState = PostState.LIVE
    version: int = 1
    edited: Millis = 0
    ours: bool = False
    key: str = ""
    why: str = ""
    lent: bool = False
    event: bool = False


class ForumWorld:
    """What stands on the forum, and what its people and moderators do there."""

    def __init__(self, now: Callable[[], Millis] | None = None) -> None:
        self.board_rows: dict[BoardKey, BoardRow] = {}
        self.threads: dict[ThreadKey, ThreadRow] = {}
        self.posts: dict[PostKey, PostRow] = {}
        self.moderated = False
        """While true, what is submitted through the port waits for `approve` or `reject`."""
        self.unseen: set[PostKey] = set()
        """Posts that pages show in an outline only: without their text."""
        self.broken: set[PostKey] = set()
        """Posts whose markup cannot be parsed."""
        self.codes: dict[str, tuple[str, str]] = {}
        """What people were told to answer: the invitation that it is for, and who they are."""
        self.tokens: dict[str, str] = {}
        """The secrets of accounts that were lent to us, and whose they are."""
        self.users: dict[str, bool] = {}
        """Who has an account that our own key could act for, and whether they are of the forum's staff."""
        self.read: dict[tuple[str, ThreadKey], PostKey] = {}
        """How far each person has read each thread."""
        self.files: dict[str, bytes] = {}
        """Files that were uploaded, by their addresses; they show up where a post names one."""
        self.largest = 100_000
        """Bytes of the largest file that is taken."""
        ticks = itertools.count(NOON, 1000)
        self._now = now if now is not None else lambda: next(ticks)
        self._arrivals = itertools.count(1)
        self.board = self.add_board("General")

    def add_board(self, name: str, path: tuple[str, ...] = ()) -> BoardKey:
        """A new board; the first one is `board`."""
        key = BoardKey(f"b{len(self.board_rows) + 1}")
        self.board_rows[key] = BoardRow(key, name, path or (name,))
        return key

    def start_thread(self, title: str, text: str, author: str = "ann", board: BoardKey | None = None) -> ThreadKey:
        """Somebody starts a thread."""
        key = self._next_thread()
        self.threads[key] = ThreadRow(key, board or self.board, title)
        self._add(PostRow(self._next(), key, author, title, text, self._now(), op=True))
        return key

    def post(self, thread: ThreadKey, parent: PostKey | str, author: str, text: str, title: str = "") -> PostKey:
        """Somebody answers a post, or the thread where `parent` is empty."""
        return self._add(PostRow(self._next(), thread, author, title, text, self._now(), PostKey(parent)))

    def befall(self, thread: ThreadKey, text: str, author: str = "mod") -> PostKey:
        """A moderator does something to a thread, and the forum tells it among the posts."""
        return self._add(PostRow(self._next(), thread, author, "", text, self._now(), event=True))

    def consent(self, name: str, invitation: str) -> str:
        """Somebody follows an invitation, and is told what to answer."""
        code = f"code-{len(self.codes) + 1}"
        self.codes[code] = invitation, name
        return code

    def edit(self, post: PostKey, text: str, title: str | None = None) -> None:
        """Somebody changes a post."""
        row = self.posts[post]
        row.text = text
        row.title = row.title if title is None else title
        row.version += 1
        row.edited = self._now()
        self._touch(row.thread)

    def delete(self, post: PostKey) -> None:
        """Somebody deletes a post: its words are gone for good."""
        row = self.posts[post]
        row.state, row.text, row.title = PostState.DELETED, "", ""
        self._touch(row.thread)

    def hide(self, post: PostKey, hidden: bool = True) -> None:
        """A moderator hides a post, or shows it again."""
        self.posts[post].state = PostState.HIDDEN if hidden else PostState.LIVE
        self._touch(self.posts[post].thread)

    def close_thread(self, thread: ThreadKey, closed: bool = True) -> None:
        """A moderator closes a thread, or opens it again."""
        self.threads[thread].closed = closed
        self._touch(thread)

    def remove_thread(self, thread: ThreadKey) -> None:
        """A moderator removes a thread with everything in it."""
        self.threads[thread].gone = True
        self._touch(thread)

    def approve(self, post: PostKey | str) -> None:
        """A moderator lets a waiting post through."""
        row = self.posts[PostKey(post)]
        row.state = PostState.LIVE
        if row.op:
            self.threads[row.thread].gone = False
        self._show(row)

    def reject(self, post: PostKey | str, why: str = "") -> None:
        """A moderator never shows a waiting post, and may say why."""
        row = self.posts[PostKey(post)]
        row.state, row.why = PostState.DELETED, why

    def shown(self, thread: ThreadKey) -> list[PostRow]:
        """What a reader sees of a thread, in order."""
        rows = (self.posts[key] for key in self.threads[thread].posts)
        return [row for row in rows if row.state is PostState.LIVE]

    def changed(self, kind: TargetKind, key: str) -> None:
        """Told of every board and thread that changed; for those who say it early."""

    def _next_thread(self) -> ThreadKey:
        return ThreadKey(f"t{len(self.threads) + 1}")

    def _next(self) -> PostKey:
        return PostKey(f"p{len(self.posts) + 1}")

    def _add(self, row: PostRow) -> PostKey:
        self.posts[row.post] = row
        if row.state is PostState.LIVE:
            self._show(row)
        return row.post

    def _show(self, row: PostRow) -> None:
        """Numbers are given when a post is first shown; an event takes one that no reply has."""
        thread = self.threads[row.thread]
        row.number = len(thread.posts)
        thread.posts.append(row.post)
        thread.active = next(self._arrivals)
        self._touch(row.thread)

    def _touch(self, key: ThreadKey) -> None:
        thread = self.threads[key]
        thread.changes += 1
        self.board_rows[thread.board].changes += 1
        self.changed(TargetKind.THREAD, key)
        self.changed(TargetKind.BOARD, thread.board)

    def standing(self, thread: str) -> ThreadRow:
        """The thread; raises `Gone`."""
        row = self.threads.get(ThreadKey(thread))
        if row is None or row.gone:
            raise Gone(f'there is no thread "{thread}" on this forum')
        return row
