"""Channels by what they are for: one board or thread alone, or what admins are told."""

from __future__ import annotations

import msgspec

from bot.model import Millis
from bot.store.communities import set_notices
from bot.store.places import audit, called, claim_channel
from bot.store.unit import Unit, one


def own_channel(chat: str, forum: str, kind: str, key: str, mark: str, community: int = 0) -> Unit[str | None]:
    """The name of the channel that a board or thread is mirrored into and that ends with its mark; None for none.

    Of one community, where that is named.
    """
    rows = yield (
        """SELECT p.label FROM mirror m JOIN place p ON p.id=m.place
           LEFT JOIN board b ON b.id=m.board LEFT JOIN thread t ON t.id=m.thread
           JOIN forum f ON f.id=COALESCE(b.forum, t.forum)
           WHERE m.state<>'removed' AND p.chat=$1 AND f.name=$2 AND COALESCE(b.key, t.key)=$4
             AND CASE WHEN m.board IS NULL THEN 'thread' ELSE 'board' END=$3
             AND p.label LIKE '%-' || $5 AND ($6=0 OR p.community=$6) ORDER BY m.id LIMIT 1""",
        (chat, forum, kind, key, mark, community),
    )
    return str(one(rows)) if rows else None


def label_of(chat: str, channel: str) -> Unit[str]:
    """What a channel was called last; empty where nothing is known of it."""
    rows = yield "SELECT label FROM place WHERE chat=$1 AND channel=$2 AND parent IS NULL", (chat, channel)
    return str(one(rows)) if rows else ""


class ForNotices(msgspec.Struct, frozen=True):
    """A channel in which a community's admins are to be told what went wrong; see `claim_channel`."""

    chat: str
    channel: str
    label: str
    community: int
    native: str
    inside: bool
    free: bool


def choose_notices(wish: ForNotices, by: str, now: Millis) -> Unit[bool]:
    """Tell a community's admins in a channel what went wrong; whether that is news. Raises `Forbidden`."""
    community, place = yield from claim_channel(
        wish.chat, wish.channel, wish.label, wish.community, wish.native, inside=wish.inside, free=wish.free
    )
    before = one((yield "SELECT notices FROM community WHERE id=$1", (community,)))
    if before == place:
        return False
    old = (yield from called(before)) if before is not None else None
    new = yield from called(place)
    yield from set_notices(community, place)
    told = [one.channel if one is not None else "" for one in (old, new)]
    yield from audit(community, by, "the notices channel chosen", told[0], told[1], now)
    return True
