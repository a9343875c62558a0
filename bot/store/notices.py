"""What the house has to say to a community's admins: once at failure, once at recovery."""

from __future__ import annotations

from collections.abc import Sequence

from bot.acts import Subject
from bot.mirroring import Act
from bot.model import Millis
from bot.store.outbox import owe_one
from bot.store.unit import Unit, one


def open_notice(community: int, about: str, text: str, now: Millis) -> Unit[bool]:
    """Tell a community's admins that something fails; once, until it is closed. True when this told them.

    While it is open its words follow the last failure, for `status`.
    """
    rows = yield (
        """UPDATE notice SET text=$3 WHERE community=$1 AND about=$2 AND closed_at IS NULL RETURNING id""",
        (community, about, text[:2000]),
    )
    if rows:
        return False
    rows = yield (
        """INSERT INTO notice (community, about, text, opened_at) VALUES ($1, $2, $3, $4)
           RETURNING id""",
        (community, about, text[:2000], now),
    )
    yield from _tell(community, int(one(rows)), 1, now)
    return True


def close_notice(about: str, text: str, now: Millis) -> Unit[int]:
    """Tell everybody who was told of a failure that it is over; how many communities that were."""
    rows = yield (
        """UPDATE notice SET closed_at=$3, text=$2, revision=2 WHERE about=$1 AND closed_at IS NULL
           RETURNING community, id""",
        (about, text[:2000], now),
    )
    for community, notice in rows:
        yield from _tell(community, notice, 2, now)
    return len(rows)


def close_others(start: str, present: Sequence[str], now: Millis) -> Unit[None]:
    """Close without a word what was told of things that are gone: abouts that begin with `start`, but for `present`."""
    for about, _, _ in (yield from open_notices()):
        if about.startswith(start) and about not in present:
            yield "UPDATE notice SET closed_at=$2 WHERE about=$1 AND closed_at IS NULL", (about, now)


def _tell(community: int, notice: int, revision: int, now: Millis) -> Unit[None]:
    rows = yield "SELECT notices FROM community WHERE id=$1 AND notices IS NOT NULL", (community,)
    if rows:
        yield from owe_one(one(rows), Subject.NOTICE, notice, Act.CREATE, revision, now)


def concerned(forum: str = "", chat: str = "", queue: int = 0) -> Unit[list[int]]:
    """The communities that a failure of a forum, a chat or one queue concerns."""
    rows = yield (
        """SELECT DISTINCT m.community FROM mirror m JOIN place p ON p.id=m.place
             LEFT JOIN board b ON b.id=m.board LEFT JOIN thread t ON t.id=m.thread
             JOIN forum f ON f.id=COALESCE(b.forum, t.forum)
           WHERE m.state='active' AND (f.name=$1 OR p.chat=$2 OR p.id=$3
             OR p.id=(SELECT parent FROM place WHERE id=$3)
             OR f.id=(SELECT forum FROM queue WHERE id=$3)) ORDER BY 1""",
        (forum, chat, queue),
    )
    return [community for (community,) in rows]


def tell_concerned(about: str, text: str, now: Millis, forum: str = "", chat: str = "", queue: int = 0) -> Unit[int]:
    """Open the same notice for every community that a failure concerns; how many were told now."""
    told = 0
    for community in (yield from concerned(forum, chat, queue)):
        told += yield from open_notice(community, about, text, now)
    return told


def open_notices(community: int | None = None) -> Unit[list[tuple[str, str, Millis]]]:
    """What is wrong now: what about, what, since when."""
    rows = yield (
        """SELECT DISTINCT about, text, opened_at FROM notice WHERE closed_at IS NULL
             AND ($1 IS NULL OR community=$1) ORDER BY opened_at""",
        (community,),
    )
    return [(about, text, at) for about, text, at in rows]
