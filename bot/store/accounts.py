"""People's own accounts on forums: whose they are, and what opens them, sealed."""

from __future__ import annotations

import msgspec

from bot.jobs import Subject
from bot.model import Millis
from bot.store.granting import Grant, author, end_for_owner, grant_of, rest
from bot.store.unit import Unit, one
from bot.store.vault import keep_secret

PURPOSE = "account"
"""What their secrets are sealed for; the owner is `owner`."""

INVITED = 30 * 60_000
"""Milliseconds in which an invitation can be answered."""


def owner(forum: str, id: str) -> str:
    """Who owns the secret of an account: the account itself, whoever lets us use it."""
    return f"{forum}:{id}"


class Account(msgspec.Struct, frozen=True):
    """An account that a person lets us use."""

    forum: str
    id: str
    """The forum's own."""
    name: str
    refused: str = ""
    """Why the forum does not take its key any more; empty: it does, as far as is known."""


def accounts(person: int) -> Unit[list[Account]]:
    """The accounts of a person, by forum."""
    rows = yield (
        """SELECT f.name, a.native, a.name, a.paused FROM forum_account a JOIN forum f ON f.id=a.forum
           WHERE a.person=$1 ORDER BY f.name""",
        (person,),
    )
    return [Account(*row) for row in rows]


def account(person: int, forum: str) -> Unit[Account | None]:
    """The account of a person on a forum."""
    return next((one for one in (yield from accounts(person)) if one.forum == forum), None)


def keep_invitation(person: int, forum: int, sealed: bytes, now: Millis) -> Unit[None]:
    """Note that a person was asked for their account, in the place of an earlier time."""
    yield (
        """INSERT INTO invitation (person, forum, sealed, made_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (person, forum) DO UPDATE SET sealed=excluded.sealed, made_at=excluded.made_at""",
        (person, forum, sealed, now),
    )


def invitation(person: int, forum: str, now: Millis) -> Unit[bytes | None]:
    """What goes with the answer of a person who was asked for their account on a forum; None where it is too late."""
    rows = yield (
        """SELECT i.sealed FROM invitation i JOIN forum f ON f.id=i.forum
           WHERE i.person=$1 AND f.name=$2 AND i.made_at>$3""",
        (person, forum, now - INVITED),
    )
    return bytes(one(rows)) if rows else None


def connect(person: int, forum: str, account: Account, sealed: bytes, now: Millis) -> Unit[None]:
    """Keep an account that a person lets us use, in the place of an earlier one on that forum."""
    yield from disconnect(person, forum)
    whose = owner(forum, account.id)
    yield from keep_secret(PURPOSE, whose, sealed)
    yield (
        """INSERT INTO forum_account (person, forum, native, name, secret, sync, made_at)
           SELECT $1, f.id, $3, $4, (SELECT id FROM secret WHERE purpose=$5 AND owner=$6), 1, $7
           FROM forum f WHERE f.name=$2""",
        (person, forum, account.id, account.name, PURPOSE, whose, now),
    )
    yield from end_for_owner(forum, account.id, person, now)
    # Somebody else may use the same account: what opens it now opens it for both.
    yield (
        "UPDATE forum_account SET paused='' WHERE native=$2 AND forum=(SELECT id FROM forum WHERE name=$1)",
        (forum, account.id),
    )


def disconnect(person: int, forum: str) -> Unit[bool]:
    """Forget the account of a person on a forum, and what opened it; whether there was one."""
    yield (
        "DELETE FROM invitation WHERE person=$1 AND forum=(SELECT id FROM forum WHERE name=$2)",
        (person, forum),
    )
    rows = yield (
        """DELETE FROM forum_account WHERE person=$1 AND forum=(SELECT id FROM forum WHERE name=$2)
           RETURNING secret""",
        (person, forum),
    )
    yield from forget_unused()
    return bool(rows)


def forget_unused() -> Unit[None]:
    """Let go of secrets that open accounts which nobody lets us use any more."""
    yield (
        """DELETE FROM secret WHERE purpose=$1 AND NOT EXISTS
             (SELECT 1 FROM forum_account a WHERE a.secret=secret.id)""",
        (PURPOSE,),
    )


def sealed_account(forum: str, id: str) -> Unit[tuple[str, bytes] | None]:
    """The name of an account, and what opens it; None where nobody lets us use it any more."""
    rows = yield (
        """SELECT a.name, s.sealed FROM forum_account a JOIN forum f ON f.id=a.forum JOIN secret s ON s.id=a.secret
           WHERE f.name=$1 AND a.native=$2 LIMIT 1""",
        (forum, id),
    )
    return (str(rows[0][0]), bytes(rows[0][1])) if rows else None


class Means(msgspec.Struct, frozen=True):
    """With what something goes to a forum as one of its users: what opens their own account, or a grant."""

    sealed: bytes | None = None
    name: str = ""
    grant: Grant | None = None


def means(subject: Subject, id: int, forum: str, account: str) -> Unit[Means]:
    """With what a message, or a thread that is started, goes out under an account: as its author may use it now."""
    who = yield from author(subject, id)
    if who is None:
        return Means()
    rows = yield (
        """SELECT s.sealed, a.name FROM identity i JOIN forum_account a ON a.person=i.person
             JOIN forum f ON f.id=a.forum JOIN secret s ON s.id=a.secret
           WHERE i.chat=$1 AND i.user_id=$2 AND f.name=$3 AND a.native=$4""",
        (who.chat, who.user, forum, account),
    )
    for sealed, name in rows:
        return Means(bytes(sealed), name)
    return Means(grant=(yield from grant_of(who, forum, account)))


def refuse_means(subject: Subject, id: int, forum: str, account: str, why: str, now: Millis) -> Unit[Grant | None]:
    """Note that a forum does not take what something went out with; the grant, where it was one."""
    used = yield from means(subject, id, forum, account)
    if used.grant is None:
        yield from refuse_account(forum, account, why)
        return None
    yield from rest(used.grant, why, now)
    return used.grant


def refuse_account(forum: str, id: str, why: str) -> Unit[list[int]]:
    """Note that a forum does not take the key of an account any more; whose it is that did not know."""
    rows = yield (
        """UPDATE forum_account SET paused=$3 WHERE native=$2 AND paused='' AND
             forum=(SELECT id FROM forum WHERE name=$1) RETURNING person""",
        (forum, id, why[:500] or "refused"),
    )
    return [int(person) for (person,) in rows]
