"""What people did in a chat, stored with its effects and the chat's cursor in one commit."""

from __future__ import annotations

import msgspec

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
from bot.reading.signals import Sign, sign_of
from bot.store.drafts import asked_by
from bot.store.early import early_events, shows_thread, subject, unrecorded
from bot.store.moving import follow
from bot.store.places import spoken
from bot.store.positions import hear
from bot.store.receipts import note_receipts
from bot.store.saying import announce, deleted, edited, not_owed, said
from bot.store.signals import reacted
from bot.store.storable import sound
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
    `catch_up`: people answer faster than we record. How far people have read is no event that is kept.
    """
    fresh = 0
    waiting = yield from early_events(chat)
    behind = [early.event.where for early in waiting if not early.late(now)]
    unsaid = {early.event.message for early in waiting if isinstance(early.event, Said)}
    receipts = [event for event in batch.events if isinstance(event, Receipt)]
    for event in (_heard(sound(event), now) for event in batch.events if not isinstance(event, Receipt)):
        about = subject(event)
        soon = about is not None and (
            event.where in behind or about in unsaid or (yield from unrecorded(chat, event, now))
        )
        waits = soon or isinstance(event, Commanded)
        if (yield from _keep(chat, event, waits, now)):
            fresh += 1
            if isinstance(event, Said):
                yield from spoken(chat, event.where)
                yield from hear(chat, event, now)
            if soon:
                behind.append(event.where)
                if isinstance(event, Said):
                    unsaid.add(event.message)
                    if not event.person.bot:
                        yield from announce(chat, event)
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


def _heard(event: Event, now: Millis) -> Event:
    """An event that happened by now: servers tell when, and not all of them tell the truth."""
    return msgspec.structs.replace(event, at=now) if event.at > now else event


def _keep(chat: str, event: Event, waits: bool, now: Millis) -> Unit[bool]:
    """Note an event, whole where it `waits` for its turn; whether it was not known."""
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
    return bool(rows)


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
            yield from not_owed(chat, event)
        yield "UPDATE inbox SET state='done', body='' WHERE id=$1", (early.id,)
        done += 1
    return done


def _effects(chat: str, event: Event, now: Millis) -> Unit[None]:
    match event:
        case Said() if not event.person.bot:
            yield from said(chat, event, now)
        case Edited():
            yield from edited(chat, event, now)
        case Deleted():
            yield from deleted(chat, event, now)
        case Moved():
            yield from follow(chat, event, now)
        case Reacted() if sign_of(event.reaction) is Sign.PREVIEW:
            command = yield from asked_by(chat, event)
            if command is not None and event.on:
                yield from _keep(chat, command, True, now)
        case Reacted():
            yield from reacted(chat, event, now)
        case _:
            return


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
