"""What admins are told: once at failure and once at recovery, however many things one failure stops."""

from __future__ import annotations

from typing import Any

import pytest

from bot import errors
from bot.commands.mirrors import order
from bot.model import Caller, ChannelRef, ChatName, Target, TargetKind, ThreadKey, UserId, Where
from bot.store import run
from bot.store.communities import ensure_community, set_notices
from bot.store.failures import FEW, close_idle
from bot.store.mirrors import add_mirror
from bot.store.places import ensure_channel
from bot.testing.faults import Fault, Line
from tests.crash.bench import CHANNEL, NOTICES, Bench

MANY = 12


@pytest.fixture
async def bench_of(tmp_path):
    """Benches with a notices channel and so many threads, each mirrored."""
    made: list[Bench] = []

    async def build(threads: int = MANY, **wishes: Any) -> tuple[Bench, list[ThreadKey]]:
        made.append(Bench(tmp_path, **wishes))
        await made[0].start()
        await made[0].tell_admins_in(NOTICES)
        keys = [made[0].board.start_thread(f"T{i}", f"op {i}.") for i in range(threads)]
        for key in keys:
            await made[0].mirror(key)
        await made[0].work()
        return made[0], keys

    yield build
    for bench in made:
        await bench.crash()


async def test_a_chat_that_cannot_be_reached_is_told_of_once_and_its_return_once(bench_of):
    """Law 11: a place for each thread makes one outage many failures, and no admin reads many notices."""
    bench, threads = await bench_of()
    for thread in threads:
        bench.board.post(thread, "", "ben", "one says")
    bench.room.faults.line = Line.CUT
    await bench.work()
    await bench.pass_time(120, 20)
    bench.room.faults.line = Line.WHOLE
    await bench.pass_time(600)
    failed, works = bench.told()
    assert failed.startswith("fake cannot be written to: ")
    assert works == "fake can be reached again."
    assert (await bench.admin("status")).data["notices"] == []


async def test_what_was_told_at_failure_is_not_rewritten_by_the_end(bench_of):
    """Both wait in the same channel while its chat is away; the first must still say what failed."""
    bench, [thread] = await bench_of(1)
    bench.board.post(thread, "", "ben", "one says")
    bench.room.faults.line = Line.LOCKED
    await bench.work()
    bench.room.faults.line = Line.WHOLE
    await bench.pass_time(600)
    failed, works = bench.told()
    assert "refuses the login" in failed
    assert works == "fake takes the login again."


@pytest.mark.parametrize(("line", "words"), [(Line.LOCKED, "refuses the login"), (Line.CUT, "cannot be reached")])
async def test_a_forum_that_fails_is_told_of_once_and_its_return_once(bench_of, line, words):
    bench, _ = await bench_of()
    bench.board.faults.line = line
    for _ in range(4):
        bench.fake_clock.advance(24 * 3600_000)
        await bench.work()
    bench.board.faults.line = Line.WHOLE
    await bench.pass_time(24 * 3600, 3600)
    failed, works = bench.told()
    assert words in failed
    assert "again" in works


async def test_pages_that_fail_alone_are_told_of_alone_as_long_as_they_are_few(bench_of):
    """One page that nobody can read must not hide the next one; a hundred are one change of the forum."""
    bench, threads = await bench_of()
    real, bad = bench.board.thread, set(threads[:1])

    async def thread(key: ThreadKey, *rest: Any) -> Any:
        if key in bad:
            raise errors.Unparsable("no thread here")
        return await real(key, *rest)

    bench.board.thread = thread
    for several in (1, 2, MANY):
        bad.update(threads[:several])
        await read_all(bench)
    assert len(bench.told()) == FEW + 1
    assert "more and more of it cannot be read" in bench.told()[-1]
    bad.clear()
    await read_all(bench)
    assert len(bench.told()) == 2 * (FEW + 1)
    assert (await bench.admin("status")).data["notices"] == []


async def test_a_channel_that_is_gone_is_told_of_once(bench_of):
    """Each post is refused for good; the channel is what an admin can do something about."""
    bench, [thread] = await bench_of(1)
    there = bench.thread_of("op 0.")
    bench.room.closed_to_us[there] = errors.Gone("no such place")
    for i in range(20):
        bench.board.post(thread, "", "ben", f"more {i}")
    await bench.work()
    await bench.pass_time(100)
    [told] = bench.told()
    assert "refuses a post: no such place" in told
    bench.room.closed_to_us.clear()
    bench.board.post(thread, "", "ben", "and again")
    await bench.work()
    assert bench.told()[1:] == ["fake:lounge takes posts again."]


async def test_one_closed_chat_thread_does_not_make_its_channel_come_and_go(bench_of):
    """The others in the channel work all the while: that is neither a new failure nor its end."""
    bench, threads = await bench_of(3)
    bench.room.closed_to_us[bench.thread_of("op 0.")] = errors.NotAllowed("locked")
    for i in range(4):
        for thread in threads:
            bench.board.post(thread, "", "ben", f"more {i}")
        await bench.pass_time(600, 300)
    assert len(bench.told()) == 1
    bench.room.closed_to_us.clear()
    await bench.pass_time(600, 300)
    assert bench.told()[1:] == ["fake:lounge can be written to again."]


async def test_what_is_not_waited_for_any_more_is_not_wrong_any_more(bench_of):
    """`status` would show for ever what nobody can end."""
    bench, [thread] = await bench_of(1)
    bench.room.closed_to_us[bench.thread_of("op 0.")] = errors.NotAllowed("locked")
    bench.board.post(thread, "", "ben", "more")
    bench.board.faults.append(Fault(errors.Unparsable("no thread here"), "thread"))
    await bench.store.write(run, "UPDATE source SET next_at=0")
    await bench.poller.poll_one(bench.opened)
    await bench.work()
    assert len(bench.told()) == 3  # the page could not be read for a moment, the chat thread cannot be written to
    assert (await bench.admin("remove 1")).ok
    await bench.store.write(close_idle, bench.clock.now())
    assert (await bench.admin("status")).data["notices"] == []
    await bench.work()
    assert len(bench.told()) == 3


async def test_a_held_reply_that_is_found_is_held_no_more(bench_of):
    """Nobody has to decide about it any more, and whoever was asked to is told."""
    bench, [_] = await bench_of(1, forum={"read_back": "none", "key_window": None})
    bench.board.faults.append(Fault(errors.OutcomeUnknown("no answer"), "submit", after=True))
    bench.room.person("zoe").say(bench.thread_of("op 0."), "hello forum")
    await bench.take_in()
    await bench.sender.drain()
    bench.fake_clock.advance(60_000)
    await bench.sender.drain()
    if not await bench.ask("SELECT 1 FROM delivery WHERE state='held'"):
        pytest.fail("nothing was held")
    await bench.work()
    assert await bench.ask("SELECT fate FROM reply") == [("posted",)]
    held, found = bench.told()
    assert "is held" in held
    assert found.endswith("was found on the forum.")


async def test_a_page_that_cannot_be_read_is_told_to_nobody_who_does_not_mirror_it(bench_of):
    """Law 12: its address alone says what another community reads."""
    bench, threads = await bench_of(5)
    other = await bench.store.write(ensure_community, "fake", "elsewhere", "elsewhere")
    attic = await bench.store.write(ensure_channel, other, "fake", "attic", "attic")
    await bench.store.write(set_notices, other, attic)
    [(theirs,)] = await bench.ask("SELECT id FROM thread WHERE key=$1", threads[0])
    await bench.store.write(add_mirror, other, None, theirs, attic, "threads", "all", "bea", 0)
    real = bench.board.thread

    async def thread(key: ThreadKey, *rest: Any) -> Any:
        if key == threads[1]:
            raise errors.Unparsable("no thread here")
        return await real(key, *rest)

    bench.board.thread = thread
    await read_all(bench)
    assert len(bench.told()) == 1
    assert not [text for text in bench.texts(Where(ChannelRef("attic"))) if "cannot be read" in text]


# ------------------------------------------------------------------------------------------------ where nobody listens


async def test_without_a_channel_whoever_made_the_mirror_is_told_in_private(tmp_path):
    """Law 11: silence is a bug, and a notice that nobody gets is silence."""
    bench = Bench(tmp_path)
    await bench.start()
    thread = bench.board.start_thread("T", "op says")
    community = await bench.store.write(ensure_community, "fake", "", "fake")
    ada = Caller(ChatName("fake"), community, "Ada", admin=True, where=CHANNEL, id=UserId("u1"))
    target = Target(TargetKind.THREAD, thread, "T")
    assert (await order(bench, bench.opened, "fake", "{}", target, "fake:lounge", ada)).ok
    assert (await bench.admin("status")).data["untold"] == []
    bench.room.faults.append(Fault(errors.Refused("no *words* here"), "send"))
    await bench.work()
    [told] = bench.room.whispers
    assert (told.where, told.person) == (Where(ChannelRef("lounge")), "u1")
    assert r"refuses a post: no \*words\* here" in told.text
    bench.board.post(thread, "", "ben", "one says")
    await bench.work()
    assert [one.text for one in bench.room.whispers[1:]] == ["fake:lounge takes posts again."]
    await bench.crash()


async def test_where_nobody_at_all_is_told_status_says_so_and_how_to_change_that(tmp_path):
    """A mirror of the command line has no maker whom a chat knows."""
    bench = Bench(tmp_path)
    await bench.start()
    await bench.mirror(bench.board.start_thread("T", "op says"))
    shown = await bench.admin("status")
    assert shown.data["untold"] == ["fake"]
    assert "fake: nobody is told" in shown.text
    assert "notices = " in shown.text
    await bench.tell_admins_in(NOTICES)
    assert (await bench.admin("status")).data["untold"] == []
    await bench.crash()


async def read_all(bench: Bench) -> None:
    """Read every page once, and deliver."""
    await bench.store.write(run, "UPDATE source SET next_at=0 WHERE next_at IS NOT NULL")
    while await bench.poller.poll_one(bench.opened):
        pass
    await bench.sender.drain()
