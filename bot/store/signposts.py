"""Signposts: messages of ours that are kept at the top of a channel, with a button that anybody can press.

One is shown like any notice, exactly once; that it is pinned, or taken away, can be repeated without harm and is a row.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bot.jobs import Subject
from bot.mirroring import Act
from bot.model import ChannelRef, MessageId, Millis, Offer, Where
from bot.store.offers import stored
from bot.store.outbox import owe_one
from bot.store.places import audit
from bot.store.unit import Unit, one

ABOUT = "signpost"
"""What its notice is about; it is never open, for nothing is wrong."""


class Signpost(msgspec.Struct, frozen=True):
    """A signpost that is to be pinned, or taken away."""

    place: int
    where: Where
    message: MessageId
    wanted: bool


def put_up(place: int, text: str, offers: Sequence[Offer], who: str, now: Millis) -> Unit[bool]:
    """Let a signpost stand in a channel; whether there was none."""
    if (yield "UPDATE signpost SET wanted=1 WHERE place=$1 RETURNING place", (place,)):
        return False
    yield from _noted(place, who, "off", "on", now)
    rows = yield (
        """INSERT INTO notice (community, about, text, over, opened_at, closed_at, offers)
           SELECT p.community, $2, $3, '', $4, $4, $5 FROM place p WHERE p.id=$1 RETURNING id""",
        (place, ABOUT, text, now, stored(offers)),
    )
    notice = int(one(rows))
    yield "INSERT INTO signpost (place, notice) VALUES ($1, $2)", (place, notice)
    yield from owe_one(place, Subject.NOTICE, notice, Act.CREATE, 1, now)
    return True


def take_down(place: int, who: str, now: Millis) -> Unit[bool]:
    """Let the signpost of a channel go; whether there was one."""
    if not (yield "UPDATE signpost SET wanted=0 WHERE place=$1 AND wanted=1 RETURNING place", (place,)):
        return False
    yield from _noted(place, who, "on", "off", now)
    return True


def _noted(place: int, who: str, old: str, new: str, now: Millis) -> Unit[None]:
    [[community, label]] = yield "SELECT community, label FROM place WHERE id=$1", (place,)
    yield from audit(community, who, f"button in {label}", old, new, now)


def owed_signposts(chat: str, after: int = 0) -> Unit[list[Signpost]]:
    """The signposts behind `after` of a chat that were sent, and are to be pinned or taken away: the oldest hundred."""
    rows = yield (
        """SELECT s.place, p.channel, COALESCE(NULLIF(s.message, ''), x.remote), s.wanted
           FROM signpost s JOIN place p ON p.id=s.place
             LEFT JOIN delivery d ON d.subject='notice' AND d.subject_id=s.notice AND d.state='sent'
             LEFT JOIN part x ON x.delivery=d.id AND x.part=0
           WHERE (s.message='' OR s.wanted=0) AND s.place>$2 AND p.chat=$1
             AND COALESCE(NULLIF(s.message, ''), x.remote) IS NOT NULL ORDER BY s.place LIMIT 100""",
        (chat, after),
    )
    return [
        Signpost(place, Where(ChannelRef(channel)), MessageId(message), bool(wanted))
        for place, channel, message, wanted in rows
    ]


def signpost_stands(signpost: Signpost) -> Unit[None]:
    """Note that a signpost is pinned, or was taken away."""
    if signpost.wanted:
        yield "UPDATE signpost SET message=$2 WHERE place=$1", (signpost.place, signpost.message)
    else:
        yield "DELETE FROM signpost WHERE place=$1 AND wanted=0", (signpost.place,)
