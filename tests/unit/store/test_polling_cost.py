"""What is asked and noted for every poll costs the same, however many sources there are: counted in engine steps."""

from __future__ import annotations

from typing import Any

from bot.model import DAY, Board, BoardKey
from bot.pace import Terms
from bot.store import SQLite, Unit, open_store
from bot.store.forums import ensure_board, ensure_forum
from bot.store.readings import unchanged
from bot.store.sources import due_source, ensure_source, hint, next_due
from bot.testing.store_rig import BEGINNING
from tests.unit.store.test_cost import steps


def many_lists(count: int) -> Unit[None]:
    """Three forums with so many lists each."""
    for name in ("a", "b", "c"):
        forum = yield from ensure_forum(name, "none")
        for number in range(count):
            board = yield from ensure_board(forum, Board(BoardKey(f"b{number}"), "A list"))
            yield from ensure_source(forum, board, None, BEGINNING + number)


async def costs(path: Any, count: int) -> dict[str, int]:
    """The steps of one poll that finds nothing new among so many."""
    store = await open_store(path)
    try:
        assert isinstance(store, SQLite)
        await store.write(many_lists, count)
        row = await store.read(due_source, "b", BEGINNING + DAY)
        assert row is not None
        return {
            "due": await steps(store.reader, lambda: store.read(due_source, "b", BEGINNING + DAY)),
            "next": await steps(store.reader, lambda: store.read(next_due, "b")),
            "noted": await steps(store.writer, lambda: store.write(unchanged, row, Terms(DAY), BEGINNING)),
            "pushed": await steps(store.writer, lambda: store.write(hint, "b", "board", "b1", BEGINNING)),
        }
    finally:
        await store.close()


async def test_a_poll_costs_the_same_among_many_sources_as_among_few(tmp_path):
    """Ten thousand sources are asked ten thousand times: whatever looks at all of them each time never ends."""
    few, many = await costs(tmp_path / "few.db", 10), await costs(tmp_path / "many.db", 400)
    assert {question: many[question] / taken for question, taken in few.items() if many[question] > taken * 1.3} == {}
