"""Events that came too soon: about a message of ours that is being sent, and of which only the chat knows yet."""

from __future__ import annotations

import msgspec

from bot.acts import HELD_PARENT
from bot.model import Deleted, Edited, Event, Millis, Reacted, Said, Where
from bot.reading.signals import sign_of
from bot.store.places import place_at
from bot.store.report import PLACE
from bot.store.unit import Unit

LONGEST = HELD_PARENT
"""Milliseconds for which others wait behind an event that came too soon: as long as a reply waits for its parent."""


class Early(msgspec.Struct, frozen=True):
    """An event that waits."""

    id: int
    event: Event
    received: Millis

    def late(self, now: Millis) -> bool:
        """Whether nobody else waits for it any more; so where the clock was set back."""
        return not 0 <= now - self.received < LONGEST


def early_events(chat: str) -> Unit[list[Early]]:
    """The events of a chat that wait, oldest first."""
    rows = yield (
        "SELECT id, body, received_at FROM inbox WHERE chat=$1 AND state='waiting' AND kind<>'commanded' ORDER BY id",
        (chat,),
    )
    return [Early(id, msgspec.json.decode(body, type=Event), received) for id, body, received in rows]


def unrecorded(chat: str, event: Event, received: Millis) -> Unit[bool]:
    """Whether an event may be about what was being sent when it came, and is not recorded yet."""
    about = subject(event)
    if about is None:
        return False
    place = yield from place_at(chat, event.where)
    if place is None:
        rows = yield (
            """SELECT 1 FROM place p JOIN delivery d ON d.opens=p.id WHERE p.chat=$1 AND p.channel=$2
                 AND p.thread_ref IS NULL AND d.state='sending' AND d.claimed_at<=$3 LIMIT 1""",
            (chat, event.where.channel, received),
        )
        return bool(rows) and bool(event.where.thread)
    rows = yield (
        """SELECT 1 FROM place p JOIN delivery d ON d.queue IN (p.id, p.parent)
           WHERE p.id=$1 AND $2<>'' AND d.state IN ('pending', 'sending', 'held') AND d.state='sending'
             AND d.claimed_at<=$3 AND NOT EXISTS
               (SELECT 1 FROM copy_message m WHERE m.message=$2 AND m.place IN (p.id, p.parent))
             AND NOT EXISTS (SELECT 1 FROM reply r WHERE r.place=p.id AND r.message=$2) LIMIT 1""",
        (place, about, received),
    )
    return bool(rows) and not (yield from half_sent(place, about))


def subject(event: Event) -> str | None:
    """The message that an event is about, empty for none; None for events that are about no message of ours."""
    match event:
        case Said():
            return event.reply_to
        case Edited() | Deleted():
            return event.message
        case Reacted() if sign_of(event.reaction) is not None:
            return event.message
        case _:
            return None


def half_sent(place: int, message: str) -> Unit[list[tuple[int, int]]]:
    """Thread and id of the post that a message begins to show in a place, of which other messages are still to come."""
    rows = yield (
        """SELECT o.thread, o.id FROM place p JOIN delivery d ON d.queue IN (p.id, p.parent)
             JOIN part a ON a.delivery=d.id AND a.kind='send' AND a.remote=$2 JOIN post o ON o.id=d.subject_id
           WHERE p.id=$1 AND d.subject='post' AND d.state IN ('pending', 'sending', 'held') LIMIT 1""",
        (place, message),
    )
    return [(thread, post) for thread, post in rows]


def shows_thread(chat: str, where: Where) -> Unit[bool]:
    """Whether a place shows one thread alone, so that whatever is said there belongs to it."""
    rows = yield (
        "SELECT 1 FROM place WHERE chat=$1 AND channel=$2 AND thread_ref=$3 AND thread IS NOT NULL",
        (chat, where.channel, where.thread),
    )
    return bool(rows)


def kept_waiting(community: int | None) -> Unit[list[tuple[str, int, Millis]]]:
    """Where messages wait for what they may answer: the channel, how many, since when; for `status`."""
    rows = yield "SELECT DISTINCT chat FROM inbox WHERE state='waiting' AND kind<>'commanded' ORDER BY chat", ()
    found: dict[str, tuple[int, Millis]] = {}
    for (chat,) in rows:
        for early in (yield from early_events(chat)):
            places = yield (
                f"""SELECT {PLACE} FROM place p WHERE p.chat=$1 AND p.channel=$2 AND p.thread_ref=''
                      AND ($3 IS NULL OR p.community=$3)""",
                (chat, early.event.where.channel, community),
            )
            for (place,) in places:
                count, since = found.get(place, (0, early.received))
                found[place] = (count + 1, min(since, early.received))
    return [(place, count, since) for place, (count, since) in found.items()]
