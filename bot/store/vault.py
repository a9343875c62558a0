"""Sealed secrets: the database holds them only in a form that the key file opens."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from bot.errors import LoginRejected
from bot.store.unit import Unit

SIGN = "gAAAAA"
"""What sealed texts begin with: the version of Fernet, and the high bits of a time before the year 2106."""

_SEALED = re.compile(rf"{SIGN}[\w=-]{{40,}}")


def keep_secret(purpose: str, owner: str, sealed: bytes) -> Unit[None]:
    """Keep a sealed secret in the place of an earlier one."""
    yield (
        """INSERT INTO secret (purpose, owner, sealed) VALUES ($1, $2, $3)
           ON CONFLICT (purpose, owner) DO UPDATE SET sealed=excluded.sealed""",
        (purpose, owner, sealed),
    )


def secrets(purpose: str) -> Unit[dict[str, bytes]]:
    """The sealed secrets of a purpose by their owners."""
    rows = yield "SELECT owner, sealed FROM secret WHERE purpose=$1", (purpose,)
    return dict(map(tuple, rows))


class Renewed(NamedTuple):
    """What came of sealing everything anew."""

    sealed: int
    lost: tuple[str, ...]
    """What could not be opened with any key, by purpose and owner; it stays as it is."""


def seal_anew(rotate: Callable[[bytes], bytes]) -> Unit[Renewed]:
    """Seal every secret with the newest key; `rotate` raises `LoginRejected` for one that no key opens."""
    lost: list[str] = []
    sealed = 0
    for id, purpose, owner, old in (yield "SELECT id, purpose, owner, sealed FROM secret ORDER BY id", ()):
        try:
            yield "UPDATE secret SET sealed=$2 WHERE id=$1", (id, rotate(bytes(old)))
            sealed += 1
        except LoginRejected:
            lost.append(f"{purpose} of {owner}")
    for person, forum, old in (yield "SELECT person, forum, sealed FROM invitation", ()):
        try:
            fresh = rotate(bytes(old))
        except LoginRejected:
            yield "DELETE FROM invitation WHERE person=$1 AND forum=$2", (person, forum)  # it can be asked for again
        else:
            yield "UPDATE invitation SET sealed=$3 WHERE person=$1 AND forum=$2", (person, forum, fresh)
    for table, column in (("whisper", "text"), ("inbox", "body")):  # private words, and commands that wait
        for id, text in (yield f"SELECT id, {column} FROM {table} WHERE {column} LIKE '%{SIGN}%'", ()):
            with suppress(LoginRejected):  # who asked for it asks again
                anew = _SEALED.sub(lambda found: rotate(found.group().encode()).decode(), str(text))
                yield f"UPDATE {table} SET {column}=$2 WHERE id=$1", (id, anew)
    return Renewed(sealed, tuple(lost))
