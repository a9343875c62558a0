"""One run of the whole program between the sandbox forum and channels of Discord: what mirroring costs it.

Every thread of the forum is mirrored into a channel of its own: its OP there, what answers it in a chat thread. The
program is composed as always, but for the budget of its requests, which Discord would not allow.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import tempfile
import time
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import cast

import msgspec

from adapters.chats.discord import DiscordAdapter
from adapters.chats.discord.chat import DiscordChat
from adapters.chats.discord.settings import Settings as Bot
from adapters.forums.sandbox import SandboxForum
from adapters.forums.sandbox.forum import SandboxSettings
from bot.app import OPERATOR, App, opened
from bot.commands import carry_out
from bot.home import Home
from bot.log import configure
from bot.model import ChatName
from bot.ports import Context, Secret
from bot.registry import GROUPS, Registry
from bot.settings import Configured, Settings, Web
from bot.store import run as query
from tests.bench.contest import Figures
from tests.bench.posts import TITLE, texts
from tests.discord.stand_in import addressed

BOARD = "b1"
LATE = 300.0
"""Seconds within which everything has to be sent."""

SENT = "SELECT count(*) FROM delivery WHERE state='sent'"
_NUMBER = re.compile(r"no\. \d+")


class Job(msgspec.Struct, frozen=True):
    """Threads of so many `posts`, one for each channel but the first, and how many requests a second may be made.

    The first channel shows a single post before: whatever is loaded at the first order is not measured.
    """

    api: str
    socket: str
    token: str
    channels: list[str]
    posts: int
    budget: float


class Unlimited(DiscordAdapter):
    """The adapter, which takes any budget."""

    def open(self, name: ChatName, settings: Bot, context: Context) -> DiscordChat:
        return DiscordChat(settings, context)


unlimited = Unlimited()
"""The adapter that the entry point names."""


def number(text: str) -> str:
    """Which post a text is that of, as it says itself; empty for none."""
    found = _NUMBER.search(text)
    return found[0] if found else ""


async def mirrored(job: Job, home: Path) -> Figures:
    """Mirror it all: CPU seconds per 1,000 messages and messages per second, from the first order on."""
    points = [
        EntryPoint("sandbox", "adapters.forums.sandbox:adapter", GROUPS["forum"]),
        EntryPoint("discord", "tests.bench.discord_program:unlimited", GROUPS["chat"]),
    ]
    settings = Settings(
        web=Web(port=0),
        forums={"sandbox": Configured("sandbox", SandboxSettings(opening=False))},
        chats={"discord": Configured("discord", Bot(token=Secret(job.token), budget=job.budget))},
    )
    async with opened(Home(home), settings, Registry(points), configure("info")) as app:
        small, *threads = await _written(app, [1, *[job.posts] * (len(job.channels) - 1)])
        running = asyncio.create_task(app.run())
        await _until(app, running, "SELECT count(*) FROM chat_cursor", 1)
        await _mirror(app, small, job.channels[0])
        await _until(app, running, SENT, 1)
        used, began = time.process_time(), time.perf_counter()
        for thread, channel in zip(threads, job.channels[1:], strict=True):
            await _mirror(app, thread, channel)
        messages = len(threads) * job.posts
        await _until(app, running, SENT, 1 + messages)
        used, seconds = time.process_time() - used, time.perf_counter() - began
        await _until(app, running, "SELECT count(*)=0 FROM delivery WHERE state IN ('pending', 'sending')", 1)
        os.kill(os.getpid(), signal.SIGTERM)
        await running
        return {"cpu": used / messages * 1000, "speed": messages / seconds}


async def _written(app: App, sizes: list[int]) -> list[str]:
    """Threads of so many posts in the forum, three of ten of which answer another one than the first."""
    board = cast(SandboxForum, (await app.forum("sandbox")).forum).board
    threads: list[str] = []
    for size in sizes:
        [first, *further] = texts(size)
        thread = await board.start_thread(BOARD, "Reader 0", TITLE, first)
        keys = [(await board.state()).threads[thread].op]
        for place, text in enumerate(further, 1):
            parent = keys[place // 2] if place % 10 < 3 else keys[0]
            keys.append(await board.post(thread, parent, f"Reader {place % 40}", "", text))
        threads.append(thread)
    return threads


async def _mirror(app: App, thread: str, channel: str) -> None:
    answer = await carry_out(app, OPERATOR, "mirror", ("add", f"sandbox:{thread}", "--into", f"discord:{channel}"))
    if not answer.ok:
        raise SystemExit(f"the thread {thread} is not mirrored: {answer.text}")


async def _until(app: App, running: asyncio.Task[None], question: str, least: int) -> None:
    """Wait until the database answers with so much, or until the program ends with what stopped it."""
    async with asyncio.timeout(LATE):
        while (await app.store.read(query, question))[0][0] < least:
            if running.done():
                running.result()
                raise SystemExit("the program ended before the measurement did")
            await asyncio.sleep(0.02)


if __name__ == "__main__":
    wanted = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    with tempfile.TemporaryDirectory(prefix="threadline-bench-") as folder, addressed(wanted.api, wanted.socket):
        found = asyncio.run(mirrored(wanted, Path(folder) / "home"))
    sys.stdout.buffer.write(msgspec.json.encode(found))
