"""When something is read, and what a single bad answer, or a single bad post, must not do."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot import errors
from bot.commands import carry_out
from bot.commands.mirrors import order
from bot.errors import Gone, LoginRejected, RateLimited, Unparsable
from bot.lanes import Gate
from bot.model import BoardKey, Bookmark, Caller, ChatName, Listing, Target, TargetKind, ThreadKey, ThreadPage
from bot.pace import HORIZON, LONGEST
from bot.poller import GONE_PAUSE
from bot.store import run
from bot.store.forums import ensure_board, ensure_forum
from bot.store.sources import ensure_source, hint
from bot.testing.faults import Fault, Line
from tests.crash.bench import Bench

HOUR = 3_600_000
PATIENCE = 10.0


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Any]:
    benches: list[Bench] = []

    async def made(**forum: Any) -> Bench:
        bench = Bench(tmp_path, forum={"min_interval": 60.0, **forum})
        benches.append(bench)
        await bench.start()
        return bench

    yield made
    for bench in benches:
        await bench.crash()


@pytest.fixture
async def bench(make: Any) -> Bench:
    one: Bench = await make()
    return one


async def read(bench: Bench) -> None:
    """Read everything that is due."""
    while await bench.poller.poll_one(bench.opened):
        pass


async def later(bench: Bench, ms: int) -> None:
    bench.fake_clock.advance(ms)
    await read(bench)
    await bench.sender.drain()


async def make_due(bench: Bench) -> None:
    await bench.store.write(run, "UPDATE source SET next_at=0 WHERE next_at IS NOT NULL")


async def next_at(bench: Bench) -> int | None:
    """When the first source is due."""
    [(moment,)] = await bench.ask("SELECT next_at FROM source ORDER BY id LIMIT 1")
    return moment


def counted(bench: Bench, name: str = "thread") -> list[object]:
    """A list that grows by every call of a method of the forum."""
    calls: list[object] = []
    real = getattr(bench.board, name)

    async def call(*args: object) -> object:
        calls.append(args)
        return await real(*args)

    setattr(bench.board, name, call)
    return calls


def shown(bench: Bench, text: str) -> bool:
    return any(text in message.text for message in bench.room.ours())


# ------------------------------------------------------------------------------------------------------------ how often


async def test_a_thread_in_which_nothing_was_seen_yet_is_read_again(make):
    """What is posted there later is what its mirror is for; nothing was ever seen to change there, which is no age."""
    bench = await make(deletes="absence", min_interval=0.0)
    thread = bench.board.start_thread("The thread", "op says", "ann")
    bench.board.delete(bench.board.threads[thread].posts[0])
    await bench.mirror(thread)
    for _ in range(3):
        await bench.poller.poll_one(bench.opened)
        bench.fake_clock.advance(60_000)
    assert await bench.ask("SELECT 1 FROM source WHERE next_at IS NOT NULL") == [(1,)]


async def test_a_thread_mirrored_for_itself_is_read_for_ever(bench):
    """No board says when something happens in it: beyond the horizon, its mirror would be dead without a word."""
    thread = bench.board.start_thread("The thread", "op says")
    await bench.mirror(thread)
    await later(bench, 0)
    for _ in range(2 * HORIZON // LONGEST):
        await later(bench, LONGEST)
    bench.board.post(thread, "", "bo", "late news")
    await later(bench, LONGEST)
    assert shown(bench, "late news")


async def test_a_thread_that_a_polled_board_lists_is_left_to_the_board_beyond_the_horizon(bench):
    """A board with ten thousand quiet threads is one request, not ten thousand; its list says when one moves."""
    thread = bench.board.start_thread("The thread", "op says")
    target = Target(TargetKind.BOARD, bench.board.board, "General")
    who = Caller(ChatName("fake"), 1, "the operator", operator=True)
    assert (await order(bench, bench.opened, "fake", "{}", target, "fake:lounge", who)).ok
    await later(bench, 0)
    await later(bench, HORIZON + LONGEST)
    await later(bench, LONGEST)
    assert await bench.ask("SELECT next_at FROM source WHERE thread IS NOT NULL") == [(None,)]
    bench.board.post(thread, "", "bo", "late news")
    await later(bench, LONGEST)
    assert shown(bench, "late news")


async def test_a_page_that_says_the_same_in_full_is_read_ever_more_rarely(bench):
    """A forum without validators would be asked at the shortest interval for ever."""
    thread = bench.board.start_thread("The thread", "op says")
    await bench.mirror(thread)
    real = bench.board.thread
    calls = 0

    async def whole(key: ThreadKey, since: Bookmark) -> ThreadPage | None:
        nonlocal calls
        calls += 1
        return await real(key, Bookmark())

    bench.board.thread = whole
    for _ in range(50 * 60):
        bench.fake_clock.advance(60_000)
        await read(bench)
    assert calls < 100
    bench.board.edit(bench.board.threads[thread].posts[0], "op says more")
    await later(bench, LONGEST)
    assert await next_at(bench) == bench.clock.now() + 60_000, "where something happens, more is to come"


# ------------------------------------------------------------------------------------------------ the forum as a whole


@pytest.mark.parametrize("line", [Line.LIMITED, Line.LOCKED])
async def test_a_forum_that_wants_a_pause_is_left_alone_as_a_whole(bench, line):
    """It asked the login or the address to wait, not one thread; the next question would be held against it."""
    for number in range(10):
        await bench.mirror(bench.board.start_thread(f"Thread {number}", "op says"))
    calls = counted(bench)
    bench.board.faults.line = line
    await read(bench)
    assert len(calls) == 1
    assert await bench.store.write(hint, "fake", "thread", "t7", bench.clock.now())
    await read(bench)
    assert len(calls) == 1, "what a push says changes nothing about it"
    bench.board.faults.line = Line.WHOLE
    await later(bench, 5 * HOUR)
    assert len(calls) == 11


async def test_a_pause_that_a_forum_asked_for_outlives_a_restart(bench):
    for number in range(3):
        await bench.mirror(bench.board.start_thread(f"Thread {number}", "op says"))
    bench.board.faults.append(Fault(RateLimited("slow down", 900.0), "thread"))
    calls = counted(bench)
    await read(bench)
    await bench.start()
    await read(bench)
    assert len(calls) == 1
    await later(bench, 901_000)
    assert len(calls) == 4


async def test_a_refused_login_is_tried_again_after_a_restart(bench):
    """Whoever has set a new one starts the program again, and would wait for hours."""
    for number in range(3):
        await bench.mirror(bench.board.start_thread(f"Thread {number}", "op says"))
    bench.board.faults.append(Fault(LoginRejected("wrong password"), "thread"))
    await read(bench)
    await bench.start()
    calls = counted(bench)
    await read(bench)
    assert len(calls) == 2


async def test_a_fault_of_the_poller_does_not_end_the_program(bench, monkeypatch):
    """Law 9: one forum never stops another, whatever happened."""
    await bench.mirror(bench.board.start_thread("The thread", "op says"))
    faults = 1

    async def poll_one(forum: object) -> bool:
        nonlocal faults
        if faults:
            faults -= 1
            raise ZeroDivisionError
        return False

    monkeypatch.setattr(bench.poller, "poll_one", poll_one)
    task = asyncio.create_task(bench.poller.run(bench.opened))
    async with asyncio.timeout(PATIENCE):
        while "poll fake" not in bench.alarms.set:
            assert not task.done()
            await asyncio.sleep(0)
    assert not task.done()
    task.cancel()


# --------------------------------------------------------------------------------------- what happens during a reading


@pytest.mark.parametrize("error", [None, Unparsable("no thread"), Gone("not here")])
async def test_what_is_unmirrored_during_a_reading_is_not_read_any_more(bench, error):
    thread = bench.board.start_thread("The thread", "op says")
    await bench.mirror(thread)
    await later(bench, 0)

    async def unmirror() -> None:
        await bench.admin("remove 1")
        if error is not None:
            raise error

    bench.board.post(thread, "", "bo", "an answer")
    bench.board.faults.append(Fault(unmirror, "thread"))
    await make_due(bench)
    await read(bench)
    assert await next_at(bench) is None


async def test_a_push_during_a_reading_is_not_lost(bench):
    """The answer may have been on its way already when something changed."""
    thread = bench.board.start_thread("The thread", "op says")
    await bench.mirror(thread)
    await later(bench, 0)

    async def post() -> None:
        bench.board.post(thread, "", "bo", "just now")
        assert await bench.store.write(hint, "fake", "thread", thread, bench.clock.now())

    bench.board.faults.append(Fault(post, "thread", after=True))
    await make_due(bench)
    await read(bench)
    await bench.sender.drain()
    assert shown(bench, "just now")


async def test_a_word_of_an_admin_during_a_reading_makes_it_read_again(make):
    """However often the source was made due at once before."""
    bench = await make(deletes="absence")
    thread = bench.board.start_thread("The thread", "op says")
    keys = [bench.board.post(thread, "", "bo", f"answer {n}") for n in range(10)]
    await bench.mirror(thread)
    await later(bench, 0)
    for key in keys:
        bench.board.delete(key)
    await later(bench, LONGEST)
    calls = counted(bench)

    async def agree() -> None:
        answer = await bench.admin("settle source:1")
        assert answer.ok, answer.text

    bench.board.faults.append(Fault(agree, "thread", after=True))
    await make_due(bench)
    await read(bench)
    assert len(calls) == 2


async def test_an_echo_during_a_reading_is_not_lost(bench):
    """Two replies in a row are posted while the thread is read: each of them makes it due at once."""
    thread = bench.board.start_thread("The thread", "op says")
    await bench.mirror(thread)
    await bench.work()
    place = bench.thread_of("op says")

    async def reply() -> None:
        bench.opened.gate = Gate()  # the post was sent before; what is recorded now is its answer
        bench.room.person("Zoe").say(place, "said meanwhile")
        await bench.take_in()
        await bench.sender.drain()

    bench.board.faults += [Fault(reply, "thread", after=True), Fault(reply, "thread", after=True)]
    await make_due(bench)
    await read(bench)
    assert await bench.ask("SELECT count(*) FROM copy WHERE reply IS NOT NULL") == [(2,)]


# ----------------------------------------------------------------------------------------------------------- bad pages


@pytest.mark.parametrize("circle", [1, 3])
async def test_a_bookmark_that_leads_back_is_not_followed(bench, circle):
    """An adapter's mistake would be a request without pause, for ever; what the page shows is taken all the same."""
    thread = bench.board.start_thread("The thread", "op says")
    await bench.mirror(thread)
    real = bench.board.thread
    calls = 0

    async def astray(key: ThreadKey, since: Bookmark) -> ThreadPage:
        nonlocal calls
        calls += 1
        assert calls < 20
        page = await real(key, Bookmark())
        assert page is not None
        return msgspec.structs.replace(page, more=True, bookmark=Bookmark(f"page {calls % circle}"))

    bench.board.thread = astray
    await later(bench, 0)
    assert calls == circle + 1
    assert shown(bench, "op says")
    assert "could not be parsed" in (await bench.admin("status")).text
    bench.board.thread = real
    await make_due(bench)
    await later(bench, 0)
    assert await bench.ask("SELECT count(*) FROM damaged") == [(0,)], "it is well again"


async def test_a_list_whose_bookmark_leads_back_is_not_followed(bench):
    bench.board.start_thread("The thread", "op says")
    forum = await bench.store.write(ensure_forum, "fake", "fake")
    listing = await bench.board.listing(bench.board.board, Bookmark())
    assert listing is not None
    board = await bench.store.write(ensure_board, forum, listing.board)
    await bench.store.write(ensure_source, forum, board, None, 0)
    calls = 0

    async def astray(key: BoardKey, since: Bookmark) -> Listing:
        nonlocal calls
        calls += 1
        assert calls < 20
        return msgspec.structs.replace(listing, more=True, bookmark=Bookmark("the same"))

    bench.board.listing = astray
    await read(bench)
    assert calls == 2
    moment = await next_at(bench)
    assert moment is not None
    assert moment >= bench.clock.now() + 60_000


async def test_a_thread_of_many_pages_is_read_to_its_end(bench):
    """However often; the way of an earlier reading is forgotten."""
    bench.board.page_size = 2
    thread = bench.board.start_thread("The thread", "op says")
    for number in range(9):
        bench.board.post(thread, "", "bo", f"answer {number}")
    await bench.mirror(thread)
    for _ in range(3):
        await make_due(bench)
        await later(bench, 0)
        bench.board.post(thread, "", "bo", "one more")
    assert await bench.ask("SELECT count(*) FROM damaged") == [(0,)]
    assert shown(bench, "answer 8")


async def test_a_single_not_found_deletes_nothing(bench):
    """A forum that is just being mended may say so of everything; five posts are too few for the other alarm."""
    thread = bench.board.start_thread("The thread", "op says")
    bench.board.post(thread, "", "bo", "an answer")
    await bench.mirror(thread)
    await later(bench, 0)
    bench.board.faults.append(Fault(Gone("404"), "thread"))
    await later(bench, HOUR)
    assert "it is not there; asked once more" in (await bench.admin("status")).text
    await later(bench, HOUR)
    assert await bench.ask("SELECT state, count(*) FROM post GROUP BY state") == [("live", 2)]
    assert await bench.ask("SELECT failures, error FROM source") == [(0, "")]


async def test_a_thread_that_is_not_found_twice_is_gone(bench):
    """Law 5: the second answer, after a pause, is the proof; also where the program was started again between."""
    thread = bench.board.start_thread("The thread", "op says")
    bench.board.post(thread, "", "bo", "an answer")
    await bench.mirror(thread)
    await later(bench, 0)
    bench.board.remove_thread(thread)
    await later(bench, HOUR)
    await bench.store.write(hint, "fake", "thread", thread, bench.clock.now())
    await read(bench)
    assert await bench.ask("SELECT DISTINCT state FROM post") == [("live",)], "a push asks again, and proves nothing"
    await bench.start()
    await later(bench, int(GONE_PAUSE * 1000))
    assert await bench.ask("SELECT DISTINCT state FROM post") == [("deleted",)]


async def test_another_failure_between_is_no_second_answer(bench):
    thread = bench.board.start_thread("The thread", "op says")
    await bench.mirror(thread)
    await later(bench, 0)
    bench.board.faults += [Fault(Gone("404"), "thread"), Fault(Unparsable("mending"), "thread")]
    await later(bench, HOUR)
    await later(bench, HOUR)
    bench.board.remove_thread(thread)
    await later(bench, HOUR)
    assert await bench.ask("SELECT DISTINCT state FROM post") == [("live",)]


# ----------------------------------------------------------------------------------------------------------- bad posts


@pytest.mark.parametrize(
    ("field", "value"),
    [("text", "bad \ud800"), ("text", "bad \0"), ("author", "b\udfffo"), ("number", 10**20), ("at", 10**20),
     ("number", 2**63), ("at", -(10**5000))],
    ids=["surrogate", "nul", "author", "number", "time", "bit", "digits"],
)  # fmt: skip
async def test_a_post_that_cannot_be_stored_stops_no_other(bench, field, value):
    """Law 9: its text is mended where that is all; else it is damaged, and `status` says so."""
    thread = bench.board.start_thread("The thread", "op says")
    await bench.mirror(thread)
    await later(bench, 0)
    key = bench.board.post(thread, "", "bo", "bad")
    setattr(bench.board.posts[key], field, value)
    bench.board.post(thread, "", "bo", "good")
    await later(bench, LONGEST)
    assert shown(bench, "good")
    mended = isinstance(value, str)
    assert shown(bench, "bad") == mended
    assert ("could not be parsed" in (await bench.admin("status")).text) != mended
    revisions = await bench.ask("SELECT key, revision FROM post ORDER BY id")
    bench.board.post(thread, "", "bo", "later")
    await later(bench, LONGEST)
    assert shown(bench, "later")
    assert (await bench.ask("SELECT key, revision FROM post ORDER BY id"))[:-1] == revisions, "and nothing was edited"


@pytest.mark.parametrize("key", ["p\ud800", "p\0x"], ids=["surrogate", "nul"])
async def test_a_key_that_cannot_be_stored_is_known_again(bench, key):
    """Else the post would be new at every reading, and its whole thread unreadable."""
    thread = bench.board.start_thread("The thread", "op says")
    await bench.mirror(thread)
    real = bench.board.thread

    async def odd(thread: ThreadKey, since: Bookmark) -> ThreadPage:
        page = await real(thread, Bookmark())
        assert page is not None
        posts = (msgspec.structs.replace(page.posts[0], key=key), *page.posts[1:])
        return msgspec.structs.replace(page, posts=posts)

    bench.board.thread = odd
    for _ in range(2):
        await later(bench, LONGEST)
    assert await bench.ask("SELECT failures, error FROM source") == [(0, "")]
    assert await bench.ask("SELECT key, revision FROM post") == [(key.replace(key[1], "\ufffd"), 1)]


async def test_an_error_that_cannot_be_stored_is_one_all_the_same(bench):
    await bench.mirror(bench.board.start_thread("The thread", "op says"))
    bench.board.faults.append(Fault(errors.Unparsable("bad \ud800"), "thread"))
    await read(bench)
    [(failures, error)] = await bench.ask("SELECT failures, error FROM source")
    assert (failures, error[:4]) == (1, "bad ")


async def test_a_reply_that_no_reading_brought_is_told_in_status(bench):
    """Law 11: the forum counts it, and nobody has seen it. The thread is read once more before that is said."""
    thread = bench.board.start_thread("The thread", "op says")
    bench.board.post(thread, "", "bo", "a reply")
    target = Target(TargetKind.BOARD, bench.board.board, "General")
    who = Caller(ChatName("fake"), 1, "the operator", operator=True)
    assert (await order(bench, bench.opened, "fake", "{}", target, "fake:lounge", who)).ok
    await later(bench, 0)
    real = bench.board._thread

    def counted_too_many(row: Any) -> Any:
        return msgspec.structs.replace(real(row), replies=7)

    bench.board._thread = counted_too_many
    bench.board.board_rows[bench.board.board].changes += 1
    readings = counted(bench)
    for _ in range(30):
        await later(bench, HOUR)
    whole = [call for call in readings if call == (thread, Bookmark())]
    assert len(whole) == 1, "once, and not every day"
    told = await carry_out(bench, who, "mirror", ["status"])
    assert "the forum counts 7 replies, 1 are known here; missing in: https://forum.example/t/t1" in told.text
