"""The sandbox as the core sees it: a forum that can do everything that a forum can do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Annotated

import msgspec
from aiohttp import web

from adapters.forums.sandbox import rules
from adapters.forums.sandbox.addresses import PREFIX, SCHEME, THREAD, Address, parsed, post_of, same_place
from adapters.forums.sandbox.board import MessageBoard
from adapters.forums.sandbox.pages import SandboxPages
from adapters.forums.sandbox.state import BoardRow, PostRow, State, Status, ThreadRow
from adapters.forums.sandbox.watch import Watch
from adapters.journal import Journal
from bot.errors import Gone, Refused, Unparsable
from bot.model import (
    EMPTY,
    Accepted,
    Author,
    Board,
    BoardKey,
    Bookmark,
    Draft,
    ForumCapabilities,
    ForumName,
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
from bot.ports import Context, Pane

FORMAT = "markdown"
BREATH = 250
"""Posts that are put together between two looks at the event loop: a few milliseconds."""


HERE = "http://127.0.0.1:8080"
"""Where the pages would be, for links that are made while nothing serves them."""


class SandboxSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What can be set for the sandbox."""

    address: str = ""
    """Where people reach the program's web pages: links to posts begin so; by default where it serves them."""
    moderation: bool = False
    """Whether new posts wait for a moderator until somebody uses the switch on the moderation page."""
    opening: bool = True
    """Whether a new sandbox begins with three threads; its two boards are always there."""
    min_interval: Annotated[float, msgspec.Meta(gt=0)] = 2.0
    """Seconds between two polls of a board or thread; changes are hinted at besides."""
    max_bytes: Annotated[int, msgspec.Meta(gt=0)] = 256 * 1024 * 1024
    """Size of the journal from which on nothing new is taken."""


class SandboxForum:
    """One sandbox, opened: reads from memory, writes through `MessageBoard`, serves pages of its own."""

    prefix = PREFIX

    def __init__(self, name: ForumName, settings: SandboxSettings, context: Context) -> None:
        self.name = name
        self.caps = ForumCapabilities(
            parents="exact",
            edits="version",
            deletes="tombstone",
            numbered=True,
            format=FORMAT,
            titled_replies=True,
            key_window=float("inf"),
            read_back="proof",
            min_interval=settings.min_interval,
            write_identity="impersonate",
            moderation_queue=True,
            queued_changes=True,
        )
        self.board = MessageBoard(
            Journal(context.folder / "journal.jsonl"),
            now=context.now,
            log=context.log,
            moderation=settings.moderation,
            furnished=settings.opening,
            max_bytes=settings.max_bytes,
        )
        self._context = context
        self._given = settings.address.rstrip("/")
        self._site = context.site

    # ------------------------------------------------------------------------------------------------ Forum

    @property
    def _address(self) -> str:
        return self._given or self._site() or HERE

    async def locate(self, address: str) -> Target:
        found = parsed(address)
        if found is None or not self._is_ours(found):
            raise Unparsable(
                f'"{address[:200]}" is not an address of the sandbox. Give one of its pages below '
                f'{self._address}/{PREFIX}/, or "{SCHEME}:".',
                looked_for=f'"{SCHEME}:KEY", "{self._address}/{PREFIX}/t/KEY" or "…/b/KEY"',
            )
        state = await self.board.state()
        if not found.key:
            return self._target(next(iter(state.boards.values())))
        key = found.key if found.kind != "p" else rules.post(state, found.key).thread
        if found.kind in ("t", "p") or (not found.kind and (key in state.threads or THREAD.fullmatch(key))):
            thread = rules.thread(state, key)
            return Target(TargetKind.THREAD, thread.key, thread.title, link=self._thread(state, thread).link)
        return self._target(rules.board(state, key))

    async def listing(self, board: BoardKey, since: Bookmark) -> Listing | None:
        state = await self.board.state()
        row = rules.board(state, board)
        cursor = f"{state.id}.{state.changes}"
        if since.cursor == cursor:
            return None
        threads = tuple(self._thread(state, thread) for thread in state.newest_first(board))
        return Listing(self._board(row), threads, Bookmark(cursor=cursor))

    async def thread(self, thread: ThreadKey, since: Bookmark) -> ThreadPage | None:
        state = await self.board.state()
        row = rules.thread(state, thread)
        token = _token(state, row)
        if since.cursor == token:
            return None
        head = self._thread(state, row)
        posts: list[Post] = []
        for count, post in enumerate(list(state.in_order(thread)), 1):
            posts.append(self._post(post))
            if count % BREATH == 0:
                # What changes meanwhile is newer than the token, so the next reading brings it.
                await asyncio.sleep(0)
        return ThreadPage(head, tuple(posts), complete=True, bookmark=Bookmark(cursor=token))

    async def boards(self) -> tuple[Board, ...]:
        state = await self.board.state()
        return tuple(map(self._board, state.boards.values()))

    async def probe(self) -> str:
        state = await self.board.state()
        return f"boards: {len(state.boards)}, threads: {len(state.threads)}"

    async def close(self) -> None:
        await self.board.close()

    # ----------------------------------------------------------------------------------------- AcceptsPosts

    async def submit(self, draft: Draft, key: str) -> Accepted | Queued:
        """Post once; an equal key is answered with what became of the first: shown, waiting, or `Refused`."""
        post = await self.board.post(draft.thread, draft.parent, draft.author, draft.title, draft.text, key)
        row = await self._taken(post)
        return Accepted(post, self._link(row)) if row.shown else Queued(post)

    async def revise(self, post: PostKey, draft: Draft, key: str) -> None:
        self._check_ours(rules.post(await self.board.state(), post))
        await self.board.edit(post, draft.title, draft.text)

    async def withdraw(self, thread: ThreadKey, post: PostKey, key: str, login: Login | None = None) -> None:
        row = (await self.board.state()).posts.get(post)
        if row is not None:
            self._check_ours(row)
            await self.board.delete(post)

    def named(self, link: str) -> PostKey:
        found = parsed(link)
        key = post_of(link) if found is None or self._is_ours(found) else ""
        state = self.board.loaded
        if not key or (state is not None and key not in state.posts):
            raise Gone(f'"{link}" names no post of the sandbox. Give the link of a post: it ends in #p and a number.')
        return PostKey(key)

    def thread_named(self, link: str) -> ThreadKey:
        found = parsed(link)
        if found is not None and self._is_ours(found):
            state = self.board.loaded
            if found.kind == "p" and state is not None and found.key in state.posts:
                return state.posts[PostKey(found.key)].thread
            if found.kind in ("t", "") and THREAD.fullmatch(found.key):
                return ThreadKey(found.key)
        raise Gone(f'"{link[:200]}" names no thread of the sandbox. Give the address of its page.')

    async def written(self, thread: ThreadKey, since: Millis, login: Login | None = None) -> tuple[Written, ...]:
        """All posts of a thread since a time, whoever wrote them; tombstones too, for they stood there."""
        state = await self.board.state()
        waiting = (state.posts[key] for key in state.waiting)
        rows = [*state.in_order(rules.thread(state, thread).key)]
        rows += [row for row in waiting if row.thread == thread]
        return tuple(_written(row) for row in rows if row.at >= since)

    # ---------------------------------------------------------------------------------------- StartsThreads

    async def start(self, opener: Opener, key: str) -> Started | Queued:
        """Start a thread once; an equal key is answered with what became of the first, as in `submit`."""
        thread = await self.board.start_thread(opener.board, opener.author, opener.title, opener.text, key)
        state = await self.board.state()
        row = await self._taken(state.threads[thread].op)
        return (
            Started(thread, row.key, self._thread(state, state.threads[thread]).link) if row.shown else Queued(row.key)
        )

    async def started(self, board: BoardKey, since: Millis, login: Login | None = None) -> tuple[Written, ...]:
        """The OPs that were submitted from here to a board since a time; tombstones too, for they stood there."""
        state = await self.board.state()
        rows = (state.posts[state.threads[key].op] for key in rules.board(state, board).threads)
        return tuple(
            msgspec.structs.replace(
                _written(row), thread=row.thread if row.shown else ThreadKey(""), title=state.threads[row.thread].title
            )
            for row in rows
            if row.marker and row.at >= since and row.status is not Status.REJECTED
        )

    # -------------------------------------------------------------------------------------------- KeepsBack

    async def judged(self, thread: ThreadKey, tickets: Sequence[str]) -> tuple[Judged, ...]:
        state = await self.board.state()
        place = rules.thread(state, thread).key
        rows = [state.posts[key] for key in map(PostKey, tickets) if key in state.posts]
        return tuple(_judged(row) for row in rows if row.thread == place and row.marker)

    # ------------------------------------------------------------------------------------- KeepsThreadsBack

    async def judged_threads(self, board: BoardKey, tickets: Sequence[str]) -> tuple[Judged, ...]:
        state = await self.board.state()
        there = rules.board(state, board).threads
        rows = [state.posts[key] for key in map(PostKey, tickets) if key in state.posts]
        return tuple(_judged(row) for row in rows if row.thread in there and row.marker)

    # ----------------------------------------------------------------------------------------------- Pushes

    def hints(self) -> AsyncIterator[Hint]:
        return _hints(self.board.watch())

    # ----------------------------------------------------------------------------------------------- Serves

    def routes(self) -> Sequence[web.RouteDef]:
        if self._context.pages is None:
            return ()
        return SandboxPages(self.board, self._context.pages, self._context).routes()

    def pane(self) -> Pane | None:
        return Pane("Forum", "/", order=10)

    # ----------------------------------------------------------------------------------------------- inside

    async def _taken(self, post: PostKey) -> PostRow:
        """A post that was submitted; raises `Refused` where a moderator rejected it."""
        row = (await self.board.state()).posts[post]
        if row.status is Status.REJECTED:
            raise Refused(f"A moderator rejected the post: {row.why}" if row.why else "A moderator rejected the post.")
        return row

    def _is_ours(self, found: Address) -> bool:
        places = (self._given, self._site() or HERE)
        return not found.origin or any(place and same_place(found.origin, place) for place in places)

    def _board(self, row: BoardRow) -> Board:
        return Board(row.key, row.name, row.path, f"{self._address}/{PREFIX}/b/{row.key}")

    def _target(self, row: BoardRow) -> Target:
        return Target(TargetKind.BOARD, row.key, row.name, link=self._board(row).link)

    def _thread(self, state: State, row: ThreadRow) -> Thread:
        return Thread(
            key=row.key,
            title=row.title,
            link=f"{self._address}/{PREFIX}/t/{row.key}",
            board=self._board(state.boards[row.board]),
            replies=row.replies,
            closed=row.closed,
            token=_token(state, row),
        )

    def _post(self, row: PostRow) -> Post:
        deleted = row.status is Status.DELETED
        return Post(
            key=row.key,
            author=Author(row.author),
            created=at(row.at),
            body=EMPTY if deleted else body(row.text, FORMAT),
            link=self._link(row),
            title=row.title,
            number=None if row.op else row.number,
            position=row.number,
            parent=_parent(row),
            op=row.op,
            state=PostState.DELETED if deleted else PostState.LIVE,
            version=str(row.version),
            marker=row.marker,
        )

    def _link(self, row: PostRow) -> str:
        return f"{self._address}/{PREFIX}/t/{row.thread}#{row.key}"

    @staticmethod
    def _check_ours(row: PostRow) -> None:
        if not row.marker:
            raise Refused(f"The post {row.key} was not written from here, so it is not changed from here.")


def _token(state: State, row: ThreadRow) -> str:
    """The forum's id stands before the count, so that a token of an earlier sandbox never fits this one."""
    return f"{state.id}.{row.changes}"


def _parent(row: PostRow) -> Parent:
    if row.op:
        return Parent(ParentState.NONE)
    return Parent(ParentState.KNOWN, row.parent) if row.parent else Parent(ParentState.THREAD)


def _written(row: PostRow) -> Written:
    return Written(row.key, row.author, row.text, at(row.at), row.marker, queued=not row.shown)


def _judged(row: PostRow) -> Judged:
    if row.status is Status.QUEUED:
        return Judged(row.key, Judgement.WAITS)
    if row.shown:
        return Judged(row.key, Judgement.APPROVED, row.key)
    taken_back = "" if row.status is Status.REJECTED else "It was taken back on the forum."
    return Judged(row.key, Judgement.REJECTED, why=row.why or taken_back)


async def _hints(watch: Watch) -> AsyncIterator[Hint]:
    """What readers can notice, by board; what only the author of a waiting post can, by thread."""
    async for touched in watch:
        for board in dict.fromkeys(one.board for one in touched if one.seen):
            yield Hint(TargetKind.BOARD, board)
        for thread in dict.fromkeys(one.thread for one in touched if one.judged):
            yield Hint(TargetKind.THREAD, thread)
