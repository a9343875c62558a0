"""A channel goes on as another one while posts are on their way: each stands once, in the old one or in the new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from bot import errors
from bot.model import ChannelRef, Where
from bot.store.places import has_moved
from bot.testing.faults import Fault
from tests.crash.bench import CHANNEL, NEVER, NOTICES, Bench

NEW = Where(ChannelRef("hall"))

NETWORKS: dict[str, dict[str, Any]] = {
    "keys for ever": {},
    "no keys": {"chat": {"key_window": None}, "forum": {"key_window": None}},
}


def here(bench: Bench, channel: Where) -> list[str]:
    """The words of what stands in a channel and its chat threads, in order, without paths, titles and notes."""
    rows = [m for m in bench.room.ours() if m.where.channel == channel.channel and m.where != NOTICES]
    return [line for m in rows for line in m.text.splitlines() if line.endswith("says")]


class Story:
    """A thread grows, its channel moves, and it grows on, while the process dies once."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.died = False
        self.admin = bench.room.person("Ann")
        self.thread = bench.board.start_thread("The thread", "op says", "ann")

    async def tell(self, kill_at: int) -> int:
        """Everything, to the end; how many moments there were."""
        bench = self.bench
        await bench.start()
        await bench.tell_admins_in(NOTICES)
        await bench.mirror(self.thread)
        bench.board.post(self.thread, "", "ben", "one says")
        await bench.work()
        bench.life.count, bench.life.kill_at = 0, kill_at
        bench.board.post(self.thread, "", "cleo", "two says")
        await self._do(bench.work)
        bench.board.post(self.thread, "", "cleo", "three says")
        await self._do(bench.poll)
        self.admin.move(CHANNEL.channel, "hall")
        bench.board.post(self.thread, "", "ben", "four says")
        await self._do(bench.work)
        bench.board.post(self.thread, "", "ben", "five says")
        await self._do(bench.work)
        count = bench.life.count
        await bench.pass_time(1200)
        return count

    async def _do(self, act: Callable[[], Any]) -> None:
        self.died |= await self.bench.survive(act)


def check(bench: Bench) -> None:
    """Nothing is lost, nothing stands twice but the OP on which the new chat thread hangs, and nobody was asked."""
    old, new = here(bench, CHANNEL), here(bench, NEW)
    assert old[:2] == ["op says", "one says"]
    assert (old + new).count("two says") == 1
    assert [words for words in old[2:] + new if words != "two says"] == [
        "op says",
        "three says",
        "four says",
        "five says",
    ]
    assert [text for text in bench.told() if "nothing to do" not in text] == []
    assert len(bench.told()) == 1


async def nothing_is_lost_or_twice(bench_of: Callable[..., Bench], network: str, every: int) -> None:
    points = await Story(bench_of(**NETWORKS[network])).tell(0)
    assert points > 20
    for point in range(1, points + 1, every):
        bench = bench_of(**NETWORKS[network])
        story = Story(bench)
        await story.tell(point)
        try:
            assert story.died
            check(bench)
            assert set(await bench.states()) <= {"sent", "dropped"}
        except AssertionError as error:
            error.add_note(f"died at point {point}: {bench.deaths}")
            raise
        await bench.crash()


@pytest.mark.parametrize("network", NETWORKS)
async def test_a_death_at_any_moment_of_a_move_loses_nothing_and_shows_nothing_twice(bench_of, network):
    """What moves, moves in one commit; a sample of the slow form below."""
    await nothing_is_lost_or_twice(bench_of, network, every=7)


@pytest.mark.faults
@pytest.mark.timeout(0)
@pytest.mark.parametrize("network", NETWORKS)
async def test_a_death_at_every_moment_of_a_move_loses_nothing_and_shows_nothing_twice(bench_of, network):
    """The process may die between any two things that it does."""
    await nothing_is_lost_or_twice(bench_of, network, every=1)


async def moving(bench: Bench, delay: float | None) -> None:
    """A reply is being sent, its answer is lost and it lands after so many seconds, and then its channel moves."""
    thread = await bench.shown_thread()
    await bench.work()
    bench.delays["send"].append(delay)
    bench.board.post(thread, "", "ben", "one says")
    await bench.poll()
    await bench.sender.drain()
    bench.board.post(thread, "", "ben", "two says")
    await bench.poll()
    bench.room.person("Ann").move(CHANNEL.channel, "hall")


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("delay", [NEVER, 1.0])
async def test_what_was_being_sent_stands_in_one_of_the_two(bench_of, network, delay):
    """Law 3: found where it was begun, or shown in the new one after it certainly was not."""
    bench = bench_of(**NETWORKS[network])
    await moving(bench, delay)
    if delay != NEVER:
        bench.room.ended.clear()
        bench.fake_clock.advance(2_000)
        bench.room.ended.add(CHANNEL.channel)
    await bench.pass_time(900)
    stands = Counter(here(bench, CHANNEL) + here(bench, NEW))
    assert (stands["one says"], stands["two says"]) == (1, 1)
    assert ("one says" in here(bench, CHANNEL)) is (delay != NEVER)
    assert await bench.ask("SELECT state FROM delivery WHERE state NOT IN ('sent', 'dropped')") == []
    assert len(bench.told()) == 1


async def test_what_the_closed_channel_refuses_before_we_hear_of_the_move_is_shown_in_the_new_one(bench_of):
    """The chat closes it first and tells of it later."""
    bench = bench_of()
    thread = await bench.shown_thread()
    bench.room.ended.add(CHANNEL.channel)
    bench.board.post(thread, "", "ben", "one says")
    await bench.poll()
    await bench.sender.drain()
    assert any("cannot be written to" in text for text in bench.told())
    bench.room.person("Ann").move(CHANNEL.channel, "hall")
    await bench.work()
    assert here(bench, NEW) == ["op says", "one says"]
    assert await bench.ask("SELECT about FROM notice WHERE closed_at IS NULL") == []
    assert await bench.ask("SELECT paused FROM queue WHERE paused<>''") == []


async def test_what_is_refused_because_the_channel_moved_meanwhile_is_owed_there_at_once(bench_of):
    """It was claimed before, and nobody is told that the place is closed."""
    bench = bench_of()
    thread = await bench.shown_thread()
    bench.board.post(thread, "", "ben", "one says")
    await bench.poll()
    send = bench.room.send

    async def closes(*args: Any) -> Any:
        bench.room.send = send
        bench.room.person("Ann").move(CHANNEL.channel, "hall")
        await bench.take_in()
        return await send(*args)

    bench.room.send = closes
    await bench.work()
    assert here(bench, NEW) == ["op says", "one says"]
    assert len(bench.told()) == 1


async def test_a_refusal_that_crosses_the_news_of_the_move_keeps_the_order(bench_of):
    """Nothing that comes later overtakes it: it is owed in the new channel as soon as it is known not to stand."""
    bench = bench_of()
    thread = await bench.shown_thread()
    bench.board.post(thread, "", "ben", "one says")
    await bench.poll()
    bench.room.ended.add(CHANNEL.channel)
    read = bench.store.read

    async def crossing(unit: Callable[..., Any], *args: Any) -> Any:
        answer = await read(unit, *args)
        if unit is has_moved:
            bench.store.read = read
            bench.room.person("Ann").move(CHANNEL.channel, "hall")
            await bench.take_in()
        return answer

    bench.store.read = crossing
    await bench.sender.drain()
    bench.board.post(thread, "", "ben", "two says")
    await bench.work()
    assert here(bench, NEW) == ["op says", "one says", "two says"]
    assert len(bench.told()) == 1


async def test_a_new_channel_that_does_not_let_us_in_yet_is_written_to_when_it_does(bench_of):
    """We may be let in later than we hear of it: nobody has to say so."""
    bench = bench_of()
    thread = await bench.shown_thread()
    bench.room.closed_to_us[NEW] = errors.NotAllowed("we are not in there")
    bench.room.person("Ann").move(CHANNEL.channel, "hall")
    bench.board.post(thread, "", "ben", "one says")
    await bench.work()
    assert here(bench, NEW) == []
    bench.room.closed_to_us.clear()
    await bench.pass_time(400)
    assert here(bench, NEW) == ["op says", "one says"]


async def test_a_fate_that_cannot_be_shown_in_the_old_channel_stops_nothing(bench_of):
    """What people said there reaches the forum all the same."""
    bench = bench_of()
    thread = await bench.shown_thread()
    bench.room.person("Dora").say(bench.thread_of("op says"), "a word from the chat")
    bench.room.person("Ann").move(CHANNEL.channel, "hall")
    await bench.work()
    assert len(bench.posts("a word from the chat")) == 1
    bench.board.post(thread, "", "ben", "one says")
    await bench.work()
    assert here(bench, NEW) == ["op says", "one says"]
    assert await bench.ask("SELECT fate, fate_shown FROM reply") == [("posted", "posted")]


async def test_what_people_answer_in_the_new_channel_reaches_the_forum(bench_of):
    bench = bench_of()
    thread = await bench.shown_thread()
    bench.room.person("Ann").move(CHANNEL.channel, "hall")
    await bench.work()
    bench.board.post(thread, "", "ben", "one says")
    await bench.work()
    place = bench.message("one says").where
    bench.room.person("Dora").say(place, "a word from the hall", bench.message("one says").id)
    await bench.work()
    [key] = bench.posts("a word from the hall")
    assert bench.board.posts[key].parent == bench.posts("one says")[0]


async def test_a_post_that_was_refused_by_half_is_shown_whole_in_the_new_channel(bench_of):
    """Its beginning stays where it stands; nobody could read its end."""
    bench = bench_of()
    thread = await bench.shown_thread()
    text = "begins " + f"{'x' * 50} " * 42 + "says"
    bench.board.post(thread, "", "ben", text)
    await bench.poll()
    bench.room.faults += [Fault(lambda: None, "send"), Fault(errors.NotAllowed("closed"), "send")]
    await bench.sender.drain()
    bench.room.person("Ann").move(CHANNEL.channel, "hall")
    await bench.pass_time(400)
    long = [m for m in bench.room.ours() if "xxxx" in m.text]
    assert [m.where.channel for m in long] == ["lounge", "hall", "hall"]
    assert ["begins" in m.text for m in long] == [True, True, False]
    assert await bench.ask("SELECT state FROM delivery WHERE state NOT IN ('sent', 'dropped')") == []
