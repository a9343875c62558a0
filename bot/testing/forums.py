"""A forum in memory that obeys the port: for tests of the core, and the model that the contract is tried on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

import msgspec

from bot.errors import Gone, Refused, Unparsable
from bot.model import (
    EMPTY,
    UNKNOWN,
    Accepted,
    Author,
    Board,
    BoardKey,
    Bookmark,
    Damaged,
    Draft,
    ForumCapabilities,
    Hint,
    Judged,
    Judgement,
    Listing,
    Login,
    Millis,
    Opener,
    Parent,
    ParentState,
    Post,
    PostKey,
    PostState,
    Queued,
    Started,
    Target,
    TargetKind,
    Thread,
    ThreadKey,
    ThreadPage,
    Written,
    at,
    body,
)
from bot.testing.faults import Faults
from bot.testing.forum_addresses import ADDRESS, parts
from bot.testing.forum_people import ForumPeople
from bot.testing.forum_world import BoardRow, PostRow, ThreadRow

ACCOUNT = "threadline"
"""Who writes what is submitted to a forum that lets us speak under one name only."""

EVERYTHING = ForumCapabilities(
    parents="exact",
    edits="version",
    deletes="tombstone",
    numbered=True,
    titled_replies=True,
    key_window=float("inf"),
    read_back="proof",
    min_interval=1.0,
    write_identity="impersonate",
    impersonates="admins",
    moderation_queue=True,
    queued_changes=True,
    register=f"{ADDRESS}/register",
)
"""A forum that can do all that a forum can do."""


class FakeForum(ForumPeople):
    """One forum with its people: `ForumWorld` is their side, the port is ours, `ForumPeople` what is between the two.

    `caps` may be anything, and the forum behaves so: without a key window equal submits post twice, with deletes by
    absence a deleted post vanishes, and so on. `page_size` cuts threads into pages, of which none is complete.
    `markers`: whether posts of ours show the key under which they were submitted. `faults` go wrong in order.
    """

    def __init__(
        self,
        caps: ForumCapabilities = EVERYTHING,
        now: Callable[[], Millis] | None = None,
        *,
        page_size: int = 0,
        markers: bool = True,
    ) -> None:
        self.caps = caps
        self.page_size = page_size
        self.markers = markers
        self.faults = Faults(writes=("submit", "revise", "withdraw", "start", "upload"))
        self._submits: dict[str, tuple[Millis, PostKey]] = {}
        self._watching: set[asyncio.Queue[Hint | None]] = set()
        super().__init__(now)

    # ------------------------------------------------------------------------------------------------------------ Forum

    async def locate(self, address: str) -> Target:
        async with self.faults.around("locate"):
            kind, key, _ = parts(address)
            if kind == "t":
                return Target(TargetKind.THREAD, key, self.standing(key).title, link=f"{ADDRESS}/t/{key}")
            if kind == "b":
                return Target(TargetKind.BOARD, key, self._board_row(key).name, link=f"{ADDRESS}/b/{key}")
            raise Unparsable(f"{address[:200]} is no address of this forum", looked_for=f"{ADDRESS}/t/KEY or /b/KEY")

    async def listing(self, board: BoardKey, since: Bookmark) -> Listing | None:
        async with self.faults.around("listing"):
            row = self._board_row(board)
            if since.cursor == str(row.changes):
                return None
            there = [thread for thread in self.threads.values() if thread.board == board and not thread.gone]
            newest = sorted(there, key=lambda thread: -thread.active)
            return Listing(self._board(row), tuple(map(self._thread, newest)), Bookmark(str(row.changes)))

    async def thread(self, thread: ThreadKey, since: Bookmark) -> ThreadPage | None:
        async with self.faults.around("thread"):
            row = self.standing(thread)
            token, _, start = since.cursor.partition("/")
            if token == str(row.changes) and not start:
                return None
            rows = [self.posts[key] for key in row.posts]
            if self.caps.deletes != "tombstone":
                rows = [one for one in rows if one.state in (PostState.LIVE, PostState.HIDDEN)]
            first = int(start) if start.isdecimal() else 0
            last = first + self.page_size if self.page_size else len(rows)
            more = last < len(rows)
            return ThreadPage(
                self._thread(row),
                tuple(self._post(one) for one in rows[first:last] if one.post not in self.broken),
                complete=not self.page_size and self.caps.deletes in ("tombstone", "absence"),
                bookmark=Bookmark(f"{row.changes}/{last}" if more else str(row.changes)),
                more=more,
                damaged=tuple(
                    Damaged(f"post {one.post} has no author", one.text.encode(), one.post)
                    for one in rows[first:last]
                    if one.post in self.broken
                ),
            )

    async def boards(self) -> tuple[Board, ...]:
        async with self.faults.around("boards"):
            return tuple(map(self._board, self.board_rows.values()))

    async def close(self) -> None:
        for queue in self._watching:
            queue.put_nowait(None)

    # ----------------------------------------------------------------------------------------------------- AcceptsPosts

    async def submit(self, draft: Draft, key: str) -> Accepted | Queued:
        async with self.faults.around("submit"):
            row = self._first(key)
            author = self._speaker(draft.author, draft.login)
            if row is None:
                self._check(draft)
                row = PostRow(
                    self._next(),
                    draft.thread,
                    author,
                    draft.title if self.caps.titled_replies else "",
                    draft.text,
                    self._now(),
                    draft.parent,
                    state=PostState.QUEUED if self.moderated else PostState.LIVE,
                    ours=True,
                    key=key,
                    lent=draft.login is not None,
                )
                self._submits[key] = (row.at, self._add(row))
            if row.state is PostState.QUEUED:
                return Queued(row.post)
            if not row.number:
                raise Refused("a moderator rejected the post")
            return Accepted(row.post, self._link(row))

    async def revise(self, post: PostKey, draft: Draft, key: str) -> None:
        async with self.faults.around("revise"):
            row = self._changeable(post)
            if row is None or row.state is PostState.DELETED:
                raise Gone(f'there is no post "{post}" on this forum any more')
            self._check_ours(row, draft.login)
            if (row.text, row.title) != (draft.text, draft.title if self.caps.titled_replies else ""):
                self.edit(post, draft.text, draft.title if self.caps.titled_replies else "")

    async def withdraw(self, thread: ThreadKey, post: PostKey, key: str, login: Login | None = None) -> None:
        async with self.faults.around("withdraw"):
            row = self._changeable(post)
            if row is not None and row.state is not PostState.DELETED:
                self._check_ours(row, login)
                self.delete(post)

    def named(self, link: str) -> PostKey:
        kind, _, post = parts(link)
        key = PostKey(post if kind == "t" else link.strip())
        if key not in self.posts:
            raise Gone(f"{link[:200]} names no post of this forum; give the link that stands at a post's number")
        return key

    def thread_named(self, link: str) -> ThreadKey:
        kind, key, _ = parts(link)
        if kind != "t":
            raise Gone(f"{link[:200]} names no thread of this forum; give the address of a thread or post")
        return ThreadKey(key)

    async def written(self, thread: ThreadKey, since: Millis, login: Login | None = None) -> tuple[Written, ...]:
        async with self.faults.around("written"):
            self.standing(thread)
            if self.caps.read_back == "none":
                return ()
            return tuple(self._written(row) for row in self._back(since, login) if row.thread == thread)

    # ---------------------------------------------------------------------------------------------------- StartsThreads

    async def start(self, opener: Opener, key: str) -> Started | Queued:
        async with self.faults.around("start"):
            row = self._first(key)
            author = self._speaker(opener.author, opener.login)
            if row is None:
                self._board_row(opener.board)
                if not opener.title.strip():
                    raise Refused("a thread needs a title: write one and try again")
                thread = ThreadRow(self._next_thread(), opener.board, opener.title, gone=self.moderated)
                self.threads[thread.key] = thread
                row = PostRow(
                    self._next(),
                    thread.key,
                    author,
                    opener.title,
                    opener.text,
                    self._now(),
                    op=True,
                    state=PostState.QUEUED if self.moderated else PostState.LIVE,
                    ours=True,
                    key=key,
                    lent=opener.login is not None,
                )
                self._submits[key] = (row.at, self._add(row))
            if row.state is PostState.QUEUED:
                return Queued(row.post)
            return Started(row.thread, row.post, f"{ADDRESS}/t/{row.thread}")

    async def started(self, board: BoardKey, since: Millis, login: Login | None = None) -> tuple[Written, ...]:
        async with self.faults.around("started"):
            self._board_row(board)
            if self.caps.read_back == "none":
                return ()
            rows = (row for row in self._back(since, login) if row.op and self.threads[row.thread].board == board)
            return tuple(
                msgspec.structs.replace(
                    self._written(row),
                    thread=ThreadKey("") if row.state is PostState.QUEUED else row.thread,
                    title=row.title,
                )
                for row in rows
            )

    # -------------------------------------------------------------------------------------------------------- KeepsBack

    async def judged(self, thread: ThreadKey, tickets: Sequence[str]) -> tuple[Judged, ...]:
        async with self.faults.around("judged"):
            self.standing(thread)
            rows = [self.posts[key] for key in map(PostKey, tickets) if key in self.posts]
            return tuple(self._judged(row) for row in rows if row.ours and row.thread == thread)

    # ------------------------------------------------------------------------------------------------- KeepsThreadsBack

    async def judged_threads(self, board: BoardKey, tickets: Sequence[str]) -> tuple[Judged, ...]:
        async with self.faults.around("judged_threads"):
            self._board_row(board)
            rows = [self.posts[key] for key in map(PostKey, tickets) if key in self.posts]
            return tuple(self._judged(row) for row in rows if row.ours and row.op)

    # ----------------------------------------------------------------------------------------------------------- Pushes

    async def hints(self) -> AsyncIterator[Hint]:
        queue: asyncio.Queue[Hint | None] = asyncio.Queue()
        self._watching.add(queue)
        try:
            while (hint := await queue.get()) is not None:
                yield hint
        finally:
            self._watching.discard(queue)

    def changed(self, kind: TargetKind, key: str) -> None:
        for queue in self._watching:
            queue.put_nowait(Hint(kind, key))

    # ----------------------------------------------------------------------------------------------------------- inside

    def _first(self, key: str) -> PostRow | None:
        """What an earlier submit under this key posted, where the forum still remembers it."""
        window = self.caps.key_window
        when, post = self._submits.get(key, (0, PostKey("")))
        if window is None or not post or self._now() - when >= window * 1000:
            return None
        return self.posts[post]

    def _check(self, draft: Draft) -> None:
        thread = self.standing(draft.thread)
        if not draft.text.strip() and not draft.title.strip():
            raise Refused("there is nothing to post: write a text and try again")
        if thread.closed:
            raise Refused(f'the thread "{thread.title}" is closed: it takes no more replies')
        parent = self.posts.get(draft.parent)
        if draft.parent and (parent is None or parent.thread != draft.thread):
            raise Gone(f'the post "{draft.parent}", which this answers, is not in the thread "{thread.title}"')

    def _changeable(self, post: PostKey) -> PostRow | None:
        """The post that a key names; a forum may not let anybody touch what waits."""
        row = self.posts.get(post)
        waits = row is not None and row.state is PostState.QUEUED
        return None if waits and not self.caps.queued_changes else row

    def _judged(self, row: PostRow) -> Judged:
        if row.state is PostState.QUEUED:
            return Judged(row.post, Judgement.WAITS)
        if row.post in self.threads[row.thread].posts:
            return Judged(row.post, Judgement.APPROVED, row.post)
        return Judged(row.post, Judgement.REJECTED, why=row.why)

    def _speaker(self, author: str, login: Login | None) -> str:
        """Under whose name something is posted; raises `LoginRejected`."""
        if login is not None:
            return self.whose(login)
        return author if self.caps.write_identity == "impersonate" else ACCOUNT

    def _check_ours(self, row: PostRow, login: Login | None) -> None:
        if login is not None and self.whose(login) != row.author:
            raise Refused(f"the post {row.post} is not {login.name}'s: nobody else may change it")
        if login is None and (not row.ours or row.lent):
            raise Refused(f"the post {row.post} was not written by our account, so that one may not change it")

    def _back(self, since: Millis, login: Login | None) -> list[PostRow]:
        """What our account wrote since a time, or a person with theirs."""
        name = self.whose(login) if login is not None else ""
        return [
            row
            for row in self.posts.values()
            if (row.author == name if name else row.ours and not row.lent)
            and row.at >= since
            and row.state is not PostState.DELETED
            and not row.event
        ]

    def _written(self, row: PostRow) -> Written:
        return Written(row.post, row.author, row.text, at(row.at), self._marker(row), row.state is PostState.QUEUED)

    def _board_row(self, key: str) -> BoardRow:
        row = self.board_rows.get(BoardKey(key))
        if row is None:
            raise Gone(f'there is no board "{key}" on this forum')
        return row

    def _board(self, row: BoardRow) -> Board:
        return Board(row.key, row.name, row.path, f"{ADDRESS}/b/{row.key}")

    def _thread(self, row: ThreadRow) -> Thread:
        return Thread(
            row.key,
            row.title,
            f"{ADDRESS}/t/{row.key}",
            self._board(self.board_rows[row.board]),
            replies=sum(not (post.op or post.event) for post in self.shown(row.key)),
            closed=row.closed,
            token=str(row.changes),
        )

    def _post(self, row: PostRow) -> Post:
        live = row.state is PostState.LIVE
        stamp = {"version": str(row.version), "timestamp": str(row.edited or "")}
        post = Post(
            row.post,
            Author(row.author),
            at(row.at),
            body(row.text, self.caps.format) if live else EMPTY,
            self._link(row),
            row.title if live and (row.op or self.caps.titled_replies) else "",
            row.number if self.caps.numbered and not (row.op or row.event) else None,
            row.number,
            self._parent(row),
            row.op,
            row.state,
            stamp.get(self.caps.edits, ""),
            self._marker(row),
            row.event,
        )
        return msgspec.structs.replace(post, body=UNKNOWN) if live and row.post in self.unseen else post

    def _parent(self, row: PostRow) -> Parent:
        if row.op:
            return Parent(ParentState.NONE)
        if self.caps.parents == "none" and not row.event:
            return Parent(ParentState.UNKNOWN)
        return Parent(ParentState.KNOWN, row.parent) if row.parent else Parent(ParentState.THREAD)

    def _marker(self, row: PostRow) -> str:
        return row.key if self.markers else ""

    def _link(self, row: PostRow) -> str:
        return f"{ADDRESS}/t/{row.thread}#{row.post}"
