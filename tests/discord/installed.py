"""The program with a sandbox and a bot on Discord, installed in a folder: in this process, or as one of its own."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from adapters.forums.sandbox import SandboxForum
from adapters.forums.sandbox.board import MessageBoard
from bot.app import OPERATOR, App, opened
from bot.clock import Clock
from bot.commands import carry_out
from bot.home import Home
from bot.ports import Log
from bot.registry import Registry
from bot.settings import load
from tests.discord.nouns import Channel
from tests.discord.own_process import ROOT
from tests.discord.people import Person
from tests.discord.stand_in import StandIn

_WORDS = re.compile(r"no\. \d+(?: mended)?")

SETTINGS = """
[forums.sandbox]
adapter = "sandbox"
opening = false
{forum}
[chats.discord]
adapter = "discord"
token_file = "{token}"
identity = "{identity}"
message_content = {content}
[delivery]
settle_seconds = {settle}
[community]
notices = "{notices}"
"""


class Installed:
    """Its settings and its home; `forum` holds further settings of the sandbox, as lines.

    `settle` is after how many seconds a request can no longer land; `notices` is where admins are told what is wrong.
    """

    def __init__(
        self,
        folder: Path,
        there: StandIn,
        identity: str = "bot",
        *,
        content: bool = True,
        forum: str = "",
        settle: float = 50.0,
        notices: Channel | None = None,
    ) -> None:
        self.home, self.file, self.log = folder / "home", folder / "threadline.toml", folder / "log"
        self._address = there.address
        token = folder / "token"
        token.write_text(there.token, "utf-8")
        token.chmod(0o600)
        settings = SETTINGS.format(
            token=token,
            identity=identity,
            content=str(content).lower(),
            forum=forum,
            settle=settle,
            notices=f"discord:{notices.id}" if notices is not None else "",
        )
        self.file.write_text(settings, "utf-8")

    @asynccontextmanager
    async def opened(self, log: Log, clock: Clock | None = None) -> AsyncIterator[tuple[App, MessageBoard]]:
        """The program in this process, which does what it is told and nothing by itself, and what its forum holds."""
        registry = Registry()
        settings = load(self.file, {}, registry.settings, registry.installed)
        async with opened(Home(self.home), settings, registry, log, clock=clock) as app:
            sandbox = (await app.forum("sandbox")).forum
            assert isinstance(sandbox, SandboxForum)
            yield app, sandbox.board

    @asynccontextmanager
    async def started(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """The program as its users run it, which adds what it says to `log`; killed where the block does not end it."""
        with self.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.discord.program", self._address),
                *("--home", self.home, "--config", self.file, "run"),
                cwd=ROOT,
                env=os.environ | {"THREADLINE_WEB_PORT": "0"},
                stdout=log,
                stderr=log,
            )
        try:
            yield process
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()

    async def ended(self, process: asyncio.subprocess.Process) -> None:
        """Tell the program to stop, and wait until it did."""
        process.terminate()
        assert await process.wait() == 0, self.log.read_text("utf-8")


async def mirror(app: App, thread: str, channel: Channel, layout: str = "threads") -> None:
    """Order a thread to be shown in a channel."""
    words = ("add", f"sandbox:{thread}", "--into", f"discord:{channel.id}", "--layout", layout)
    answer = await carry_out(app, OPERATOR, "mirror", words)
    assert answer.ok, answer.text


def shown(ann: Person, channel: Channel) -> list[str]:
    """What our posts say in a channel and its threads, one thread after the other: "no. 3" of those that hold that."""
    everywhere = [channel, *ann.threads_in(channel)]
    texts = [str(one.embeds[0]["description"]) for there in everywhere for one in ann.sees(there) if one.embeds]
    return [found.group() if (found := _WORDS.search(text)) else text for text in texts]
