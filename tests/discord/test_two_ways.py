"""What people write on Discord goes to the forum, and what becomes of it there shows on Discord."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.listener import Listener
from bot.model import ChatName, ThreadKey
from bot.store import run
from bot.testing.clock import FakeClock
from bot.testing.log import RecordingLog
from tests.discord import permissions
from tests.discord.installed import Installed, mirror
from tests.discord.interactions import Use
from tests.discord.nouns import Channel, Message
from tests.discord.people import Person
from tests.discord.stand_in import StandIn

pytestmark = pytest.mark.usefixtures("soon")


class House:
    """The program, started and ended at will; what it knows stays."""

    def __init__(self, folder: Path, stand_in: StandIn) -> None:
        self._folder = folder
        self._clock = FakeClock()
        self._there = stand_in
        self.log = RecordingLog()

    @asynccontextmanager
    async def running(self, identity: str = "bot", content: bool = True) -> AsyncIterator[House]:
        """The program from its start to its end, listening."""
        installed = Installed(self._folder, self._there, identity, content=content)
        async with installed.opened(self.log, self._clock) as (app, board):
            self.app, self.board = app, board
            chat, carry = await app.chat("discord"), app.callers.carry
            listener = Listener(ChatName("discord"), chat, app.store, self._clock, self.log, carry, lambda: None)
            listening = asyncio.create_task(listener.run())
            try:
                await self.until("SELECT 1 FROM chat_cursor WHERE cursor<>''")
                yield self
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)

    async def mirror(self, channel: Channel) -> tuple[str, Channel]:
        """Show a thread in a channel; the thread of the forum, and that of the channel."""
        thread = await self.board.start_thread("b1", "Zoe", "Talk", "The opening words")
        await mirror(self.app, thread, channel)
        await self.until("SELECT 1 FROM place WHERE parent IS NOT NULL AND thread_ref IS NOT NULL")
        [[ref]] = await self.rows("SELECT thread_ref FROM place WHERE parent IS NOT NULL")
        return thread, self._there.world.channel(str(ref))

    async def said(self, thread: str) -> list[str]:
        """What the forum's thread says."""
        state = await self.board.state()
        return [state.posts[key].text for key in state.threads[ThreadKey(thread)].posts]

    async def rows(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self.app.store.write(run, sql, *params)]

    async def until(self, sql: str, *params: Any) -> None:
        """Work until a statement gives a row."""
        async with asyncio.timeout(30):
            while not await self.rows(sql, *params):
                await self.app.once()
                self._clock.advance(60_000)
                await asyncio.sleep(0.01)

    async def answered(self, use: Use) -> list[Message]:
        """Work until a command is answered."""
        async with asyncio.timeout(30):
            while not use.messages or not use.messages[0].content:
                await self.app.once()
                await asyncio.sleep(0.01)
        return use.messages


@pytest.fixture
def house(tmp_path: Path, stand_in: StandIn, talk: Channel, board: Channel, ann: Person) -> House:
    return House(tmp_path, stand_in)


POSTED = "SELECT 1 FROM reply WHERE message=$1 AND fate='posted' AND fate_shown='posted'"
EDITED = "SELECT 1 FROM delivery WHERE subject='reply' AND act='edit' AND state='sent'"
DELETED = "SELECT 1 FROM delivery WHERE subject='reply' AND act='delete' AND state='sent'"


def signs(stand_in: StandIn, message: Message) -> list[str]:
    """The bot's reactions on a message."""
    return [emoji for emoji, who in message.reactions.items() if stand_in.world.bot.id in who]


async def test_a_reply_its_edit_and_its_end_reach_the_forum_across_restarts(stand_in, house, talk, ann):
    """The channel is a way into the forum; a program that was away takes up where it stopped."""
    async with house.running():
        thread, inside = await house.mirror(talk)
        one = ann.says(inside, "first words")
        await house.until(POSTED, one.id)
        assert signs(stand_in, one) == ["✅"]
    [root] = [message for message in ann.sees(talk) if message.embeds]
    two = ann.says(talk, "second words", to=root)
    ann.edits(one, "better words")
    async with house.running():
        await house.until(POSTED, two.id)
        await house.until(EDITED)
        assert await house.said(thread) == ["The opening words", "better words", "second words"]
    ann.deletes(one)
    async with house.running():
        await house.until(DELETED)
        said = await house.said(thread)
    assert said == ["The opening words", "", "second words"], "what was deleted is a tombstone without words"


async def test_a_post_of_a_forum_channel_is_answered_like_a_thread(stand_in, house, board, ann):
    """By words in it, and by answers to what opens it."""
    async with house.running():
        thread, post = await house.mirror(board)
        [root] = [message for message in ann.sees(post) if message.embeds]
        one = ann.says(post, "first words")
        await house.until(POSTED, one.id)
        two = ann.says(post, "second words", to=root)
        await house.until(POSTED, two.id)
        assert await house.said(thread) == ["The opening words", "first words", "second words"]


@pytest.mark.parametrize("identity", ["bot", "webhook"])
async def test_the_form_is_a_way_into_the_forum_without_any_intent(stand_in, house, talk, ann, identity):
    """And what became of it shows on the message that it stands in, which is not shown a second time."""
    stand_in.take_content()
    async with house.running(identity, content=False):
        thread, inside = await house.mirror(talk)
        [root] = [message for message in ann.sees(talk) if message.embeds]
        use = await ann.uses_on(root, "Reply on forum").answered()
        sent = ann.submits(use, {"text": "my answer"})
        await sent.answered()
        assert sent.original is not None
        await house.until(POSTED, sent.original.id)
        assert await house.said(thread) == ["The opening words", "my answer"]
        assert signs(stand_in, sent.original) == ["✅"]
        await house.until("SELECT 1 FROM copy WHERE reply IS NOT NULL")
        everything = [*ann.sees(talk), *ann.sees(inside)]
        assert sum("my answer" in str(one.embeds) for one in everything) == 1


async def test_an_admin_mirrors_looks_and_ends_by_slash_commands(stand_in, house, guild, talk, ann):
    """Each answer is for their eyes alone; completion knows the mirror, and nobody else is offered anything."""
    mod = stand_in.person("mod", guild, may=permissions.MANAGE_CHANNELS)
    async with house.running():
        async with asyncio.timeout(30):
            while not stand_in.commands.synced:  # they are told beside what is heard
                await asyncio.sleep(0.02)
        thread = await house.board.start_thread("b1", "Zoe", "Talk", "The opening words")
        use = mod.uses(talk, "mirror add", address=f"sandbox:{thread}")
        [answer] = await house.answered(use)
        assert use.ephemeral
        assert "Talk" in answer.content
        await house.until("SELECT 1 FROM delivery WHERE state='sent'")
        typing = await mod.completes(talk, "mirror remove", "mirror", "talk").answered()
        assert [choice["value"] for choice in typing.choices or []] == ["1"]
        [answer] = await house.answered(mod.uses(talk, "mirror remove", mirror="1"))
        assert "not mirrored" in answer.content
        assert await house.rows(
            "SELECT DISTINCT c.chat, c.native FROM mirror m JOIN community c ON c.id=m.community"
        ) == [("discord", guild.id)]
        assert "The opening words" in str([message.embeds for message in ann.sees(talk)])
        assert stand_in.pinged == []


async def test_live_replies_reach_the_forum_once_and_in_order_while_the_gateway_fails(stand_in, house, talk, ann):
    """The line is cut, made anew, loses events, and tells nonsense, all the while people speak."""
    async with house.running():
        thread, inside = await house.mirror(talk)
        there = stand_in.gateway
        faults = [there.cut, there.reconnect, there.invalidate, lambda: there.audience.lose(2), there.say_nonsense]
        for n in range(30):
            last = ann.says(inside, f"line {n}")
            if n % 6 == 3:
                faults[n // 6]()
            await asyncio.sleep(0.02)
        await house.until(POSTED, last.id)
        assert await house.said(thread) == ["The opening words", *(f"line {n}" for n in range(30))]
