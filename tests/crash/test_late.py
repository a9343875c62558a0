"""Requests that land after their answer was given up, and what is looked for before anything is sent again."""

import pytest

from bot import errors
from bot.testing.faults import Fault
from tests.crash.bench import NEVER

NO_KEYS = {"key_window": None, "read_back": "proof"}

LONG = "begins " + f"{'x' * 50} " * 42 + "ends"
"""Two messages in this chat."""


def times(bench, text):
    return sum(text in message.text for message in bench.room.ours())


async def test_every_try_is_waited_out_by_itself(bench_of):
    """The first was looked for and is not there; of the second nobody knows yet, and it lands a little later."""
    bench = bench_of(chat=NO_KEYS)
    thread = await bench.shown_thread()
    bench.board.post(thread, "", "ben", "one says")
    bench.delays["send"].extend((NEVER, 30))
    await bench.work()
    await bench.pass_time(300, 1)
    assert not bench.delays["send"]
    assert times(bench, "one says") == 1
    assert await bench.states() == ["sent", "sent"]


async def test_a_second_message_is_waited_out_from_when_it_was_begun(bench_of):
    """The claim of its post is older: the first message took its time."""
    bench = bench_of(chat=NO_KEYS)
    thread = await bench.shown_thread()
    bench.board.post(thread, "", "ben", LONG)

    def first_took_long():
        bench.fake_clock.advance(60_000)

    bench.delays["send"].extend((None, 30))
    bench.room.faults.append(Fault(first_took_long, "send", after=True))
    await bench.work()
    await bench.pass_time(300, 1)
    assert (times(bench, "begins"), times(bench, "ends")) == (1, 1)
    assert await bench.states() == ["sent", "sent"]


async def test_nothing_is_held_while_it_may_still_land(bench_of):
    """An admin who looked too early would have it sent again."""
    bench = bench_of(chat={"key_window": None, "read_back": "none"})
    thread = await bench.shown_thread()
    bench.board.post(thread, "", "ben", "one says")
    bench.delays["send"].append(40)
    await bench.work()
    await bench.pass_time(39, 1)
    assert await bench.states() == ["sent", "sending"]
    await bench.pass_time(20, 1)
    assert await bench.states() == ["sent", "held"]
    assert times(bench, "one says") == 1


@pytest.mark.parametrize("last", [NEVER, 40], ids=["did not land", "landed late"])
async def test_what_failed_for_the_last_time_is_looked_for_before_it_is_held(bench_of, last):
    """It may have landed all the same; nothing is sent a ninth time."""
    bench = bench_of(chat=NO_KEYS)
    thread = await bench.shown_thread()
    bench.board.post(thread, "", "ben", "one says")
    bench.delays["send"].extend([NEVER] * 7 + [last])
    before = bench.wire.count("send") - len(bench.told())
    await bench.pass_time(1200, 10)
    assert bench.wire.count("send") - len(bench.told()) == before + 8
    landed = last != NEVER
    assert await bench.states() == ["sent", "sent" if landed else "held"]
    assert times(bench, "one says") == int(landed)


async def test_a_message_that_certainly_failed_half_way_is_sent_without_asking(bench_of):
    """What is known needs no admin, even where nothing can be read back."""
    for known in errors.NotAllowed("slow mode"), errors.RateLimited("slower", 90.0), errors.Unreachable("no line"):
        bench = bench_of(chat={"key_window": None, "read_back": "none"})
        thread = await bench.shown_thread()
        bench.board.post(thread, "", "ben", LONG)

        def second_fails(bench=bench, known=known):
            bench.room.faults.append(Fault(known, "send"))

        bench.room.faults.append(Fault(second_fails, "send", after=True))
        await bench.work()
        await bench.pass_time(400)
        assert await bench.states() == ["sent", "sent"]
        assert (times(bench, "begins"), times(bench, "ends")) == (1, 1)


async def test_an_edit_that_adds_a_message_is_not_held_because_changing_the_first_one_failed(bench_of):
    """What was not begun is in no doubt, and a change can be repeated."""
    bench = bench_of(chat={"key_window": None, "read_back": "none"})
    thread = await bench.shown_thread()
    post = bench.board.post(thread, "", "ben", "begins")
    await bench.work()
    bench.room.faults.append(Fault(errors.OutcomeUnknown("no answer"), "edit"))
    bench.board.edit(post, LONG)
    await bench.pass_time(120)
    assert await bench.states(act="edit") == ["sent"]
    assert (times(bench, "begins"), times(bench, "ends")) == (1, 1)


async def test_what_was_posted_under_a_clock_that_was_set_back_since_is_found(bench_of):
    """Its claim seems to lie in the future: a look at what was written since then would miss it."""
    bench = bench_of(forum=NO_KEYS)
    await bench.shown_thread()
    bench.room.person("zed").say(bench.thread_of("op says"), "hello forum")
    bench.fake_clock.jump(7_200_000)
    bench.board.faults.append(Fault(errors.OutcomeUnknown("no answer"), "submit", after=True))
    await bench.take_in()
    await bench.sender.drain()
    bench.fake_clock.jump(-7_200_000)
    for _ in range(40):
        bench.fake_clock.advance(600_000)
        await bench.sender.drain()
    assert len(bench.posts("hello forum")) == 1


async def test_what_was_posted_on_a_forum_whose_clock_is_hours_behind_ours_is_found(bench_of):
    """One of the two has the wrong time zone, and nothing tells which."""
    bench = bench_of(forum=NO_KEYS)
    await bench.shown_thread()
    bench.fake_clock.jump(3 * 3_600_000)
    bench.room.person("zed").say(bench.thread_of("op says"), "hello forum")
    bench.board.faults.append(Fault(errors.OutcomeUnknown("no answer"), "submit", after=True))
    await bench.work()
    await bench.pass_time(300)
    assert len(bench.posts("hello forum")) == 1


async def test_what_was_read_before_a_reply_was_begun_is_not_taken_for_it(bench_of):
    """The same person wrote the same words on the forum itself a little earlier."""
    bench = bench_of(forum=NO_KEYS, markers=False)
    thread = await bench.shown_thread()
    bench.board.posts[bench.board.post(thread, "", "zed", "+1")].ours = True
    await bench.work()
    bench.fake_clock.advance(1000)
    bench.room.person("zed").say(bench.thread_of("op says"), "+1")
    bench.board.faults.append(Fault(errors.OutcomeUnknown("no answer"), "submit"))
    await bench.work()
    await bench.pass_time(300)
    assert len(bench.posts("+1")) == 2
    assert await bench.ask("SELECT fate FROM reply") == [("posted",)]


async def test_what_a_moderator_has_is_found_once(bench_of):
    """Two people say the same; the first one's post waits, and is not taken for the second one's."""
    bench = bench_of(forum=NO_KEYS, markers=False)
    await bench.shown_thread()
    bench.board.moderated = True
    where, zed = bench.thread_of("op says"), bench.room.person("zed")
    zed.say(where, "+1")
    await bench.work()
    zed.say(where, "+1")
    bench.board.faults.append(Fault(errors.OutcomeUnknown("no answer"), "submit"))
    await bench.work()
    await bench.pass_time(300, 10)
    assert len(bench.posts("+1")) == 2
    tickets = await bench.ask("SELECT ticket FROM reply")
    assert len(set(tickets)) == 2
