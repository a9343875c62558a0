"""Units of work: what is done in one transaction, written once for every engine.

A unit is a generator that yields `(statement, parameters)` and receives rows. It has no side effects and no clock of
its own, because an engine may run it again: only the run whose transaction commits counts.

    def rename(board: int, name: str) -> Unit[bool]:
        rows = yield "UPDATE board SET name=$2 WHERE id=$1 RETURNING id", (board, name)
        return bool(rows)

    await store.write(rename, 7, "Lounge")

Statements are one text for all engines: parameters are `$1, $2 …`, the few differences are named in braces
(`{now}`, `{lock}`, `{skip}`; in migrations also `{pk}`, `{int}`, `{bytes}`, `{strict}`, `{opt}`). A list of parameter
tuples runs the statement once for each and gives all rows in that order. Every parameter passes `bot.store.storable`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, ParamSpec, Protocol, TypeAlias, TypeVar

T = TypeVar("T")
P = ParamSpec("P")

Value: TypeAlias = int | float | str | bytes | None
Params: TypeAlias = tuple[Value, ...] | list[tuple[Value, ...]]
Rows: TypeAlias = Sequence[Sequence[Any]]
"""Rows are unpacked by position, never by name: the engines' row types agree on nothing else."""
Unit: TypeAlias = Generator[tuple[str, Params], Rows, T]


class Store(Protocol):
    """A database that runs units; every write is durable when it returns."""

    @property
    def trouble(self) -> str:
        """Why the last write was not taken, and what to do about it; empty while the database takes work."""

    async def write(self, unit: Callable[P, Unit[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit in a transaction of its own and return its result once it is on disk.

        Raises `StoreStopped` when the database takes no work; then nothing of the unit happened. A caller that is
        cancelled while the unit waits leaves nothing behind; later, the unit commits all the same.
        """

    async def read(self, unit: Callable[P, Unit[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit that only reads, in one snapshot that holds everything written before the call."""

    async def close(self) -> None:
        """Finish what is running and let go of the database."""


def one(rows: Rows) -> Any:
    """The single value of a single row."""
    return rows[0][0]


def touch() -> Unit[None]:
    """Change nothing, durably: to find out whether the database takes work again."""
    yield "UPDATE installation SET id=id", ()


def run(sql: str, *params: Value) -> Unit[Rows]:
    """One statement as a unit, for tools and tests."""
    return (yield sql, params)
