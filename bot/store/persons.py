"""Persons: who a chat login is, and what becomes of their marks when two logins turn out to be one reader, or two."""

from __future__ import annotations

import msgspec

from bot.model import Millis
from bot.reading.marks import joined, mark_at
from bot.store.accounts import forget_unused
from bot.store.marks import begin, keep, number_at, own_marks, stand
from bot.store.sessions import shut
from bot.store.unit import Unit, one

MARKS = {"board_mark": "board, seq", "thread_mark": "thread, seq, n, forced", "post_mark": "thread, n"}
"""What a person has read, and the columns that say it."""

OWN: dict[str, tuple[str, ...]] = {
    "reader": (),
    "follow": ("thread",),
    "alert": ("community", "words"),
    "alert_hit": ("post",),
    "digest": ("community",),
    "forum_account": ("forum",),
    "untold": ("thread",),
    "told": ("thread",),
}
"""What else is kept of a person: by which columns one row of theirs is told from another; none: there is one."""

TAKEN_ALONG = {
    "reader": "stars, zone, quiet_from, quiet_to",
    "follow": "thread, level, community, told, due_at",
}
"""What of it a login takes along that becomes a person of its own, and the columns that say it."""


class Identity(msgspec.Struct, frozen=True):
    """One chat login of a person, as they are called there; or a visitor, who stands for one (`bot.store.visitors`)."""

    chat: str
    user: str
    name: str
    of_chat: str = ""
    of_user: str = ""


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
    """The chat logins of a person, and the visitors that stand for them."""
    rows = yield (
        "SELECT chat, user_id, name, of_chat, of_user FROM identity WHERE person=$1 ORDER BY chat, user_id",
        (person,),
    )
    return [Identity(*row) for row in rows]


def logins(chat: str, user: str, anybody: bool) -> Unit[list[tuple[str, str]]]:
    """All logins of whoever has this one; a name that `anybody` may take is nobody's, and stands alone."""
    person = None if anybody else (yield from person_of(chat, user))
    known = (yield from identities(person)) if person is not None else []
    return [(one.chat, one.user) for one in known] or [(chat, user)]


class Login(msgspec.Struct, frozen=True):
    """A chat login, and whose it is."""

    chat: str
    user: str
    person: int


def login_of(chat: str, user: str) -> Unit[Login | None]:
    """The login that an identity is, or stands for; None where it was never met."""
    rows = yield "SELECT of_chat, of_user, person FROM identity WHERE chat=$1 AND user_id=$2", (chat, user)
    if not rows:
        return None
    of_chat, of_user, person = rows[0]
    return Login(of_chat or chat, of_user or user, person)


def join(person: int, other: int) -> Unit[None]:
    """Let two persons be one, who goes on as `person` and has read what either of them had.

    What `other` wished, followed and so on goes along, but for what `person` has of its own: a forum login of the same
    forum, say. What is left of `other` is a number that is never given again. Two who are one already stay as they are.
    """
    if person == other:
        return
    for id in sorted((person, other)):  # in one order: two joins never wait for each other
        yield from begin(id)
    yield from _join_marks(person, other)
    yield "UPDATE identity SET person=$1 WHERE person=$2", (person, other)
    for table, key in OWN.items():
        same = "".join(f" AND x.{column}={table}.{column}" for column in key)
        yield (
            f"""UPDATE {table} SET person=$1 WHERE person=$2 AND NOT EXISTS
                  (SELECT 1 FROM {table} x WHERE x.person=$1{same})""",
            (person, other),
        )
    yield from forget_own(other)


def forget_own(person: int) -> Unit[None]:
    """Let everything leave that is kept of a person besides marks and logins, and what it opened."""
    for table in (*OWN, "invitation"):  # an answer to that one is good for who was asked, and nobody else
        yield f"DELETE FROM {table} WHERE person=$1", (person,)
    yield from forget_unused()


def unlink(chat: str, user: str, now: Millis) -> Unit[int]:
    """Let a chat login be a person of its own from now on, who has read what the former one had; who that is.

    It wishes and follows the same. The rest stays with the former one: forum logins, and what would be said twice else.
    Browsers that it signed in are signed out, and who visits with it goes along. A login that is alone already stays
    who it is.
    """
    [[former, logins]] = yield (
        """SELECT i.person, (SELECT count(*) FROM identity o WHERE o.person=i.person AND o.of_chat='') FROM identity i
           WHERE i.chat=$1 AND i.user_id=$2""",
        (chat, user),
    )
    if logins == 1:
        return int(former)
    yield from begin(former)
    person = yield from _new_person(now)
    moved = yield (
        """UPDATE identity SET person=$3 WHERE (chat=$1 AND user_id=$2) OR (of_chat=$1 AND of_user=$2)
           RETURNING chat, user_id""",
        (chat, user, person),
    )
    for one_chat, one_user in moved:
        yield from shut(one_chat, one_user)
    for table, cells in (MARKS | TAKEN_ALONG).items():
        yield f"INSERT INTO {table} (person, {cells}) SELECT $2, {cells} FROM {table} WHERE person=$1", (former, person)
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
    yield from forget_marks(other)


def forget_marks(person: int) -> Unit[None]:
    """Let a person have read nothing."""
    for table in MARKS:
        yield f"DELETE FROM {table} WHERE person=$1", (person,)
