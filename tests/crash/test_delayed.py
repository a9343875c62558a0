"""Law 11: whatever is delayed says so, in `status` and to whoever asks why."""

from bot import errors
from bot.testing.faults import Fault


async def paused(bench):
    return [line for line in (await bench.admin("status")).text.splitlines() if line.startswith("paused")]


async def test_a_place_that_rests_because_the_chat_asked_for_it_says_so(bench_of):
    bench = bench_of()
    thread = await bench.shown_thread()
    bench.room.faults.append(Fault(errors.RateLimited("slower, please", 3600.0), "send"))
    bench.board.post(thread, "", "ben", "one says")
    await bench.work()
    bench.fake_clock.advance(600_000)
    assert await paused(bench) == ["paused: fake:lounge › The thread: slower, please"]
    why = (await bench.admin("why #1")).text
    assert "slower, please; the next try is at 01 Jan 2026 13:00:00 UTC" in why
    await bench.pass_time(3600, 600)
    assert await paused(bench) == []
    assert await bench.states() == ["sent", "sent"]


async def test_one_failure_counts_once(bench_of):
    """Waits double with every failure: counted twice they would be four times as long."""
    bench = bench_of()
    thread = await bench.shown_thread()
    bench.board.post(thread, "", "ben", "one says")
    for failures in 1, 2, 3:
        bench.room.faults.append(Fault(errors.Unreachable("no line"), "send"))
        await bench.work()
        assert await bench.ask("SELECT failures FROM queue WHERE paused='no line'") == [(failures,)]
        await bench.store.write(rested)
    await bench.work()
    assert await bench.states() == ["sent", "sent"]


def rested():
    yield "UPDATE queue SET due_at=0", ()


async def test_a_reply_that_waits_for_a_held_parent_says_so(bench_of):
    """The others of its place pass; it alone waits, for ten minutes at most."""
    bench = bench_of(chat={"key_window": None, "read_back": "none"})
    thread = await bench.shown_thread()
    bench.room.faults.append(Fault(errors.OutcomeUnknown("no answer"), "send"))
    parent = bench.board.post(thread, "", "ben", "one says")
    bench.board.post(thread, parent, "cleo", "two answers one")
    bench.board.post(thread, "", "ann", "three says")
    await bench.pass_time(120)
    assert await bench.states() == ["sent", "held", "pending", "sent"]
    said = "paused: fake:lounge › The thread: a reply waits for what it answers, which is held"
    assert await paused(bench) == [said]
    assert "what it answers is held; it waits for that until 01 Jan 2026 12:1" in (await bench.admin("why #2")).text
    await bench.pass_time(600)
    assert await bench.states() == ["sent", "held", "sent", "sent"]
    assert await paused(bench) == []


async def test_a_chat_reply_that_waits_for_a_held_one_says_so(bench_of):
    bench = bench_of(forum={"key_window": None, "read_back": "none"})
    await bench.shown_thread()
    where, zed = bench.thread_of("op says"), bench.room.person("zed")
    bench.board.faults.append(Fault(errors.OutcomeUnknown("no answer"), "submit"))
    first = zed.say(where, "first words")
    await bench.work()
    zed.say(where, "second words", first)
    await bench.pass_time(60)
    assert await bench.states("reply") == ["held", "pending"]
    [(paused,)] = await bench.ask("SELECT paused FROM queue WHERE forum IS NOT NULL")
    assert paused == "a reply waits for what it answers, which is held"
    [(held,)] = await bench.ask("SELECT id FROM delivery WHERE state='held'")
    assert (await bench.admin(f"skip {held}")).ok
    await bench.work()
    assert await bench.ask("SELECT paused FROM queue WHERE forum IS NOT NULL") == [("",)]


async def test_a_forum_that_refuses_the_login_stops_no_chat_of_the_same_name(bench_of):
    """Law 9: one dead forum never delays another place, whatever the two are called."""
    bench = bench_of()
    thread = await bench.shown_thread()
    bench.room.person("zed").say(bench.thread_of("op says"), "hello forum")
    bench.board.faults.append(Fault(errors.LoginRejected("who are you"), "submit"))
    await bench.work()
    assert await bench.states("reply") == ["pending"]
    bench.board.post(thread, "", "ben", "one says")
    await bench.work()
    assert await bench.states() == ["sent", "sent"]
