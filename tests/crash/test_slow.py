"""A forum that takes posts slowly: what people say waits in its order, and nobody is told that it failed."""

from typing import Any

import pytest

from bot import errors
from bot.model import Reaction
from bot.testing.faults import Fault
from tests.crash.bench import Bench


def slowly(bench: Bench, times: int, seconds: float = 90.0) -> None:
    """Let the forum ask for a pause before each of the next posts, once."""
    pause = errors.RateLimited("one post in a minute and a half", seconds)
    for _ in range(times):
        bench.board.faults.extend((Fault(pause, "submit"), Fault(lambda: None, "submit")))


def posts(bench: Bench) -> list[str]:
    """What came from the chat, in the order in which it stands on the forum."""
    return [row.text for row in bench.board.posts.values() if row.ours]


@pytest.mark.parametrize("forum", [{}, {"key_window": None}])
async def test_what_is_said_keeps_its_order_through_every_pause(bench_of, forum: dict[str, Any]):
    """Three messages of one person and two of another: each is turned away once before it is taken."""
    bench = bench_of(forum=forum)
    await bench.shown_thread()
    where, dora, emil = bench.thread_of("op says"), bench.room.person("dora"), bench.room.person("emil")
    said = ["dora one", "emil one", "dora two", "dora three", "emil two"]
    for text in said:
        (dora if text.startswith("dora") else emil).say(where, text)
    slowly(bench, len(said))
    await bench.work()
    assert posts(bench) == []
    await bench.pass_time(1200, 30)
    assert posts(bench) == said
    assert bench.wire.count("submit") == 2 * len(said)
    assert await bench.ask("SELECT DISTINCT attempts FROM delivery WHERE subject='reply'") == [(0,)]
    assert bench.told() == []
    assert not bench.room.whispers


async def test_what_waits_for_the_forum_says_so(bench_of):
    """⏳ stays on all of it, `why` says for what, and one answer is given before the time is over."""
    bench = bench_of()
    await bench.shown_thread()
    where, dora = bench.thread_of("op says"), bench.room.person("dora")
    said = [dora.say(where, text) for text in ("one", "two")]
    slowly(bench, 1, 300.0)
    await bench.work()
    await bench.pass_time(240)
    assert bench.wire.count("submit") == 1
    assert [bench.room.messages[message].reaction for message in said] == [Reaction.PENDING] * 2
    first, second = [(await bench.admin(f"why {message}")).text for message in said]
    assert "one post in a minute and a half" in first
    assert "the next try is at" in first
    assert "one post in a minute and a half" in second
    await bench.pass_time(120)
    assert [bench.room.messages[message].reaction for message in said] == [Reaction.POSTED] * 2


async def test_a_pause_for_one_thread_delays_nobody_in_another(bench_of):
    bench = bench_of()
    await bench.shown_thread()
    other = bench.board.start_thread("Another thread", "other says", "ann")
    await bench.mirror(other)
    await bench.work()
    dora, emil = bench.room.person("dora"), bench.room.person("emil")
    dora.say(bench.thread_of("op says"), "one")
    slowly(bench, 1, 3600.0)
    await bench.work()
    emil.say(bench.thread_of("other says"), "two")
    await bench.pass_time(120)
    assert posts(bench) == ["two"]


async def test_what_is_changed_and_taken_back_while_it_waits_is_posted_as_it_is_then(bench_of):
    bench = bench_of()
    await bench.shown_thread()
    where, dora = bench.thread_of("op says"), bench.room.person("dora")
    kept, gone = dora.say(where, "one"), dora.say(where, "two")
    slowly(bench, 1)
    await bench.work()
    dora.edit(kept, "one anew")
    dora.delete(gone)
    await bench.pass_time(600)
    assert posts(bench) == ["one anew"]
    assert bench.wire.count("revise") == bench.wire.count("withdraw") == 0
