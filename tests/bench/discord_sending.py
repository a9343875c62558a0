"""One run of sending into Discord channels with the adapter, through its port."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

import msgspec

from adapters.chats.discord import adapter
from adapters.chats.discord.chat import DiscordChat
from adapters.chats.discord.settings import Settings
from bot.clock import SystemClock
from bot.log import configure
from bot.model import ChannelRef, Where
from bot.ports import Secret
from bot.testing.context import context
from tests.bench.contest import Figures
from tests.bench.discord_bare import Job, Payload, measured
from tests.bench.posts import shown
from tests.discord.stand_in import addressed


def payloads(posts: int) -> list[Payload]:
    """The posts of a thread as the adapter shows them."""
    return shown(adapter.render, posts)


async def ours(job: Job, folder: Path) -> Figures:
    """Send with the adapter; it has asked for the channels before, as it has when somebody mirrors into them."""
    our = context(folder, "discord", now=SystemClock().now, log=configure("info"))
    # Not by `adapter.open`: a budget such as that of a run without limits is none that it takes.
    chat = DiscordChat(Settings(token=Secret(job.token), budget=job.budget), our)

    async def send(channel: str, payload: Payload, key: str) -> object:
        return await chat.send(Where(ChannelRef(channel)), payload, key)

    try:
        for channel in job.channels:
            await chat.community(ChannelRef(channel))
        return await measured(job, send)
    finally:
        await chat.close()
        await our.net.close()


if __name__ == "__main__":
    wanted = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    with tempfile.TemporaryDirectory(prefix="threadline-bench-") as home, addressed(wanted.api, wanted.socket):
        found = asyncio.run(ours(wanted, Path(home)))
    sys.stdout.buffer.write(msgspec.json.encode(found))
