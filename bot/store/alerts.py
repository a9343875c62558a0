"""Words that people wait for, in the posts that their community shows."""

from __future__ import annotations

import msgspec

from bot.store.unit import Unit, one

MOST = 20
"""Alerts of one person."""

LONGEST = 200
"""Characters of the words of one."""


class Alert(msgspec.Struct, frozen=True):
    """Words of which a person is told, as they said in a community."""

    id: int
    person: int
    community: int
    words: str
    since: int = 0
    """The newest post when they said so: those that came later are looked at."""


COLUMNS = "a.id, a.person, a.community, a.words, a.since"


def alerts(person: int, community: int) -> Unit[list[Alert]]:
    """What a person waits for in a community, the oldest first."""
    rows = yield (
        f"SELECT {COLUMNS} FROM alert a WHERE a.person=$1 AND a.community=$2 ORDER BY a.id",
        (person, community),
    )
    return [Alert(*row) for row in rows]


def add_alert(person: int, community: int, words: str) -> Unit[bool]:
    """Let a person be told of words from now on; False where they have as many as anybody may. Equal ones are one."""
    if (yield "SELECT 1 FROM alert WHERE person=$1 AND community=$2 AND words=$3", (person, community, words)):
        return True
    if int(one((yield "SELECT count(*) FROM alert WHERE person=$1", (person,)))) >= MOST:
        return False
    yield (
        """INSERT INTO alert (person, community, words, since)
           SELECT $1, $2, $3, COALESCE((SELECT MAX(id) FROM post), 0)""",
        (person, community, words),
    )
    return True


def drop_alert(person: int, id: int) -> Unit[bool]:
    """Let a person be told of some words no more, nor of what holds them already; whether they were."""
    rows = yield "DELETE FROM alert WHERE person=$1 AND id=$2 RETURNING community, words", (person, id)
    yield (
        "DELETE FROM alert_hit WHERE person=$1 AND community=$2 AND words=$3",
        [(person, community, words) for community, words in rows],
    )
    return bool(rows)
