"""Threadline between a forum and a chat in memory, which go on when it dies, under a clock that moves when told to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import msgspec

from bot import errors
from bot.accounts import Accounts
from bot.clock import Clock
from bot.commands import carry_out
from bot.commands.mirrors import order
from bot.confiding import Confiding
from bot.lanes import OpenForum, Sought, own_all
from bot.media.cache import Held
from bot.model import (
    Answer,
    Batch,
    Caller,
    ChannelRef,
    ChatCapabilities,
    ChatName,
    Millis,
    PostKey,
    Target,
    TargetKind,
    ThreadKey,
    Where,
)
from bot.options import Given
from bot.poller import Poller
from bot.ports import Chat
from bot.schedule import Schedule
from bot.seal import Sealer
from bot.sender import Sender
from bot.sender import World as Reach
from bot.store import Store, Unit, open_store, run
from bot.store.communities import ensure_community, set_notices
from bot.store.inbox import catch_up, cursor, receive
from bot.store.places import ensure_channel, installation
from bot.testing.chat_world import MessageRow
from bot.testing.chats import ALL, FakeChat
from bot.testing.clock import NOON, FakeClock
from bot.testing.forums import EVERYTHING, FakeForum
from bot.testing.log import RecordingLog
from tests.crash.points import CHAT_ACTS, FORUM_ACTS

P = ParamSpec("P")
T = TypeVar("T")

SETTLE = 50.0
"""Seconds after which a request can no longer land."""

NEVER = float("inf")
"""The delay of what does not land at all."""

CHANNEL = Where(ChannelRef("lounge"))
NOTICES = Where(ChannelRef("notices"))


class Killed(BaseException):
    """The process dies here; nothing that is meant for errors may catch it."""


def killed(error: BaseException) -> bool:
    """Whether an error is nothing but the end of the process."""
    if isinstance(error, BaseExceptionGroup):
        return all(killed(one) for one in error.exceptions)
    return isinstance(error, Killed)


def even() -> float:
    """The middle of every chance: what is due is due at the same moment in every run."""
    return 0.5


class Life:
    """One process: it ends at moment `kill_at`, and from then on none of its calls gets through."""

    def __init__(self, kill_at: int = 0) -> None:
        self.count = 0
        self.over = ""
        self.kill_at = kill_at

    def step(self, name: str) -> None:
        """A moment at which the process may end."""
        self.count += 1
        if self.count == self.kill_at:
            self.over = name
        if self.over:
            raise Killed(name)


class Mortal:
    """A store that is out of reach once its process is over; obeys `bot.store.Store`."""

    def __init__(self, store: Store, life: Life) -> None:
        self._store = store
        self._life = life

    @property
    def trouble(self) -> str:
        return self._store.trouble

    async def write(self, unit: Callable[P, Unit[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        self._life.step("before a commit")
        value = await self._store.write(unit, *args, **kwargs)
        self._life.step("after a commit")
        return value

    async def read(self, unit: Callable[P, Unit[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        if self._life.over:
            raise Killed(self._life.over)
        return await self._store.read(unit, *args, **kwargs)

    async def close(self) -> None:
        await self._store.close()


class Alarms(Schedule):
    """Alarms that are noted and do not ring: tests look again themselves."""

    def __init__(self) -> None:
        self.set: dict[str, tuple[Millis, Callable[[], None]]] = {}

    def at(self, name: str, moment: Millis, wake: Callable[[], None]) -> None:
        self.set[name] = moment, wake

    def ring(self, now: Millis) -> None:
        """Ring what is due."""
        for name in [name for name, (moment, _) in self.set.items() if moment <= now]:
            self.set.pop(name)[1]()


class Room(FakeChat):
    """The fake chat, which may close single places to us."""

    def __init__(self, caps: ChatCapabilities, now: Callable[[], Millis]) -> None:
        super().__init__(caps, ("lounge", "notices", "attic"), now)
        self.closed_to_us: dict[Where, Exception] = {}

    def check_place(self, where: Where) -> None:
        if where in self.closed_to_us:
            raise self.closed_to_us[where]
        super().check_place(where)

    def ours(self, where: Where | None = None) -> list[MessageRow]:
        """The messages of ours that stand in a place, or anywhere."""
        return [m for m in self.messages.values() if m.ours and not m.deleted and where in (None, m.where)]


class Hours(FakeClock):
    """A clock at whose moments something happens by itself, whatever it is set to meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self._passed = 0
        self._coming: list[tuple[Millis, int, Callable[[], None]]] = []

    def true(self) -> Millis:
        """What everybody else's clock shows, whatever this one was set to."""
        return NOON + self._passed

    def then(self, ms: Millis, what: Callable[[], None]) -> None:
        """Let something happen when so much time has passed."""
        self._coming.append((self._passed + ms, len(self._coming), what))

    def advance(self, ms: Millis) -> None:
        self._pass(ms, super().advance)

    def reboot(self, ms: Millis = 0) -> None:
        self._pass(ms, self.jump)
        super().reboot()

    def _pass(self, ms: Millis, move: Callable[[Millis], None]) -> None:
        end = self._passed + ms
        while self._coming and (first := min(self._coming, key=lambda one: one[:2]))[0] <= end:
            self._coming.remove(first)
            move(first[0] - self._passed)
            self._passed = first[0]
            first[2]()
        move(end - self._passed)
        self._passed = end


class Bench:
    """The program's parts on one database; obeys `bot.commands.Desk`. `start` is a new process.

    `chat` and `forum` are capabilities to be changed, `markers` whether the forum shows our keys on our posts.
    """

    def __init__(
        self,
        folder: Path,
        chat: dict[str, Any] | None = None,
        forum: dict[str, Any] | None = None,
        markers: bool = True,
    ) -> None:
        self.folder = folder
        self.fake_clock = Hours()
        self.clock: Clock = self.fake_clock
        self.room = Room(msgspec.structs.replace(ALL, **(chat or {})), self.fake_clock.true)
        caps = msgspec.structs.replace(EVERYTHING, **(forum or {}))
        self.board = FakeForum(caps, self.fake_clock.true, markers=markers)
        self.opened = OpenForum("fake", self.board, "fake")
        self.log = RecordingLog()
        self.life = Life()
        self.alive = False
        self.deaths: list[str] = []
        """What was about to be done at each death that `survive` saw."""
        self.wire: list[str] = []
        """Every call that reached the chat or the forum, in order."""
        self.delays: dict[str, deque[float | None]] = {"send": deque(), "submit": deque(), "start": deque()}
        """By act: after how many seconds the next ones land, whose answers are lost; None: it goes through."""
        for owner, names in ((self.room, CHAT_ACTS), (self.board, (*FORUM_ACTS, "start"))):
            for name in names:
                self._watch(owner, name, getattr(owner, name))

    def _watch(self, owner: object, name: str, act: Callable[..., Any]) -> None:
        async def watched(*args: Any) -> Any:
            self.life.step(f"before {name}")
            self.wire.append(name)
            delays = self.delays.get(name)
            delay = delays.popleft() if delays else None
            if delay is not None:
                self._lands_later(owner, name, args, delay)
                raise errors.OutcomeUnknown("no answer came; it is on its way")
            answer = await act(*args)
            self.life.step(f"after {name}")
            return answer

        setattr(owner, name, watched)

    def _lands_later(self, owner: Any, name: str, args: tuple[Any, ...], delay: float) -> None:
        """What is on its way arrives whatever becomes of us and of the line meanwhile."""

        def land() -> None:
            faults, owner.faults = owner.faults, type(owner.faults)(owner.faults.writes)
            try:
                getattr(type(owner), name)(owner, *args).send(None)
            except (StopIteration, errors.AdapterError):
                pass
            finally:
                owner.faults = faults

        if delay != NEVER:
            self.fake_clock.then(int(delay * 1000), land)

    # --------------------------------------------------------------------------------------------- the process

    async def start(self, kill_at: int = 0) -> None:
        """A new process on the same database; the last one, if there was any, is gone."""
        await self.crash()
        self.life = Life()
        engine = await open_store(self.folder / "threadline.db")
        # Here processes die, and never the power: nothing has to wait for the disk.
        await engine.writer.execute_fetchall("PRAGMA synchronous=OFF")
        self.store: Store = Mortal(engine, self.life)
        self.alarms = Alarms()
        self.poller = Poller(self.store, {"fake": self.opened}, self.clock, self.alarms, self.log, lambda: None, even)
        self.opened.gate = type(self.opened.gate)()
        self.accounts = Accounts(self.store, lambda: Sealer.open(self.folder / "keys" / "key"), self.clock)
        self.confiding = Confiding(lambda: Sealer.open(self.folder / "keys" / "key"))
        self.sender = Sender(
            self.store,
            Reach({"fake": self.room}, {"fake": self.opened}, self.accounts, self.confiding.opened),
            self.clock,
            self.alarms,
            self.log,
            installation=await self.store.write(installation),
            epoch=await self.store.write(own_all, "bench"),
            settle=SETTLE,
        )
        self.life.count, self.life.kill_at = 0, kill_at
        self.alive = True

    async def crash(self) -> None:
        """End the process as a kill does: nothing that it holds in memory survives."""
        self.life.over = self.life.over or "killed"
        if self.alive:
            self.alive = False
            await self.store.close()

    async def work(self) -> None:
        """Do everything that can be done at this moment of the clock, in both directions."""
        before: object = None
        while before != (before := await self._owed()):
            await self.take_in()
            await self.poll()
            self.alarms.ring(self.clock.now())
            await self.sender.drain()
            await self.store.write(catch_up, "fake", self.clock.now())

    async def _owed(self) -> object:
        states = [tuple(row) for row in await self.store.read(run, "SELECT id, state, attempts FROM delivery")]
        rest = """SELECT (SELECT count(*) FROM whisper WHERE state='pending'), (SELECT count(*) FROM inbox),
                    cursor FROM source"""
        return states, [tuple(row) for row in await self.store.read(run, rest)], len(self.room.heard)

    async def poll(self) -> None:
        """Read what is new on the forum."""
        await self.store.write(run, "UPDATE source SET next_at=0 WHERE next_at IS NOT NULL")
        while await self.poller.poll_one(self.opened):
            pass

    async def take_in(self) -> None:
        """Take in what people did in the chat since the last time."""
        known = await self.store.read(cursor, "fake")
        fresh = self.room.heard[int(known or 0) :]
        if fresh:
            await self.store.write(receive, "fake", Batch(tuple(fresh), str(len(self.room.heard))), self.clock.now())

    async def pass_time(self, seconds: float, step: float = 60.0) -> None:
        """Let time pass, working as it does."""
        while seconds > 0:
            self.fake_clock.advance(int(min(step, seconds) * 1000))
            seconds -= step
            await self.work()

    async def survive(self, act: Callable[[], Any]) -> bool:
        """Do something during which the process may die; whether it did. Another one is started then."""
        try:
            await act()
        except BaseException as error:
            if not killed(error):
                raise
            self.deaths.append(self.life.over)
            await self.start()
            return True
        return False

    # ------------------------------------------------------------------------------------------------- the desk

    async def forum_for(self, address: str) -> OpenForum:
        return self.opened

    async def sought(self, address: str) -> Sought:
        return Sought(self.opened, address)

    def forum_at(self, address: str) -> str:
        return self.opened.name

    async def forum(self, name: str) -> OpenForum:
        return self.opened

    async def chat(self, name: str) -> Chat:
        return self.room

    async def held_media(self) -> Held:
        return Held()

    def remarks(self) -> dict[str, list[str]]:
        return {}

    def site(self) -> str:
        return "https://reader.example"

    def wake(self) -> None:
        self.sender.wake()

    async def mirror(
        self, thread: ThreadKey, channel: str = "lounge", layout: str = "threads", delay: str = "0"
    ) -> None:
        """Mirror a whole thread into a channel."""
        who = Caller(ChatName("fake"), 1, "the operator", operator=True)
        target = Target(TargetKind.THREAD, thread, self.board.threads[thread].title)
        made = await order(
            self, self.opened, "fake", "{}", target, f"fake:{channel}", who, layout, "all", new=Given(delay=delay)
        )
        assert made.ok, made.text

    async def tell_admins_in(self, where: Where) -> None:
        """Make a channel the one where admins are told what goes wrong."""
        community = await self.store.write(ensure_community, "fake", "", "fake")
        place = await self.store.write(ensure_channel, community, "fake", where.channel, where.channel)
        await self.store.write(set_notices, community, place)

    async def shown_thread(self) -> ThreadKey:
        """A first process that shows a thread, its chat thread open, and has a channel for admins; the thread's key."""
        await self.start()
        await self.tell_admins_in(NOTICES)
        thread = self.board.start_thread("The thread", "op says", "ann")
        await self.mirror(thread)
        await self.work()
        return thread

    async def admin(self, line: str) -> Answer:
        """What an admin is answered to a `/mirror` command."""
        who = Caller(ChatName("fake"), 1, "an admin", admin=True)
        return await carry_out(self, who, "mirror", line.split())

    # ------------------------------------------------------------------------------------------------- questions

    async def ask(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        """Rows of the database."""
        return [tuple(row) for row in await self.store.read(run, sql, *params)]

    async def states(self, subject: str = "post", act: str = "create") -> list[str]:
        """The states of all deliveries of a kind, oldest first."""
        rows = await self.ask("SELECT state FROM delivery WHERE subject=$1 AND act=$2 ORDER BY id", subject, act)
        return [state for (state,) in rows]

    def texts(self, where: Where) -> list[str]:
        """The texts of our messages in a place, in order."""
        return [message.text for message in self.room.ours(where)]

    def told(self) -> list[str]:
        """What the admins were told, in order."""
        return self.texts(NOTICES)

    def thread_of(self, text: str, channel: str = "lounge") -> Where:
        """The chat thread that hangs on the message of ours that holds a text."""
        root = next(m for m in self.room.ours(Where(ChannelRef(channel))) if text in m.text)
        return next(place for place, message in self.room.threads.items() if message == root.id)

    def message(self, text: str) -> MessageRow:
        """The one message of ours that holds a text."""
        [found] = [m for m in self.room.ours() if text in m.text]
        return found

    def posts(self, text: str) -> list[PostKey]:
        """The posts that hold a text."""
        return [row.post for row in self.board.posts.values() if text in row.text]
