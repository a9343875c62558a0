"""The SQLite engine: shared commits, disasters that end a whole batch, and letting go."""

import asyncio
import sqlite3
import threading

import pytest

from bot.errors import StoreStopped
from bot.store import SQLite, open_store, run
from bot.store.sqlite import GROUP
from bot.store.storable import Unstorable

INSERT = "INSERT INTO forum (name, adapter) VALUES ($1, 'none')"
LARGE = 4_000_000


def add(name):
    yield INSERT, (name,)


def add_large(name):
    yield "INSERT INTO forum (name, adapter, settings) VALUES ($1, 'none', $2)", (name, "x" * LARGE)


def add_slowly(name):
    """Three rows, with a pause before each is made."""
    yield (
        "INSERT INTO forum (name, adapter) SELECT $1 || value || pause(), 'none' FROM json_each('[1, 2, 3]')",
        (name,),
    )


def fail():
    yield INSERT, ("never",)
    raise LookupError


def names():
    return {name for (name,) in (yield "SELECT name FROM forum", ())}


async def statements(store, pattern):
    """A list that grows by every statement of the writing connection that is `pattern`."""
    seen = []
    await store.writer.set_trace_callback(lambda sql: seen.append(sql) if sql == pattern else None)
    return seen


@pytest.fixture
async def store(tmp_path):
    store = await open_store(tmp_path / "threadline.db")
    yield store
    await store.close()


def connections():
    """The threads of connections that are open."""
    return [thread for thread in threading.enumerate() if "_connection_worker_thread" in thread.name]


async def gathered(*calls):
    return await asyncio.gather(*calls, return_exceptions=True)


# ------------------------------------------------------------------------------------------------------ shared commits


async def test_callers_that_wait_share_a_commit(store):
    """What FULL durability costs is one sync for each commit."""
    commits = await statements(store, "COMMIT")
    await asyncio.gather(*(store.write(add, f"forum {n}") for n in range(10 * GROUP)))
    assert len(commits) == 10
    assert len(await store.read(names)) == 10 * GROUP


async def test_a_single_caller_has_a_commit_of_its_own(store):
    commits = await statements(store, "COMMIT")
    for n in range(5):
        await store.write(add, f"forum {n}")
    assert len(commits) == 5


async def test_a_unit_that_fails_costs_its_neighbours_no_second_run(store):
    """A savepoint undoes the one; the others' commit goes on."""
    begins = await statements(store, "BEGIN IMMEDIATE")
    outcomes = await gathered(*(store.write(fail) if n == 7 else store.write(add, f"forum {n}") for n in range(GROUP)))
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [LookupError]
    assert len(begins) == 1


async def test_the_disk_holds_a_commit_before_its_caller_goes_on(store):
    """`synchronous` must be FULL (2): NORMAL loses acknowledged commits in a power cut."""
    assert [tuple(row) for row in await store.writer.execute_fetchall("PRAGMA synchronous")] == [(2,)]
    assert [tuple(row) for row in await store.writer.execute_fetchall("PRAGMA journal_mode")] == [("wal",)]
    assert [tuple(row) for row in await store.writer.execute_fetchall("PRAGMA foreign_keys")] == [(1,)]


# ------------------------------------------------------------------------------------------------------------ the door


async def test_what_is_no_character_is_kept_as_a_sign_for_one(store):
    """One half of a surrogate pair in one post would keep its whole page out."""
    await store.write(add, "half \ud800")
    await store.write(run, "UPDATE forum SET settings=$1", "nul \0")
    assert await store.read(run, "SELECT name, settings FROM forum") == [("half \ufffd", "nul \ufffd")]
    assert await store.read(run, "SELECT count(*) FROM forum WHERE name=$1", "half \ud800") == [(1,)], "found again"


async def test_a_number_that_is_too_long_fails_its_own_unit_alone(store):
    outcomes = await gathered(
        *(store.write(run, "UPDATE forum SET next_seq=$1", 2**63) if n == 7 else store.write(add, f"forum {n}")
          for n in range(GROUP))
    )  # fmt: skip
    assert [type(outcome) for outcome in outcomes if isinstance(outcome, Exception)] == [Unstorable]
    assert len(await store.read(names)) == GROUP - 1


async def test_many_rows_pass_the_same_door(store):
    def add_many():
        yield INSERT, [("a\0",), ("b\ud800",)]

    await store.write(add_many)
    assert await store.read(names) == {"a\ufffd", "b\ufffd"}


async def test_parameters_stand_where_their_numbers_say(store):
    """Statements name them in any order, more than once, or not at all."""
    assert await store.read(run, "SELECT $3, $1, $3, '?'", "a", "b", "c") == [("c", "a", "c", "?")]


async def test_many_rows_give_what_they_return_in_their_order(store):
    def add_many():
        silent = yield INSERT, [("a",), ("b",)]
        told = yield INSERT + " RETURNING name", [("c",), ("d",)]
        return silent, told

    assert await store.write(add_many) == ([], [("c",), ("d",)])
    assert await store.read(names) == {"a", "b", "c", "d"}


# ----------------------------------------------------------------------------------------------------------- disasters


async def test_a_full_disk_fails_only_who_needs_the_space(store):
    """SQLite ends the whole transaction then: the units of the batch are run again, each alone."""
    [[pages]] = await store.writer.execute_fetchall("PRAGMA page_count")
    await store.writer.execute_fetchall(f"PRAGMA max_page_count={pages + 20}")
    commits = await statements(store, "COMMIT")
    outcomes = await gathered(*(store.write(add_large if n == 20 else add, f"forum {n}") for n in range(40)))
    failed = {n: outcome for n, outcome in enumerate(outcomes) if outcome is not None}
    assert list(failed) == [20]
    assert isinstance(failed[20], StoreStopped)
    assert "full" in str(failed[20])
    assert "free some space" in str(failed[20])
    assert await store.read(names) == {f"forum {n}" for n in range(40) if n != 20}
    assert len(commits) == 39


async def test_work_goes_on_when_there_is_space_again(store):
    [[pages]] = await store.writer.execute_fetchall("PRAGMA page_count")
    await store.writer.execute_fetchall(f"PRAGMA max_page_count={pages}")
    with pytest.raises(StoreStopped, match="free some space"):
        await store.write(add_large, "large")
    await store.writer.execute_fetchall("PRAGMA max_page_count=1073741823")
    await store.write(add_large, "large")
    assert await store.read(names) == {"large"}


async def test_an_interrupt_ends_a_batch_and_loses_none_of_it(store):
    """Every unit of the batch runs again, the interrupted one too: nobody asked it to fail."""
    begun, go_on = threading.Event(), threading.Event()

    def pause():
        begun.set()
        go_on.wait()
        return ""

    await store.writer.create_function("pause", 0, pause)
    begins = await statements(store, "BEGIN IMMEDIATE")
    work = [asyncio.ensure_future(store.write(add_slowly if n == 5 else add, f"forum {n} ")) for n in range(20)]
    await asyncio.to_thread(begun.wait)
    await store.writer.interrupt()
    go_on.set()
    assert await gathered(*work) == [None] * 20
    assert len(begins) == 1 + 20
    assert await store.read(names) == {f"forum {n} " for n in range(20) if n != 5} | {f"forum 5 {n}" for n in (1, 2, 3)}


async def test_a_locked_database_says_what_to_do_and_works_later(store, tmp_path):
    await store.writer.execute_fetchall("PRAGMA busy_timeout=20")
    other = sqlite3.connect(tmp_path / "threadline.db", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreStopped, match=r"another program holds a lock on the database: close it"):
            await store.write(add, "locked out")
        assert await store.read(names) == set()
        other.execute("COMMIT")
        await store.write(add, "let in")
    finally:
        other.close()
    assert await store.read(names) == {"let in"}


async def test_callers_wait_for_a_lock_together(store, tmp_path):
    """One after the other they would wait the lock's time-out each: minutes for a batch."""
    await store.writer.execute_fetchall("PRAGMA busy_timeout=20")
    begins = await statements(store, "BEGIN IMMEDIATE")
    other = sqlite3.connect(tmp_path / "threadline.db", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        outcomes = await gathered(*(store.write(add, f"forum {n}") for n in range(GROUP)))
    finally:
        other.close()
    assert {type(outcome) for outcome in outcomes} == {StoreStopped}
    assert len(begins) == 1


async def test_a_damaged_database_says_what_to_do(tmp_path):
    path = tmp_path / "threadline.db"
    path.write_bytes(b"this is no database, however long one looks at it" * 100)
    with pytest.raises(StoreStopped, match="restore a backup"):
        await open_store(path)


async def test_a_missing_directory_says_what_to_do(tmp_path):
    with pytest.raises(StoreStopped, match="look at the directory's owner and permissions"):
        await open_store(tmp_path / "nowhere" / "threadline.db")


async def test_a_database_that_cannot_be_opened_leaves_no_thread(tmp_path):
    """The threads of the connections are no daemons: one left behind keeps the process from ending."""
    assert not connections()
    (tmp_path / "threadline.db").mkdir()
    with pytest.raises(StoreStopped):
        await SQLite(tmp_path / "threadline.db").open()
    (tmp_path / "other.db").write_bytes(b"no database " * 1000)
    with pytest.raises(StoreStopped):
        await SQLite(tmp_path / "other.db").open()
    while connections():
        await asyncio.sleep(0)


# ---------------------------------------------------------------------------------------------------------- letting go


async def test_closing_finishes_what_is_queued(tmp_path):
    store = await open_store(tmp_path / "threadline.db")
    tasks = [asyncio.ensure_future(store.write(add, f"forum {n}")) for n in range(3 * GROUP)]
    await asyncio.sleep(0)
    await store.close()
    assert all(task.done() for task in tasks)
    again = await open_store(tmp_path / "threadline.db")
    assert len(await again.read(names)) == 3 * GROUP
    await again.close()


async def test_a_closed_store_takes_no_work_and_says_so(tmp_path):
    store = await open_store(tmp_path / "threadline.db")
    await store.close()
    with pytest.raises(StoreStopped, match="shutting down"):
        await store.write(add, "too late")
    with pytest.raises(StoreStopped, match="shutting down"):
        await store.read(names)


async def test_closing_twice_is_no_error(tmp_path):
    store = await open_store(tmp_path / "threadline.db")
    await store.close()
    await store.close()


async def test_the_reading_connection_is_let_go_of_even_if_the_writing_one_fails(tmp_path, monkeypatch):
    assert not connections()
    store = await open_store(tmp_path / "threadline.db")
    assert len(connections()) == 2
    real = store.writer.close

    async def failing():
        await real()
        raise OSError("pulled out")

    monkeypatch.setattr(store.writer, "close", failing)
    with pytest.raises(OSError, match="pulled out"):
        await store.close()
    while connections():
        await asyncio.sleep(0)


async def test_a_closed_store_leaves_no_thread_and_a_whole_file(tmp_path):
    """What the last close leaves is the database alone: its log is written back."""
    assert not connections()
    store = await open_store(tmp_path / "threadline.db")
    await store.write(run, INSERT, "kept")
    await store.close()
    while connections():
        await asyncio.sleep(0)
    assert [file.name for file in tmp_path.iterdir()] == ["threadline.db"]
