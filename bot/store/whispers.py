"""Private words owed to one person: answers to commands, reasons of refusals, what admins hear who have no channel."""

from __future__ import annotations

import msgspec

from bot import markup
from bot.model import ChannelRef, Millis, ThreadRef, Where
from bot.store.unit import Unit


class Whisper(msgspec.Struct, frozen=True):
    """Private words owed to one person, beside a place."""

    id: int
    where: Where
    person: str
    text: str
    key: str


def whisper(chat: str, channel: str, thread: str, person: str, text: str, key: str, now: Millis) -> Unit[None]:
    """Owe a person some private words (Markdown); an equal key is owed once."""
    yield (
        """INSERT INTO whisper (chat, channel, thread_ref, person, text, key, state, made_at)
           VALUES ($1, $2, $3, $4, $5, $6, 'pending', $7) ON CONFLICT DO NOTHING""",
        (chat, channel, thread, person, text, key, now),
    )


def whisper_plain(chat: str, channel: str, thread: str, person: str, text: str, key: str, now: Millis) -> Unit[None]:
    """Owe a person private words in which nothing is meant as Markdown."""
    yield from whisper(chat, channel, thread, person, markup.write(markup.read(text, "plain"), "markdown"), key, now)


def whispers(chat: str, after: int = 0) -> Unit[list[Whisper]]:
    """The private words behind `after` that are owed in a chat: the oldest hundred."""
    rows = yield (
        """SELECT id, channel, thread_ref, person, text, key FROM whisper
           WHERE state='pending' AND chat=$1 AND id>$2 ORDER BY id LIMIT 100""",
        (chat, after),
    )
    return [
        Whisper(id, Where(ChannelRef(channel), ThreadRef(thread)), person, text, key)
        for id, channel, thread, person, text, key in rows
    ]


def whispered(id: int, state: str) -> Unit[None]:
    """Private words were said (`sent`) or cannot be said (`dropped`); their text leaves."""
    yield "UPDATE whisper SET state=$2, text='' WHERE id=$1", (id, state)
