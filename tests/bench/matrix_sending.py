"""One run of sending into Matrix rooms with the adapter, through its port; and what both sides send."""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
from pathlib import Path

import msgspec

from adapters.chats.matrix import adapter
from adapters.chats.matrix.settings import Settings
from bot.clock import SystemClock
from bot.log import configure
from bot.model import Author, ChannelRef, ChatName, Post, PostKey, Thread, ThreadKey, ThreadRef, Where, at, body
from bot.ports import Secret
from bot.rendering import card, row
from bot.testing.context import context
from tests.bench import board
from tests.bench.matrix_bare import Figures, Job, Payload, measured

SEED = 10
TITLE = "What is measured"


def texts(posts: int) -> list[str]:
    """So many posts of about 600 bytes of Markdown, each with its number; the same ones every time."""
    chance = random.Random(SEED)
    return [f"no. {number}\n\n{board.markdown(chance)}" for number in range(posts)]


def payloads(posts: int) -> list[Payload]:
    """The same as the adapter shows them, each in one message."""
    thread = Thread(ThreadKey("t1"), TITLE, "http://forum.example/t/t1", board.BOARD)
    shown = []
    for number, text in enumerate(texts(posts)):
        post = Post(
            key=PostKey(f"p{number}"),
            author=Author(f"Reader {number % 40}"),
            created=at(1_700_000_000_000 + number),
            body=body(text, "markdown"),
            link=f"http://forum.example/t/t1#p{number}",
            number=number or None,
            position=number,
            op=not number,
        )
        [payload] = adapter.render(card(row(post, thread), in_thread=bool(number)))
        shown.append(dict(payload))
    return shown


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
