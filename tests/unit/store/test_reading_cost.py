"""What is read and marked costs the same, however many readers and threads there are: counted in engine steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.model import MINUTE
from bot.store import SQLite, Unit, open_store
from bot.store.marks import mark_board, mark_thread, mark_unread, unread_in
from bot.store.persons import ensure_person
from bot.store.sight import Sight
from bot.store.unread import boards_seen, unread_threads
from bot.testing.store_rig import BEGINNING, StoreRig, listed, op, post
from tests.unit.store.test_cost import steps


async def furnished(store: Any, threads: int, readers: int) -> StoreRig:
    """A board with so many threads, all of which moved there, and so many readers with marks of every kind."""
    house = await StoreRig(store).furnish()
    await house.mirror()
    await store.write(_pause)
    await house.read_list()
    for n in range(threads):
        await house.read_list(listed(f"t{n}"))
        await house.read_thread(op(f"a{n}"), post(f"b{n}"), post(f"c{n}"), key=f"t{n}")
    await store.write(_move)
    for n in range(readers):
        person = await store.write(ensure_person, "web", f"u{n}", "Ada", BEGINNING)
        await store.write(mark_board, person, house.board, 1)
        await store.write(mark_thread, person, 1, 2)
    house.now += MINUTE
    return house


def _pause() -> Unit[None]:
    """Nothing is owed to a chat: that is not what is counted here."""
    yield "UPDATE mirror SET state='paused'", ()


def _move() -> Unit[None]:
    """As if each of them had been at home nowhere before."""
    yield "INSERT INTO moved (id, thread, board, floor_seq) SELECT id, id, NULL, 0 FROM thread", ()
    yield "UPDATE moves SET last=(SELECT MAX(id) FROM moved)", ()


async def costs_to_the_forum(path: Path, readers: int) -> dict[str, int]:
    """What a new post, a deleted and a restored one, and a move take, among so many readers."""
    store = await open_store(path)
    try:
        house = await furnished(store, 2, readers)
        assert isinstance(store, SQLite)
        all_three = (op("a0"), post("b0"), post("c0"))
        return {
            "post": await steps(store.writer, lambda: house.read_thread(*all_three, post("d0"), key="t0")),
            "deletion": await steps(store.writer, lambda: house.read_thread(*all_three, key="t0")),
            "restoring": await steps(store.writer, lambda: house.read_thread(*all_three, post("d0"), key="t0")),
            "move": await steps(store.writer, lambda: house.read_thread(*all_three, post("b1"), key="t0")),
        }
    finally:
        await store.close()


async def test_what_happens_on_the_forum_costs_the_same_with_many_readers_as_with_few(tmp_path):
    """Law 8: nothing is done per reader."""
    few = await costs_to_the_forum(tmp_path / "few.db", 2)
    assert await costs_to_the_forum(tmp_path / "many.db", 200) == few


async def costs_to_a_reader(path: Path, threads: int, readers: int) -> dict[str, int]:
    """What looking and marking take the first of so many readers, in a board with so many threads."""
    store = await open_store(path)
    try:
        house = await furnished(store, threads, readers)
        sight = Sight(house.community)
        [board] = await store.read(boards_seen, sight)
        last = await house.value("SELECT MAX(id) FROM thread")
        second = await house.value("SELECT id FROM post WHERE key='b0'")
        top = await house.value("SELECT next_seq-1 FROM forum")
        assert isinstance(store, SQLite)
        return {
            "unread": await steps(store.reader, lambda: store.read(unread_in, 1, last)),
            "boards": await steps(store.reader, lambda: store.read(boards_seen, sight)),
            "list": await steps(store.reader, lambda: store.read(unread_threads, 1, board, sight, limit=5)),
            "thread": await steps(store.writer, lambda: store.write(mark_thread, 1, last, top)),
            "marked unread": await steps(store.writer, lambda: store.write(mark_unread, 1, second)),
            "board": await steps(store.writer, lambda: store.write(mark_board, 1, house.board, top)),
            "list of nothing": await steps(store.reader, lambda: store.read(unread_threads, 1, board, sight, limit=5)),
        }
    finally:
        await store.close()


async def test_reading_costs_the_same_in_a_large_board_with_many_readers_as_in_a_small_one(tmp_path):
    few = await costs_to_a_reader(tmp_path / "few.db", 10, 2)
    many = await costs_to_a_reader(tmp_path / "many.db", 150, 200)
    assert {question: many[question] / taken for question, taken in few.items() if many[question] > taken * 1.3} == {}
