"""Threadline with its built-in forum and chat and their people, in a process that kills itself where it is told to.

    python -m tests.crash.world HOME SEED KILL_AT [keyless] [crossing SIZE]

plays the scenario SEED in HOME from wherever the last process left it. At point KILL_AT it dies by SIGKILL; 0 is never:
then it ends when everything that anybody did stands on both sides, and prints what it counted. `keyless` takes the
keys away from both networks: what was begun is found out by reading back. `crossing` is another scenario, in which so
many posts cross with as many replies, and everybody writes at once.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import msgspec

from adapters.chats.web import adapter as web
from adapters.chats.web.chat import WebChat
from adapters.forums.sandbox import SandboxForum, SandboxSettings
from adapters.forums.sandbox import adapter as sandbox
from adapters.forums.sandbox.forum import _token
from bot.accounts import Accounts
from bot.clock import Clock, SystemClock
from bot.commands import carry_out
from bot.confiding import Confiding
from bot.lanes import OpenForum, Sought, own_all
from bot.listener import Listener
from bot.media.cache import Held
from bot.model import Answer, Caller, ChatName, Commanded, ForumName
from bot.net import Net
from bot.poller import Poller
from bot.ports import Chat, Context, Log
from bot.schedule import Schedule
from bot.seal import Sealer
from bot.sender import Sender
from bot.sender import World as Reach
from bot.store import Store, Unit, run
from bot.store.communities import ensure_community
from bot.store.migrate import migrate, shipped
from bot.store.places import installation
from bot.store.unit import one
from tests.crash.people import BOARD, CHANNEL, People, crossing, done, script
from tests.crash.points import CHAT_ACTS, FORUM_ACTS, CountedStore, Points

PATIENCE = 60.0
"""Seconds that anything may take before the process gives up, saying what it waited for."""

FORUM_JOURNAL = Path("sandbox/journal.jsonl")
CHAT_JOURNAL = Path("web/chat.jsonl")
DATABASE = "threadline.db"


class FileLog:
    """A log for whoever has to find out what went wrong."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1)

    def debug(self, event: str, **values: Any) -> None:
        self._file.write(f"{os.getpid()} {event} {values}\n")

    info = warning = error = debug


def counts() -> Unit[dict[str, int]]:
    """How much is owed, of every kind."""
    questions = {
        "deliveries": "SELECT count(*) FROM delivery WHERE state IN ('pending', 'sending', 'held')",
        "inbox": "SELECT count(*) FROM inbox WHERE state='waiting'",
        "whispers": "SELECT count(*) FROM whisper WHERE state='pending'",
        "fates": "SELECT count(*) FROM reply WHERE fate<>fate_shown",
    }
    found: dict[str, int] = {}
    for name, question in questions.items():
        found[name] = int(one((yield question, ())))
    return found


class World:
    """One start of the program; obeys `bot.commands.Desk`."""

    def __init__(self, home: Path, seed: int, kill_at: int, keyless: bool, size: int) -> None:
        self.home = home
        self.points = Points(home, kill_at)
        self.clock: Clock = SystemClock()
        self.log: Log = FileLog(home / "log")
        self.schedule = Schedule()
        self.acts = crossing(seed, size) if size else script(seed)
        self.at_once = bool(size)
        self.happened = done(self.acts, home / FORUM_JOURNAL, home / CHAT_JOURNAL)
        self.sandbox = cast(SandboxForum, self._open(sandbox, SandboxSettings(opening=False, min_interval=0.3)))
        self.web = cast(WebChat, self._open(web, web.settings()))
        if keyless:
            for side in (self.sandbox, self.web):
                caps = msgspec.structs.replace(side.caps, key_window=None, read_back="proof")
                setattr(side, "caps", caps)  # noqa: B010  of the instance; the class says what it can do
        self.points.watch_wire(self.sandbox, self.web)
        self.points.around(self.sandbox, FORUM_ACTS)
        self.points.around(self.web, CHAT_ACTS)
        self.opened = OpenForum("sandbox", self.sandbox, "sandbox")
        self.settle = 0.05 if keyless else 50.0
        self._moved = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def _open(self, adapter: Any, settings: msgspec.Struct) -> Any:
        context = Context(
            name=adapter.name,
            net=cast(Net, None),
            now=self.clock.now,
            work=asyncio.to_thread,
            log=self.log,
            folder=self.home / adapter.name,
        )
        name = ForumName(adapter.name) if adapter is sandbox else ChatName(adapter.name)
        return adapter.open(name, settings, context)

    # -------------------------------------------------------------------------------------- for the commands

    async def forum_for(self, address: str) -> OpenForum:
        return self.opened

    async def sought(self, address: str) -> Sought:
        return Sought(self.opened, address)

    def forum_at(self, address: str) -> str:
        return self.opened.name

    async def forum(self, name: str) -> OpenForum:
        return self.opened

    async def chat(self, name: str) -> Chat:
        return self.web

    async def held_media(self) -> Held:
        return Held()

    def remarks(self) -> dict[str, list[str]]:
        return {}

    def site(self) -> str:
        return "https://reader.example"

    def wake(self) -> None:
        self.poller.wake()
        self.sender.wake()

    async def carry(self, chat: ChatName, command: Commanded) -> Answer:
        community = await self.store.write(ensure_community, chat, command.community, chat)
        caller = Caller(chat, community, command.person.name, admin=True, where=command.where)
        return await carry_out(self, caller, command.group, command.words)

    # ----------------------------------------------------------------------------------------------- running

    async def live(self) -> None:
        """Run until the scenario is over and everything is quiet."""
        path = self.home / DATABASE
        await asyncio.to_thread(migrate, path, shipped())
        self.points.in_journals()
        self.store: Store = await CountedStore(path, self.points, self.moved).open()
        self.accounts = Accounts(self.store, lambda: Sealer.open(self.home / "keys" / "key"), self.clock)
        self.confiding = Confiding(lambda: Sealer.open(self.home / "keys" / "key"))
        self.poller = Poller(
            self.store, {"sandbox": self.opened}, self.clock, self.schedule, self.log, lambda: self.sender.wake()
        )
        began = await self.store.read(run, "SELECT id FROM delivery WHERE state='sending'")
        self.sender = Sender(
            self.store,
            Reach({"web": self.web}, {"sandbox": self.opened}, self.accounts, self.confiding.opened),
            self.clock,
            self.schedule,
            self.log,
            installation=await self.store.write(installation),
            epoch=await self.store.write(own_all, str(os.getpid())),
            settle=self.settle,
            acted=self.poller.wake,
        )
        listener = Listener(ChatName("web"), self.web, self.store, self.clock, self.log, self.carry, self.wake)
        self.schedule.start()
        running = [
            asyncio.create_task(work)
            for work in (
                self.poller.run(self.opened),
                self.sender.run(),
                listener.run(),
                self.note_start([str(id) for (id,) in began]),
            )
        ]
        playing = asyncio.create_task(self.play())
        await asyncio.wait([playing, *running[:3]], return_when=asyncio.FIRST_COMPLETED)
        for task in (playing, *running):
            task.cancel()
        over = await asyncio.gather(playing, *running, return_exceptions=True)
        self.schedule.stop()
        await self.sandbox.close()
        await self.web.close()
        await self.store.close()
        broken = [error for error in over if isinstance(error, Exception)]
        if broken:
            raise ExceptionGroup("the world broke", broken)

    async def play(self) -> None:
        """Set the mirror up, let people do what they do, wait until everything stands on both sides."""
        who = Caller(ChatName(""), 0, "the operator", operator=True)
        await carry_out(self, who, "mirror", ["add", f"sandbox:{BOARD}", "--into", f"web:{CHANNEL}"])
        await self.until("the first reading of the board", self.read_once)
        people = People(self.acts, self.happened, self.sandbox.board, self.web, self.until, self.quiet)
        await (people.play_at_once() if self.at_once else people.play())
        await self.until("the end", self.quiet)

    async def note_start(self, began: list[str]) -> None:
        """Note how long it took from the start of the process until what the last one had begun was found out."""

        async def known() -> bool:
            left = f"SELECT 1 FROM delivery WHERE state='sending' AND id IN ({','.join(began)})"
            return not began or not await self.store.read(run, left + " AND claimed_at<$1", started)

        started = int(float(os.environ.get("STARTED", time.time())) * 1000)
        await self.until("what the last process had begun", known)
        with (self.home / "starts").open("a") as starts:
            starts.write(f"{len(began)} {time.time() - started / 1000:.3f}\n")

    # ----------------------------------------------------------------------------------------------- waiting

    def moved(self) -> None:
        """Something was committed; called from the thread of the writing connection."""
        self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def until(self, what: str, come: Callable[[], Awaitable[bool]]) -> None:
        """Return when `come` says so; everything that can bring it about ends in a commit or in the chat's journal."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    moved = self._moved
                    if await come():
                        return
                    await moved.wait()
        except TimeoutError:
            raise RuntimeError(f"{what} did not come: {await self.store.read(counts)}") from None

    async def read_once(self) -> bool:
        return bool(await self.store.read(run, "SELECT 1 FROM source WHERE kind='board' AND baseline_at IS NOT NULL"))

    async def quiet(self) -> bool:
        """Whether nothing is owed and everything that anybody did was read."""
        forum, chat = await self.sandbox.board.state(), await self.web.room.state()
        rows = await self.store.read(run, "SELECT cursor FROM chat_cursor WHERE chat='web'")
        if chat.events(int(one(rows)) if rows else 0, 1)[0]:
            return False
        want = {(BOARD, f"{forum.id}.{forum.changes}")}
        want |= {(row.key, _token(forum, row)) for row in forum.newest_first(forum.boards[_board(forum)].key)}
        text = """SELECT COALESCE(b.key, t.key), s.cursor FROM source s LEFT JOIN board b ON b.id=s.board
                  LEFT JOIN thread t ON t.id=s.thread"""
        have = {(key, cursor) for key, cursor in await self.store.read(run, text)}
        return want <= have and not any((await self.store.read(counts)).values())


def _board(forum: Any) -> Any:
    return next(key for key in forum.boards if key == BOARD)


async def main(home: Path, seed: int, kill_at: int, *words: str) -> None:
    """One life of the process."""
    size = int(words[words.index("crossing") + 1]) if "crossing" in words else 0
    world = World(home, seed, kill_at, "keyless" in words, size)
    await world.live()
    print(json.dumps({"points": world.points.count}))


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:]))
