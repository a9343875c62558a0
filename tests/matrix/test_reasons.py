"""Why something was refused stands under the message that it is about, where its author sees it; else it is private."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from adapters.chats.matrix import adapter
from adapters.chats.matrix.chat import MatrixChat
from bot.model import ChannelRef, ChatName, MessageId, ThreadRef, UserId, Where
from bot.ports import Secret
from bot.testing.context import context
from tests.matrix.conftest import People
from tests.matrix.listening import answering, in_thread, redact, state
from tests.matrix.people import Person
from tests.matrix.test_two_ways import House

WHY = "The forum did not take your message: it is closed."


class Spot:
    """A room in which Ann wrote something, and ourselves."""

    def __init__(self, chat: MatrixChat, bot: Person, ann: Person, room: str) -> None:
        self.chat = chat
        self.bot = bot
        self.ann = ann
        self.room = room

    async def tell(self, about: str, thread: str = "", key: str = "act-1-refused") -> None:
        where = Where(ChannelRef(self.room), ThreadRef(thread))
        await self.chat.tell(where, UserId(self.ann.id), WHY, key, MessageId(about))

    async def beside(self) -> list[dict[str, Any]]:
        """What we said in the room."""
        found = [event for event in await self.ann.events(self.room) if event["sender"] == self.bot.id]
        return [event["content"] for event in found]

    async def private(self) -> list[str]:
        """What we said to Ann in a room of two."""
        for invited in (await self.ann.call("GET", "/sync", timeout="0"))["rooms"].get("invite", {}):
            await self.ann.join(invited)
        joined = (await self.ann.call("GET", "/joined_rooms"))["joined_rooms"]
        return [text for room in joined if room != self.room for text in await self.ann.texts(room)]


@pytest.fixture
async def spot(people: People, tmp_path: Path) -> AsyncIterator[Spot]:
    bot, ann = await people("bot"), await people("ann")
    room = await ann.room()
    await bot.join(room)
    its = context(tmp_path, "matrix")
    settings = adapter.settings(homeserver=bot.address, token=Secret(bot.login.access_token))
    chat = adapter.open(ChatName("matrix"), settings, its)
    yield Spot(chat, bot, ann, room)
    await chat.close()
    await its.net.close()


async def test_a_reason_answers_the_message_in_its_thread_and_mentions_its_author_alone(spot):
    """There they look for it; a notice, which no bot answers. Repeated after a crash, it is said once."""
    root = await spot.ann.say(spot.room, "root")
    message = await spot.ann.say(spot.room, "hello @room", **in_thread(root))
    for _ in range(2):
        await spot.tell(message, root)
    [said] = await spot.beside()
    assert (said["msgtype"], said["body"]) == ("m.notice", WHY)
    assert said["m.mentions"] == {"user_ids": [spot.ann.id]}
    assert said["m.relates_to"] == {
        "rel_type": "m.thread",
        "event_id": root,
        "is_falling_back": False,
        "m.in_reply_to": {"event_id": message},
    }
    assert await spot.private() == []


async def test_a_reason_answers_the_message_in_the_channel(spot):
    """No thread is begun for it: what people say in that would answer nothing of the forum."""
    message = await spot.ann.say(spot.room, "hello", **answering(await spot.ann.say(spot.room, "a post")))
    await spot.tell(message)
    [said] = await spot.beside()
    assert said["m.relates_to"] == {"m.in_reply_to": {"event_id": message}}


async def test_of_a_message_that_was_taken_away_nothing_is_said_in_the_room(spot):
    message = await spot.ann.say(spot.room, "regretted")
    await redact(spot.ann, spot.room, message)
    await spot.tell(message)
    assert (await spot.beside(), await spot.private()) == ([], [WHY])


async def test_whoever_left_the_room_is_told_in_private(spot, people):
    """They would not see it, and everybody else would."""
    ben = await people("ben")
    await ben.join(spot.room)
    message = await spot.ann.say(spot.room, "hello")
    await spot.ann.call("POST", f"/rooms/{quote(spot.room, safe='')}/leave", {})
    await spot.tell(message)
    assert await spot.private() == [WHY]
    assert [event["sender"] for event in await ben.events(spot.room)] == [spot.ann.id]


async def test_where_we_may_not_write_it_is_said_in_private(spot):
    """Law 11: a room that was closed to us since hides no reason."""
    message = await spot.ann.say(spot.room, "hello")
    levels = await spot.ann.call("GET", f"/rooms/{quote(spot.room, safe='')}/state/m.room.power_levels/")
    await state(spot.ann, spot.room, "m.room.power_levels", levels | {"events_default": 50})
    await spot.tell(message)
    assert (await spot.beside(), await spot.private()) == ([], [WHY])


async def test_a_message_that_is_not_that_persons_is_not_answered(spot, people):
    """An id comes from a database; whose it is, the room says."""
    ben = await people("ben")
    await ben.join(spot.room)
    await spot.tell(await ben.say(spot.room, "hello"))
    assert (await spot.beside(), await spot.private()) == ([], [WHY])


async def test_the_reason_of_a_refusal_stands_under_the_message_and_an_answer_does_not(people, tmp_path):
    """From the forum back to whoever wrote it; what a command answers is between the two of us."""
    bot, ann = await people("bot"), await people("ann")
    room = await ann.room()
    await bot.join(room)
    house = House(tmp_path, bot, ann, room)
    async with house.running():
        thread = await house.board.start_thread("b1", "Zoe", "Talk", "The opening words")
        root = await house.mirror(thread)
        await house.until("SELECT 1 FROM chat_cursor WHERE chat='matrix' AND cursor<>''")
        await house.board.close_thread(thread)
        message = await ann.say(room, "a secret plan", **in_thread(root))
        await ann.say(room, "!forum receipts")
        await house.until("SELECT 1 FROM reply WHERE message=$1 AND fate='refused' AND fate_shown='refused'", message)
        await house.until("SELECT 1 WHERE (SELECT count(*) FROM whisper WHERE state='sent')=2")
        assert await house.signs(message) == ["❌"]
    said = [event["content"] for event in await ann.events(room) if event["sender"] == bot.id]
    [reason] = [content for content in said if content["msgtype"] == "m.notice"]
    assert reason["m.relates_to"]["m.in_reply_to"] == {"event_id": message}
    assert reason["m.relates_to"]["event_id"] == root
    assert reason["body"].startswith("Your message did not go to the forum: ")
    assert "secret" not in reason["body"]
    [direct] = (await ann.call("GET", "/sync", timeout="0"))["rooms"]["invite"]
    await ann.join(direct)
    [answer] = await ann.texts(direct)
    assert answer.startswith("How far you read is not kept")
