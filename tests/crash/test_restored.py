"""A chat whose tombstones take messages away for good: what the forum shows again is shown anew, below."""

from __future__ import annotations

import pytest

from bot.errors import OutcomeUnknown
from bot.model import PostState
from bot.testing.faults import Fault
from tests.crash.bench import CHANNEL

FOR_GOOD = {"undeletes": False}


async def gone(bench):
    """A thread whose reply was shown and deleted; its key, and the chat's message that is left of it."""
    thread = await bench.shown_thread()
    post = bench.board.post(thread, "", "ben", "one says")
    await bench.work()
    message = bench.message("one says").id
    bench.board.delete(post)
    await bench.work()
    assert "one says" not in str(bench.room.ours())
    return thread, post, message


def restore(bench, post, words):
    """The forum shows a post again, with other words."""
    bench.board.posts[post].state = PostState.LIVE
    bench.board.edit(post, words)


def standing(bench):
    """What stands in the chat threads, without the notes below."""
    return [m.text.splitlines()[0] for m in bench.room.ours() if m.where.thread]


async def test_a_post_that_the_forum_shows_again_answers_what_is_left_of_it(bench_of):
    """It cannot stand in its old place, and whoever reads on finds it."""
    bench = bench_of(chat=FOR_GOOD)
    _, post, message = await gone(bench)
    restore(bench, post, "one says again")
    await bench.work()
    assert standing(bench) == ["one says again"]
    assert bench.message("one says again").reply_to == message
    assert await bench.ask("SELECT generation, state FROM copy WHERE post=2 ORDER BY id") == [
        (0, "tombstone"),
        (1, "shown"),
    ]


async def test_what_was_shown_anew_is_changed_deleted_and_shown_again(bench_of):
    """As often as the forum likes."""
    bench = bench_of(chat=FOR_GOOD)
    thread, post, _ = await gone(bench)
    restore(bench, post, "one says again")
    await bench.work()
    bench.board.edit(post, "one says better")
    await bench.work()
    assert standing(bench) == ["one says better"]
    second = bench.message("one says better").id
    bench.board.delete(post)
    await bench.work()
    assert standing(bench) == []
    restore(bench, post, "one says once more")
    await bench.work()
    bench.board.post(thread, post, "cleo", "two says")
    await bench.work()
    assert standing(bench) == ["one says once more", "two says"]
    assert bench.message("one says once more").reply_to == second
    assert bench.message("two says").reply_to == bench.message("one says once more").id


async def test_a_post_that_is_gone_again_before_it_was_shown_anew_is_not(bench_of):
    bench = bench_of(chat=FOR_GOOD)
    _, post, _ = await gone(bench)
    restore(bench, post, "one says again")
    await bench.poll()
    bench.board.delete(post)
    await bench.work()
    assert standing(bench) == []
    assert set(await bench.states()) <= {"sent", "dropped"}


async def test_several_versions_that_wait_are_shown_anew_once(bench_of):
    """Law 3."""
    bench = bench_of(chat=FOR_GOOD)
    _, post, _ = await gone(bench)
    for words in ("one says again", "one says better", "one says best"):
        restore(bench, post, words)
        await bench.poll()
    await bench.work()
    assert standing(bench) == ["one says best"]


async def test_an_op_that_the_forum_shows_again_stands_in_the_channel(bench_of):
    """Its chat thread goes on where it hangs."""
    bench = bench_of(chat=FOR_GOOD)
    thread = await bench.shown_thread()
    opening = bench.board.threads[thread].posts[0]
    bench.board.post(thread, "", "ben", "one says")
    await bench.work()
    place, message = bench.message("one says").where, bench.message("op says").id
    bench.board.delete(opening)
    await bench.work()
    restore(bench, opening, "op says again")
    bench.board.post(thread, "", "cleo", "two says")
    await bench.work()
    assert (bench.message("op says again").where, bench.message("op says again").reply_to) == (CHANNEL, message)
    assert bench.message("two says").where == place


async def test_a_tombstone_that_was_a_message_from_the_first_is_changed_in_place(bench_of):
    """Nothing was taken away there."""
    bench = bench_of(chat=FOR_GOOD)
    await bench.start()
    thread = bench.board.start_thread("The thread", "op says", "ann")
    bench.board.post(thread, "", "ben", "one says")
    await bench.mirror(thread)
    await bench.poll()
    opening = bench.board.threads[thread].posts[0]
    bench.board.delete(opening)
    await bench.work()
    [tombstone] = bench.room.ours(CHANNEL)
    restore(bench, opening, "op says again")
    await bench.work()
    assert bench.message("op says again").id == tombstone.id


@pytest.mark.parametrize("after", [False, True])
async def test_an_answer_that_is_lost_while_it_is_shown_anew_shows_it_once(bench_of, after):
    """Recovered as every message is."""
    bench = bench_of(chat=FOR_GOOD | {"key_window": None})
    _, post, _ = await gone(bench)
    bench.room.faults.append(Fault(OutcomeUnknown("no answer"), "send", after=after))
    restore(bench, post, "one says again")
    await bench.pass_time(300)
    assert standing(bench) == ["one says again"]


async def test_what_a_person_took_away_does_not_come_back(bench_of):
    bench = bench_of(chat=FOR_GOOD)
    thread = await bench.shown_thread()
    post = bench.board.post(thread, "", "ben", "one says")
    await bench.work()
    bench.room.person("mod").delete(bench.message("one says").id)
    await bench.work()
    bench.board.delete(post)
    await bench.work()
    restore(bench, post, "one says again")
    await bench.work()
    assert standing(bench) == []


async def test_where_a_tombstone_can_be_changed_back_it_is(bench_of):
    bench = bench_of()
    _, post, message = await gone(bench)
    restore(bench, post, "one says again")
    await bench.work()
    assert bench.message("one says again").id == message
