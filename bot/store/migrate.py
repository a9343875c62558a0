"""Numbered migrations: each in one transaction, checksummed; only programs that are too old refuse.

A migration is a file `NNNN_name.sql` whose first line is `-- oldest program: K`: the lowest migration number that a
program must know to go on running on the migrated database. A program that knows fewer migrations than the database
has runs on it all the same, as long as every newer one allows it.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import msgspec

from bot.errors import StoreStopped
from bot.store.sqlite import WORDS, stopped

FIRST_LINE = re.compile(r"-- oldest program: (\d+)\n")


class Migration(msgspec.Struct, frozen=True):
    """One step of the schema; `oldest` is the lowest migration a program must know to run on its result."""

    number: int
    name: str
    oldest: int
    sql: str

    @property
    def checksum(self) -> str:
        """Identifies the text of the step; a released step never changes."""
        return hashlib.sha256(self.sql.encode()).hexdigest()[:32]


def shipped() -> tuple[Migration, ...]:
    """The migrations of this program, in order."""
    found = []
    for file in sorted((files("bot.store") / "migrations").iterdir(), key=lambda f: f.name):
        if file.name.endswith(".sql"):
            found.append(parse(file.name, file.read_text("utf-8")))
    return tuple(found)


def parse(filename: str, sql: str) -> Migration:
    """A migration from its file's name and text."""
    number, _, name = filename.removesuffix(".sql").partition("_")
    first = FIRST_LINE.match(sql)
    if first is None:
        raise ValueError(f"{filename}: the first line must be '-- oldest program: K'")
    return Migration(int(number), name, int(first[1]), sql)


def migrate(path: Path, steps: Sequence[Migration]) -> tuple[int, ...]:
    """Bring the database at `path` up to the last of `steps`; the numbers of those that were applied.

    Blocks: call it before the event loop works, or in a thread. Raises `StoreStopped` where the file cannot be used,
    the database is newer than this program allows, or a step that was applied has another text now.
    """
    try:
        con = sqlite3.connect(path, isolation_level=None)
    except sqlite3.Error as error:
        raise stopped(error) from error
    try:
        con.execute("PRAGMA journal_mode=WAL")
        con.execute("PRAGMA synchronous=FULL")
        con.execute(
            "CREATE TABLE IF NOT EXISTS schema_version (number INTEGER PRIMARY KEY, name TEXT NOT NULL,"
            " oldest INTEGER NOT NULL, checksum TEXT NOT NULL) STRICT"
        )
        present = dict[int, tuple[str, int, str]]()
        for number, name, oldest, checksum in con.execute("SELECT number, name, oldest, checksum FROM schema_version"):
            present[number] = (name, oldest, checksum)
        check(present, steps)
        applied = []
        for step in steps:
            if step.number not in present:
                con.executescript(
                    "BEGIN IMMEDIATE;\n" + step.sql.format_map(WORDS) + "\nINSERT INTO schema_version VALUES"
                    f" ({step.number}, '{step.name}', {step.oldest}, '{step.checksum}');"
                    "\nCOMMIT;"
                )
                applied.append(step.number)
        return tuple(applied)
    except sqlite3.Error as error:
        if con.in_transaction:
            con.execute("ROLLBACK")
        raise stopped(error) from error
    finally:
        con.close()


def check(present: dict[int, tuple[str, int, str]], steps: Sequence[Migration]) -> None:
    """Raise `StoreStopped` unless this program may run on a database that has the steps `present`."""
    ours = {step.number: step for step in steps}
    newest = max(ours, default=0)
    for number, (name, oldest, checksum) in sorted(present.items()):
        if number in ours:
            if checksum != ours[number].checksum:
                raise StoreStopped(
                    f"migration {number} ({name}) was applied to this database with another text; "
                    "install the program that made it, or restore a backup"
                )
        elif oldest > newest:
            raise StoreStopped(
                f"this database has migration {number} ({name}), which needs a newer Threadline; install the newer one"
            )
