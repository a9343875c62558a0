"""Words owed to one person: answers to commands, reasons of refusals, what admins hear who have no channel.

They are private, but for those about a message: these say nothing that its readers may not know, for a chat may show
them beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bot import markup
from bot.model import NO_MESSAGE, ChannelRef, MessageId, Millis, Offer, ThreadRef, Where
from bot.store.offers import restored, stored
from bot.store.places import spoken
from bot.store.unit import Unit


class Whisper(msgspec.Struct, frozen=True):
    """Private words owed to one person, beside a place."""

    id: int
    where: Where
    person: str
    text: str
    key: str
    message: MessageId = NO_MESSAGE
    """The message that they are about; empty where they are about none."""
    offers: tuple[Offer, ...] = ()
    sealed: bool = False
    """Whether the text is one that `bot.confiding` opens."""


def whisper(
    chat: str,
    channel: str,
    thread: str,
    person: str,
    text: str,
    key: str,
    now: Millis,
    message: str = "",
    offers: Sequence[Offer] = (),
    sealed: bool = False,
) -> Unit[None]:
    """Owe a person some words (Markdown), in private or about a message of theirs; an equal key is owed once."""
    yield (
        """INSERT INTO whisper (chat, channel, thread_ref, person, text, key, state, made_at, message, offers, sealed)
           VALUES ($1, $2, $3, $4, $5, $6, 'pending', $7, $8, $9, $10) ON CONFLICT DO NOTHING""",
        (chat, channel, thread, person, text, key, now, message, stored(offers), int(sealed)),
    )


def whisper_plain(
    chat: str,
    channel: str,
    thread: str,
    person: str,
    text: str,
    key: str,
    now: Millis,
    message: str = "",
    offers: Sequence[Offer] = (),
) -> Unit[None]:
    """Owe a person words in which nothing is meant as Markdown."""
    words = markup.write(markup.read(text, "plain"), "markdown")
    yield from whisper(chat, channel, thread, person, words, key, now, message, offers)


def whispers(chat: str, after: int = 0) -> Unit[list[Whisper]]:
    """The words behind `after` that are owed to people of a chat: the oldest hundred."""
    rows = yield (
        """SELECT id, channel, thread_ref, person, text, key, message, offers, sealed FROM whisper
           WHERE state='pending' AND chat=$1 AND id>$2 ORDER BY id LIMIT 100""",
        (chat, after),
    )
    return [
        Whisper(
            id,
            Where(ChannelRef(channel), ThreadRef(thread)),
            person,
            text,
            key,
            MessageId(message),
            restored(offers),
            bool(sealed),
        )
        for id, channel, thread, person, text, key, message, offers, sealed in rows
    ]


def whispered(id: int, state: str) -> Unit[None]:
    """Words were said (`sent`) or cannot be said (`dropped`); their text, what they offered and to whom leave.

    Those about a message may stand in its place now, behind what we sent there last.
    """
    rows = yield (
        """UPDATE whisper SET state=$2, text='', offers='', person='' WHERE id=$1
           RETURNING chat, channel, thread_ref, message""",
        (id, state),
    )
    for chat, channel, thread, message in rows:
        if message and state == "sent":
            yield from spoken(chat, Where(ChannelRef(channel), ThreadRef(thread)))
