"""Readers: who asks, from where, and what of a community is seen from there."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from bot.model import ChannelRef, Millis, ThreadRef, UserId, Where
from bot.store.persons import ensure_person
from bot.store.places import heir, place_at
from bot.store.sight import Sight
from bot.store.unit import Unit

STARS = 5
"""How many of the newest posts are marked, where a person says nothing else."""


class Reader(NamedTuple):
    """Who reads, and what they see from where they ask."""

    person: int
    sight: Sight


def meet(
    chat: str, user: str, name: str, community: int, where: Where | None, now: Millis, bare: bool = False
) -> Unit[Reader]:
    """Who asks in a chat, and what is seen from there; `bare`: all that says who it is is a name that anybody may take.

    Where nothing is mirrored (a talk of two), that is what the community sees in which they were met last.
    """
    person = yield from ensure_person(chat, user, name, now)
    sight = yield from seen_from(chat, user, community, where)
    if where is not None and (yield from _mirrors(community)):
        yield (
            """INSERT INTO member (chat, user_id, community, channel, thread_ref, seen_at, bare)
               VALUES ($1, $2, $3, $4, $5, $6, $7)
               ON CONFLICT (chat, user_id, community) DO UPDATE SET channel=excluded.channel,
                 thread_ref=excluded.thread_ref, seen_at=excluded.seen_at, bare=excluded.bare""",
            (chat, user, community, where.channel, where.thread, now, int(bare)),
        )
    return Reader(person, sight)


def nobodys(chat: str, user: str) -> Unit[bool]:
    """Whether all that says who a login is was ever a name that anybody may take: it holds no account."""
    [[bare]] = yield "SELECT COALESCE(MAX(bare), 0) FROM member WHERE chat=$1 AND user_id=$2", (chat, user)
    return bool(bare)


def seen_from(chat: str, user: str, community: int, where: Where | None) -> Unit[Sight]:
    """What a login of a chat sees that asks in a place of a community; as `meet` says, and nothing is noted."""
    if not (yield from _mirrors(community)):
        rows = yield (
            "SELECT community FROM member WHERE chat=$1 AND user_id=$2 ORDER BY seen_at DESC, community LIMIT 1",
            (chat, user),
        )
        return Sight(rows[0][0] if rows else community)
    place = (yield from place_at(chat, Where(where.channel))) if where is not None else None
    return Sight(community, (yield from heir(place)) if place is not None else 0)


def _mirrors(community: int) -> Unit[bool]:
    """Whether anything is mirrored for a community."""
    return bool((yield "SELECT 1 FROM mirror WHERE community=$1 AND state<>'removed' LIMIT 1", (community,)))


class Box(NamedTuple):
    """Where private words for a person are said: to one of their logins, beside a place."""

    chat: str
    user: UserId
    where: Where


def box(person: int, community: int) -> Unit[Box | None]:
    """Where a person was met last of a community; None where no login of theirs ever was."""
    rows = yield (
        """SELECT m.chat, m.user_id, m.channel, m.thread_ref FROM identity i
             JOIN member m ON m.chat=i.chat AND m.user_id=i.user_id
           WHERE i.person=$1 AND m.community=$2 ORDER BY m.seen_at DESC, m.chat, m.user_id LIMIT 1""",
        (person, community),
    )
    return (
        Box(r[0], UserId(r[1]), Where(ChannelRef(r[2]), ThreadRef(r[3]))) if (r := rows[0] if rows else None) else None
    )


class Wishes(msgspec.Struct, frozen=True):
    """What a person wishes, wherever they are."""

    stars: int = STARS
    zone: str = "UTC"
    quiet_from: int | None = None
    """Minutes of the day, in their zone, between which nothing private is said by itself."""
    quiet_to: int | None = None


def wishes(person: int) -> Unit[Wishes]:
    """What a person wishes."""
    rows = yield "SELECT stars, zone, quiet_from, quiet_to FROM reader WHERE person=$1", (person,)
    return Wishes(*rows[0]) if rows else Wishes()


def wish(person: int, wishes: Wishes) -> Unit[None]:
    """Keep what a person wishes."""
    yield (
        """INSERT INTO reader (person, stars, zone, quiet_from, quiet_to) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (person) DO UPDATE SET stars=excluded.stars, zone=excluded.zone,
             quiet_from=excluded.quiet_from, quiet_to=excluded.quiet_to""",
        (person, wishes.stars, wishes.zone, wishes.quiet_from, wishes.quiet_to),
    )
