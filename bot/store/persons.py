"""Persons: who a chat login is, and what becomes of their marks when two logins turn out to be one reader, or two."""

from __future__ import annotations

import msgspec

from bot.model import Millis
from bot.reading.marks import joined, mark_at
from bot.store.marks import begin, keep, number_at, own_marks, stand
from bot.store.unit import Unit, one


class Identity(msgspec.Struct, frozen=True):
    """One chat login of a person, as they are called there."""

    chat: str
    user: str
    name: str


def ensure_person(chat: str, user: str, name: str, now: Millis) -> Unit[int]:
    """Who a chat login is: a person of its own where it was never met."""
    known = yield from person_of(chat, user)
    if known is not None:
        yield "UPDATE identity SET name=$3 WHERE chat=$1 AND user_id=$2 AND name<>$3", (chat, user, name)
        return known
    person = yield from _new_person(now)
    yield (
        "INSERT INTO identity (chat, user_id, person, name) VALUES ($1, $2, $3, $4)",
        (chat, user, person, name),
    )
    return person


def person_of(chat: str, user: str) -> Unit[int | None]:
    """Who a chat login is; None where it was never met."""
    rows = yield "SELECT person FROM identity WHERE chat=$1 AND user_id=$2", (chat, user)
    return int(one(rows)) if rows else None


def identities(person: int) -> Unit[list[Identity]]:
    """The chat logins of a person."""
    rows = yield "SELECT chat, user_id, name FROM identity WHERE person=$1 ORDER BY chat, user_id", (person,)
    return [Identity(*row) for row in rows]


def join(person: int, other: int) -> Unit[None]:
    """Let two persons be one, who goes on as `person` and has read what either of them had.

    Forum logins go along, but for those of forums in which `person` has one. What is left of `other` is a number that
    is never given again. Two that are one already stay as they are.
    """
    if person == other:
        return
    for id in sorted((person, other)):  # in one order: two joins never wait for each other
        yield from begin(id)
    yield from _join_marks(person, other)
    yield "UPDATE identity SET person=$1 WHERE person=$2", (person, other)
    yield (
        """UPDATE forum_account SET person=$1 WHERE person=$2 AND forum NOT IN
             (SELECT forum FROM forum_account WHERE person=$1)""",
        (person, other),
    )
    yield "DELETE FROM forum_account WHERE person=$1", (other,)


def unlink(chat: str, user: str, now: Millis) -> Unit[int]:
    """Let a chat login be a person of its own from now on, who has read what the former one had; who that is.

    Forum logins stay with the former one. A login that is alone already stays who it is.
    """
    [[former, logins]] = yield (
        """SELECT i.person, (SELECT count(*) FROM identity o WHERE o.person=i.person) FROM identity i
           WHERE i.chat=$1 AND i.user_id=$2""",
        (chat, user),
    )
    if logins == 1:
        return int(former)
    yield from begin(former)
    person = yield from _new_person(now)
    yield "UPDATE identity SET person=$3 WHERE chat=$1 AND user_id=$2", (chat, user, person)
    for table, cells in (("board_mark", "board, seq"), ("thread_mark", "thread, seq, n, forced")):
        yield f"INSERT INTO {table} (person, {cells}) SELECT $2, {cells} FROM {table} WHERE person=$1", (former, person)
    yield (
        "INSERT INTO post_mark (person, thread, n) SELECT $2, thread, n FROM post_mark WHERE person=$1",
        (former, person),
    )
    return person


def _new_person(now: Millis) -> Unit[int]:
    """Somebody who has no marks yet: no move is news to them."""
    rows = yield (
        "INSERT INTO person (made_at, moved) SELECT $1, last FROM moves RETURNING id",
        (now,),
    )
    return int(one(rows))


def _join_marks(person: int, other: int) -> Unit[None]:
    """Threads with marks of their own are reckoned one by one, as each of the two stands to them before."""
    for thread in sorted({*(yield from own_marks(person)), *(yield from own_marks(other))}):
        here, there = (yield from stand(person, thread)), (yield from stand(other, thread))
        both, seq, known = joined(here, there)
        n = known if known is not None else (yield from number_at(thread, seq))
        yield from keep(person, here, mark_at(both, seq, n))
    yield (
        """INSERT INTO board_mark (person, board, seq) SELECT $1, board, seq FROM board_mark WHERE person=$2
           ON CONFLICT (person, board) DO UPDATE SET seq=excluded.seq WHERE excluded.seq>board_mark.seq""",
        (person, other),
    )
    yield (
        """INSERT INTO post_mark (person, thread, n) SELECT $1, thread, n FROM post_mark WHERE person=$2
           ON CONFLICT DO NOTHING""",
        (person, other),
    )
    for table in ("board_mark", "thread_mark", "post_mark"):
        yield f"DELETE FROM {table} WHERE person=$1", (other,)
