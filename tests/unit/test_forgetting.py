"""Who asks to be forgotten while their words are on their way: nothing comes twice, and what is over leaves."""

from __future__ import annotations

import pytest

from bot.model import UserId
from bot.store.own_data import forget
from bot.store.persons import ensure_person
from bot.store.tidying import sweep
from tests.crash.bench import Bench


@pytest.fixture
async def bench(tmp_path):
    there = Bench(tmp_path)
    await there.shown_thread()
    yield there
    await there.crash()


async def forget_zoe(bench: Bench) -> None:
    person = await bench.store.write(ensure_person, "fake", "u-zoe", "zoe", bench.clock.now())
    await bench.store.write(forget, person, bench.clock.now())


def say(bench: Bench, text: str) -> None:
    bench.room.person("zoe").say(bench.thread_of("op says"), text)


def replies(bench: Bench) -> list[str]:
    return [row.text for row in bench.board.posts.values() if not row.op]


async def kept(bench: Bench) -> list[tuple[object, ...]]:
    return await bench.ask("SELECT identity_user, name, text, fate FROM reply")


async def identities(bench: Bench) -> list[tuple[object, ...]]:
    return await bench.ask("SELECT user_id FROM identity")


async def test_what_stands_on_the_forum_stays_and_comes_to_the_chat_no_second_time(bench):
    """The message is still the copy of its post, whoever wrote it."""
    say(bench, "I was here")
    await bench.work()
    before = len(bench.room.ours())
    await forget_zoe(bench)
    await bench.work()
    assert replies(bench) == ["I was here"]
    assert len(bench.room.ours()) == before
    assert await kept(bench) == [("", "somebody", "", "posted")]


async def test_what_was_not_sent_yet_is_not_sent(bench):
    """It would come after they went."""
    say(bench, "Not yet")
    await bench.take_in()
    await forget_zoe(bench)
    await bench.work()
    assert replies(bench) == []
    assert await kept(bench) == [("", "somebody", "", "dropped")]
    assert bench.room.whispered(UserId("u-zoe")) == []


async def test_what_is_on_its_way_arrives_once_and_its_words_leave_then(bench):
    """Nobody knows any more who it was, and it is recognised all the same."""
    bench.delays["submit"].append(1.0)
    say(bench, "On my way")
    await bench.work()
    assert await bench.states("reply") == ["sending"]
    before = len(bench.room.ours())
    await forget_zoe(bench)
    await bench.pass_time(200)
    assert replies(bench) == ["On my way"]
    assert len(bench.room.ours()) == before
    await sweep(bench.store, bench.clock.now())
    assert await kept(bench) == [("", "somebody", "", "posted")]
    assert await bench.ask("SELECT payload FROM part WHERE payload LIKE '%On my way%'") == []
    assert await identities(bench) == [], "and nobody comes back by it"


async def test_one_who_is_forgotten_can_still_take_a_message_away(bench):
    """The chat says that it is gone: so it goes from the forum, too."""
    say(bench, "I regret this")
    await bench.work()
    message = next(id for id, row in bench.room.messages.items() if not row.ours)
    await forget_zoe(bench)
    bench.room.person("zoe").delete(message)
    await bench.work()
    assert await bench.states("reply", "delete") == ["sent"]
