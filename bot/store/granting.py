"""Grants: who in a chat posts as which user of a forum, by the forum's own key, because an admin said so.

A grant holds in the channels of the community whose admin gave it, for one login of its chat. An account that is
somebody's own goes before it, and whoever shows that an account is theirs ends what others were granted of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from bot.errors import NotFound
from bot.jobs import Subject
from bot.model import Login, Millis, Offer
from bot.store.notices import close_notice, close_quietly, open_notice
from bot.store.places import audit
from bot.store.said import SOMEBODY
from bot.store.unit import Unit, one
from bot.store.whispers import whisper_plain
from bot.texts import say

RESTS = "grant:"
"""What a notice about a grant begins with that its forum does not take any more."""

DISALLOWED = "grants:"
"""What one about the grants of a forum begins with that its settings do not allow."""

ACTS = " posts on "
"""What stands in the audit behind whom a grant is for."""

ALLOWED = "(f.impersonates='admins' OR (f.impersonates='operators' AND g.operator=1))"
"""Whether the settings of a forum `f` let a grant `g` be used."""

VALID = f"(g.paused='' AND {ALLOWED})"
"""Whether a grant `g` of a forum `f` is used now."""

COLUMNS = f"""g.id, g.community, f.name, g.native, g.name, g.chat, g.user_id, g.person, g.made_by, g.paused,
  CASE WHEN {VALID} THEN 1 ELSE 0 END"""


class Grant(msgspec.Struct, frozen=True):
    """That somebody in a chat posts as a user of a forum."""

    id: int
    community: int
    forum: str
    native: str
    name: str
    chat: str
    user: str
    person: str
    """As they were called in the chat."""
    by: str
    paused: str
    """Why the forum does not let us act so any more; empty: it does, as far as is known."""
    valid: bool
    """Whether it is used; else its forum refuses it, or the settings do not allow it any more."""


class Granting(msgspec.Struct, frozen=True):
    """A grant that is to be given."""

    community: int
    forum: str
    chat: str
    user: str
    person: str
    login: Login
    by: str
    maker: str
    operator: bool
    sign: str


class Known(msgspec.Struct, frozen=True):
    """Somebody of a community, as they are called."""

    user: str
    name: str


def people_here(community: int) -> Unit[list[Known]]:
    """Who said something in a community or gave a command there; names that anybody may take are nobody."""
    rows = yield (
        """SELECT m.user_id, i.name FROM member m JOIN identity i ON i.chat=m.chat AND i.user_id=m.user_id
             JOIN community c ON c.id=m.community AND c.chat=m.chat WHERE m.community=$1 AND m.bare=0
           UNION ALL SELECT x.identity_user, x.name FROM (SELECT r.identity_user, MAX(r.id) AS id FROM reply r
             JOIN place p ON p.id=r.place AND p.chat=r.identity_chat WHERE p.community=$1 AND r.bare=0
             AND r.identity_user<>'' GROUP BY r.identity_user) y JOIN reply x ON x.id=y.id""",
        (community,),
    )
    found: dict[str, Known] = {}
    for user, name in rows:
        found.setdefault(user, Known(user, name))
    return sorted(found.values(), key=lambda known: (known.name.casefold(), known.user))


def grants(community: int | None) -> Unit[list[Grant]]:
    """The grants of a community, or all, by forum and person."""
    rows = yield (
        f"""SELECT {COLUMNS} FROM granted g JOIN forum f ON f.id=g.forum WHERE ($1 IS NULL OR g.community=$1)
            ORDER BY f.name, g.person, g.id""",
        (community,),
    )
    return [_grant(row) for row in rows]


def granted_here(person: int, community: int) -> Unit[list[Grant]]:
    """What the logins of a person were granted in a community."""
    rows = yield (
        f"""SELECT {COLUMNS} FROM granted g JOIN forum f ON f.id=g.forum JOIN identity i ON i.chat=g.chat
              AND i.user_id=g.user_id WHERE i.person=$1 AND g.community=$2 ORDER BY f.name, g.id""",
        (person, community),
    )
    return [_grant(row) for row in rows]


def granted_login(account: str, forum: int, community: int, chat: str, user: str) -> Unit[tuple[Login, str] | None]:
    """As whom somebody posts in a community by a grant, and why not where the forum refuses it; None without a grant.

    With `account`, only where it is that one.
    """
    rows = yield (
        f"""SELECT g.native, g.name, g.paused, f.name FROM granted g JOIN forum f ON f.id=g.forum
            WHERE g.forum=$2 AND g.community=$3 AND g.chat=$4 AND g.user_id=$5 AND ($1='' OR g.native=$1) AND {ALLOWED}
              AND NOT EXISTS (SELECT 1 FROM member m WHERE m.chat=g.chat AND m.user_id=g.user_id
                AND m.community=g.community AND m.bare=1)""",
        (account, forum, community, chat, user),
    )
    for native, name, why, called in rows:
        return Login(native, name, ""), say("grants.refused", forum=called, name=name, why=why) if why else ""
    return None


# ------------------------------------------------------------------------------------------------------ given and ended


def grant(new: Granting, now: Millis) -> Unit[Grant]:
    """Let somebody post as a user of a forum, in the place of an earlier grant; they are told in private.

    Raises `NotFound` where somebody else posts as that user here already, or showed that the account is theirs.
    """
    [[forum]] = yield "SELECT id FROM forum WHERE name=$1", (new.forum,)
    taken = yield (
        """SELECT 1 FROM granted WHERE community=$1 AND forum=$2 AND native=$3 AND NOT (chat=$4 AND user_id=$5)
           UNION SELECT 1 FROM forum_account a WHERE a.forum=$2 AND a.native=$3 AND NOT EXISTS
             (SELECT 1 FROM identity i WHERE i.person=a.person AND i.chat=$4 AND i.user_id=$5)""",
        (new.community, forum, new.login.id, new.chat, new.user),
    )
    if taken:
        raise NotFound(say("grants.taken", name=new.login.name, forum=new.forum))
    before = yield (
        "SELECT id, name FROM granted WHERE community=$1 AND forum=$2 AND chat=$3 AND user_id=$4",
        (new.community, forum, new.chat, new.user),
    )
    for id, _ in before:
        yield "DELETE FROM granted WHERE id=$1", (id,)
        yield from close_notice(f"{RESTS}{id}", say("grants.renewed", person=new.person, forum=new.forum), now)
    rows = yield (
        """INSERT INTO granted (community, forum, chat, user_id, person, native, name, made_by, maker, operator,
             made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id""",
        (
            new.community,
            forum,
            new.chat,
            new.user,
            new.person,
            new.login.id,
            new.login.name,
            new.by,
            new.maker,
            int(new.operator),
            now,
        ),
    )
    id = int(one(rows))
    what = f"{new.person} ({new.user}){ACTS}{new.forum} as another"
    yield from audit(new.community, new.by, what, before[0][1] if before else "", new.login.name, now)
    made = yield from _one(id)
    text = say("grants.told", by=new.by, forum=new.forum, name=new.login.name, sign=new.sign)
    give_up = Offer(say("accounts.disconnect"), "forum", ("disconnect", new.forum))
    yield from _tell(made, text, f"granted-{id}-{now}", now, (give_up,))
    return made


def end_grant(grant: Grant, by: str, now: Millis) -> Unit[None]:
    """End a grant at an admin's word; whose it was is told in private, where they were met."""
    yield from _end(grant, by, now)
    text = say("grants.ended_told", by=by, forum=grant.forum, name=grant.name)
    yield from _tell(grant, text, f"grant-ended-{grant.id}-{now}", now)


def give_up(person: int, forum: str, by: str, now: Millis) -> Unit[int]:
    """End everything that a person was granted on a forum, at their own word; how much that was."""
    rows = yield (
        f"""SELECT {COLUMNS} FROM granted g JOIN forum f ON f.id=g.forum JOIN identity i ON i.chat=g.chat
              AND i.user_id=g.user_id WHERE i.person=$1 AND f.name=$2""",
        (person, forum),
    )
    for row in rows:
        yield from _end(_grant(row), by, now)
    return len(rows)


def end_for_owner(forum: str, native: str, person: int, now: Millis) -> Unit[None]:
    """End what others were granted of an account whose owner has shown that it is theirs."""
    rows = yield (
        f"""SELECT {COLUMNS} FROM granted g JOIN forum f ON f.id=g.forum WHERE f.name=$1 AND g.native=$2
              AND NOT EXISTS (SELECT 1 FROM identity i WHERE i.person=$3 AND i.chat=g.chat AND i.user_id=g.user_id)""",
        (forum, native, person),
    )
    for row in rows:
        yield from _end(_grant(row), say("grants.owner"), now)


def forget_granted(chat: str, user: str) -> Unit[list[int]]:
    """Let nothing tell any more what a login was granted; the grants that ended by that."""
    rows = yield "DELETE FROM granted WHERE chat=$1 AND user_id=$2 RETURNING id", (chat, user)
    noted = yield (
        f"""SELECT a.id, a.what FROM audit a JOIN community c ON c.id=a.community AND c.chat=$1
            WHERE a.chat='' AND a.what LIKE '%){ACTS}%'""",
        (chat,),
    )
    for id, what in noted:
        who, acts, rest = what.rpartition(ACTS)
        if who.endswith(f" ({user})"):
            yield "UPDATE audit SET what=$2, old='', new='' WHERE id=$1", (id, f"{SOMEBODY}{acts}{rest}")
    return [int(id) for (id,) in rows]


def _end(grant: Grant, by: str, now: Millis) -> Unit[None]:
    yield "DELETE FROM granted WHERE id=$1", (grant.id,)
    yield from close_quietly(f"{RESTS}{grant.id}", now)
    what = f"{grant.person} ({grant.user}){ACTS}{grant.forum} as another"
    yield from audit(grant.community, by, what, grant.name, "", now)


def _tell(grant: Grant, text: str, key: str, now: Millis, offers: tuple[Offer, ...] = ()) -> Unit[None]:
    """Tell whose a grant is, beside where they were met or spoke last."""
    rows = yield (
        """SELECT channel, thread_ref FROM (SELECT m.channel, m.thread_ref, 0 AS later FROM member m
             WHERE m.chat=$1 AND m.user_id=$2 AND m.community=$3
           UNION ALL SELECT p.channel, COALESCE(p.thread_ref, ''), 1 FROM place p WHERE p.id=(SELECT MAX(x.place)
             FROM reply x JOIN place o ON o.id=x.place WHERE x.identity_chat=$1 AND x.identity_user=$2
               AND o.community=$3)) y ORDER BY later LIMIT 1""",
        (grant.chat, grant.user, grant.community),
    )
    for channel, thread in rows:
        yield from whisper_plain(grant.chat, channel, thread, grant.user, text, key, now, offers=offers)


# ---------------------------------------------------------------------------------------------------------- their use


def leave(forum: str, impersonates: str, now: Millis) -> Unit[None]:
    """Note who may grant on a forum by its settings; admins of whom somebody posts otherwise now are told."""
    changed = yield (
        "UPDATE forum SET impersonates=$2 WHERE name=$1 AND impersonates<>$2 RETURNING id",
        (forum, impersonates),
    )
    if not changed:
        return
    about = f"{DISALLOWED}{forum}"
    rows = yield (
        f"""SELECT g.community, count(*) FROM granted g JOIN forum f ON f.id=g.forum
            WHERE f.name=$1 AND g.paused='' AND NOT {VALID} GROUP BY g.community""",
        (forum,),
    )
    if not rows:
        yield from close_notice(about, say("grants.allowed", forum=forum), now)
    for community, number in rows:
        yield from open_notice(community, about, say("grants.disallowed", number, forum=forum), now)


class Author(msgspec.Struct, frozen=True):
    """Who said what goes to a forum, and in which community."""

    community: int
    chat: str
    user: str


def author(subject: Subject, id: int) -> Unit[Author | None]:
    """Who said a message, or asked for a thread that is started."""
    rows = yield (
        "SELECT o.community, o.identity_chat, o.identity_user FROM opener o WHERE o.id=$1"
        if subject is Subject.OPENER
        else """SELECT p.community, r.identity_chat, r.identity_user FROM reply r JOIN place p ON p.id=r.place
                WHERE r.id=$1""",
        (id,),
    )
    return Author(*rows[0]) if rows else None


def grant_of(who: Author, forum: str, account: str) -> Unit[Grant | None]:
    """The grant by which somebody posts as a user of a forum, used now or not."""
    rows = yield (
        f"""SELECT {COLUMNS} FROM granted g JOIN forum f ON f.id=g.forum
            WHERE f.name=$1 AND g.native=$2 AND g.community=$3 AND g.chat=$4 AND g.user_id=$5""",
        (forum, account, who.community, who.chat, who.user),
    )
    return _grant(rows[0]) if rows else None


def rest(grant: Grant, why: str, now: Millis) -> Unit[None]:
    """Let a grant rest that its forum does not allow any more, and tell the admins."""
    yield "UPDATE granted SET paused=$2 WHERE id=$1", (grant.id, why[:500] or "refused")
    text = say("grants.refused_notice", person=grant.person, forum=grant.forum, name=grant.name, why=why)
    yield from open_notice(grant.community, f"{RESTS}{grant.id}", text, now)


def _one(id: int) -> Unit[Grant]:
    rows = yield f"SELECT {COLUMNS} FROM granted g JOIN forum f ON f.id=g.forum WHERE g.id=$1", (id,)
    return _grant(rows[0])


def _grant(row: Sequence[Any]) -> Grant:
    return msgspec.structs.replace(Grant(*row), valid=bool(row[-1]))
