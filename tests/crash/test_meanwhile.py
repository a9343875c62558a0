"""What happens to a message, and to what it answers, while its post is on its way to the forum."""

from collections.abc import Callable

import pytest

from bot import errors
from bot.model import PostState, Reaction
from bot.testing.faults import Fault
from tests.crash.bench import Bench

LOST = errors.OutcomeUnknown("no answer")

OUTCOMES = {
    "the answer comes": (None, True),
    "the answer is lost": (LOST, True),
    "it never arrived": (LOST, False),
}
"""What becomes of the request while something else happens: what is raised, and whether it was done."""


def standing(bench: Bench) -> list[str]:
    """What came from the chat and stands on the forum."""
    return [row.text for row in bench.board.posts.values() if row.ours and row.state is PostState.LIVE]


def meanwhile(bench: Bench, outcome: str, change: Callable[[], object]) -> None:
    """Let something happen, and be heard, while the next post is submitted."""
    error, done = OUTCOMES[outcome]

    async def strike() -> None:
        change()
        await bench.take_in()
        if error is not None:
            raise error

    bench.board.faults.append(Fault(strike, "submit", after=done))


@pytest.mark.parametrize("forum", [{}, {"key_window": None}], ids=["keys", "no keys"])
@pytest.mark.parametrize("outcome", OUTCOMES)
async def test_what_is_edited_while_it_is_sent_stands_as_it_was_edited(bench_of, forum, outcome):
    """The bytes that are sent are fixed; the edit is another act behind them."""
    bench = bench_of(forum=forum)
    await bench.shown_thread()
    dora = bench.room.person("dora")
    message = dora.say(bench.thread_of("op says"), "one")
    meanwhile(bench, outcome, lambda: dora.edit(message, "one anew"))
    await bench.work()
    await bench.pass_time(600)
    assert standing(bench) == ["one anew"]
    assert bench.room.messages[message].reaction is Reaction.POSTED


@pytest.mark.parametrize("forum", [{}, {"key_window": None}], ids=["keys", "no keys"])
@pytest.mark.parametrize("outcome", OUTCOMES)
async def test_what_is_deleted_while_it_is_sent_does_not_stay(bench_of, forum, outcome):
    """Its author took it back before anybody knew whether it is there."""
    bench = bench_of(forum=forum)
    await bench.shown_thread()
    dora = bench.room.person("dora")
    message = dora.say(bench.thread_of("op says"), "one")
    meanwhile(bench, outcome, lambda: dora.delete(message))
    await bench.work()
    await bench.pass_time(600)
    assert standing(bench) == []
    assert not bench.room.whispers
    assert await bench.ask("SELECT text FROM reply") == [("",)]


@pytest.mark.parametrize("outcome", OUTCOMES)
async def test_what_is_edited_and_then_deleted_while_it_is_sent_does_not_stay(bench_of, outcome):
    bench = bench_of(forum={"key_window": None})
    await bench.shown_thread()
    dora = bench.room.person("dora")
    message = dora.say(bench.thread_of("op says"), "one")

    def change() -> None:
        dora.edit(message, "one anew")
        dora.delete(message)

    meanwhile(bench, outcome, change)
    await bench.work()
    await bench.pass_time(600)
    assert standing(bench) == []


async def answering(bench: Bench) -> tuple[str, str]:
    """A reply to a reply stands in the chat, and the forum takes nothing for a while; both posts."""
    thread = await bench.shown_thread()
    first = bench.board.post(thread, "", "ben", "first says")
    second = bench.board.post(thread, first, "cleo", "second says")
    await bench.work()
    bench.board.faults.append(Fault(errors.RateLimited("slowly", 90.0), "submit"))
    return first, second


@pytest.mark.parametrize("both", [False, True])
async def test_who_answers_what_is_deleted_meanwhile_answers_what_is_above_it(bench_of, both):
    """As a copy in the chat does whose parent is not shown; with nothing left above, the thread."""
    bench = bench_of()
    first, second = await answering(bench)
    where, dora = bench.thread_of("op says"), bench.room.person("dora")
    dora.say(where, "dora answers", bench.message("second says").id)
    await bench.work()
    bench.board.delete(second)
    if both:
        bench.board.delete(first)
    await bench.pass_time(300)
    [post] = bench.posts("dora answers")
    assert bench.board.posts[post].parent == ("" if both else first)


async def test_who_answers_a_message_whose_post_is_deleted_on_the_forum_answers_what_is_above_it(bench_of):
    bench = bench_of()
    first, _ = await answering(bench)
    bench.board.faults.clear()
    where, dora, emil = bench.thread_of("op says"), bench.room.person("dora"), bench.room.person("emil")
    said = dora.say(where, "dora answers", bench.message("first says").id)
    await bench.work()
    [post] = bench.posts("dora answers")
    bench.board.faults.append(Fault(errors.RateLimited("slowly", 90.0), "submit"))
    emil.say(where, "emil answers", said)
    await bench.take_in()
    bench.board.delete(post)
    await bench.pass_time(300)
    [answer] = bench.posts("emil answers")
    assert bench.board.posts[answer].parent == first


async def test_who_answers_a_message_that_was_deleted_before_it_was_sent_answers_what_that_did(bench_of):
    bench = bench_of()
    first, _ = await answering(bench)
    where, dora, emil = bench.thread_of("op says"), bench.room.person("dora"), bench.room.person("emil")
    said = dora.say(where, "dora answers", bench.message("first says").id)
    emil.say(where, "emil answers", said)
    await bench.work()
    dora.delete(said)
    await bench.pass_time(300)
    assert bench.posts("dora answers") == []
    [answer] = bench.posts("emil answers")
    assert bench.board.posts[answer].parent == first


async def test_of_a_parent_that_is_gone_without_our_knowing_the_author_hears(bench_of):
    """The forum says so itself, and its reason is told."""
    bench = bench_of()
    await answering(bench)
    bench.board.faults.clear()
    where, dora = bench.thread_of("op says"), bench.room.person("dora")
    said = dora.say(where, "dora answers", bench.message("second says").id)
    bench.board.faults.append(Fault(errors.Gone("the post that this answers is gone"), "submit"))
    await bench.work()
    assert bench.room.messages[said].reaction is Reaction.REFUSED
    [told] = bench.room.whispers
    assert "the post that this answers is gone" in told.text
