"""A chat thread is called like what it shows, also when that is called otherwise one day."""

from __future__ import annotations

from typing import Any

import pytest

from bot import errors
from bot.model import Where
from bot.testing.faults import Fault
from tests.crash.bench import Bench


@pytest.fixture
async def bench(tmp_path):
    there = Bench(tmp_path)
    await there.start()
    yield there
    await there.crash()


class Names:
    """What chat threads are called, in a chat that lets them be called otherwise."""

    def __init__(self, bench: Bench) -> None:
        self.asked: list[tuple[Where, str]] = []
        self.fails: list[Exception] = []
        bench.room.retitle = self.retitle  # type: ignore[method-assign]

    async def retitle(self, where: Where, title: str) -> None:
        if self.fails:
            raise self.fails.pop(0)
        self.asked.append((where, title))


async def shown(bench: Bench) -> Any:
    """A thread that is mirrored."""
    thread = bench.board.start_thread("Old title", "op says", "ann")
    await bench.mirror(thread)
    await bench.work()
    return thread


def call(bench: Bench, thread: Any, title: str, words: str = "op says") -> None:
    """The author gives a thread another title."""
    row = bench.board.threads[thread]
    row.title = title
    bench.board.edit(row.posts[0], words, title)


async def test_a_chat_thread_is_renamed_once_when_what_it_shows_gets_another_title(bench):
    """Users look for it by the title that the forum shows."""
    names, thread = Names(bench), await shown(bench)
    assert names.asked == []
    call(bench, thread, "New title")
    await bench.work()
    await bench.work()
    assert names.asked == [(bench.thread_of("op says"), "New title")]


async def test_other_words_of_an_opening_post_rename_nothing(bench):
    """A moderator may have called the chat thread otherwise on purpose."""
    names, thread = Names(bench), await shown(bench)
    call(bench, thread, "Old title", "op says more")
    await bench.work()
    assert "op says more" in str(bench.texts(Where(bench.room.channels["lounge"])))
    assert names.asked == []


async def test_a_rename_that_has_to_wait_holds_up_nothing(bench):
    """Law 9: neither what is said in that thread, nor what people are told."""
    names, thread = Names(bench), await shown(bench)
    lounge = bench.thread_of("op says")
    names.fails = [errors.RateLimited("twice in ten minutes", 600.0)]
    call(bench, thread, "New title")
    bench.board.post(thread, "", "ben", "one says")
    said = bench.room.person("zoe").say(lounge, "hello forum")
    await bench.work()
    assert "one says" in bench.texts(lounge)
    assert bench.room.messages[said].reaction == "✅"
    assert names.asked == []
    bench.fake_clock.advance(600_000)
    await bench.work()
    assert [title for _, title in names.asked] == ["New title"]


@pytest.mark.parametrize("error", [errors.NotAllowed("locked"), errors.Gone("deleted"), errors.Refused("a bad word")])
async def test_a_rename_that_is_refused_is_asked_for_again_with_the_next_title_only(bench, error):
    """It is a courtesy: the title stands on the opening post all the same."""
    names, thread = Names(bench), await shown(bench)
    names.fails = [error]
    for title in ("New title", "Newer title"):
        call(bench, thread, title)
        for _ in range(3):
            await bench.work()
            bench.fake_clock.advance(600_000)
    assert [title for _, title in names.asked] == ["Newer title"]


async def test_a_rename_that_a_dead_process_owed_is_made_by_the_next(bench):
    """What is owed stands in the database: that both are called differently."""
    names, thread = Names(bench), await shown(bench)
    names.fails = [errors.Unreachable("down")]
    call(bench, thread, "New title")
    await bench.work()
    assert names.asked == []
    await bench.crash()
    await bench.start()
    await bench.work()
    assert [title for _, title in names.asked] == ["New title"]


async def test_a_thread_that_is_opened_under_its_new_title_is_not_renamed(bench):
    """Its place was known before it was opened."""
    names = Names(bench)
    thread = bench.board.start_thread("Old title", "op says", "ann")
    await bench.mirror(thread)
    bench.room.faults.append(Fault(errors.Unreachable("down"), "send"))
    await bench.work()
    call(bench, thread, "New title")
    bench.fake_clock.advance(600_000)
    await bench.work()
    await bench.work()
    assert bench.thread_of("op says")
    assert names.asked == []
