"""Networks without keys, or that forget them: killed at every moment, what is shown is still shown once.

The forum and the chat live outside of what dies. The clock is moved by hand, so that a request which can no longer
land is waited for without waiting.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from bot.model import PostState
from tests.crash.bench import CHANNEL, NOTICES, Bench

LONG = "long begins " + f"{'x' * 50} " * 42 + "long ends"
"""Two messages in this chat: the process may die between them."""

NETWORKS: dict[str, dict[str, Any]] = {
    "no keys": {"chat": {"key_window": None}, "forum": {"key_window": None}},
    "no keys, no markers": {"chat": {"key_window": None}, "forum": {"key_window": None}, "markers": False},
    "one account for all": {
        "chat": {"key_window": None},
        "forum": {"key_window": None, "write_identity": "shared"},
        "markers": False,
    },
    "no keys in the chat alone": {"chat": {"key_window": None}},
    "keys for a minute": {"chat": {"key_window": 60.0}, "forum": {"key_window": 60.0}},
    "keys for an instant": {"chat": {"key_window": 0.5}, "forum": {"key_window": 0.5}},
}
"""Both read back everything: what they do not show did not happen."""

SILENT = {
    "nothing can be read back": {
        "chat": {"key_window": None, "read_back": "none"},
        "forum": {"key_window": None, "read_back": "none"},
    },
    "what is not found may be there": {
        "chat": {"key_window": None, "read_back": "finds"},
        "forum": {"key_window": None, "read_back": "finds"},
    },
    "nothing can be read back in the chat alone": {"chat": {"key_window": None, "read_back": "none"}},
    "what is not found in the chat alone may be there": {"chat": {"key_window": None, "read_back": "finds"}},
}


class Story:
    """What happens in forum and chat while the process dies once and is started again."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.died = False
        self.thread = bench.board.start_thread("The thread", "op says", "ann")
        self.first = bench.board.post(self.thread, "", "ben", "one says")
        bench.board.post(self.thread, self.first, "cleo", LONG)
        self.dora = bench.room.person("dora")

    async def begin(self, kill_at: int) -> None:
        """Mirror the thread; from here on the process may die."""
        await self.bench.start()
        await self.bench.tell_admins_in(NOTICES)
        await self.bench.mirror(self.thread)
        self.bench.life.count, self.bench.life.kill_at = 0, kill_at

    async def work(self) -> None:
        self.died |= await self.bench.survive(self.bench.work)

    async def seen(self, text: str) -> bool:
        """Wait until a message shows a text, for as long as finding out what was sent may take; whether it came."""
        for _ in range(5):
            if any(text in message.text for message in self.bench.room.ours()):
                return True
            self.died |= await self.bench.survive(lambda: self.bench.pass_time(60))
        return False

    async def tell(self) -> int:
        """Everything, to the end; how many moments there were."""
        board, room = self.bench.board, self.bench.room
        await self.work()
        board.edit(self.first, "one says anew")
        if await self.seen("one says") and room.threads:
            place = next(iter(room.threads))
            answered = self.bench.message("one says").id
            said = self.dora.say(place, "two says from the chat", answered)
            await self.work()
            self.dora.edit(said, "two says from the chat anew")
            gone = self.dora.say(place, "three says from the chat")
            await self.work()
            self.dora.delete(gone)
        doomed = board.post(self.thread, self.first, "ben", "four says")
        await self.work()
        board.delete(doomed)
        board.post(self.thread, "", "ann", "five says")
        await self.work()
        count = self.bench.life.count
        await self.bench.pass_time(1200)
        return count


async def length(bench: Bench) -> int:
    """How many moments the story has; without a death it must come out right."""
    story = Story(bench)
    await story.begin(0)
    count = await story.tell()
    check(bench)
    return count


def standing(bench: Bench) -> list[str]:
    """The first words of what stands in the chat thread, without tombstones."""
    place = next(iter(bench.room.threads))
    return [text.split()[0][:5] for text in bench.texts(place) if "deleted on the forum" not in text]


def check(bench: Bench) -> None:
    """Everything stands once, in its order, with its latest words; nobody had to be asked."""
    assert bench.texts(CHANNEL) == ["General\nThe thread\nop says"]
    assert standing(bench) == ["one", "long", "xxxxx", "five"]
    assert bench.message("one says").text == "one says anew"
    [said] = bench.posts("two says")
    assert bench.board.posts[said].text.endswith("two says from the chat anew")
    assert bench.board.posts[said].parent == bench.posts("one says anew")[0]
    assert bench.posts("three says") == []
    assert bench.told() == []


async def decided(bench: Bench) -> None:
    """An admin looks whether what is held stands; he says where, or has it sent again."""
    while held := await bench.ask("SELECT id FROM delivery WHERE state='held' ORDER BY id LIMIT 1"):
        [(delivery,)] = held
        sql = "SELECT key FROM part WHERE delivery=$1 AND kind='send' AND remote IS NULL ORDER BY part LIMIT 1"
        [(key,)] = await bench.ask(sql, delivery)
        stands: list[str] = [m.id for m in bench.room.ours() if m.key == key]
        stands += [row.post for row in bench.board.posts.values() if row.key == key]
        answer = await bench.admin(f"settle {delivery} {stands[0]}" if stands else f"retry {delivery}")
        assert answer.ok, answer.text
        await bench.pass_time(1200)


def all_is_there(bench: Bench) -> None:
    """Everything stands once with its latest words; where it was held others may have come before it."""
    assert bench.texts(CHANNEL) == ["General\nThe thread\nop says"]
    assert sorted(standing(bench)) == ["five", "long", "one", "xxxxx"]
    assert bench.message("one says").text.startswith("one says anew")
    said = {m.text for m in bench.room.messages.values() if not m.ours and not m.deleted}
    posts = [row for row in bench.board.posts.values() if row.ours and row.state is PostState.LIVE]
    assert len(posts) == len(said)
    assert all(row.text.endswith(text) for row, text in zip(posts, said, strict=True))


def some(points: int, every: int) -> range:
    """Every so many points; the slow form takes all."""
    return range(1, points + 1, every)


async def die_at(bench_of: Callable[..., Bench], network: dict[str, Any], point: int) -> Bench:
    """Tell the story with a death at a point."""
    bench = bench_of(**network)
    story = Story(bench)
    await story.begin(point)
    await story.tell()
    assert story.died
    return bench


async def nothing_is_lost_or_twice(bench_of: Callable[..., Bench], network: str, every: int) -> None:
    for point in some(await length(bench_of(**NETWORKS[network])), every):
        bench = await die_at(bench_of, NETWORKS[network], point)
        try:
            check(bench)
            assert set(await bench.states()) <= {"sent", "dropped"}
        except AssertionError as error:
            error.add_note(f"died at point {point}: {bench.deaths}")
            raise
        await bench.crash()


async def nothing_is_twice_and_what_is_unknown_is_told(
    bench_of: Callable[..., Bench], network: str, every: int
) -> None:
    for point in some(await length(bench_of(**SILENT[network])), every):
        bench = await die_at(bench_of, SILENT[network], point)
        try:
            words = Counter(standing(bench) if bench.room.threads else [])
            assert max(words.values(), default=0) <= 1
            assert len(bench.texts(CHANNEL)) <= 1
            assert len(bench.posts("two says")) <= 1
            held = await bench.ask("SELECT id FROM delivery WHERE state='held'")
            told = bench.told()
            assert len(told) == len(held)
            assert all(f"delivery {id} is held" in text for (id,), text in zip(held, told, strict=True))
            await decided(bench)
            all_is_there(bench)
            assert set(await bench.states()) <= {"sent", "dropped"}
        except AssertionError as error:
            error.add_note(f"died at point {point}: {bench.deaths}")
            raise
        await bench.crash()


@pytest.mark.parametrize("network", NETWORKS)
async def test_a_death_at_any_moment_loses_nothing_where_everything_can_be_read_back(bench_of, network):
    """A sample of the slow form below."""
    await nothing_is_lost_or_twice(bench_of, network, every=17)


@pytest.mark.parametrize("network", SILENT)
async def test_a_death_at_any_moment_shows_nothing_twice_where_nothing_can_be_known(bench_of, network):
    """What may or may not have happened is held, and the admins are told of it once; a sample of the slow form."""
    await nothing_is_twice_and_what_is_unknown_is_told(bench_of, network, every=17)


@pytest.mark.faults
@pytest.mark.timeout(0)
@pytest.mark.parametrize("network", NETWORKS)
async def test_a_death_at_every_moment_loses_nothing_where_everything_can_be_read_back(bench_of, network):
    """The process may die between any two things that it does."""
    await nothing_is_lost_or_twice(bench_of, network, every=1)


@pytest.mark.faults
@pytest.mark.timeout(0)
@pytest.mark.parametrize("network", SILENT)
async def test_a_death_at_every_moment_shows_nothing_twice_where_nothing_can_be_known(bench_of, network):
    """Never guess: what cannot be known is for a person to decide, who must hear of it."""
    await nothing_is_twice_and_what_is_unknown_is_told(bench_of, network, every=1)
