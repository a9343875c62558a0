"""Mirrors that were shown to an admin and are not begun: kept for an hour, so that a press can begin them."""

from __future__ import annotations

import msgspec

from bot.errors import NotFound
from bot.model import HOUR, Millis
from bot.pace import Rate
from bot.store.communities import known_community
from bot.store.unit import Unit, one
from bot.texts import say

LASTS = HOUR
"""Milliseconds for which a proposal can be begun: what was seen is not what is there for ever."""


class Proposal(msgspec.Struct, frozen=True):
    """A mirror that was shown to an admin; `what` is what was found out about it, as JSON."""

    id: int
    community: int
    what: str


def keep_proposal(community: int, who: str, what: str, now: Millis) -> Unit[int]:
    """Keep what an admin was shown; those that nobody can begin any more go."""
    yield "DELETE FROM proposal WHERE made_at<$1 OR made_at>$2", (now - LASTS, now)
    return int(
        one(
            (
                yield (
                    "INSERT INTO proposal (community, who, what, made_at) VALUES ($1, $2, $3, $4) RETURNING id",
                    (community, who, what, now),
                )
            )
        )
    )


def proposal(id: int, community: int | None, now: Millis) -> Unit[Proposal]:
    """What was shown to an admin of a community; raises `NotFound` where it is none of theirs, or too old."""
    rows = yield (
        """SELECT id, community, what FROM proposal WHERE id=$1 AND ($2 IS NULL OR community=$2)
             AND made_at BETWEEN $3 AND $4""",
        (id, community, now - LASTS, now),
    )
    if not rows:
        raise NotFound(say("mirrors.stale", proposal=id))
    return Proposal(*rows[0])


def begun(id: int) -> Unit[None]:
    """Let go of a proposal that became a mirror."""
    yield "DELETE FROM proposal WHERE id=$1", (id,)


class Heard(msgspec.Struct, frozen=True):
    """Where a mirror would go: whose the channel is, and whether its admins are told anything."""

    owner: int | None
    """None: of a community of which nothing is known yet."""
    notices: bool


def heard(chat: str, channel: str, native: str, speaker: int, inside: bool) -> Unit[Heard]:
    """Whose a channel is, as `claim_channel` would have it, and whether that community has a channel for notices."""
    rows = yield "SELECT community FROM place WHERE chat=$1 AND channel=$2 AND parent IS NULL", (chat, channel)
    if rows:
        owner: int | None = int(one(rows))
    else:
        owner = speaker if inside else (yield from known_community(chat, native))
    told = yield "SELECT 1 FROM community WHERE id=$1 AND notices IS NOT NULL", (owner,)
    return Heard(owner, bool(told))


def rate_known(forum: str, kind: str, key: str) -> Unit[Rate | None]:
    """How fast things come to a board or thread that is read already."""
    rows = yield (
        """SELECT s.rate_fast, s.rate_slow, s.rated_at FROM forum f JOIN source s ON s.forum=f.id AND s.kind=$2
             LEFT JOIN board b ON b.id=s.board LEFT JOIN thread t ON t.id=s.thread
           WHERE f.name=$1 AND COALESCE(b.key, t.key)=$3 AND s.rated_at IS NOT NULL AND s.next_at IS NOT NULL""",
        (forum, kind, key),
    )
    return Rate(*rows[0]) if rows else None
