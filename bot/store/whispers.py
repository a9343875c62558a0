"""Private words owed to one person: answers to commands, reasons of refusals."""

from __future__ import annotations

import msgspec

from bot.model import Millis
from bot.store.unit import Unit


class Whisper(msgspec.Struct, frozen=True):
    """Private words owed to one person."""

    id: int
    chat: str
    channel: str
    thread: str
    person: str
    text: str
    key: str
    attempts: int


def whisper(chat: str, channel: str, thread: str, person: str, text: str, key: str, now: Millis) -> Unit[None]:
    """Owe a person some private words; an equal key is owed once."""
    yield (
        """INSERT INTO whisper (chat, channel, thread_ref, person, text, key, state, made_at)
           VALUES ($1, $2, $3, $4, $5, $6, 'pending', $7) ON CONFLICT DO NOTHING""",
        (chat, channel, thread, person, text, key, now),
    )


def whispers() -> Unit[list[Whisper]]:
    """The private words that are owed, oldest first."""
    rows = yield (
        """SELECT id, chat, channel, thread_ref, person, text, key, attempts FROM whisper WHERE state='pending'
           ORDER BY id LIMIT 100""",
        (),
    )
    return [Whisper(*row) for row in rows]


def whispered(id: int, state: str) -> Unit[None]:
    """Private words were said (`sent`) or cannot be said (`dropped`); their text leaves."""
    yield "UPDATE whisper SET state=$2, text='' WHERE id=$1", (id, state)


def whisper_failed(id: int) -> Unit[None]:
    """Private words could not be said this time."""
    yield "UPDATE whisper SET attempts=attempts+1 WHERE id=$1", (id,)
