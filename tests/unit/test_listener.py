"""Listening to a chat: a failure that is more than weather is told once, and so is its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from bot import listener as listening
from bot.errors import Unreachable
from bot.listener import TELL_AFTER, Carry, Listener
from bot.model import Answer, Batch, ChannelRef, ChatName, Commanded, MessageId, Said, ThreadRef, Where
from bot.store import Unit, open_store
from bot.store.inbox import skipped
from bot.store.notices import open_notices
from bot.testing.chats import FakeChat
from bot.testing.clock import FakeClock
from bot.testing.log import RecordingLog
from bot.testing.store_rig import StoreRig, op

PATIENCE = 10.0


class Deaf(FakeChat):
    """A chat that cannot be listened to as often as it is told."""

    deaf: int = 0
    asked: int = 0

    def events(self, cursor: str) -> AsyncIterator[Batch]:
        self.asked += 1
        if self.deaf:
            self.deaf -= 1
            raise Unreachable("nobody answers")
        return super().events(cursor)


async def nothing(chat: ChatName, command: Commanded) -> Answer:
    return Answer("")


@pytest.fixture
async def house(tmp_path):
    store = await open_store(tmp_path / "threadline.db")
    house = await StoreRig(store).furnish()
    await house.mirror()
    yield house
    await store.close()


@pytest.fixture
def hear(monkeypatch: pytest.MonkeyPatch):
    """A listener that waits for nothing between two tries."""
    monkeypatch.setattr(listening, "backoff", lambda failures: 0.0)

    def hears(house: StoreRig, chat: FakeChat, carry: Carry = nothing) -> Listener:
        return Listener(ChatName("web"), chat, house.store, FakeClock(), RecordingLog(), carry, lambda: None)

    return hears


async def until(condition: Any) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await condition():
            await asyncio.sleep(0)


async def told(house: StoreRig) -> list[str]:
    return [about for about, _, _ in await house.store.read(open_notices)]


async def test_a_chat_that_stays_deaf_is_told_of_and_again_when_it_hears(house, hear, monkeypatch):
    """Law 11: status and health name it, the admins hear of it once."""
    chat = Deaf()
    chat.deaf = 10_000
    one = hear(house, chat)
    running = asyncio.create_task(one.run())
    await until(lambda: told(house))
    assert await told(house) == ["chat:web"]
    assert one.failing == "nobody answers"
    monkeypatch.setattr(listening, "WHILE", 0.0)
    before = chat.asked

    async def patched() -> bool:
        return chat.asked > before + 1

    await until(patched)
    chat.deaf = 0

    async def well() -> bool:
        return not await told(house) and not one.failing

    await until(well)
    running.cancel()


async def test_an_event_that_cannot_be_taken_in_is_skipped_alone(house, hear):
    """Law 9: the same batch would come again and again, and nobody in this chat would ever be heard again."""
    chat = FakeChat()
    lounge, zoe = Where(chat.channels["lounge"]), chat.person("Zoe", admin=True)
    for text in ("half a \ud800 character", "at no time", "nul \0"):
        zoe.say(lounge, text)
    zoe.command(lounge, "mirror half \ud800")
    chat.heard[1] = msgspec.structs.replace(chat.heard[1], at=10**20)
    slow = Slow()
    one = hear(house, chat, slow)
    running = asyncio.create_task(one.run())
    await until(lambda: began(slow, "half"))
    rows = await house.rows("SELECT kind, state FROM inbox WHERE kind='said' ORDER BY id")
    assert rows == [("said", "done"), ("said", "skipped"), ("said", "done")]
    assert await house.store.read(skipped) == [("web", 1)]
    assert one.failing == ""

    async def behind() -> bool:
        return await house.rows("SELECT cursor FROM chat_cursor") == [("4",)]

    await until(behind)
    running.cancel()


async def test_a_single_failure_is_weather(house, hear):
    chat = Deaf()
    chat.deaf = TELL_AFTER - 1
    one = hear(house, chat)
    running = asyncio.create_task(one.run())

    async def tried() -> bool:
        return chat.asked > TELL_AFTER - 1

    await until(tried)
    assert (await told(house), one.failing) == ([], "")
    running.cancel()


class Slow:
    """Carries commands out as slowly as it is told; notes which it began and which it ended."""

    def __init__(self) -> None:
        self.let = asyncio.Event()
        self.begun: list[str] = []
        self.done: list[str] = []

    async def __call__(self, chat: ChatName, command: Commanded) -> Answer:
        word = command.words[0]
        self.begun.append(word)
        if word.startswith("slow"):
            await self.let.wait()
        self.done.append(word)
        return Answer(word)


async def test_a_slow_command_keeps_no_other_community_and_no_message_waiting(house, hear):
    """Laws 9 and 12: it asks a forum that may not answer; only what comes after it in its own community waits."""
    await house.read_list()
    await house.arrive(op())
    await house.send()
    chat, slow = FakeChat(), Slow()
    alice, bea = chat.person("alice", admin=True), chat.person("bea", admin=True)
    lounge = Where(chat.channels["lounge"])
    listening = asyncio.create_task(hear(house, chat, slow).run())
    alice.command(lounge, "mirror slow", community="a")
    await until(lambda: began(slow, "slow"))
    alice.command(lounge, "mirror behind", community="a")
    bea.command(lounge, "mirror quick", community="b")
    await until(lambda: began(slow, "quick"))
    # A message that came too soon has its effects as soon as it can.
    [[channel, thread]] = await house.rows("SELECT channel, thread_ref FROM place WHERE parent IS NOT NULL")
    where = Where(ChannelRef(channel), ThreadRef(thread))
    early = Said("early", where, MessageId("s1"), alice.person, "hello", "plain", house.now)
    await house.store.write(keep_early, "web", early, house.now)
    bea.command(lounge, "mirror again", community="b")
    await until(lambda: replies(house))
    await until(lambda: began(slow, "again"))
    assert slow.done == ["quick", "again"]
    slow.let.set()
    await until(lambda: began(slow, "behind"))
    await until(lambda: answered(house, 4))
    assert slow.begun == ["slow", "quick", "again", "behind"]
    listening.cancel()


async def began(slow: Slow, word: str) -> bool:
    return word in slow.begun


async def replies(house: StoreRig) -> list[tuple[Any, ...]]:
    return await house.rows("SELECT text FROM reply")


async def answered(house: StoreRig, number: int) -> bool:
    return await house.value("SELECT count(*) FROM whisper") == number


def keep_early(chat: str, event: Said, now: int) -> Unit[None]:
    """As `receive` keeps what came too soon."""
    yield (
        "INSERT INTO inbox (chat, event, kind, body, state, received_at) VALUES ($1, $2, 'said', $3, 'waiting', $4)",
        (chat, event.id, msgspec.json.encode(event).decode(), now),
    )
