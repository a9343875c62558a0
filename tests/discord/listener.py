"""discord.py as it is, logged in to the stand-in, and what it has heard there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any, NamedTuple, TypeVar

import aiohttp
import discord
import pytest

from tests.discord.nouns import Channel, Guild
from tests.discord.stand_in import StandIn

T = TypeVar("T")
PATIENCE = 20.0
"""Seconds that a test waits for what does not come."""


def intents(**wishes: bool) -> discord.Intents:
    """Those that need no permission, and what else is wished for (`message_content=True`)."""
    chosen = discord.Intents.default()
    for name, value in wishes.items():
        setattr(chosen, name, value)
    return chosen


class Listener(discord.Client):
    """A client that remembers what was dispatched; nothing else about it is changed."""

    heard: list[tuple[str, tuple[Any, ...]]]

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"intents": intents(message_content=True), "guild_ready_timeout": 0.01, **options})
        self.heard = []

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        self.heard.append((event, args))
        super().dispatch(event, *args, **kwargs)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """It would wait five seconds before it logs in again."""

    def of(self, event: str) -> list[Any]:
        """The first argument of each event of this name."""
        return [args[0] if args else None for name, args in self.heard if name == event]

    async def hears(self, event: str, times: int = 1) -> Any:
        """Wait for an event of this name; gives what came with the last one."""
        await until(lambda: len(self.of(event)) >= times)
        return self.of(event)[times - 1]

    async def ask(self, method: str, path: str, body: object = None, **query: str) -> Any:
        """A request that the client's own methods would not make."""
        more: dict[str, Any] = {"json": body} if body is not None else {}
        return await self.http.request(discord.http.Route(method, path), params=query, **more)

    @property
    def me(self) -> int:
        """Its id."""
        assert self.user is not None, "it is not logged in"
        return self.user.id

    def room(self, channel: Channel) -> discord.TextChannel:
        """A text channel as it has it."""
        found = self.get_channel(int(channel.id))
        assert isinstance(found, discord.TextChannel), found
        return found

    def place(self, guild: Guild) -> discord.Guild:
        """A guild as it has it."""
        found = self.get_guild(int(guild.id))
        assert found is not None, "it is not in that guild"
        return found


class Answer(NamedTuple):
    """What was answered to a request of nobody's client."""

    status: int
    headers: Mapping[str, str]
    said: Any


async def asked(stand_in: StandIn, method: str, path: str, body: object = None, *, token: bool = True) -> Answer:
    """A request, sent once."""
    headers = {"Authorization": f"Bot {stand_in.token}"} if token else {}
    async with aiohttp.ClientSession(headers=headers) as session:
        session._retry_connection = False
        async with session.request(method, stand_in.api + path, json=body) as answer:
            said = await (answer.json() if answer.content_type == "application/json" else answer.text())
            return Answer(answer.status, answer.headers, said)


@contextmanager
def refused(code: int, where: str = "", *, status: int = 0) -> Iterator[None]:
    """What is done in the block is refused with this code, for what stands at this path of the form."""
    with pytest.raises(discord.HTTPException) as caught:
        yield
    assert caught.value.code == code, caught.value
    assert status in (0, caught.value.status), caught.value
    assert not where or f"In {where}: " in caught.value.text, caught.value.text


async def until(condition: Callable[[], T]) -> T:
    """Wait until something holds."""
    async with asyncio.timeout(PATIENCE):
        while not (found := condition()):
            await asyncio.sleep(0.002)
    return found


@asynccontextmanager
async def connected(client: discord.Client, token: str) -> AsyncIterator[None]:
    """The client runs while the block lasts, and is ready when it begins."""
    running = asyncio.create_task(client.start(token))
    ready = asyncio.create_task(_ready(client))
    try:
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait([running, ready], return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await running
        yield
    finally:
        ready.cancel()
        await client.close()
        await asyncio.gather(running, ready, return_exceptions=True)


async def _ready(client: discord.Client) -> None:
    while not client.is_ready():
        await asyncio.sleep(0.002)


class Listeners:
    """Logs clients in, and out again when the test is over."""

    def __init__(self, stand_in: StandIn, stack: AsyncExitStack) -> None:
        self._stand_in = stand_in
        self._stack = stack

    async def __call__(self, **options: Any) -> Listener:
        client = Listener(**options)
        await self._stack.enter_async_context(connected(client, self._stand_in.token))
        return client
