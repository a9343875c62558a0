"""The program with a sandbox and a bot on Discord, installed in a folder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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
from tests.discord.stand_in import StandIn

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
"""


class Installed:
    """Its settings and its home; `forum` holds further settings of the sandbox, as lines."""

    def __init__(
        self, folder: Path, there: StandIn, identity: str = "bot", *, content: bool = True, forum: str = ""
    ) -> None:
        self.home, self.file = folder / "home", folder / "threadline.toml"
        token = folder / "token"
        token.write_text(there.token, "utf-8")
        token.chmod(0o600)
        settings = SETTINGS.format(token=token, identity=identity, content=str(content).lower(), forum=forum)
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


async def mirror(app: App, thread: str, channel: Channel) -> None:
    """Order a thread to be shown in a channel."""
    words = ("add", f"sandbox:{thread}", "--into", f"discord:{channel.id}")
    answer = await carry_out(app, OPERATOR, "mirror", words)
    assert answer.ok, answer.text
