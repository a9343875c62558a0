"""How far people read in a room is kept of those who asked for it, as the homeserver tells it, and of nobody else."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from adapters.chats.matrix.receiving import sync
from bot.positions import Positions
from bot.store.receipts import SOON
from bot.testing.clock import FakeClock
from bot.testing.log import RecordingLog
from tests.matrix.conftest import People
from tests.matrix.people import Person, Refused
from tests.matrix.test_two_ways import House


class Readers(House):
    """The program, and two people who read what it shows."""

    def __init__(self, folder: Path, bot: Person, ann: Person, ben: Person, room: str) -> None:
        super().__init__(folder, bot, ann, room)
        self.ben = ben

    async def show(self) -> None:
        """Let a thread with two replies stand in the room."""
        self.thread = await self.board.start_thread("b1", "Zoe", "Talk", "The opening words")
        self.root = await self.mirror(self.thread)
        op = (await self.board.state()).threads[self.thread].posts[0]
        self.posts = [op, *[await self.board.post(self.thread, op, "Max", "", text) for text in ("one", "two")]]
        for post in self.posts:
            await self.until(MESSAGE, post)
        self.messages = [str((await self.rows(MESSAGE, post))[0][0]) for post in self.posts]
        await self.until("SELECT 1 FROM chat_cursor WHERE chat='matrix' AND cursor<>''")

    async def switch(self, wish: str) -> None:
        """Ann gives the command, and it was carried out."""
        await self.ann.say(self.room, f"!forum receipts {wish}")
        await self.until("SELECT 1 FROM identity WHERE user_id=$1 AND receipts=$2", self.ann.id, int(wish == "on"))

    async def reads(self, who: Person, message: str, kind: str = "m.read", **thread: str) -> None:
        path = f"/rooms/{quote(self.room, safe='')}/receipt/{kind}/{quote(message, safe='')}"
        await who.call("POST", path, thread)

    async def heard(self, text: str) -> None:
        """What happened up to now was taken in; Ben says so, and nobody is in doubt what he has read."""
        said = await self.ben.say(self.room, text)
        await self.until("SELECT 1 FROM inbox WHERE event=$1", said)

    async def kept(self, message: str) -> None:
        await self.until("SELECT 1 FROM receipt WHERE message=$1", message)

    async def marked(self) -> list[tuple[Any, ...]]:
        """Who has read the thread up to which post, once what is kept became marks."""
        later = FakeClock(self._clock.now() + SOON)
        await Positions(self.app.store, later, self.app.schedule, RecordingLog()).mark()
        return await self.rows(
            """SELECT i.user_id, o.key FROM thread_mark m JOIN identity i ON i.person=m.person
               JOIN post o ON o.thread=m.thread AND o.n=m.n ORDER BY i.user_id"""
        )

    async def positions(self) -> list[tuple[Any, ...]]:
        """Whose, in which chat thread, whether everywhere, and which post is meant."""
        return await self.rows(
            """SELECT r.user_id, p.thread_ref, r.everywhere, o.key FROM receipt r JOIN place p ON p.id=r.place
               LEFT JOIN copy_message m ON m.message=r.message LEFT JOIN copy c ON c.id=m.copy
               LEFT JOIN post o ON o.id=c.post ORDER BY p.id, r.everywhere"""
        )


MESSAGE = "SELECT m.message FROM copy_message m JOIN copy c ON c.id=m.copy JOIN post o ON o.id=c.post WHERE o.key=$1"


@pytest.fixture
async def readers(people: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Readers:
    monkeypatch.setattr(sync, "READERS", 0.0)
    bot, ann, ben = await people("bot"), await people("ann"), await people("ben")
    room = await ann.room()
    await bot.join(room)
    await ben.join(room)
    return Readers(tmp_path, bot, ann, ben, room)


async def test_positions_are_kept_of_whoever_asked_and_of_nobody_else(readers):
    """In a thread, in the room without its threads, and in all of it; the post that each means is found."""
    ann, ben = readers.ann, readers.ben
    async with readers.running():
        await readers.show()
        root, one, two = readers.messages
        await readers.switch("on")
        for who in (ben, ann):
            await readers.reads(who, one, thread_id=root)
            await readers.reads(who, root, thread_id="main")
            await readers.reads(who, two)
        for message in (one, root, two):
            await readers.kept(message)
        assert await readers.positions() == [
            (ann.id, "", 0, readers.posts[0]),
            (ann.id, "", 1, readers.posts[2]),
            (ann.id, root, 0, readers.posts[1]),
        ]
        assert await readers.rows("SELECT user_id FROM identity") == [(ann.id,)]
        assert await readers.rows("SELECT 1 FROM inbox WHERE kind='receipt'") == []


async def test_what_was_read_becomes_marks(readers):
    """Of whoever asked: up to the post that was read, and no further."""
    async with readers.running():
        await readers.show()
        root, one, two = readers.messages
        await readers.switch("on")
        await readers.reads(readers.ben, two, thread_id=root)
        await readers.reads(readers.ann, one, thread_id=root)
        await readers.kept(one)
        assert await readers.marked() == [(readers.ann.id, readers.posts[1])]
        await readers.reads(readers.ann, two)
        await readers.kept(two)
        assert await readers.marked() == [(readers.ann.id, readers.posts[2])]


async def test_what_is_read_in_private_is_not_known(readers):
    """Clients let people read so; it is not told even to whoever asked."""
    async with readers.running():
        await readers.show()
        root, one, two = readers.messages
        await readers.switch("on")
        await readers.reads(readers.ann, one, thread_id=root)
        await readers.kept(one)
        await readers.reads(readers.ann, two, "m.read.private", thread_id=root)
        await readers.heard("and then")
        assert [key for *_, key in await readers.positions()] == [readers.posts[1]]


async def test_a_receipt_for_what_never_was_changes_nothing(readers):
    """The homeserver refuses it in a thread, and elsewhere takes it and tells nobody."""
    async with readers.running():
        await readers.show()
        root, one, _ = readers.messages
        await readers.switch("on")
        await readers.reads(readers.ann, one, thread_id=root)
        await readers.kept(one)
        never = "$" + "A" * 43
        with pytest.raises(Refused, match="M_INVALID_PARAM"):
            await readers.reads(readers.ann, never, thread_id=root)
        await readers.reads(readers.ann, never, thread_id="main")
        await readers.reads(readers.ann, never)
        await readers.heard("and then")
        assert await readers.rows("SELECT message FROM receipt") == [(one,)]


async def test_a_position_outlasts_a_restart_and_what_was_read_meanwhile_is_heard(readers):
    """Position and cursor are of one transaction: what lies behind the cursor is never told again."""
    async with readers.running():
        await readers.show()
        root, one, two = readers.messages
        await readers.switch("on")
        await readers.reads(readers.ann, one, thread_id=root)
        await readers.kept(one)
    await readers.reads(readers.ann, two, thread_id=root)
    async with readers.running():
        assert await readers.rows("SELECT message FROM receipt") == [(one,)]
        await readers.kept(two)
        assert await readers.rows("SELECT message FROM receipt") == [(two,)]


async def test_off_forgets_and_hears_nothing_more(readers):
    async with readers.running():
        await readers.show()
        root, one, two = readers.messages
        await readers.switch("on")
        await readers.reads(readers.ann, one, thread_id=root)
        await readers.kept(one)
        await readers.switch("off")
        assert await readers.rows("SELECT message FROM receipt") == []
        await readers.reads(readers.ann, two, thread_id=root)
        await readers.heard("and then")
        assert await readers.rows("SELECT message FROM receipt") == []
