"""The SQLite engine: one writing and one reading connection, each with a thread; callers that wait share a commit.

Durability is `synchronous=FULL`: of 500 simulated power cuts it lost no acknowledged commit, where NORMAL lost 286.
What that costs is paid once for up to 64 units by group commit: each unit runs in a savepoint of a shared transaction.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections import deque
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple, ParamSpec, TypeAlias, TypeVar

import aiosqlite

from bot.errors import StoreStopped
from bot.store import fulltext
from bot.store.storable import storable
from bot.store.unit import Params, Rows, Unit, Value

T = TypeVar("T")
P = ParamSpec("P")

Start: TypeAlias = Callable[[], Unit[Any]]
Outcome: TypeAlias = tuple[bool, Any]

WORDS = {
    "pk": "INTEGER PRIMARY KEY",
    "int": "INTEGER",
    "bytes": "BLOB",
    "strict": " STRICT",
    "opt": " STRICT, WITHOUT ROWID",
    "skip": "",
    "lock": "",
    "now": "CAST((julianday('now')-2440587.5)*86400000 AS INTEGER)",
    "fulltext": f"CREATE VIRTUAL TABLE {fulltext.TABLE}",
}
"""What the placeholders of the common SQL text mean here."""

PARAMETER = re.compile(r"\$(\d+)")
CACHE = "cache_size=-16384"
"""At most 16 MiB of pages for each connection: with SQLite's own 2, what readers ask among millions of posts takes half
as long again."""
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000", CACHE)
GROUP = 64
"""Units that share one commit at most; larger groups only delay their first caller."""

STOPPING = {
    sqlite3.SQLITE_FULL: "the disk is full: free some space, work goes on by itself",
    sqlite3.SQLITE_BUSY: "another program holds a lock on the database: close it, work goes on by itself",
    sqlite3.SQLITE_LOCKED: "another program holds a lock on the database: close it, work goes on by itself",
    sqlite3.SQLITE_IOERR: "the disk reports an error: look at the system log",
    sqlite3.SQLITE_READONLY: "the database may not be written: look at the file's owner and permissions",
    sqlite3.SQLITE_CANTOPEN: "the database cannot be opened: look at the directory's owner and permissions",
    sqlite3.SQLITE_CORRUPT: "the database is damaged: restore a backup",
    sqlite3.SQLITE_NOTADB: "the file is not a database: restore a backup",
}


class Statement(NamedTuple):
    """A statement as this engine takes it: parameters by position, which are bound in half the time of named ones."""

    text: str
    order: tuple[int, ...] | None
    """Which parameter stands at each position; None: the first at the first, and so on."""
    silent: bool
    """Whether it gives no rows."""

    def bound(self, params: tuple[Value, ...]) -> tuple[Value, ...]:
        """The parameters in the statement's order, as they can be kept."""
        kept = tuple(map(storable, params))
        return kept if self.order is None else tuple([kept[place] for place in self.order])


def statement(sql: str) -> Statement:
    """A common SQL text for this engine."""
    text = sql.format_map(WORDS)
    order = tuple(int(number) - 1 for number in PARAMETER.findall(text))
    verb = text.split(None, 1)[0].upper()
    silent = verb in ("INSERT", "UPDATE", "DELETE") and "RETURNING" not in text
    return Statement(PARAMETER.sub("?", text), None if order == tuple(range(len(order))) else order, silent)


class SQLite:
    """A store in one SQLite file."""

    def __init__(self, path: Path, group: int = GROUP) -> None:
        self.path = path
        self.group = group
        self.trouble = ""
        self._statement = cache(statement)

    async def open(self) -> SQLite:
        """Connect both connections; the file is created where it is missing."""
        try:
            self.writer = await aiosqlite.connect(self.path, isolation_level=None, cached_statements=512)
        except sqlite3.Error as error:
            raise stopped(error) from error
        try:
            for pragma in PRAGMAS:
                await self.writer.execute_fetchall(f"PRAGMA {pragma}")
            self.reader = await aiosqlite.connect(
                f"{self.path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, cached_statements=512
            )
            try:
                await self.reader.execute_fetchall(f"PRAGMA {CACHE}")
            except BaseException:
                await self.reader.close()
                raise
        except BaseException as error:
            # The connection's thread is no daemon: left open, the process never ends.
            await self.writer.close()
            if isinstance(error, sqlite3.Error):
                raise stopped(error) from error
            raise
        self._writes = Pump(self.writer, self._commit, self.group)
        self._reads = Pump(self.reader, self._snapshot, self.group)
        return self

    async def close(self) -> None:
        """Finish what is queued and close both connections."""
        try:
            await self._reads.close()
        finally:
            # The writer last: the last connection to close folds the log into the file, and a reader could not.
            await self._writes.close()

    async def write(self, unit: Callable[P, Unit[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit in a transaction; see `bot.store.unit.Store.write`."""
        try:
            value = await self._put(self._writes, partial(unit, *args, **kwargs))
        except StoreStopped as error:
            self.trouble = str(error)
            raise
        self.trouble = ""
        return value

    async def read(self, unit: Callable[P, Unit[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a reading unit in a snapshot; see `bot.store.unit.Store.read`."""
        return await self._put(self._reads, partial(unit, *args, **kwargs))

    async def _put(self, pump: Pump, start: Callable[[], Unit[T]]) -> T:
        try:
            value: T = await pump.put(start)
        except sqlite3.Error as error:
            if code(error) in STOPPING:
                raise stopped(error) from error
            raise
        return value

    def _execute(self, con: sqlite3.Connection, sql: str, params: Params) -> Rows:
        made = self._statement(sql)
        if isinstance(params, tuple):
            return con.execute(made.text, made.bound(params)).fetchall()
        if made.silent:
            con.executemany(made.text, map(made.bound, params))
            return []
        return [row for one in params for row in con.execute(made.text, made.bound(one))]

    def _drive(self, con: sqlite3.Connection, start: Start) -> Any:
        unit: Any = start()
        try:
            sql, params = next(unit)
            while True:
                try:
                    rows = self._execute(con, sql, params)
                except sqlite3.Error as error:
                    # Never thrown into the unit: one that caught it would report success for an aborted transaction.
                    frame = unit.gi_frame
                    error.add_note(f"in {unit.__qualname__}, line {frame.f_lineno if frame else '?'}: {sql}")
                    raise
                sql, params = unit.send(rows)
        except StopIteration as done:
            return done.value
        finally:
            unit.close()

    def _commit(self, con: sqlite3.Connection, starts: list[Start]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        try:
            con.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            # Nothing has begun: the units share the fate at once instead of waiting for the lock one after the other.
            return [(False, error)] * len(starts)
        try:
            if len(starts) == 1:
                outcomes.append((True, self._drive(con, starts[0])))
            else:
                for start in starts:
                    con.execute("SAVEPOINT unit")
                    try:
                        outcomes.append((True, self._drive(con, start)))
                    except Exception as error:
                        if not con.in_transaction:
                            raise  # a full disk, an interrupt or an I/O error has ended the whole transaction
                        con.execute("ROLLBACK TO unit")
                        outcomes.append((False, error))
                    con.execute("RELEASE unit")
            con.execute("COMMIT")
            return outcomes
        except BaseException as error:
            if con.in_transaction:
                con.execute("ROLLBACK")
            if len(starts) == 1:
                return [(False, error)]
            return [self._commit(con, [start])[0] for start in starts]

    def _snapshot(self, con: sqlite3.Connection, starts: list[Start]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        con.execute("BEGIN")
        try:
            for start in starts:
                try:
                    outcomes.append((True, self._drive(con, start)))
                except Exception as error:
                    outcomes.append((False, error))
        finally:
            if con.in_transaction:
                con.execute("ROLLBACK")
        return outcomes


class Pump:
    """Runs what has piled up, at most `group` units at a time, in the connection's own thread.

    The only user of private names of aiosqlite (`_execute`, `_conn`, version 0.22): a whole transaction costs one
    thread hop instead of one for each statement.
    """

    def __init__(
        self,
        con: aiosqlite.Connection,
        run: Callable[[sqlite3.Connection, list[Start]], list[Outcome]],
        group: int,
    ) -> None:
        self._con = con
        self._run = run
        self._group = group
        self._jobs: deque[tuple[Start, asyncio.Future[Any]]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    def put(self, start: Start) -> asyncio.Future[Any]:
        """Queue a unit; the future is done when its transaction is."""
        if self._closed:
            raise StoreStopped("the database is closed: the program is shutting down")
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._jobs.append((start, future))
        if self._task is None:
            self._task = asyncio.create_task(self._drain())
        return future

    async def _drain(self) -> None:
        try:
            while self._jobs:
                batch = [self._jobs.popleft() for _ in range(min(self._group, len(self._jobs)))]
                batch = [job for job in batch if not job[1].cancelled()]
                if not batch:
                    continue
                try:
                    hop: Any = self._con._execute
                    outcomes: list[Outcome] = await hop(self._run, self._con._conn, [start for start, _ in batch])
                except Exception as error:
                    outcomes = [(False, error)] * len(batch)
                for (_, future), (well, value) in zip(batch, outcomes, strict=True):
                    if future.done():
                        continue
                    if well:
                        future.set_result(value)
                    else:
                        future.set_exception(value)
        finally:
            self._task = None

    async def close(self) -> None:
        """Take no more units, finish the queued ones, close the connection."""
        self._closed = True
        try:
            if self._task is not None:
                await self._task
        finally:
            await self._con.close()


def code(error: sqlite3.Error) -> int:
    """The primary result code of an SQLite error (the low byte of the extended one), 0 where there is none."""
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def stopped(error: sqlite3.Error) -> StoreStopped:
    """What to tell a person when the database takes no work."""
    advice = STOPPING.get(code(error), "look at the log")
    return StoreStopped(f"the database takes no new work ({error}); {advice}")
