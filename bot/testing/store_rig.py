"""A database that is read into and sent from by hand: for tests of what lies between a page and a message."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from typing import Any

import msgspec

from bot.acts import Beneath, Drop, Elsewhere, Perform, parts, step
from bot.clock import Moment
from bot.jobs import Job
from bot.mirroring import Act, Layout, Options
from bot.model import (
    DAY,
    Author,
    Board,
    BoardKey,
    Body,
    BodyState,
    Listing,
    Millis,
    Parent,
    ParentState,
    Payload,
    Post,
    PostKey,
    Thread,
    ThreadKey,
    ThreadPage,
    at,
)
from bot.pace import Terms
from bot.store import Store, Unit, run
from bot.store.communities import ensure_community
from bot.store.endings import conclude, say_beneath
from bot.store.forums import ensure_board, ensure_forum, ensure_thread
from bot.store.ingest import Ingested, Listed, ingest_listing, ingest_thread
from bot.store.jobs import head
from bot.store.mirrors import add_mirror, show_whole
from bot.store.moving import leave
from bot.store.outbox import ready
from bot.store.places import ensure_channel
from bot.store.settling import Settled
from bot.store.sources import ensure_source, source
from bot.store.turns import Claim, turn

BEGINNING = 1_700_000_000_000
"""When a `StoreRig` begins, and when its posts are written unless they say otherwise."""
"""Milliseconds until its sources are read again by themselves."""

BOARD = Board(BoardKey("b"), "Lounge", ("Forum", "Lounge"))


def text(words: str, format: str = "plain") -> Body:
    """The text of a post."""
    return Body(BodyState.PRESENT, words, format)


def post(key: str, words: str = "words", **cells: Any) -> Post:
    """A reply to the thread; the digits of its key are its position."""
    position = int(key.lstrip("abcdefghijklmnopqrstuvwxyz") or 0)
    made: dict[str, Any] = {
        "author": Author("Ada"),
        "created": at(BEGINNING),
        "body": text(words),
        "position": position,
    }
    return Post(PostKey(key), **(made | cells))


def op(key: str = "p0", words: str = "words", **cells: Any) -> Post:
    """An OP."""
    return post(key, words, **({"op": True, "title": "A thread", "parent": Parent(ParentState.NONE)} | cells))


def answer(key: str, parent: str, **cells: Any) -> Post:
    """A reply to a post."""
    return post(key, parent=Parent(ParentState.KNOWN, PostKey(parent)), **cells)


def listed(key: str, token: str = "1") -> Thread:
    """A thread as a listing shows it."""
    return Thread(ThreadKey(key), f"Thread {key}", token=token)


class StoreRig:
    """A store with one forum, one board and one chat; `now` stands still until a test moves it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now: Millis = BEGINNING
        self._messages = itertools.count(1)

    async def furnish(self) -> StoreRig:
        """Make the forum, its board and the community."""
        self.forum = await self.store.write(ensure_forum, "forum", "none")
        self.board = await self.store.write(ensure_board, self.forum, BOARD)
        self.community = await self.store.write(ensure_community, "web", "", "web")
        return self

    # -------------------------------------------------------------------------------------------------------- the forum

    async def read_thread(self, *posts: Post, key: str = "t", token: str = "", **page: Any) -> Ingested:
        """Read a thread that holds these posts, all of them unless `complete` says otherwise."""
        whole = self.page(*posts, key=key, token=token, **page)

        def unit() -> Unit[Ingested]:
            row = yield from ensure_thread(self.forum, whole.thread, False)
            reader = yield from source((yield from ensure_source(self.forum, None, row.id, 0)))
            return (yield from ingest_thread(reader, whole, Terms(DAY), self.now))

        return await self.store.write(unit)

    def page(self, *posts: Post, key: str = "t", token: str = "", title: str = "A thread", **cells: Any) -> ThreadPage:
        """A page of a thread; it is complete unless it says otherwise."""
        thread = Thread(ThreadKey(key), title, board=BOARD, token=token)
        return ThreadPage(thread, posts, **({"complete": True} | cells))

    async def read_list(self, *threads: Thread, **page: Any) -> Listed:
        """Read the board's list."""

        def unit() -> Unit[Listed]:
            reader = yield from source((yield from ensure_source(self.forum, self.board, None, 0)))
            return (yield from ingest_listing(reader, Listing(BOARD, threads, **page), Terms(DAY), self.now))

        return await self.store.write(unit)

    async def arrive(self, *posts: Post, key: str = "t") -> Ingested:
        """A thread comes up in the list and is read."""
        await self.read_list(listed(key, f"{len(posts)} posts"))
        return await self.read_thread(*posts, key=key)

    # --------------------------------------------------------------------------------------------------------- the chat

    async def channel(self, name: str = "lounge") -> int:
        """The place of a channel."""
        return await self.store.write(ensure_channel, self.community, "web", name, name)

    async def mirror(
        self,
        channel: str = "lounge",
        layout: Layout = Layout.THREADS,
        thread: int | None = None,
        options: Options = Options(),  # noqa: B008  frozen
    ) -> int:
        """Mirror the board into a channel, or one thread whole."""
        place = await self.channel(channel)
        board = self.board if thread is None else None
        mirror, _ = await self.store.write(
            add_mirror, self.community, board, thread, place, layout, "all", "Ada", self.now, options
        )
        if thread is not None:
            await self.store.write(show_whole, mirror, thread)
        return mirror

    async def send(self, refuse: Collection[tuple[Act, str]] = ()) -> None:
        """Do everything that the chat is owed, as the sender would; `refuse` names acts and posts it does not take.

        Messages and chat threads are called m1, m2 … in the order in which they are made.
        """
        busy = True
        while busy:
            busy = False
            for queue, _, forum in await self.store.read(ready, self.now):
                while not forum and (job := await self.store.read(head, queue, self.now)) is not None:
                    await self._act(job, refuse)
                    busy = True

    async def _act(self, job: Job, refuse: Collection[tuple[Act, str]]) -> None:
        assert job.post is not None
        decision = step(job, self.now, False)
        if isinstance(decision, Drop):
            await self.store.write(conclude, job.id, "dropped", decision.reason, self.now)
            return
        if isinstance(decision, Beneath):
            await self.store.write(say_beneath, job.id, decision.copy, self.now)
            return
        if isinstance(decision, Elsewhere):
            await self.store.write(leave, job.id, self.now)
            return
        assert isinstance(decision, Perform), decision
        if (job.act, await self.value("SELECT key FROM post WHERE id=$1", job.subject_id)) in refuse:
            await self.store.write(conclude, job.id, "refused", "too long", self.now)
            return
        revision = job.post.revision
        payloads: list[Payload] = [{"text": job.post.body.text}] if job.act is not Act.OPEN else []
        job = msgspec.structs.replace(job, parts=parts(job, decision.shows, payloads, "home"))
        claim = Claim(job.id, job.parts, decision.shows, revision, Moment(self.now, 1, "boot"))
        took, _ = await self.store.write(turn, job.queue, None, claim, job.ord, self.now)
        assert took
        remotes = {part.part: part.target if part.kind in ("edit", "delete") else self._fresh() for part in job.parts}
        settled = Settled(job, remotes, claim.rendered, claim.shows)
        await self.store.write(turn, job.queue, settled, None, 0, self.now)

    def _fresh(self) -> str:
        return f"m{next(self._messages)}"

    # ---------------------------------------------------------------------------------------------------------- looking

    async def rows(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        """The rows of a statement."""
        return [tuple(row) for row in await self.store.read(run, sql, *params)]

    async def value(self, sql: str, *params: Any) -> Any:
        """The one value of a statement."""
        [[value]] = await self.rows(sql, *params)
        return value

    async def numbers(self, key: str = "t") -> list[tuple[str, int, int]]:
        """Key, n and seq of a thread's posts, in the order in which they were stored."""
        rows = "SELECT p.key, p.n, p.seq FROM post p JOIN thread t ON t.id=p.thread WHERE t.key=$1 ORDER BY p.id"
        return [(post, n, seq) for post, n, seq in await self.rows(rows, key)]

    async def counts(self) -> list[tuple[int, int]]:
        """Of each thread how many posts are dead, and the newest live one that arrived."""
        return [(dead, newest) for dead, newest in await self.rows("SELECT dead, live_seq FROM thread ORDER BY id")]

    async def owed(self, state: str = "pending") -> list[tuple[str, str, str]]:
        """Posts' deliveries in a state: act, post, and "channel" or "thread" for where; in the queues' order."""
        rows = """SELECT d.act, p.key, CASE WHEN l.parent IS NULL THEN 'channel' ELSE 'thread' END FROM delivery d
                    JOIN post p ON p.id=d.subject_id JOIN place l ON l.id=d.queue
                  WHERE d.subject='post' AND d.state=$1 ORDER BY d.queue, d.ord"""
        return [(act, key, where) for act, key, where in await self.rows(rows, state)]

    async def copies(self) -> list[tuple[str, int, str, int]]:
        """Post, version, state and generation of everything that stands in the chat."""
        rows = """SELECT p.key, c.revision, c.state, c.generation FROM copy c JOIN post p ON p.id=c.post
                  ORDER BY c.channel, c.id"""
        return [(key, revision, state, generation) for key, revision, state, generation in await self.rows(rows)]
