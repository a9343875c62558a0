"""The laws of a unit of work, for any engine: a test class to inherit from, with a fixture `store` of one's own.

    class TestMine(StoreContract):
        @pytest.fixture
        async def store(self, tmp_path):
            store = await open_store(tmp_path / "threadline.db")
            yield store
            await store.close()

The store is migrated and empty. The tests write into `forum` and `board`, which need nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from bot.store import Store, Unit, run
from bot.store.unit import Value, one

INSERT = "INSERT INTO forum (name, adapter, next_seq) VALUES ($1, 'none', $2)"
COUNT = "SELECT count(*) FROM forum"


class Spoiled(Exception):
    """A unit's own failure."""


def insert(name: str, seq: int = 1) -> Unit[int]:
    """One row; its id."""
    return int(one((yield INSERT + " RETURNING id", (name, seq))))


def spoil(name: str) -> Unit[None]:
    """Write, then fail by itself."""
    yield INSERT, (name, 1)
    raise Spoiled(name)


def collide(name: str) -> Unit[None]:
    """Write, then fail in the database."""
    yield INSERT, (name, 1)
    yield INSERT, (name, 2)


def swallow(name: str) -> Unit[str]:
    """Write, fail in the database, and try to report success."""
    yield INSERT, (name, 1)
    try:
        yield INSERT, (name, 2)
    except Exception:
        return "all is well"
    return "all is well"


def pair(name: str) -> Unit[None]:
    """Two rows in two tables, which belong together."""
    [[forum]] = yield INSERT + " RETURNING id", (name, 1)
    yield "INSERT INTO board (forum, key, name) VALUES ($1, $2, $2)", (forum, name)


def pairs() -> Unit[tuple[int, int]]:
    """How many rows the two tables of `pair` have."""
    forums = one((yield COUNT, ()))
    return int(forums), int(one((yield "SELECT count(*) FROM board", ())))


def count() -> Unit[int]:
    """How many forums there are."""
    return int(one((yield COUNT, ())))


def names() -> Unit[list[str]]:
    """The forums' names, in the order in which they were made."""
    return [name for (name,) in (yield "SELECT name FROM forum ORDER BY id", ())]


def raise_seq(forum: int) -> Unit[int]:
    """Read a number, then write the next one; what was read is given back."""
    [[seq]] = yield "SELECT next_seq FROM forum WHERE id=$1 {lock}", (forum,)
    yield "UPDATE forum SET next_seq=$2 WHERE id=$1", (forum, seq + 1)
    return int(seq)


class StoreContract:
    """What every engine keeps; `CALLERS` at once are more than any engine does in one go."""

    CALLERS = 200

    @pytest.fixture
    def store(self) -> Store:
        raise NotImplementedError("give the contract a migrated, empty store: override the fixture `store`")

    async def test_a_result_comes_after_the_commit_and_reads_see_it_at_once(self, store: Store) -> None:
        """Whoever was told that something is stored may rely on it, on the reading connection too."""
        for n in range(20):
            made = await store.write(insert, f"forum {n}", n)
            assert list(await store.read(run, "SELECT name FROM forum WHERE id=$1", made)) == [(f"forum {n}",)]

    async def test_values_come_back_as_they_went_in(self, store: Store) -> None:
        """Ids of other networks need 64 bits, texts all of Unicode, samples every byte."""
        large, text, raw = 2**63 - 1, "Grüße, 日本 🎉 ‘{not a placeholder}’", bytes(range(256))
        await store.write(run, INSERT, text, large)
        assert list(await store.read(run, "SELECT name, next_seq FROM forum")) == [(text, large)]
        await store.write(run, "INSERT INTO secret (purpose, owner, sealed) VALUES ('p', 'o', $1)", raw)
        assert bytes(one(await store.read(run, "SELECT sealed FROM secret"))) == raw
        assert one(await store.read(run, "SELECT CAST($1 AS TEXT)", None)) is None

    async def test_a_parameter_may_be_used_twice_and_out_of_order(self, store: Store) -> None:
        await store.write(
            run, "INSERT INTO forum (name, adapter, settings, next_seq) VALUES ($2, $3, $2, $1)", 7, "a", "b"
        )
        assert list(await store.read(run, "SELECT name, adapter, settings, next_seq FROM forum")) == [
            ("a", "b", "a", 7)
        ]

    async def test_a_list_of_parameters_runs_once_for_each_and_joins_the_rows(self, store: Store) -> None:
        """Rows are unpacked beside the list they came from, so the order is the list's."""

        def many(names: list[str]) -> Unit[list[int]]:
            tuples: list[tuple[Value, ...]] = [(name, 1) for name in names]
            return [id for (id,) in (yield INSERT + " RETURNING id", tuples)]

        wanted = [f"forum {n}" for n in (3, 1, 2)]
        made = await store.write(many, wanted)
        assert await store.read(names) == wanted
        assert made == [one(await store.read(run, "SELECT id FROM forum WHERE name=$1", name)) for name in wanted]
        assert await store.write(many, []) == []

    async def test_the_database_tells_the_time_in_milliseconds(self, store: Store) -> None:
        now = one(await store.read(run, "SELECT {now}"))
        assert isinstance(now, int)
        assert 1_600_000_000_000 < now < 10_000_000_000_000

    async def test_a_unit_that_fails_by_itself_leaves_nothing(self, store: Store) -> None:
        with pytest.raises(Spoiled, match=r"bad"):
            await store.write(spoil, "bad")
        assert await store.read(count) == 0
        await store.write(insert, "bad")

    async def test_a_unit_that_fails_in_the_database_leaves_nothing(self, store: Store) -> None:
        with pytest.raises(Exception, match=r"(?i)unique"):
            await store.write(collide, "bad")
        assert await store.read(count) == 0

    async def test_what_refers_to_nothing_is_refused(self, store: Store) -> None:
        with pytest.raises(Exception, match=r"(?i)foreign key"):
            await store.write(run, "INSERT INTO board (forum, key, name) VALUES (4711, 'k', 'n')")

    async def test_an_error_of_the_database_names_the_unit_and_the_statement(self, store: Store) -> None:
        """A constraint's name alone tells nobody which of a thousand units broke it."""
        with pytest.raises(Exception, match=r"(?i)unique") as caught:
            await store.write(collide, "bad")
        reasons = [caught.value, caught.value.__cause__]
        notes = "\n".join(note for error in reasons for note in getattr(error, "__notes__", []))
        assert "collide" in notes
        assert INSERT in notes

    async def test_a_unit_cannot_hide_an_error_of_the_database(self, store: Store) -> None:
        """Its transaction is lost already: success would be a lie."""
        with pytest.raises(Exception, match=r"(?i)unique"):
            await store.write(swallow, "bad")
        assert await store.read(count) == 0

    async def test_failing_units_do_no_harm_to_their_neighbours(self, store: Store) -> None:
        """Callers at the same moment may share a commit; a stranger's fault is not theirs."""
        acts = [(insert, spoil, collide, swallow)[n % 4] for n in range(60)]
        calls = (store.write(act, f"forum {n}") for n, act in enumerate(acts))
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert [not isinstance(outcome, Exception) for outcome in outcomes] == [act is insert for act in acts]
        assert set(await store.read(names)) == {f"forum {n}" for n, act in enumerate(acts) if act is insert}

    async def test_concurrent_units_that_read_and_write_lose_nothing(self, store: Store) -> None:
        """Arrival numbers are counted this way: a lost update would be two posts with one number."""
        forum = await store.write(insert, "one", 0)
        seen = await asyncio.gather(*(store.write(raise_seq, forum) for _ in range(self.CALLERS)))
        assert sorted(seen) == list(range(self.CALLERS))
        assert one(await store.read(run, "SELECT next_seq FROM forum")) == self.CALLERS

    async def test_a_unit_may_be_begun_again_and_only_one_run_counts(self, store: Store) -> None:
        """The engine is given the function: a started generator could not be repeated."""
        forum, begun = await store.write(insert, "one", 0), 0

        def counted() -> Unit[int]:
            nonlocal begun
            begun += 1
            return (yield from raise_seq(forum))

        await asyncio.gather(*(store.write(counted) for _ in range(self.CALLERS)))
        assert begun >= self.CALLERS
        assert one(await store.read(run, "SELECT next_seq FROM forum")) == self.CALLERS

    @pytest.mark.parametrize("turns", [0, 1, 2, 3, 10])
    async def test_a_cancelled_caller_leaves_a_whole_unit_or_none(self, store: Store, turns: int) -> None:
        """A caller may go at any moment: before its unit is looked at, while it waits, while it runs."""
        tasks = [asyncio.ensure_future(store.write(pair, f"forum {n}")) for n in range(self.CALLERS)]
        for _ in range(turns):
            await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await store.write(insert, "the last")
        made, boards = await store.read(pairs)
        assert made == boards + 1
        assert self.CALLERS // 2 <= boards <= self.CALLERS
        kept = set(await store.read(names))
        assert kept >= {f"forum {n}" for n in range(1, self.CALLERS, 2)}

    async def test_a_cancelled_caller_takes_no_other_with_it(self, store: Store) -> None:
        first, second = (asyncio.ensure_future(store.write(insert, name)) for name in ("first", "second"))
        first.cancel()
        await second
        assert "second" in await store.read(names)

    async def test_a_reading_unit_sees_one_moment(self, store: Store) -> None:
        """Several statements of one answer must agree with each other while others write."""
        writing = [asyncio.ensure_future(store.write(pair, f"forum {n}")) for n in range(self.CALLERS)]
        seen = await asyncio.gather(*(store.read(pairs) for _ in range(self.CALLERS)))
        await asyncio.gather(*writing)
        assert [forums for forums, _ in seen] == [boards for _, boards in seen]
        assert await store.read(pairs) == (self.CALLERS, self.CALLERS)

    async def test_a_reading_unit_cannot_write(self, store: Store) -> None:
        with pytest.raises(Exception, match=r"(?i)read.?only"):
            await store.read(insert, "sneaked in")
        assert await store.read(count) == 0

    async def test_a_failing_read_does_no_harm_to_its_neighbours(self, store: Store) -> None:
        async def wrong() -> object:
            return await store.read(run, "SELECT nothing FROM nowhere")

        outcomes = await asyncio.gather(
            *(wrong() if n % 2 else store.read(count) for n in range(20)), return_exceptions=True
        )
        assert outcomes[::2] == [0] * 10
        assert all(isinstance(outcome, Exception) for outcome in outcomes[1::2])
