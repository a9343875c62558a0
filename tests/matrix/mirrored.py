"""A thread that grows and changes, the room that has to show it, and moments at which something breaks."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple

from adapters.forums.sandbox import SandboxForum
from bot.app import OPERATOR, App, opened
from bot.clock import Clock
from bot.commands import carry_out
from bot.home import Home
from bot.model import Millis, ThreadKey
from bot.registry import Registry
from bot.settings import load
from bot.store import run
from bot.testing.clock import FakeClock
from bot.testing.log import RecordingLog
from tests.matrix.homeserver import Login
from tests.matrix.people import Person
from tests.matrix.proxy import Answer, Ask, Proxy

PATIENCE = 60.0
"""Seconds after which what does not stand in the room yet is called lost."""

PACE: Millis = 5_000
"""Milliseconds that pass between two looks at what is owed."""

SEND = "/send/m.room.message/"

SETTINGS = """
[forums.sandbox]
adapter = "sandbox"
opening = false
min_interval = 0.3
[chats.matrix]
adapter = "matrix"
homeserver = "{address}"
token_file = "{token}"
"""

_WORDS = re.compile(r"no\. \d+(?: mended)?")


class Shown(NamedTuple):
    """What another account sees of ours in a room, changes applied."""

    texts: list[str]
    roots: set[str]
    """The threads that all but the first message are in."""
    first: str
    """The first message."""
    again: list[str]
    """Messages that were changed more than once."""


When = Literal["unsent", "landing", "landed", "heard"]
"""Of a request: it never gets through, it is on its way, it was done and nobody has heard of it yet, or that was just
told."""


class Moments(Proxy):
    """A proxy that lets something happen at requests whose path matches, counted from 1: those that send messages."""

    def __init__(self, upstream: str, watched: str = SEND) -> None:
        super().__init__(upstream)
        self.count = 0
        self._watched = re.compile(watched)
        self._due: dict[int, tuple[When, Callable[[], object]]] = {}
        self.each: Callable[[], object] = lambda: None
        """Is called with each of them, before the next one comes."""

    def at(self, number: int, when: When, act: Callable[[], object]) -> None:
        """Let something happen once, when so many more were asked for; it blocks nobody but that request."""
        self._due[self.count + number] = when, act

    def forget(self) -> None:
        """Let nothing happen that has not happened yet."""
        self._due.clear()

    async def around(self, method: str, path: str, ask: Ask) -> Answer | None:
        if not self._watched.search(path):
            return await ask()
        self.count += 1
        self.each()
        when, act = self._due.pop(self.count, ("", None))
        if act is None:
            return await ask()
        if when == "unsent":
            await asyncio.to_thread(act)
            return None
        if when == "landing":
            answer, _ = await asyncio.gather(ask(), asyncio.to_thread(act))
            return answer
        answer = await ask()
        if when == "heard":
            asyncio.get_running_loop().call_soon(act)
        else:
            await asyncio.to_thread(act)
        return answer


class Mirrored:
    """The program on a home of its own, a thread of its forum, and a room with another account in it."""

    def __init__(self, folder: Path, bot: Login, ann: Person, room: str, address: str, clock: Clock) -> None:
        token = folder / "token"
        token.write_text(bot.access_token, "utf-8")
        token.chmod(0o600)
        self.settings = folder / "threadline.toml"
        self.settings.write_text(SETTINGS.format(address=address, token=token), "utf-8")
        self.home = folder / "home"
        self.ann = ann
        self.room = room
        self.log = RecordingLog()
        self.written: list[str] = []
        """What the posts say, oldest first."""
        self._bot = bot
        self._clock = clock
        self._posts: list[str] = []
        self._thread = ThreadKey("")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[App]:
        """The program, which does what it is told and nothing by itself."""
        registry = Registry()
        settings = load(self.settings, {}, registry.settings, registry.installed)
        async with opened(Home(self.home), settings, registry, self.log, clock=self._clock) as self.app:
            sandbox = (await self.app.forum("sandbox")).forum
            assert isinstance(sandbox, SandboxForum)
            self.board = sandbox.board
            yield self.app

    # --------------------------------------------------------------------------------------------------- in the forum

    async def begin(self, posts: int) -> None:
        """Start the thread, with so many posts, and order the mirror of it."""
        self._thread = await self.board.start_thread("b1", "Zoe", "Talk", "no. 0")
        state = await self.board.state()
        self._posts, self.written = [state.threads[self._thread].posts[0]], ["no. 0"]
        await self.grow(posts - 1)
        await self.order(self._thread)

    async def order(self, thread: str) -> None:
        """Order the mirror of a thread."""
        words = ("add", f"sandbox:{thread}", "--into", f"matrix:{self.room}")
        answer = await carry_out(self.app, OPERATOR, "mirror", words)
        assert answer.ok, answer.text
        # One person says more in a long story than the house lets one.
        rules = ("replies", str(answer.data["mirror"]), "--at-most", "200")
        assert (await carry_out(self.app, OPERATOR, "mirror", rules)).ok

    async def grow(self, posts: int) -> None:
        """Write so many more posts."""
        for _ in range(posts):
            text = f"no. {len(self.written)}"
            self._posts.append(await self.board.post(self._thread, self._posts[0], "Max", "", text))
            self.written.append(text)

    async def mend(self, *numbers: int) -> None:
        """Change posts, none of them twice."""
        for number in numbers:
            self.written[number] += " mended"
            await self.board.edit(self._posts[number], "Talk" if number == 0 else "", self.written[number])

    async def forum(self) -> list[str]:
        """What the thread says."""
        state = await self.board.state()
        return [state.posts[key].text for key in state.threads[self._thread].posts]

    # ---------------------------------------------------------------------------------------------------- in the room

    async def shown(self) -> Shown:
        """What stands in the room."""
        texts: dict[str, str] = {}
        changed: list[str] = []
        roots: set[str] = set()
        for event in await self.ann.events(self.room):
            relates = event["content"].get("m.relates_to", {})
            if not self.is_ours(event["sender"]):
                continue
            if relates.get("rel_type") == "m.replace":
                texts[relates["event_id"]] = _words(event["content"]["m.new_content"])
                changed.append(relates["event_id"])
                continue
            if texts:
                roots.add(relates.get("event_id", "") if relates.get("rel_type") == "m.thread" else "")
            texts[event["event_id"]] = _words(event["content"])
        again = sorted({texts[id] for id in changed if changed.count(id) > 1})
        return Shown(list(texts.values()), roots, next(iter(texts), ""), again)

    def is_ours(self, user: str) -> bool:
        """Whether an account is the bot's."""
        return user == self._bot.user_id

    async def complete(self) -> bool:
        """Whether the room says what the thread says."""
        return (await self.shown()).texts == self.written

    async def check(self) -> None:
        """None missing, none twice, all in order, in one thread, as changed, and no change made twice."""
        shown = await self.shown()
        assert shown.texts == self.written
        assert shown.roots == {shown.first}
        assert not shown.again

    # ------------------------------------------------------------------------------------------------------- the work

    async def rows(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self.app.store.read(run, sql, *params)]

    async def owed(self) -> int:
        """How many deliveries are not over, also of a program that runs in another process."""
        with closing(sqlite3.connect(f"{Home(self.home).database.as_uri()}?mode=ro", uri=True)) as database:
            [[count]] = database.execute("SELECT count(*) FROM delivery WHERE state NOT IN ('sent', 'dropped')")
        return int(count)

    async def over(self) -> bool:
        """Whether nothing is owed and the room says what the thread says."""
        return not await self.owed() and await self.complete()

    async def work(self, pace: Millis = PACE) -> None:
        """Do what can be done now, then let some time pass."""
        assert isinstance(self._clock, FakeClock)
        await self.app.once()
        self._clock.advance(pace)
        await asyncio.sleep(0)

    async def settle(self) -> None:
        """Work until nothing is owed and the room says what the thread says, or for as long as patience lasts."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self.work()
                while not await self.over():
                    await self.work()
        assert not await self.owed(), self.log.text()[-2_000:]
        await self.check()


def _words(content: dict[str, Any]) -> str:
    found = _WORDS.search(content.get("body", ""))
    return found.group() if found else str(content.get("body", ""))
