"""What people are told beside their messages: one chat, or one message, that cannot be told anything delays nobody."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot import errors
from bot.recovery import reaction
from bot.sender.courtesy import TRIES, Courtesy
from bot.store import run
from bot.store.whispers import whisper
from bot.testing.chats import FakeChat
from bot.testing.faults import Fault
from tests.crash.bench import NOTICES, Alarms, Bench

PATIENCE = 10.0


@pytest.fixture
async def bench(tmp_path):
    there = Bench(tmp_path)
    await there.start()
    thread = there.board.start_thread("The thread", "op says", "ann")
    await there.mirror(thread)
    await there.work()
    yield there
    await there.crash()


async def owe(bench: Bench, chat: str, key: str) -> None:
    await bench.store.write(whisper, chat, "lounge", "", "zoe", f"words {key}", key, bench.clock.now())


def courtesy(bench: Bench, longest: float = 30.0, **chats: FakeChat) -> Courtesy:
    return Courtesy(bench.store, chats, bench.clock, Alarms(), bench.log, longest)


async def test_a_chat_that_does_not_answer_delays_neither_deliveries_nor_other_chats(bench):
    """Law 9: a reaction that hangs is nobody else's business."""
    lounge = bench.thread_of("op says")
    never = asyncio.Event()

    async def hangs(*_: object) -> None:
        await never.wait()

    bench.room.react = hangs
    bench.room.person("zoe").say(lounge, "hello forum")
    await bench.take_in()
    other = FakeChat()
    bench.sender._world.chats["other"] = other
    await owe(bench, "other", "k1")
    bench.sender.wake()
    running = asyncio.create_task(bench.sender.run())
    async with asyncio.timeout(PATIENCE):
        while not (other.whispers and bench.posts("hello forum")):
            await asyncio.sleep(0)
        bench.board.post(next(iter(bench.board.threads)), "", "ben", "one says")
        await bench.store.write(run, "UPDATE source SET next_at=0")
        await bench.poller.poll_one(bench.opened)
        bench.sender.wake()
        while "one says" not in bench.texts(lounge):
            await asyncio.sleep(0)
        bench.sender.stop()
        await running


async def test_fates_that_can_never_be_shown_keep_no_other_from_being_shown(bench):
    """Law 9: a place that takes no reactions says so once for each message, and the next has its turn."""
    lounge, zoe = bench.thread_of("op says"), bench.room.person("zoe")
    refused = {bench.room.person(f"zoe{i}").say(lounge, f"number {i}") for i in range(120)}
    good, real = zoe.say(lounge, "the last"), bench.room.react
    asked = []

    async def react(where: Any, message: Any, shown: Any) -> None:
        asked.append(message)
        if message in refused:
            raise errors.NotAllowed("no reactions here")
        await real(where, message, shown)

    bench.room.react = react
    await bench.work()
    assert bench.room.messages[good].reaction == "✅"
    asked.clear()
    await bench.pass_time(600)
    assert asked == []


async def test_what_fails_alone_is_tried_ever_more_rarely_and_passed_by_meanwhile(bench):
    chat: Any = FakeChat()
    real = chat.tell

    async def tell(where: Any, person: Any, text: str, key: str, *more: Any) -> None:
        if key == "k1":
            raise errors.Unparsable("an answer of another kind")
        await real(where, person, text, key, *more)

    chat.tell = tell
    for key in ("k1", "k2"):
        await owe(bench, "other", key)
    paid = courtesy(bench, other=chat)
    for _ in range(TRIES + 8):
        await paid.pay()
    assert [words.text for words in chat.whispers] == ["words k2"]
    assert await bench.ask("SELECT state FROM whisper ORDER BY id") == [("pending",), ("sent",)]
    for _ in range(TRIES):
        bench.fake_clock.advance(300_000)
        await paid.pay()
    assert await bench.ask("SELECT state, text FROM whisper ORDER BY id LIMIT 1") == [("dropped", "")]


@pytest.mark.parametrize(
    "error", [errors.Unreachable("down"), errors.RateLimited("slower", 5.0), errors.LoginRejected("who are you")]
)
async def test_private_words_outlast_a_chat_that_cannot_be_reached(bench, error):
    """Law 11: a reason that nobody hears is silence; and an outage is no failure of the words."""
    chat: Any = FakeChat()
    await owe(bench, "other", "k1")
    paid, calls = courtesy(bench, other=chat), 0

    async def tell(*_: object) -> None:
        nonlocal calls
        calls += 1
        raise error

    real, chat.tell = chat.tell, tell
    for _ in range(50):
        await paid.pay()
    assert calls == 1
    for _ in range(50):
        bench.fake_clock.advance(300_000)
        await paid.pay()
    assert calls == 51
    chat.tell = real
    bench.fake_clock.advance(300_000)
    await paid.pay()
    assert [words.text for words in chat.whispers] == ["words k1"]


async def test_a_pause_that_is_wanted_in_one_place_holds_up_no_other(bench):
    """Law 9: chats limit what is done in each of their places."""
    chat: Any = FakeChat()
    for key in ("k1", "k2"):
        await owe(bench, "other", key)
    await bench.store.write(whisper, "other", "attic", "", "zoe", "words k3", "k3", bench.clock.now())
    paid, real, asked = courtesy(bench, other=chat), chat.tell, []

    async def tell(where: Any, person: Any, text: str, key: str, *more: Any) -> None:
        asked.append(key)
        if where.channel == "lounge":
            raise errors.RateLimited("slower", 600.0)
        await real(where, person, text, key, *more)

    chat.tell = tell
    for _ in range(3):
        await paid.pay()
    assert asked == ["k1", "k3"], "what is limited is asked for once, and not for each that is owed there"
    chat.tell = real
    bench.fake_clock.advance(600_000)
    await paid.pay()
    assert sorted(words.text for words in chat.whispers) == ["words k1", "words k2", "words k3"]


async def test_a_call_that_never_returns_is_a_failure(bench):
    """Else one reaction would keep all later ones of its chat waiting."""
    chat: Any = FakeChat()
    real, never = chat.tell, asyncio.Event()

    async def tell(where: Any, person: Any, text: str, key: str, *more: Any) -> None:
        if key == "k1":
            await never.wait()
        await real(where, person, text, key, *more)

    chat.tell = tell
    for key in ("k1", "k2"):
        await owe(bench, "other", key)
    await courtesy(bench, 0.01, other=chat).pay()
    assert [words.text for words in chat.whispers] == ["words k2"]


async def test_a_chat_that_is_not_there_any_more_costs_the_others_nothing(bench):
    for i in range(150):
        await owe(bench, "gone", f"g{i}")
    await owe(bench, "other", "k1")
    chat = FakeChat()
    await courtesy(bench, other=chat).pay()
    assert [words.text for words in chat.whispers] == ["words k1"]


# -------------------------------------------------------------------------------------------------------- what is told

TOKEN = "s3cr3tT0ken0123456789"
LEAKY = f"403 for https://chat.example/api/webhooks/123/{TOKEN}?access_token={TOKEN}"


async def test_no_secret_of_an_error_is_stored_or_told(bench):
    """Law 10: adapters put addresses into their errors, and addresses hold tokens."""
    lounge = bench.thread_of("op says")
    await bench.tell_admins_in(NOTICES)
    bench.room.faults.append(Fault(errors.Refused(LEAKY), "send"))
    bench.board.post(next(iter(bench.board.threads)), "", "ben", "one says")
    await bench.work()
    bench.board.faults.append(Fault(errors.Refused(LEAKY), "submit"))
    bench.room.person("zoe").say(lounge, "hello forum")
    await bench.work()
    bench.board.faults.append(Fault(errors.Unparsable(LEAKY), "thread"))
    await bench.store.write(run, "UPDATE source SET next_at=0")
    await bench.poller.poll_one(bench.opened)
    await bench.sender.drain()
    assert await bench.ask("SELECT error<>'' FROM source") == [(1,)]
    [said] = bench.room.whispers
    assert bench.told()
    for text in (said.text, *bench.told(), (await bench.admin("status")).text):
        assert TOKEN not in text
    for table, column in (("delivery", "reason"), ("source", "error"), ("notice", "text"), ("reply", "reason")):
        assert await bench.ask(f"SELECT 1 FROM {table} WHERE {column} LIKE '%{TOKEN}%'") == []


async def test_the_reason_of_a_refusal_is_told_as_it_is_and_marks_nothing_up(bench):
    """A forum's words are no Markdown; as such they could show a link of another's or ping."""
    bench.board.faults.append(Fault(errors.Refused("no *stars*, no [links](https://evil.example)"), "submit"))
    bench.room.person("zoe").say(bench.thread_of("op says"), "hello forum")
    await bench.work()
    [said] = bench.room.whispers
    assert r"\*stars\*" in said.text
    assert "](https://evil.example)" not in said.text


def test_the_reason_of_an_error_is_one_bounded_line():
    long = reaction(errors.Refused("a\nb\n" + "x" * 100_000), 0).reason
    assert long.startswith("a b ")
    assert len(long) <= 500
    assert reaction(errors.Refused(""), 0).reason == "Refused"
