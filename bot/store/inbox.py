"""What people did in a chat, stored with its effects and the chat's cursor in one commit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from bot.acts import Subject
from bot.mirroring import Act
from bot.model import (
    Batch,
    ChannelRef,
    Commanded,
    Deleted,
    Edited,
    Event,
    Millis,
    Reaction,
    Said,
    ThreadRef,
    Where,
)
from bot.store.outbox import owe_one
from bot.store.places import forum_queue, place_at
from bot.store.unit import Unit, one
from bot.store.whispers import whisper

FATE_REACTIONS = {
    "pending": Reaction.PENDING,
    "queued": Reaction.PENDING,
    "posted": Reaction.POSTED,
    "refused": Reaction.REFUSED,
    "held": Reaction.HELD,
    "dropped": None,
}
"""The fate of a reply as the bot shows it on the message."""


def cursor(chat: str) -> Unit[str]:
    """Where the reading of a chat stopped."""
    rows = yield "SELECT cursor FROM chat_cursor WHERE chat=$1", (chat,)
    return str(one(rows)) if rows else ""


def receive(chat: str, batch: Batch, now: Millis) -> Unit[int]:
    """Take in a batch of events: each has its effects once, however often it comes; how many were new.

    Commands wait for `waiting_commands`; what may be about a message of ours that is just being sent waits for
    `catch_up`: people answer faster than we record.
    """
    fresh = 0
    early = [event for _, event, _ in (yield from _early_events(chat))]
    for event in batch.events:
        soon = yield from _too_soon(chat, event, now, early)
        waits = soon or isinstance(event, Commanded)
        rows = yield (
            """INSERT INTO inbox (chat, event, kind, body, state, received_at) VALUES ($1, $2, $3, $4, $5, $6)
               ON CONFLICT DO NOTHING RETURNING id""",
            (
                chat,
                event.id,
                type(event).__name__.lower(),
                msgspec.json.encode(event).decode() if waits else "",
                "waiting" if waits else "done",
                now,
            ),
        )
        if rows:
            fresh += 1
            if soon:
                early.append(event)
            else:
                yield from _effects(chat, event, now)
    yield (
        """INSERT INTO chat_cursor (chat, cursor) VALUES ($1, $2)
           ON CONFLICT (chat) DO UPDATE SET cursor=excluded.cursor""",
        (chat, batch.cursor),
    )
    return fresh


def _early_events(chat: str) -> Unit[list[tuple[int, Event, Millis]]]:
    rows = yield (
        "SELECT id, body, received_at FROM inbox WHERE chat=$1 AND state='waiting' AND kind<>'commanded' ORDER BY id",
        (chat,),
    )
    return [(id, msgspec.json.decode(body, type=Event), received) for id, body, received in rows]


def early_events(chat: str) -> Unit[int]:
    """How many events wait for what they are about to be recorded."""
    return len((yield from _early_events(chat)))


def catch_up(chat: str, now: Millis) -> Unit[int]:
    """Let events that came too soon have their effects, in their order; how many did."""
    left: list[Event] = []
    done = 0
    for id, event, received in (yield from _early_events(chat)):
        if (yield from _too_soon(chat, event, received, left)):
            left.append(event)
            continue
        yield from _effects(chat, event, now)
        yield "UPDATE inbox SET state='done', body='' WHERE id=$1", (id,)
        done += 1
    return done


def _too_soon(chat: str, event: Event, received: Millis, early: Iterable[Event]) -> Unit[bool]:
    """Whether an event may be about what was being sent when it came, and is not recorded yet.

    Whatever comes later in the same place waits behind it, so that a place keeps its order.
    """
    match event:
        case Said():
            about = event.reply_to
        case Edited() | Deleted():
            about = event.message
        case _:
            return False
    if any(other.where == event.where for other in early):
        return True
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
    return bool(rows)


def _effects(chat: str, event: Event, now: Millis) -> Unit[None]:
    match event:
        case Said() if not event.person.bot:
            yield from _said(chat, event, now)
        case Edited():
            yield from _edited(chat, event, now)
        case Deleted():
            yield from _deleted(chat, event, now)
        case _:
            return


class Meaning(NamedTuple):
    """What a chat message answers."""

    place: int
    thread: int
    parent_post: int | None
    parent_reply: int | None


def _said(chat: str, said: Said, now: Millis) -> Unit[None]:
    meaning = yield from _meaning(chat, said.where, said.reply_to)
    if meaning is None:
        return
    place, thread, parent_post, parent_reply = meaning
    rows = yield (
        """SELECT m.replies FROM mirror m JOIN place p ON p.id=$1
           WHERE m.place=COALESCE(p.parent, p.id) AND m.state='active' AND (m.thread=$2
             OR m.board IN (SELECT l.board FROM listing l WHERE l.thread=$2)) ORDER BY m.id LIMIT 1""",
        (place, thread),
    )
    allowed = str(one(rows)) if rows else "none"
    if allowed == "none" or (allowed == "replies" and not said.reply_to):
        return
    rows = yield (
        """INSERT INTO reply (place, message, thread, parent_post, parent_reply, identity_chat, identity_user, name,
             text, format, fate, said_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'pending', $11)
           ON CONFLICT DO NOTHING RETURNING id""",
        (
            place,
            said.message,
            thread,
            parent_post,
            parent_reply,
            chat,
            said.person.id,
            said.person.name,
            said.text,
            said.format,
            said.at,
        ),
    )
    if rows:
        queue = yield from forum_queue(thread)
        yield from owe_one(queue, Subject.REPLY, int(one(rows)), Act.CREATE, 1, now)


def _meaning(chat: str, where: Where, reply_to: str) -> Unit[Meaning | None]:
    """The forum thread and post that a message in a place answers; None where it answers nothing of a forum."""
    place = yield from place_at(chat, where)
    if place is None:
        return None
    if reply_to:
        rows = yield (
            """SELECT o.thread, o.id FROM copy_message m JOIN copy c ON c.id=m.copy JOIN post o ON o.id=c.post
               WHERE m.place=$1 AND m.message=$2 AND c.reply IS NULL ORDER BY c.id DESC LIMIT 1""",
            (place, reply_to),
        )
        if not rows:
            # The opener of this chat thread stands in the channel, and can be answered from inside.
            rows = yield (
                """SELECT o.thread, o.id FROM place p JOIN copy_message m ON m.place=p.parent AND m.message=$2
                     JOIN copy c ON c.id=m.copy JOIN post o ON o.id=c.post WHERE p.id=$1 LIMIT 1""",
                (place, reply_to),
            )
        if rows:
            return Meaning(place, rows[0][0], rows[0][1], None)
        rows = yield "SELECT thread, id FROM reply WHERE place=$1 AND message=$2", (place, reply_to)
        if rows:
            return Meaning(place, rows[0][0], None, rows[0][1])
    [[thread]] = yield "SELECT thread FROM place WHERE id=$1", (place,)
    return Meaning(place, thread, None, None) if thread is not None else None


def _reply_at(chat: str, where: Where, message: str) -> Unit[tuple[int, int, int] | None]:
    place = yield from place_at(chat, where)
    if place is None:
        return None
    rows = yield (
        "SELECT id, revision, thread FROM reply WHERE place=$1 AND message=$2 AND gone=0",
        (place, message),
    )
    return (rows[0][0], rows[0][1], rows[0][2]) if rows else None


def _edited(chat: str, event: Edited, now: Millis) -> Unit[None]:
    found = yield from _reply_at(chat, event.where, event.message)
    if found is None:
        return
    reply, revision, thread = found
    yield (
        "UPDATE reply SET text=$2, format=$3, revision=$4 WHERE id=$1",
        (reply, event.text, event.format, revision + 1),
    )
    queue = yield from forum_queue(thread)
    yield from owe_one(queue, Subject.REPLY, reply, Act.EDIT, revision + 1, now)


def _deleted(chat: str, event: Deleted, now: Millis) -> Unit[None]:
    found = yield from _reply_at(chat, event.where, event.message)
    if found is not None:
        reply, revision, thread = found
        yield "UPDATE reply SET gone=1, revision=$2 WHERE id=$1", (reply, revision + 1)
        yield "UPDATE copy SET state='removed' WHERE reply=$1", (reply,)
        queue = yield from forum_queue(thread)
        yield from owe_one(queue, Subject.REPLY, reply, Act.DELETE, revision + 1, now)
        return
    place = yield from place_at(chat, event.where)
    yield (
        """UPDATE copy SET state='removed' WHERE id IN
             (SELECT copy FROM copy_message WHERE place=$1 AND message=$2)""",
        (place, event.message),
    )


# ------------------------------------------------------------------------------------------------------------ commands


def waiting_commands(chat: str) -> Unit[list[tuple[int, Commanded]]]:
    """Commands that were received and not carried out yet, oldest first."""
    rows = yield (
        "SELECT id, body FROM inbox WHERE chat=$1 AND state='waiting' AND kind='commanded' ORDER BY id",
        (chat,),
    )
    return [(id, msgspec.json.decode(body, type=Commanded)) for id, body in rows]


def answer_command(id: int, chat: str, command: Commanded, text: str, now: Millis) -> Unit[None]:
    """Note that a command was carried out and owe its answer; the command's words leave."""
    where = command.where
    yield from whisper(chat, where.channel, where.thread, command.person.id, text, f"command-{id}", now)
    yield "UPDATE inbox SET state='done', body='' WHERE id=$1", (id,)


# --------------------------------------------------------------------------------------------------------------- fates


class Fate(msgspec.Struct, frozen=True):
    """A reply whose fate is not shown on its message yet."""

    reply: int
    fate: str
    reason: str
    chat: str
    where: Where
    message: str
    person: str


def unshown_fates() -> Unit[list[Fate]]:
    """Replies whose message does not show what became of them, oldest first."""
    rows = yield (
        """SELECT r.id, r.fate, r.reason, p.chat, p.channel, p.thread_ref, r.message, r.identity_user
           FROM reply r JOIN place p ON p.id=r.place WHERE r.fate<>r.fate_shown ORDER BY r.id LIMIT 100""",
        (),
    )
    return [
        Fate(id, fate, reason, chat, Where(ChannelRef(channel), ThreadRef(thread or "")), message, person)
        for id, fate, reason, chat, channel, thread, message, person in rows
    ]


def fate_shown(reply: int, fate: str) -> Unit[None]:
    """Note which fate a message shows."""
    yield "UPDATE reply SET fate_shown=$2 WHERE id=$1", (reply, fate)
