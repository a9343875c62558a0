"""What people did in a chat, stored with its effects and the chat's cursor in one commit."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from bot.acts import Subject
from bot.mirroring import Act
from bot.model import (
    Answer,
    Batch,
    ChannelRef,
    Commanded,
    Deleted,
    Edited,
    Event,
    Millis,
    Moved,
    Reacted,
    Reaction,
    Receipt,
    Said,
    ThreadRef,
    Where,
    answer_key,
)
from bot.store.early import early_events, half_sent, shows_thread, subject, unrecorded
from bot.store.endings import taken_away
from bot.store.following import take_part
from bot.store.moving import follow
from bot.store.outbox import owe_one
from bot.store.places import forum_queue, heir, place_at, spoken
from bot.store.positions import hear
from bot.store.receipts import note_receipts
from bot.store.signals import answered, reacted
from bot.store.storable import sound
from bot.store.unit import Unit, one
from bot.store.whispers import whisper, whisper_plain
from bot.texts import say

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
    `catch_up`: people answer faster than we record. How far people have read is no event that is kept.
    """
    fresh = 0
    waiting = yield from early_events(chat)
    behind = [early.event.where for early in waiting if not early.late(now)]
    unsaid = {early.event.message for early in waiting if isinstance(early.event, Said)}
    receipts = [event for event in batch.events if isinstance(event, Receipt)]
    for event in (sound(event) for event in batch.events if not isinstance(event, Receipt)):
        about = subject(event)
        soon = about is not None and (
            event.where in behind or about in unsaid or (yield from unrecorded(chat, event, now))
        )
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
            if isinstance(event, Said):
                yield from spoken(chat, event.where)
                yield from hear(chat, event, now)
            if soon:
                behind.append(event.where)
                if isinstance(event, Said):
                    unsaid.add(event.message)
                    if not event.person.bot:
                        yield from _announce(chat, event)
            else:
                yield from _effects(chat, event, now)
    if receipts:
        yield from note_receipts(chat, receipts, now)
    yield (
        """INSERT INTO chat_cursor (chat, cursor) VALUES ($1, $2)
           ON CONFLICT (chat) DO UPDATE SET cursor=excluded.cursor""",
        (chat, batch.cursor),
    )
    return fresh


def skip(chat: str, event: Event, now: Millis) -> Unit[None]:
    """Note that an event could not be taken in, for reasons of its content: `status` counts them."""
    yield (
        """INSERT INTO inbox (chat, event, kind, state, received_at) VALUES ($1, $2, $3, 'skipped', $4)
           ON CONFLICT DO NOTHING""",
        (chat, event.id, type(event).__name__.lower(), now),
    )


def skipped() -> Unit[list[tuple[str, int]]]:
    """How many events could not be taken in, by chat."""
    rows = yield "SELECT chat, count(*) FROM inbox WHERE state='skipped' GROUP BY chat ORDER BY chat", ()
    return [(chat, number) for chat, number in rows]


def catch_up(chat: str, now: Millis) -> Unit[int]:
    """Let events that came too soon have their effects, each place's in their order; how many did.

    One that waits for long is not waited for any more. What is said in a chat thread then answers the thread; anything
    else waits on for itself, because what it is about would be a guess.
    """
    left: set[Where] = set()
    unsaid: set[str] = set()
    done = 0
    for early in (yield from early_events(chat)):
        event, late = early.event, early.late(now)
        waits = event.where in left or subject(event) in unsaid
        if not waits and (yield from unrecorded(chat, event, early.received)):
            waits = not (late and isinstance(event, Said) and (yield from shows_thread(chat, event.where)))
        if waits:
            if not late:
                left.add(event.where)
            if isinstance(event, Said):
                unsaid.add(event.message)
            continue
        yield from _effects(chat, event, now)
        if isinstance(event, Said):
            yield from _not_owed(chat, event)
        yield "UPDATE inbox SET state='done', body='' WHERE id=$1", (early.id,)
        done += 1
    return done


def _effects(chat: str, event: Event, now: Millis) -> Unit[None]:
    match event:
        case Said() if not event.person.bot:
            yield from _said(chat, event, now)
        case Edited():
            yield from _edited(chat, event, now)
        case Deleted():
            yield from _deleted(chat, event, now)
        case Moved():
            yield from follow(chat, event, now)
        case Reacted():
            yield from reacted(chat, event, now)
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
    if meaning is not None:
        yield from answered(chat, said, meaning.place, meaning.parent_post, meaning.parent_reply, now)
    if meaning is None or not (yield from _goes_back(meaning.place, meaning.thread, said)):
        if said.meant:
            yield from _tell_in_vain(chat, said, meaning is None, now)
        return
    reply = yield from _note(chat, said, meaning)
    if reply is not None:
        queue = yield from forum_queue(meaning.thread)
        yield from owe_one(queue, Subject.REPLY, reply, Act.CREATE, 1, now)
        yield from take_part(chat, said, meaning.place, meaning.thread, now)


def _tell_in_vain(chat: str, said: Said, nothing: bool, now: Millis) -> Unit[None]:
    """Tell who meant the forum why it hears nothing: what they answer shows `nothing` of it, or its mirror ended."""
    text, where = say("fates.no_post") if nothing else say("fates.no_mirror"), said.where
    who = (chat, where.channel, where.thread, said.person.id)
    yield from whisper_plain(*who, text, f"vain-{chat}-{said.id}", now, said.message)


def _goes_back(place: int, thread: int, said: Said) -> Unit[bool]:
    """Whether what is said here goes to the forum, as the oldest mirror has it; it may have moved with its channel."""
    [[channel]] = yield "SELECT COALESCE(parent, id) FROM place WHERE id=$1", (place,)
    rows = yield (
        """SELECT m.replies FROM mirror m WHERE m.place=$1 AND m.state<>'removed' AND (m.thread=$2
             OR m.board IN (SELECT l.board FROM listing l WHERE l.thread=$2)) ORDER BY m.id LIMIT 1""",
        ((yield from heir(channel)), thread),
    )
    allowed = str(one(rows)) if rows else "none"
    return allowed == "all" or (allowed == "replies" and bool(said.reply_to))


def _note(chat: str, said: Said, meaning: Meaning) -> Unit[int | None]:
    """Keep a message that goes to the forum; None where it is owed already."""
    rows = yield (
        """INSERT INTO reply (place, message, thread, parent_post, parent_reply, identity_chat, identity_user, name,
             text, format, fate, said_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'pending', $11)
           ON CONFLICT (place, message) DO UPDATE SET thread=excluded.thread, parent_post=excluded.parent_post,
             parent_reply=excluded.parent_reply WHERE reply.fate='pending' AND NOT EXISTS
               (SELECT 1 FROM delivery d WHERE d.subject='reply' AND d.subject_id=reply.id) RETURNING id""",
        (
            meaning.place,
            said.message,
            meaning.thread,
            meaning.parent_post,
            meaning.parent_reply,
            chat,
            said.person.id,
            said.person.name,
            said.text,
            said.format,
            said.at,
        ),
    )
    return int(one(rows)) if rows else None


def _announce(chat: str, said: Said) -> Unit[None]:
    """Show on a message that waits that it does, where it is known that it goes to the forum."""
    place = yield from place_at(chat, said.where)
    if place is None:
        return
    [[thread]] = yield "SELECT thread FROM place WHERE id=$1", (place,)
    if thread is not None and (yield from _goes_back(place, thread, said)):
        yield from _note(chat, said, Meaning(place, thread, None, None))


def _not_owed(chat: str, said: Said) -> Unit[None]:
    """Take back what was announced and has come to nothing: its mirror may be gone."""
    place = yield from place_at(chat, said.where)
    yield (
        """UPDATE reply SET fate='dropped', reason='nothing that is said here goes to the forum any more'
           WHERE place=$1 AND message=$2 AND fate='pending' AND NOT EXISTS
             (SELECT 1 FROM delivery d WHERE d.subject='reply' AND d.subject_id=reply.id)""",
        (place, said.message),
    )


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
        if not rows:
            rows = yield from half_sent(place, reply_to)
        if rows:
            return Meaning(place, rows[0][0], rows[0][1], None)
        rows = yield "SELECT thread, id FROM reply WHERE place=$1 AND message=$2", (place, reply_to)
        if rows:
            return Meaning(place, rows[0][0], None, rows[0][1])
    [[thread]] = yield "SELECT thread FROM place WHERE id=$1", (place,)
    return Meaning(place, thread, None, None) if thread is not None else None


def _place_of(chat: str, where: Where, message: str) -> Unit[int | None]:
    """The place in which a message stands that changed; any of its channel, where the chat does not know better."""
    place = yield from place_at(chat, where)
    if where.thread:
        return place
    rows = yield (
        """SELECT p.id FROM place p WHERE p.chat=$1 AND p.channel=$2
             AND (EXISTS (SELECT 1 FROM reply r WHERE r.place=p.id AND r.message=$3)
               OR EXISTS (SELECT 1 FROM copy_message m WHERE m.place=p.id AND m.message=$3)) LIMIT 1""",
        (chat, where.channel, message),
    )
    return int(one(rows)) if rows else place


def _reply_at(chat: str, where: Where, message: str) -> Unit[tuple[int, int, int] | None]:
    place = yield from _place_of(chat, where, message)
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
    place = yield from _place_of(chat, event.where, event.message)
    rows = yield "SELECT copy FROM copy_message WHERE place=$1 AND message=$2", (place, event.message)
    for (copy,) in rows:
        yield from taken_away(copy, event.message)


# ------------------------------------------------------------------------------------------------------------ commands


def waiting_commands(chat: str) -> Unit[list[tuple[int, Commanded]]]:
    """Commands that were received and not carried out yet, oldest first."""
    rows = yield (
        "SELECT id, body FROM inbox WHERE chat=$1 AND state='waiting' AND kind='commanded' ORDER BY id",
        (chat,),
    )
    return [(id, msgspec.json.decode(body, type=Commanded)) for id, body in rows]


def answer_command(id: int, chat: str, command: Commanded, answer: Answer, now: Millis) -> Unit[None]:
    """Note that a command was carried out and owe its answer; the command's words leave."""
    where, key = command.where, answer_key(id, command.id)
    who = (chat, where.channel, where.thread, command.person.id)
    yield from whisper(*who, answer.text, key, now, offers=answer.offers, sealed=answer.secret)
    yield "UPDATE inbox SET state='done', body='' WHERE id=$1", (id,)


# --------------------------------------------------------------------------------------------------------------- fates


class Fate(msgspec.Struct, frozen=True):
    """A reply whose fate is not shown on its message yet."""

    reply: int
    fate: str
    where: Where
    message: str


def unshown_fates(chat: str, after: int = 0) -> Unit[list[Fate]]:
    """Replies behind `after` whose message in a chat does not show what became of them: the oldest hundred."""
    rows = yield (
        """SELECT r.id, r.fate, p.channel, p.thread_ref, r.message FROM reply r JOIN place p ON p.id=r.place
           WHERE r.fate<>r.fate_shown AND r.paged=0 AND r.id>$2 AND p.chat=$1 ORDER BY r.id LIMIT 100""",
        (chat, after),
    )
    return [
        Fate(id, fate, Where(ChannelRef(channel), ThreadRef(thread or "")), message)
        for id, fate, channel, thread, message in rows
    ]


def fate_shown(reply: int, fate: str) -> Unit[None]:
    """Note which fate a message shows."""
    yield "UPDATE reply SET fate_shown=$2 WHERE id=$1", (reply, fate)
