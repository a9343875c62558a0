"""People read in the chat, and what is new to each of them follows: through the chat's own pages, into the database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.forums.sandbox import SandboxForum
from bot.commands import carry_out
from bot.model import Caller, ChannelRef, ChatName, ThreadKey, UserId, Where
from bot.positions import Positions
from bot.store.discussion import unread_posts
from bot.store.inbox import cursor
from bot.store.persons import person_of
from bot.store.receipts import SOON
from bot.testing.clock import FakeClock
from tests.house import CHANNEL, PATIENCE, House, found, has, settled

FORUM = """
[forums.sandbox]
adapter = "sandbox"
opening = false
"""


class Talk(House):
    """A thread with three replies that stands in the chat."""

    async def furnish(self) -> Talk:
        sandbox = (await self.app.forum("sandbox")).forum
        assert isinstance(sandbox, SandboxForum)
        self.board = sandbox.board
        self.thread = ThreadKey(await self.board.start_thread("b1", "Max", "Talk", "The opening words"))
        await self.mirror(f"sandbox:{self.thread}")
        for text in ("One", "Two", "Three"):
            await self.board.post(self.thread, "", "Max", "", text)
        shown = await self.until(has("One", "Two", "Three"))
        self.at = {text: found(shown, text) for text in ("The opening words", "One", "Two", "Three")}
        return self

    async def heard(self) -> None:
        """All that people did is heard, a moment passes, and what was told is marked."""
        await self.chat.room.say(CHANNEL, "", "Closing", "that was all")
        async with asyncio.timeout(PATIENCE):
            while await self.app.store.read(cursor, "web") != str((await self.chat.room.state()).position):
                await asyncio.sleep(0.01)
        self.goes_by(SOON)
        await Positions(self.app.store, self._clock, self.app.schedule, self.log).mark()

    async def new(self, name: str) -> list[str]:
        """What of the thread is new to somebody."""
        person = await self.app.store.read(person_of, "web", name)
        assert person is not None, f"nobody knows {name}"
        new = {post.id for post in await self.app.store.read(unread_posts, person, 1)}
        return [text for id, text in await self.rows("SELECT id, body FROM post WHERE n>=1 ORDER BY n") if id in new]


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    house = Talk(tmp_path / "home", settled(tmp_path, FORUM), FakeClock())
    async with house.running():
        yield await house.furnish()


async def test_what_was_in_sight_is_read_for_who_wants_it_so(talk: Talk) -> None:
    """And of who did not ask nobody knows anything."""
    [[community]] = await talk.rows("SELECT community FROM mirror")
    ann = Caller(ChatName("web"), community, "Ann", where=Where(ChannelRef(CHANNEL)), id=UserId("Ann"))
    assert (await carry_out(talk.app, ann, "forum", ["receipts", "on"])).ok
    thread = await talk.root()
    for name in ("Ann", "Ben"):
        await talk.chat.room.read(CHANNEL, thread, name, talk.at["Two"])
    await talk.heard()
    assert await talk.new("Ann") == ["Three"]
    assert await talk.app.store.read(person_of, "web", "Ben") is None


async def test_each_reads_on_their_own(talk: Talk) -> None:
    """Law 8: what one person has read is nobody else's."""
    await talk.chat.room.react(talk.at["Two"], "Ann", "📖", True)
    await talk.chat.room.react(talk.at["One"], "Ben", "📖", True)
    await talk.heard()
    assert await talk.new("Ann") == ["Three"]
    assert await talk.new("Ben") == ["Two", "Three"]
    await talk.chat.room.react(talk.at["Two"], "Ann", "📖", False)
    await talk.heard()
    assert await talk.new("Ann") == ["Three"]


async def test_who_answers_has_read_so_far_and_their_own_words(talk: Talk) -> None:
    """Somebody else's answer that comes meanwhile is new to them."""
    await talk.say("I agree", talk.at["Three"], name="Ann")
    await talk.app.once()
    await talk.board.post(talk.thread, "", "Max", "", "Four")
    await talk.until(has("Four"))
    assert await talk.new("Ann") == ["Four"]


async def test_a_thread_is_followed_and_muted_by_a_sign(talk: Talk) -> None:
    """On whichever of its messages, in the chat thread or above it."""
    level = "SELECT level FROM follow"
    await talk.chat.room.react(talk.at["One"], "Ann", "🔖", True)
    await talk.heard()
    assert await talk.rows(level) == [("follow",)]
    await talk.chat.room.react(talk.at["The opening words"], "Ann", "🔇", True)
    await talk.heard()
    assert await talk.rows(level) == [("mute",)]
    await talk.chat.room.react(talk.at["The opening words"], "Ann", "🔇", False)
    await talk.heard()
    assert await talk.rows(level) == []
