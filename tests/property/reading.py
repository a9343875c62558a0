"""A forum that is read into the real store by the real ingest, people who mark, and sets that say what is unread."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.model import (
    DAY,
    Author,
    Board,
    BoardKey,
    Listing,
    Post,
    PostKey,
    PostState,
    Thread,
    ThreadKey,
    ThreadPage,
    at,
)
from bot.pace import Terms
from bot.reading.outline import outline
from bot.store import Unit, open_store, run
from bot.store.clearing import collapse, mark_shown
from bot.store.discussion import newest, read_through, rows_of, unread_posts
from bot.store.forums import ensure_board, ensure_thread
from bot.store.ingest import ingest_listing, ingest_thread
from bot.store.marks import mark_board, mark_posts, mark_thread, mark_to, mark_unread, raise_floor, unread_in
from bot.store.mirrors import add_mirror
from bot.store.persons import ensure_person, join, unlink
from bot.store.places import ensure_channel
from bot.store.sight import Sight
from bot.store.sources import ensure_source, source
from bot.store.tides import forget_moves
from bot.store.unread import BoardSeen, boards_seen, unread_threads
from bot.testing.store_rig import BEGINNING, StoreRig, text

BOARDS = ("a", "b")
THREADS = ("t0", "t1", "t2", "t3")
USERS = ("u0", "u1", "u2", "u3")
PAGES = 2
"""Threads of one page of a list: lists are always read over several."""


@dataclass
class OnForum:
    """A post as the forum has it now; `state` None: it shows nothing of it."""

    key: str
    thread: str
    position: int
    state: PostState | None = PostState.LIVE
    op: bool = False
    event: bool = False

    def post(self) -> Post:
        assert self.state is not None
        return Post(
            PostKey(self.key),
            Author("Ada"),
            at(BEGINNING),
            text(self.key),
            title="A thread" if self.op else "",
            position=self.position,
            op=self.op,
            event=self.event,
            state=self.state,
        )


@dataclass(eq=False)
class Seen:
    """A post as it was taken in; one that moved to another thread is another one there."""

    on: OnForum
    thread: str
    stamp: int
    """When it arrived; 0: it was back-filled, and is read by everybody."""
    live: bool


@dataclass
class Truth:
    """What everybody has read, as sets of posts: no arithmetic, no marks."""

    home: dict[str, str]
    seen: dict[str, Seen] = field(default_factory=dict)
    read: dict[int, set[Seen]] = field(default_factory=dict)
    floors: dict[str, int] = field(default_factory=lambda: dict.fromkeys(BOARDS, 0))
    clock: int = 0

    def arrived(self, thread: str, since: int = 1, until: int | None = None) -> set[Seen]:
        """The posts of a thread that arrived in a span, dead ones too."""
        end = self.clock if until is None else until
        return {
            one for one in self.seen.values() if one.thread == thread and one.stamp > 0 and since <= one.stamp <= end
        }

    def arrived_in(self, board: str, until: int) -> set[Seen]:
        """The posts of a board that arrived until then."""
        return {one for thread in THREADS if self.home[thread] == board for one in self.arrived(thread, until=until)}

    def live(self, thread: str) -> list[Seen]:
        """What stands in a thread, in the forum's own order."""
        here = [one for one in self.seen.values() if one.thread == thread and one.live and not one.on.event]
        return sorted(here, key=lambda one: one.on.position)

    def unread(self, person: int, thread: str) -> list[Seen]:
        """What a person has not read of a thread, in the forum's own order."""
        return [one for one in self.live(thread) if one.stamp and one not in self.read[person]]

    def newest(self, thread: str, k: int) -> list[str]:
        """The k newest of a thread."""
        here = self.live(thread)
        arrived = sorted((one for one in here if one.stamp), key=lambda one: -one.stamp)
        old = [one for one in reversed(here) if not one.stamp]
        return [one.on.key for one in (arrived + old)[:k]]

    def through(self, person: int, thread: str) -> str | None:
        """The last post up to which a person has read everything, in the forum's own order."""
        read = itertools.takewhile(lambda one: one not in self.unread(person, thread), self.live(thread))
        return next((one.on.key for one in reversed(list(read))), None)

    def take_in(self, thread: str, shown: Iterable[OnForum], old: bool, complete: bool) -> None:
        """A page of a thread was read."""
        fresh: list[OnForum] = []
        came: list[Seen] = []
        names = set()
        for on in shown:
            names.add(on.key)
            known = self.seen.get(on.key)
            if known is None:
                if on.state is not PostState.QUEUED:
                    fresh.append(on)
            elif known.thread == thread:
                known.live = on.state is PostState.LIVE
            elif on.state is PostState.LIVE:
                came.append(known)
        for on in sorted(fresh, key=lambda on: (not on.op, on.position)):
            self._add(on, thread, old, on.state is PostState.LIVE)
        for known in came:
            self._add(known.on, thread, not known.stamp, True)
        for known in self.seen.values():
            if complete and known.thread == thread and known.on.key not in names:
                known.live = False

    def _add(self, on: OnForum, thread: str, old: bool, live: bool) -> None:
        if not old:
            self.clock += 1
        self.seen[on.key] = Seen(on, thread, 0 if old else self.clock, live)


class Readers:
    """The store, the forum that is read into it, and the truth beside them."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="readers-"))
        self.posts: dict[str, OnForum] = {}
        self.truth = Truth(dict.fromkeys(THREADS, BOARDS[0]))
        self.who: dict[str, int] = {}
        self.runner.run(self._open())
        self.moments = [(0, 0)]
        """Every newest seq that was ever shown, and what had arrived by then."""
        for user in USERS[:2]:
            self.meet(user)
        for thread in THREADS[:3]:
            self.say(thread, position=0, op=True)

    async def _open(self) -> None:
        self.store = await open_store(self.folder / "threadline.db")
        self.rig = await StoreRig(self.store).furnish()
        self.boards = {}
        for name in BOARDS:
            board = await self.store.write(ensure_board, self.rig.forum, board_of(name))
            self.boards[name] = board
            place = await self.store.write(ensure_channel, self.rig.community, "web", name, name)
            await self.store.write(
                add_mirror, self.rig.community, board, None, place, "threads", "all", "Ada", BEGINNING
            )
        # Nothing is owed to a chat here: what is mirrored is not read, and what is read is not mirrored.
        await self.store.write(run, "UPDATE mirror SET state='paused'")
        for name in BOARDS:
            await self._read_list(name)
        await self._read_list(BOARDS[0], *map(self._thread, THREADS))
        self.threads = dict[str, int](await self.rig.rows("SELECT key, id FROM thread"))

    def close(self) -> None:
        """Let go of everything."""
        self.runner.run(self.store.close())
        self.runner.close()
        shutil.rmtree(self.folder)

    # ------------------------------------------------------------------------------------------------------- the forum

    def say(self, thread: str, position: int, **cells: Any) -> OnForum:
        """Somebody writes; the thread is read."""
        on = self._new(thread, position, **cells)
        self.read_thread(thread)
        return on

    def back_fill(self, thread: str, positions: Iterable[int]) -> None:
        """A list shows posts that were written before it was read for the first time."""
        shown = [self._new(thread, position) for position in positions]
        page = ThreadPage(self._thread(thread), tuple(on.post() for on in shown), resurfaced=True)
        self.runner.run(self._read_list(self.truth.home[thread], pages=(page,)))
        self.truth.take_in(thread, shown, True, False)
        self._look_up()

    def change(self, on: OnForum, state: PostState | None) -> None:
        """A moderator hides, deletes, approves or restores a post; its thread is read."""
        on.state = state
        self.read_thread(on.thread)

    def move(self, on: OnForum, thread: str, left_first: bool) -> None:
        """A moderator moves a post into another thread; both are read, in either order."""
        left, on.thread = on.thread, thread
        for key in (left, thread) if left_first else (thread, left):
            self.read_thread(key)

    def move_thread(self, thread: str, board: str) -> None:
        """A moderator moves a thread to another board, whose floor is everybody's there."""
        self.truth.home[thread] = board
        self.read_thread(thread)
        for read in self.truth.read.values():
            read |= self.truth.arrived(thread, until=self.truth.floors[board])

    def read_thread(self, thread: str) -> None:
        """Read a whole thread."""
        shown = [on for on in self.posts.values() if on.thread == thread and on.state is not None]
        page = ThreadPage(self._thread(thread), tuple(on.post() for on in shown), complete=True)

        def unit() -> Unit[None]:
            row = yield from ensure_thread(self.rig.forum, page.thread, False)
            reader = yield from source((yield from ensure_source(self.rig.forum, None, row.id, 0)))
            yield from ingest_thread(reader, page, Terms(DAY), BEGINNING)

        self.runner.run(self.store.write(unit))
        self.truth.take_in(thread, shown, False, True)
        self._look_up()

    def _new(self, thread: str, position: int, **cells: Any) -> OnForum:
        key = f"p{len(self.posts)}"
        on = OnForum(key, thread, position * 1000 + len(self.posts), **cells)
        self.posts[key] = on
        return on

    def _thread(self, key: str) -> Thread:
        return Thread(ThreadKey(key), "A thread", board=board_of(self.truth.home[key]))

    async def _read_list(self, board: str, *threads: Thread, pages: tuple[ThreadPage, ...] = ()) -> None:
        listing = Listing(board_of(board), threads, pages=pages)

        def unit() -> Unit[None]:
            reader = yield from source((yield from ensure_source(self.rig.forum, self.boards[board], None, 0)))
            yield from ingest_listing(reader, listing, Terms(DAY), BEGINNING)

        await self.store.write(unit)

    def _look_up(self) -> None:
        self.ids = dict[str, int](self.runner.run(self.rig.rows("SELECT key, id FROM post")))
        self.keys = {id: key for key, id in self.ids.items()}
        top = self.runner.run(self.rig.value("SELECT next_seq-1 FROM forum"))
        self.moments.append((top, self.truth.clock))

    # ---------------------------------------------------------------------------------------------------------- people

    def write(self, unit: Callable[..., Unit[Any]], *args: Any) -> Any:
        """Run a unit."""
        return self.runner.run(self.store.write(unit, *args))

    def meet(self, user: str) -> int:
        """Who a chat login is; somebody new has read what everybody has."""
        person = int(self.write(ensure_person, "web", user, user, BEGINNING))
        if person not in self.truth.read:
            floors = self.truth.floors.items()
            self.truth.read[person] = set().union(*(self.truth.arrived_in(board, floor) for board, floor in floors))
            self.who[user] = person
        assert self.who[user] == person
        return person

    def mark_thread(self, user: str, thread: str, moment: tuple[int, int]) -> None:
        person, (top, clock) = self.meet(user), moment
        self.write(mark_thread, person, self.threads[thread], top)
        self.truth.read[person] |= self.truth.arrived(thread, until=clock)

    def mark_to(self, user: str, one: Seen) -> None:
        person = self.meet(user)
        self.write(mark_to, person, self.ids[one.on.key])
        self.truth.read[person] |= self.truth.arrived(one.thread, until=one.stamp)

    def mark_posts(self, user: str, some: Iterable[Seen]) -> None:
        person, chosen = self.meet(user), list(some)
        self.write(mark_posts, person, [self.ids[one.on.key] for one in chosen])
        self.truth.read[person] |= set(chosen)

    def mark_unread(self, user: str, one: Seen) -> None:
        person = self.meet(user)
        self.write(mark_unread, person, self.ids[one.on.key])
        since = max(one.stamp, self.truth.floors[self.truth.home[one.thread]] + 1)
        self.truth.read[person] -= self.truth.arrived(one.thread, since)

    def mark_board(self, user: str, board: str, moment: tuple[int, int]) -> None:
        person, (top, clock) = self.meet(user), moment
        self.write(mark_board, person, self.boards[board], top)
        self.truth.read[person] |= self.truth.arrived_in(board, clock)

    def mark_all(self, user: str, moment: tuple[int, int]) -> None:
        person, (top, clock) = self.meet(user), moment
        assert self.write(mark_shown, person, Sight(self.rig.community), {self.rig.forum: top})
        for board in BOARDS:
            self.truth.read[person] |= self.truth.arrived_in(board, clock)

    def collapse(self, user: str, board: str) -> None:
        """What lives stays as it is; what is dead and older than everything unread counts as read."""
        person = self.meet(user)
        self.write(collapse, person, self.boards[board])
        here = [thread for thread in THREADS if self.truth.home[thread] == board]
        oldest = [one.stamp for thread in here for one in self.truth.unread(person, thread)]
        self.truth.read[person] |= self.truth.arrived_in(board, min(oldest) - 1 if oldest else self.truth.clock)

    def link(self, user: str, other: str) -> None:
        person, second = self.meet(user), self.meet(other)
        self.write(join, person, second)
        self.who = {name: person if who == second else who for name, who in self.who.items()}
        if person != second:
            self.truth.read[person] |= self.truth.read.pop(second)

    def unlink(self, user: str) -> None:
        person = self.meet(user)
        alone = sum(who == person for who in self.who.values()) == 1
        own = int(self.write(unlink, "web", user, BEGINNING))
        assert (own == person) == alone
        self.truth.read[own] = set(self.truth.read[person])
        self.who[user] = own

    def tidy(self) -> None:
        """Moves are forgotten that tell nobody anything."""
        self.write(forget_moves)

    def raise_floor(self, board: str, moment: tuple[int, int]) -> None:
        top, clock = moment
        self.write(raise_floor, self.boards[board], top)
        self.truth.floors[board] = max(self.truth.floors[board], clock)
        for read in self.truth.read.values():
            read |= self.truth.arrived_in(board, clock)

    # --------------------------------------------------------------------------------------------------------- looking

    def check(self) -> None:
        """Everything that anybody can see is what the sets say."""
        self.runner.run(self.store.read(self._compare))

    def _compare(self) -> Unit[None]:
        truth = self.truth
        boards = {board.id: board for board in (yield from boards_seen(Sight(self.rig.community)))}
        assert set(boards) == set(self.boards.values())
        for thread, id in self.threads.items():
            for k in (1, 5):
                stars = yield from newest(id, k)
                assert [self.keys[post] for post in stars] == truth.newest(thread, k), f"{k} newest of {thread}"
            lines = outline((yield from rows_of(id)))
            drawn = [self.keys[line.row.post] for line in lines if line.row.live]
            assert drawn == [one.on.key for one in sorted(truth.live(thread), key=lambda one: not one.on.op)], thread
        for person in truth.read:
            yield from self._compare_one(person)
            for name, id in self.boards.items():
                yield from self._compare_list(person, name, boards[id])

    def _compare_one(self, person: int) -> Unit[None]:
        for thread, id in self.threads.items():
            wanted = [one.on.key for one in self.truth.unread(person, thread)]
            assert (yield from unread_in(person, id)) == len(wanted), f"{person}: unread of {thread}, not {wanted}"
            posts = yield from unread_posts(person, id)
            assert [self.keys[post.id] for post in posts] == wanted, f"{person}: unread posts of {thread}"
            last = yield from read_through(person, id)
            assert last == self.truth.through(person, thread), f"{person}: read through {thread}"

    def _compare_list(self, person: int, name: str, board: BoardSeen) -> Unit[None]:
        truth = self.truth
        counts = {thread: len(truth.unread(person, thread)) for thread in THREADS if truth.home[thread] == name}
        ages = {thread: max((one.stamp for one in truth.live(thread)), default=0) for thread in counts}
        wanted = [(self.threads[t], counts[t]) for t in sorted(counts, key=lambda t: -ages[t]) if counts[t]]
        found: list[tuple[int, int]] = []
        before, more = None, True
        while more:
            page = yield from unread_threads(person, board, Sight(self.rig.community), before, PAGES)
            found += [(thread.id, thread.unread) for thread in page.threads]
            more = page.more
            before = page.threads[-1].live_seq if page.threads else None
        assert found == wanted, f"{person}: the list of {name}"


def board_of(name: str) -> Board:
    """A board as the forum shows it."""
    return Board(BoardKey(name), f"Board {name}", ("Forum", name))
