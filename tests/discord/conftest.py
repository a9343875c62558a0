"""Discord on loopback, with discord.py as it is: how a test uses it.

    async def test_something(stand_in: StandIn, listener: Listeners) -> None:
        guild = stand_in.guild()                        # the bot may do everything there; `may=` says what
        talk, board = stand_in.channel(guild), stand_in.forum(guild, tags=["news"])
        ann = stand_in.person("ann", guild)
        client = await listener()                       # a discord.py client, ready; all of these are fixtures too
        sent = await client.get_channel(int(talk.id)).send("Hello")
        ann.says(talk, "Hello yourself", to=stand_in.world.message(talk.id, str(sent.id)))
        await client.hears("message", 2)
        assert ann.reads(talk) == ["Hello", "Hello yourself"]

- `stand_in` is up, and discord.py's two addresses lead to it. Whatever is done by `stand_in` and its people happens at
  once; the gateway tells it. `stand_in.world` is what there is, `stand_in.pinged` who was called by any message.
- People: `says`, `edits`, `deletes`, `reacts`, `posts`, `uses` (slash commands), `uses_on` (a message's menu),
  `presses`, `chooses`, `submits`, `completes`; `sees` and `reads` are what stands in a channel for them. What Discord
  refuses raises Refusal; what its client would not offer, NotOffered.
- The adapter's own ears instead of discord.py's: `ears = await hearing.ears()`, and `heard(ears, ann, talk)`.
- Faults of requests: `stand_in.faults.rule(Fail(502), "POST", "/messages")`; of the gateway:
  `stand_in.gateway.reconnect()`, `invalidate()`, `close()`, `cut()`, `forget()`, `say_nonsense()`,
  `resume_answers = 404`, `audience.lose(3)`; of one shard `cut(1)` and `away.add(1)`; of both: `down()` and `up()`.
  `stand_in.talk.forget_nonces()` closes the window in which a nonce is known.
- Time: `stand_in.forward(seconds)`; nobody waits for three seconds or fifteen minutes.
- Shards: `stand_in.gateway.recommends = 2`, and `stand_in.guild(shard=(1, 2))` is a guild of the second.
- Limits are off until `stand_in.limits.on = True`; `limits.pace` makes their windows shorter.
- `own_process` is the same in a process of its own, which outlives any bot; what is done there goes by ids:
  `await own_process.call("says", talk, "Hello", who=ann)`. The program itself is led to a stand-in by
  `python -m tests.discord.program ADDRESS run …`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import discord
import pytest

from adapters.chats.discord import adapter, pacing
from adapters.chats.discord.chat import DiscordChat
from bot.model import ChatName
from bot.ports import Secret
from bot.testing.context import context
from tests.discord.cards import Files, Opener
from tests.discord.hearing import Hearing
from tests.discord.listener import Listener, Listeners
from tests.discord.nouns import Channel, Guild
from tests.discord.own_process import OwnProcess
from tests.discord.people import Person
from tests.discord.stand_in import StandIn


@pytest.fixture(autouse=True)
def no_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    """discord.py warns whoever makes a client that voice is not installed; nobody wants it."""
    for warning in ("warn_nacl", "warn_dave"):
        monkeypatch.setattr(discord.VoiceClient, warning, False, raising=False)


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A session that is over is followed by another at once."""
    monkeypatch.setattr(pacing, "APART", 0.0)


@pytest.fixture
async def stand_in() -> AsyncIterator[StandIn]:
    """Discord, without rate limits; discord.py talks to it."""
    async with StandIn() as stand_in:
        with stand_in.addressed():
            yield stand_in


@pytest.fixture
async def listener(stand_in: StandIn) -> AsyncIterator[Listeners]:
    """Logs discord.py in: `await listener()`."""
    async with AsyncExitStack() as stack:
        yield Listeners(stand_in, stack)


@pytest.fixture
def guild(stand_in: StandIn) -> Guild:
    """A guild where the bot may do everything."""
    return stand_in.guild()


@pytest.fixture
def talk(stand_in: StandIn, guild: Guild) -> Channel:
    """A text channel there."""
    return stand_in.channel(guild)


@pytest.fixture
def board(stand_in: StandIn, guild: Guild) -> Channel:
    """A forum channel there."""
    return stand_in.forum(guild, tags=["news", "help", "old"])


@pytest.fixture
def ann(stand_in: StandIn, guild: Guild) -> Person:
    """Somebody there, who may what everybody may."""
    return stand_in.person("ann", guild)


@pytest.fixture
async def client(listener: Listeners, ann: Person, talk: Channel, board: Channel) -> Listener:
    """discord.py, logged in, all of the above before its eyes."""
    return await listener()


@pytest.fixture
def room(client: Listener, talk: Channel) -> discord.TextChannel:
    """The text channel as discord.py has it."""
    return client.room(talk)


@pytest.fixture
async def own_process() -> AsyncIterator[OwnProcess]:
    """Discord in a process of its own; discord.py talks to it."""
    async with OwnProcess() as own:
        with own.addressed():
            yield own


@pytest.fixture
async def hearing(stand_in: StandIn, talk: Channel, board: Channel, tmp_path: Path) -> AsyncIterator[Hearing]:
    """Opens the adapter's receiving side: `ears = await hearing.ears()`."""
    async with AsyncExitStack() as stack:
        yield Hearing(stand_in, tmp_path, stack)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """The images that the adapter is given."""
    return Files(tmp_path)


@pytest.fixture
async def opened(stand_in: StandIn, tmp_path: Path, files: Files) -> AsyncIterator[Opener]:
    """Opens the adapter's chat: `await opened(identity="webhook")`."""
    async with AsyncExitStack() as stack:

        async def open_(**more: Any) -> DiscordChat:
            given = context(tmp_path, "discord", media=files)
            settings = adapter.settings(**{"token": Secret(stand_in.token), "message_content": True, **more})
            chat = adapter.open(ChatName("discord"), settings, given)
            stack.push_async_callback(given.net.close)
            stack.push_async_callback(chat.close)
            return chat

        yield open_


@pytest.fixture
async def chat(opened: Opener) -> DiscordChat:
    """The adapter's chat."""
    return await opened()


@pytest.fixture
async def hooked(opened: Opener) -> DiscordChat:
    """The chat in which webhooks speak."""
    return await opened(identity="webhook")
