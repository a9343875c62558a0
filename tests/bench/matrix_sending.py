"""One run of sending into Matrix rooms with the adapter, through its port; and what both sides send."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

import msgspec

from adapters.chats.matrix import adapter
from adapters.chats.matrix.settings import Settings
from bot.clock import SystemClock
from bot.log import configure
from bot.model import ChannelRef, ChatName, ThreadRef, Where
from bot.ports import Secret
from bot.testing.context import context
from tests.bench.matrix_bare import Figures, Job, Payload, measured
from tests.bench.posts import shown


def payloads(posts: int) -> list[Payload]:
    """The posts of a thread as the adapter shows them."""
    return shown(adapter.render, posts)


async def ours(job: Job, folder: Path) -> Figures:
    """Send with the adapter."""
    our = context(folder, "matrix", now=SystemClock().now, log=configure("info"))
    chat = adapter.open(ChatName("matrix"), Settings(homeserver=job.address, token=Secret(job.token)), our)

    async def send(room: str, root: str, payload: Payload, key: str) -> str:
        return await chat.send(Where(ChannelRef(room), ThreadRef(root)), payload, key)

    try:
        return await measured(job, send)
    finally:
        await chat.close()
        await our.net.close()


if __name__ == "__main__":
    wanted = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    with tempfile.TemporaryDirectory(prefix="threadline-bench-") as home:
        found = asyncio.run(ours(wanted, Path(home)))
    sys.stdout.buffer.write(msgspec.json.encode(found))
