"""Eleven ways in which programs like this one lose posts or repeat them, tried on the whole of this one.

Those that a feed's identities alone decide (keys that change all at once, keys that stand twice) are tried where the
feeds are read; that a mark covers nothing that was not shown yet, where marks are kept.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.errors import NotAllowed, StoreStopped, Unreachable
from bot.model import DAY, HOUR, MINUTE, BoardKey, Bookmark, Damaged, Listing, Millis, ThreadPage
from bot.poller import Poller
from bot.store import Unit
from bot.store.sources import hint
from bot.store.tidying import KEPT, sweep
from bot.testing.faults import Fault
from tests.crash.bench import CHANNEL, Bench
from tests.unit.paper import BOARD, Paper, later, mirror_paper, print_in, read, until_due


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    one = Bench(tmp_path, forum={"min_interval": 60.0})
    await one.start()
    yield one
    await one.crash()


@pytest.fixture
async def paper(bench: Bench) -> Paper:
    """A paper that is mirrored and was read once, with one old entry."""
    made = Paper(bench.clock.now)
    made.write("first", age=DAY)
    print_in(bench, made)
    await mirror_paper(bench)
    await later(bench, 0)
    return made


def standing(bench: Bench) -> list[str]:
    """The keys of the entries that stand in the chat, each as often as it does."""
    found = [message.text for message in bench.room.ours()]
    return sorted(text.split("text of ")[1].split()[0] for text in found if "text of " in text)


async def all_sent(bench: Bench) -> None:
    """Let time pass until nothing is owed any more."""
    for _ in range(100):
        await later(bench, 10 * MINUTE)
        if not await bench.ask("SELECT 1 FROM delivery WHERE state IN ('pending', 'sending')"):
            return
    raise AssertionError(await bench.ask("SELECT id, state, reason FROM delivery"))


async def test_1_what_a_chat_refused_until_the_program_died_arrives_once(bench, paper):
    """Whoever notes "seen" before the send has succeeded never sends it again."""
    bench.room.closed_to_us[CHANNEL] = NotAllowed("closed")
    for number in range(3):
        paper.write(f"e{number}")
        await until_due(bench)
    assert standing(bench) == ["first"]
    await bench.start()
    bench.room.closed_to_us.clear()
    await all_sent(bench)
    assert standing(bench) == ["e0", "e1", "e2", "first"]


async def test_1_what_could_not_be_reached_until_the_program_died_arrives_once(bench, paper):
    bench.room.faults += [Fault(Unreachable("down"), "send") for _ in range(3)]
    for number in range(3):
        paper.write(f"e{number}")
        await until_due(bench)
    await bench.start()
    await all_sent(bench)
    assert standing(bench) == ["e0", "e1", "e2", "first"]


async def test_2_what_was_fetched_and_could_not_be_stored_is_fetched_again(bench, paper, monkeypatch):
    """Validators that are kept although the entries were not make the server say "not modified" from then on."""
    real, full = bench.store.write, True

    async def write(unit: Any, /, *args: Any, **kwargs: Any) -> Any:
        if full and unit.__name__ == "ingest_listing":
            raise StoreStopped("the disk is full")
        return await real(unit, *args, **kwargs)

    monkeypatch.setattr(bench.store, "write", write)
    paper.write("news")
    before = paper.asked[-1]
    bench.fake_clock.advance(HOUR)
    with pytest.raises(StoreStopped):
        await read(bench)
    full = False
    await later(bench, HOUR)
    assert paper.asked[-1] == paper.asked[-2] != before
    assert standing(bench) == ["first", "news"]


async def test_2_a_store_that_fails_in_the_middle_of_a_page_keeps_nothing_of_it(bench, paper, monkeypatch):
    """Entries, deliveries, cursor and validators are one transaction."""
    state = """SELECT etag, digest, read_at, next_at, (SELECT count(*) FROM post), (SELECT count(*) FROM delivery)
               FROM source"""
    before = await bench.ask(state)

    def broken(*asked: Any) -> Unit[None]:
        if asked:
            raise ZeroDivisionError
        yield "SELECT 1", ()

    paper.write("news")
    bench.fake_clock.advance(HOUR)
    with monkeypatch.context() as patched:
        patched.setattr("bot.store.ingest.read_on", broken)
        await bench.poller.poll_one(bench.opened)
    assert [row[:3] + row[4:] for row in await bench.ask(state)] == [row[:3] + row[4:] for row in before]
    await later(bench, HOUR)
    assert standing(bench) == ["first", "news"]


async def test_5_what_slides_back_into_a_list_is_stored_and_not_posted(bench):
    """When newer entries are deleted upstream, the list is filled up from below with entries that are new to us."""
    paper = Paper(bench.clock.now, window=3)
    print_in(bench, paper)
    for number in range(6):
        paper.write(f"e{number}", age=(10 - number) * DAY)
    await mirror_paper(bench)
    await later(bench, 0)
    shown = standing(bench)
    del paper.entries[:2]
    for entry in paper.entries[1:]:
        entry.resurfaced = True
    await until_due(bench)
    paper.write("news")
    await until_due(bench)
    assert standing(bench) == sorted([*shown, "news"])
    assert ("e2",) in await bench.ask("SELECT key FROM post WHERE n<=0")


async def test_6_the_first_entry_of_an_empty_list_is_news(bench):
    """A first reading that found nothing was one all the same."""
    paper = Paper(bench.clock.now)
    print_in(bench, paper)
    await mirror_paper(bench)
    await later(bench, 0)
    paper.write("news")
    await until_due(bench)
    assert standing(bench) == ["news"]


async def test_6_a_second_room_begins_where_it_begins(bench, paper):
    """What the first room has known for long is no news to the second, and what comes next is news to both."""
    for number in range(3):
        paper.write(f"e{number}")
        await until_due(bench)
    await mirror_paper(bench, "attic")
    await later(bench, 0)
    before = standing(bench)
    assert before.count("e2") == 2, "a new mirror shows its board's newest thread"
    assert before.count("e0") == before.count("first") == 1
    paper.write("news")
    await until_due(bench)
    assert standing(bench) == sorted([*before, "news", "news"])


async def test_7_what_was_tidied_up_is_not_news_when_it_is_served_again(bench, paper):
    """Whoever forgets keys that a list may still hold posts them again."""
    for number in range(5):
        paper.write(f"e{number}")
        await until_due(bench)
    before = standing(bench)
    kept, paper.entries = paper.entries, []
    await until_due(bench)
    bench.fake_clock.advance(KEPT + DAY)
    await sweep(bench.store, bench.clock.now())
    await later(bench, 0)
    paper.entries = kept
    await until_due(bench)
    await all_sent(bench)
    assert standing(bench) == before


async def test_7_what_was_deleted_and_made_anew_under_its_key_is_posted(bench):
    """A tombstone must not hide for ever what stands again."""
    thread = bench.board.start_thread("The thread", "op says")
    key = bench.board.post(thread, "", "bo", "text of answer")
    await bench.mirror(thread)
    await bench.work()
    row = bench.board.posts[key]
    bench.board.delete(key)
    await bench.work()
    assert standing(bench) == []
    row.state, row.text = type(row.state).LIVE, "text of another"
    row.version += 1
    bench.board.threads[thread].changes += 1
    await bench.work()
    assert standing(bench) == ["another"]


async def test_8_a_hub_that_goes_silent_delays_nothing_beyond_the_poll(bench, paper):
    """Push is never the truth: what it does not tell, the poll finds on its own time."""
    [(own,)] = await bench.ask("SELECT own_at FROM source")
    paper.write("news")
    await later(bench, own - bench.clock.now())
    assert standing(bench) == ["first", "news"]


async def test_8_a_hub_that_pushes_without_end_does_not_put_the_poll_off(bench, paper):
    """Each push is read, and the poll's own time comes all the same, at the moment it was set for."""
    [(own,)] = await bench.ask("SELECT own_at FROM source")
    polled: list[Millis] = []
    real = bench.board.listing

    async def listing(board: BoardKey, since: Bookmark) -> Listing | None:
        polled.append(bench.clock.now())
        return await real(board, since)

    bench.board.listing = listing
    while bench.clock.now() + 7_000 < own:
        bench.fake_clock.advance(7_000)
        assert await bench.store.write(hint, "fake", "board", BOARD.key, bench.clock.now())
        await read(bench)
        assert await bench.ask("SELECT own_at FROM source") == [(own,)]
    bench.fake_clock.advance(own - bench.clock.now())
    await read(bench)
    assert polled[-1] == own
    assert len(polled) > 10


async def test_10_one_broken_entry_and_one_without_a_date_do_not_stop_the_others(bench, paper):
    """What cannot be read is kept and told of, what has no time of its own is shown; their neighbours arrive."""
    real = bench.board.listing

    async def listing(board: BoardKey, since: Bookmark) -> Listing | None:
        page = await real(board, since)
        if page is None:
            return None
        return msgspec.structs.replace(
            page,
            pages=tuple(undated(leaf) if leaf.thread.key == "odd" else leaf for leaf in page.pages),
            damaged=(Damaged("it has no link", b"<item/>", "lost"),),
        )

    bench.board.listing = listing
    for key in ("a", "odd", "b"):
        paper.write(key)
    await until_due(bench)
    assert standing(bench) == ["a", "b", "first", "odd"]
    assert await bench.ask("SELECT key FROM damaged") == [("lost",)]
    assert "1 item could not be parsed" in (await bench.admin("status")).text


def undated(leaf: ThreadPage) -> ThreadPage:
    """An entry that may have been written at any time."""
    post = leaf.posts[0]
    created = msgspec.structs.replace(post.created, earliest=0)
    return msgspec.structs.replace(leaf, posts=(msgspec.structs.replace(post, created=created),))


async def test_11_what_was_written_while_the_program_was_down_arrives(bench, paper):
    """Whoever takes what is there at its start for the beginning loses what a downtime brought."""
    await bench.crash()
    for number in range(3):
        bench.fake_clock.advance(HOUR)
        paper.write(f"e{number}")
    await bench.start()
    assert isinstance(bench.poller, Poller)
    await later(bench, 0)
    assert standing(bench) == ["e0", "e1", "e2", "first"]
