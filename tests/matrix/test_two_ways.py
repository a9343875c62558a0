"""What people write in a room goes to the forum, and what becomes of it there shows in the room."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from adapters.forums.sandbox import SandboxForum
from bot.app import OPERATOR, opened
from bot.commands import carry_out
from bot.home import Home
from bot.listener import Listener
from bot.model import ChatName
from bot.registry import Registry
from bot.settings import load
from bot.store import run
from bot.testing.clock import FakeClock
from bot.testing.log import RecordingLog
from tests.matrix.conftest import People
from tests.matrix.people import Person

SETTINGS = """
[forums.sandbox]
adapter = "sandbox"
opening = false
[chats.matrix]
adapter = "matrix"
homeserver = "{address}"
token_file = "{token}"
"""


class House:
    """The program, started and ended at will; what it knows stays."""

    def __init__(self, folder: Path, bot: Person, ann: Person, room: str) -> None:
        token = folder / "token"
        token.write_text(bot.login.access_token, "utf-8")
        token.chmod(0o600)
        self._file = folder / "threadline.toml"
        self._file.write_text(SETTINGS.format(address=bot.address, token=token), "utf-8")
        self._home = folder / "home"
        self._clock = FakeClock()
        self._bot = bot
        self.ann = ann
        self.room = room

    @asynccontextmanager
    async def running(self) -> AsyncIterator[House]:
        """The program from its start to its end, listening."""
        registry, log = Registry(), RecordingLog()
        settings = load(self._file, {}, registry.settings, registry.installed)
        async with opened(Home(self._home), settings, registry, log, clock=self._clock) as app:
            self.app = app
            sandbox = (await app.forum("sandbox")).forum
            assert isinstance(sandbox, SandboxForum)
            self.board = sandbox.board
            chat, carry = await app.chat("matrix"), app.callers.carry
            listener = Listener(ChatName("matrix"), chat, app.store, self._clock, log, carry, lambda: None)
            listening = asyncio.create_task(listener.run())
            try:
                yield self
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)

    async def mirror(self, thread: str) -> str:
        """Show a thread in the room; the root of its chat thread."""
        words = ("add", f"sandbox:{thread}", "--into", f"matrix:{self.room}")
        answer = await carry_out(self.app, OPERATOR, "mirror", words)
        assert answer.ok, answer.text
        await self.until("SELECT 1 FROM place WHERE parent IS NOT NULL AND thread_ref IS NOT NULL")
        [[root]] = await self.rows("SELECT thread_ref FROM place WHERE parent IS NOT NULL")
        return str(root)

    async def rows(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self.app.store.write(run, sql, *params)]

    async def until(self, sql: str, *params: Any) -> None:
        """Work until a statement gives a row."""
        async with asyncio.timeout(30):
            while not await self.rows(sql, *params):
                await self.app.once()
                self._clock.advance(60_000)
                await asyncio.sleep(0.01)

    async def beneath(self, message: str) -> list[tuple[str, str]]:
        """What the bot says in answer to a message, as it stands: each event, and the words that it has now."""
        ours = [event for event in await self._bot.events(self.room) if event["sender"] == self._bot.id]
        now: dict[str, str] = {}
        for event in ours:
            content = event["content"]
            about = content.get("m.relates_to", {})
            if about.get("rel_type") == "m.replace" and about["event_id"] in now:
                now[about["event_id"]] = content["m.new_content"]["body"]
            elif about.get("m.in_reply_to", {}).get("event_id") == message:
                now[event["event_id"]] = content["body"]
        return list(now.items())

    async def signs(self, message: str) -> list[str]:
        """The bot's reactions on a message, as they stand."""
        found = await self._bot.events(self.room, "m.reaction")
        relations = [event["content"].get("m.relates_to", {}) for event in found if event["sender"] == self._bot.id]
        return [one["key"] for one in relations if one.get("event_id") == message]


@pytest.fixture
async def house(people: People, tmp_path: Path) -> House:
    bot, ann = await people("bot"), await people("ann")
    room = await ann.room()
    await bot.join(room)
    return House(tmp_path, bot, ann, room)


POSTED = "SELECT 1 FROM reply WHERE message=$1 AND fate='posted' AND fate_shown='posted'"


async def test_a_reply_its_edit_and_its_end_reach_the_forum_across_restarts(house):
    """The room is a way into the forum; a program that was away takes up where it stopped."""
    ann, room = house.ann, house.room
    async with house.running():
        thread = await house.board.start_thread("b1", "Zoe", "Talk", "The opening words")
        root = await house.mirror(thread)
        await house.until("SELECT 1 FROM chat_cursor WHERE cursor<>''")
        inside = {
            "rel_type": "m.thread",
            "event_id": root,
            "is_falling_back": True,
            "m.in_reply_to": {"event_id": root},
        }
        one = await ann.say(room, "first words", **{"m.relates_to": inside})
        await house.until(POSTED, one)
        assert await house.signs(one) == ["✅"]
    two = await ann.say(room, "second words", **{"m.relates_to": {"m.in_reply_to": {"event_id": root}}})
    edit = {"rel_type": "m.replace", "event_id": one}
    await ann.say(room, "* x", **{"m.relates_to": edit, "m.new_content": {"msgtype": "m.text", "body": "better words"}})
    async with house.running():
        await house.until(POSTED, two)
        await house.until("SELECT 1 FROM reply WHERE message=$1 AND text='better words'", one)
        await house.until("SELECT 1 FROM delivery WHERE subject='reply' AND act='edit' AND state='sent'")
    path = f"/rooms/{quote(room, safe='')}/redact/{quote(one, safe='')}/away"
    await ann.call("PUT", path, {})
    async with house.running():
        await house.until("SELECT 1 FROM delivery WHERE subject='reply' AND act='delete' AND state='sent'")
        state = await house.board.state()
        said = [state.posts[key].text for key in state.threads[thread].posts]
    assert said == ["The opening words", "", "second words"], "what was deleted is a tombstone without words"


async def test_what_the_forum_makes_of_a_reply_is_told_beneath_it_by_one_message(house):
    """It is kept up to date, and leaves when both say the same again; whatever the forum does, nothing is echoed."""
    ann, room = house.ann, house.room
    async with house.running():
        board = house.board
        thread = await board.start_thread("b1", "Zoe", "Talk", "The opening words")
        root = await house.mirror(thread)
        await house.until("SELECT 1 FROM chat_cursor WHERE cursor<>''")
        said = await ann.say(room, "first words", **{"m.relates_to": {"m.in_reply_to": {"event_id": root}}})
        await house.until(POSTED, said)
        _, post = (await board.state()).threads[thread].posts
        await board.edit(post, "", "moderated words")
        await house.until("SELECT 1 FROM copy WHERE note<>''")
        [(note, text)] = await house.beneath(said)
        assert "moderated words" in text
        await board.edit(post, "", "moderated twice")
        await house.until(
            "SELECT 1 FROM delivery WHERE subject='note' AND state='sent' GROUP BY subject HAVING count(*)=2"
        )
        [(same, text)] = await house.beneath(said)
        assert (same, "moderated twice" in text) == (note, True)
        edit = {"rel_type": "m.replace", "event_id": said}
        await ann.say(room, "* x", **{"m.relates_to": edit, "m.new_content": {"msgtype": "m.text", "body": "my words"}})
        await house.until("SELECT 1 FROM copy WHERE reply IS NOT NULL AND note=''")
        assert (await board.state()).posts[post].text == "my words"
        assert await house.beneath(said) == []
        await board.delete(post)
        await house.until("SELECT 1 FROM copy WHERE note<>''")
        [(_, text)] = await house.beneath(said)
        assert "deleted on the forum" in text
        path = f"/rooms/{quote(room, safe='')}/redact/{quote(said, safe='')}/away"
        await ann.call("PUT", path, {})
        await house.until("SELECT 1 FROM copy WHERE reply IS NOT NULL AND note=''")
        assert await house.beneath(said) == []
        assert len((await board.state()).threads[thread].posts) == 2, "none of it became a post"


async def test_what_the_settings_mirror_into_a_room_is_shown_to_its_admins(house):
    """It is their room: a wall between them and what stands in it would keep them from ending it."""
    async with house.running():
        thread = await house.board.start_thread("b1", "Zoe", "Talk", "The opening words")
        await house.mirror(thread)
        await house.until("SELECT 1 FROM chat_cursor WHERE cursor<>''")
        await house.ann.say(house.room, "!mirror list")
        await house.until("SELECT 1 FROM whisper WHERE state='sent'")
        [direct] = (await house.ann.call("GET", "/sync", timeout="0"))["rooms"]["invite"]
        await house.ann.join(direct)
        [answer] = await house.ann.texts(direct)
        assert "Talk" in answer
        assert await house.rows("SELECT chat, native FROM community") == [("matrix", house.room)]
