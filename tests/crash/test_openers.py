"""What opens a chat thread may end without opening it: what waited for it stands in the channel, and nobody waits."""

import pytest

from bot import errors
from bot.testing.faults import Fault
from tests.crash.bench import CHANNEL, NOTICES

NOTHING_TELLS = {"key_window": None, "read_back": "none"}


async def opening(bench, trouble, act="send", layout="threads"):
    """A thread with one reply, whose OP meets with some trouble in the channel; the thread's key."""
    await bench.start()
    await bench.tell_admins_in(NOTICES)
    thread = bench.board.start_thread("The thread", "op says", "ann")
    bench.board.post(thread, "", "ben", "one says")
    await bench.mirror(thread, layout=layout)
    bench.room.faults.append(Fault(trouble, act))
    await bench.work()
    return thread


def here(bench):
    """What stands in the channel, without its path and title."""
    return [text.splitlines()[-2:] for text in bench.texts(CHANNEL)]


async def skip(bench):
    [(held,)] = await bench.ask("SELECT id FROM delivery WHERE state='held'")
    assert (await bench.admin(f"skip {held}")).ok


@pytest.mark.parametrize("layout", ["threads", "cards"])
async def test_what_waits_for_an_op_that_is_given_up_stands_in_the_channel(bench_of, layout):
    """Its chat thread never opens: waiting for that would be waiting for ever, and nobody would know."""
    bench = bench_of(chat=NOTHING_TELLS)
    thread = await opening(bench, errors.OutcomeUnknown("no answer"), layout=layout)
    await bench.pass_time(60)
    assert here(bench) == []
    await skip(bench)
    await bench.work()
    assert here(bench) == [["one says", "in reply to OP"]]
    bench.board.post(thread, "", "ann", "two says")
    await bench.work()
    assert [lines[0] for lines in here(bench)] == ["one says", "two says"]
    assert "pending" not in await bench.states()


async def test_changes_of_what_waited_follow_it_into_the_channel(bench_of):
    bench = bench_of(chat=NOTHING_TELLS)
    thread = await opening(bench, errors.OutcomeUnknown("no answer"))
    await bench.pass_time(60)
    one, two = bench.board.threads[thread].posts[1], bench.board.post(thread, "", "cleo", "two says")
    bench.board.edit(one, "one says better")
    await bench.work()
    await skip(bench)
    await bench.work()
    assert [lines[0] for lines in here(bench)] == ["one says better", "two says"]
    bench.board.delete(two)
    await bench.work()
    assert "two says" not in str(here(bench))


async def test_what_waits_for_an_op_that_is_refused_stands_in_the_channel(bench_of):
    bench = bench_of()
    await opening(bench, errors.Refused("no such words here"))
    await bench.work()
    assert here(bench) == [["one says", "in reply to OP"]]


async def test_an_op_that_stands_stays_where_no_chat_thread_can_be_opened_on_it(bench_of):
    """Whole it is, and every reply would have it sent and taken back again."""
    bench = bench_of()
    thread = await opening(bench, errors.Refused("no threads here"), "open_thread")
    await bench.work()
    assert [lines[-1] for lines in here(bench)] == ["op says", "one says"]
    bench.board.post(thread, "", "cleo", "two says")
    await bench.work()
    assert [lines[-1] for lines in here(bench)] == ["op says", "one says", "two says"]
    assert (bench.wire.count("open_thread"), bench.wire.count("send") - len(bench.told())) == (1, 3)
    bench.board.delete(bench.board.threads[thread].posts[0])
    await bench.work()
    assert "op says" not in str(bench.texts(CHANNEL))


async def test_an_op_that_a_moderator_removes_before_its_chat_thread_opens_stays_removed(bench_of):
    bench = bench_of()

    def removes():
        bench.room.person("mod").delete(bench.message("op says").id)

    thread = await opening(bench, removes, "open_thread")
    bench.board.post(thread, "", "cleo", "two says")
    await bench.work()
    assert [lines[0] for lines in here(bench)] == ["one says", "two says"]
    assert "pending" not in await bench.states()


async def test_what_waits_for_an_op_that_is_removed_with_its_mirror_goes_with_it(bench_of):
    """It is not moved first, and then shown where nothing is mirrored any more."""
    bench = bench_of(chat=NOTHING_TELLS)
    await opening(bench, errors.OutcomeUnknown("no answer"))
    await bench.pass_time(60)
    assert (await bench.admin("remove 1")).ok
    await bench.pass_time(60)
    assert here(bench) == []
    await skip(bench)
    await bench.pass_time(60)
    assert here(bench) == []
    assert "pending" not in await bench.states()
