"""What is over leaves the database; what a key or an answer of `why` hangs on stays."""

from __future__ import annotations

from typing import Any

import pytest

from bot import errors
from bot.mirroring import Act, Owed
from bot.store.notices import close_notice, open_notice
from bot.store.outbox import owe
from bot.store.tidying import AUDIT_KEPT, DAMAGED, KEPT, UNSAID, sweep
from bot.store.unit import run
from bot.store.whispers import whisper, whispered
from bot.testing.faults import Fault
from tests.crash.bench import NOTICES, Bench


@pytest.fixture
async def bench(tmp_path):
    there = Bench(tmp_path)
    await there.start()
    await there.tell_admins_in(NOTICES)
    yield there
    await there.crash()


async def counts(bench: Bench) -> dict[str, int]:
    tables = (
        "inbox",
        "whisper",
        "delivery",
        "part",
        "notice",
        "audit",
        "damaged",
        "copy",
        "copy_message",
        "reply",
        "post",
    )
    return {table: (await bench.ask(f"SELECT count(*) FROM {table}"))[0][0] for table in tables}


async def live(bench: Bench) -> Any:
    """Everything that happens in a thread: posts, edits, deletions, replies, commands, a refusal, a failure."""
    thread = bench.board.start_thread("The thread", "op says", "ann")
    await bench.mirror(thread)
    one = bench.board.post(thread, "", "ben", "one says")
    await bench.work()
    zoe = bench.room.person("zoe")
    said = zoe.say(bench.thread_of("op says"), "hello forum")
    await bench.work()
    zoe.edit(said, "hello again")
    bench.board.edit(one, "one says anew")
    await bench.work()
    bench.board.delete(one)
    bench.board.faults.append(Fault(errors.Refused("not you"), "submit"))
    zoe.say(bench.thread_of("op says"), "another")
    bench.room.faults.append(Fault(errors.Refused("not this"), "send"))
    bench.board.post(thread, "", "ben", "two says")
    await bench.work()
    bench.board.post(thread, "", "ben", "three says")
    await bench.work()
    return thread


async def test_what_happened_leaves_when_it_is_old_and_what_stands_stays(bench):
    thread = await live(bench)
    before = await counts(bench)
    assert await sweep(bench.store, bench.clock.now()) == 0
    assert await counts(bench) == before
    bench.fake_clock.advance(KEPT + 1)
    await sweep(bench.store, bench.clock.now())
    after = await counts(bench)
    for table in ("copy", "copy_message", "reply", "post"):
        assert after[table] == before[table]
    assert after["inbox"] == 1  # the newest: ids are counted on from it
    assert after["notice"] == 1
    newest = await bench.ask("SELECT MAX(id) FROM delivery")
    sql = "SELECT subject, act, state FROM delivery WHERE subject<>'notice' AND id<$1"
    kept = await bench.ask(sql, *newest[0])
    assert set(kept) == {("reply", "create", "sent"), ("reply", "create", "refused"), ("post", "create", "refused")}
    told = len(bench.told())
    shown = len(bench.room.ours())
    bench.board.post(thread, "", "ben", "four says")
    await bench.work()
    assert len(bench.room.ours()) == shown + 1
    assert len(bench.told()) == told
    assert [(m.text) for m in bench.room.ours() if "four" in m.text] == ["four says"]


async def test_no_id_is_given_twice(bench):
    """Keys are made of them, and a chat that has a key shows nothing: what is new would never be seen."""
    await live(bench)
    newest = {
        t: (await bench.ask(f"SELECT MAX(id) FROM {t}"))[0][0] for t in ("inbox", "whisper", "delivery", "notice")
    }
    bench.fake_clock.advance(KEPT + AUDIT_KEPT)
    await sweep(bench.store, bench.clock.now())
    await live(bench)
    for table, id in newest.items():
        rows = await bench.ask(f"SELECT MIN(id) FROM {table} WHERE id>$1", id)
        assert rows[0][0] is not None
    assert len({key for (key,) in await bench.ask("SELECT key FROM whisper")}) == 2


async def test_a_post_that_is_owed_anew_goes_under_a_new_key_though_its_delivery_is_forgotten(bench):
    """The generation counts how often a copy was made anew: the copy remembers it."""
    await live(bench)
    bench.fake_clock.advance(KEPT + 1)
    await sweep(bench.store, bench.clock.now())
    [(post, channel)] = await bench.ask("SELECT post, channel FROM copy ORDER BY id LIMIT 1")
    owed = Owed(post, Act.CREATE, 1, channel)
    await bench.store.write(owe, 1, [owed], bench.clock.now())
    rows = await bench.ask(
        "SELECT generation FROM delivery WHERE subject='post' AND subject_id=$1 AND act='create'", post
    )
    assert rows == [(1,)]


async def test_private_words_that_can_be_said_to_nobody_are_given_up(bench):
    await bench.store.write(whisper, "gone", "lounge", "", "zoe", "words", "k1", bench.clock.now())
    bench.fake_clock.advance(UNSAID + 1)
    await sweep(bench.store, bench.clock.now())
    assert await bench.ask("SELECT state, text FROM whisper") == [("dropped", "")]


async def test_what_is_still_wrong_is_never_forgotten(bench):
    for about in ("open", "closed"):
        await bench.store.write(open_notice, 1, about, f"{about} fails", bench.clock.now())
    await bench.store.write(close_notice, "closed", "it works", bench.clock.now())
    await bench.work()
    await bench.store.write(open_notice, 1, "later", "later fails", bench.clock.now())
    await bench.work()
    bench.fake_clock.advance(KEPT + 1)
    await sweep(bench.store, bench.clock.now())
    assert await bench.ask("SELECT about FROM notice ORDER BY id") == [("open",), ("later",)]


async def test_the_tables_are_swept_in_bites_and_to_the_end(bench):
    """A hundred thousand rows in one unit would keep everybody waiting."""
    now = bench.clock.now()
    for i in range(1200):
        await bench.store.write(whisper, "fake", "lounge", "", "zoe", "words", f"k{i}", now)
    for (id,) in await bench.ask("SELECT id FROM whisper"):
        await bench.store.write(whispered, id, "sent")
    bench.fake_clock.advance(KEPT + 1)
    assert await sweep(bench.store, bench.clock.now()) == 1199


async def test_a_source_keeps_a_bounded_number_of_items_that_could_not_be_parsed(bench):
    await live(bench)
    for i in range(DAMAGED + 7):
        sql = "INSERT INTO damaged (source, key, why, sample, seen_at) VALUES (1, $1, 'why', x'00', $2)"
        await bench.store.write(run, sql, f"k{i}", bench.clock.now())
    await sweep(bench.store, bench.clock.now())
    rows = await bench.ask("SELECT key FROM damaged ORDER BY id")
    assert (len(rows), rows[0]) == (DAMAGED, ("k7",))
