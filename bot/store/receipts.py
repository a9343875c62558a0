"""How far people have read, by their chats' own receipts: of those who asked that it is kept, and of nobody else."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bot.model import Millis, Receipt
from bot.store.persons import ensure_person
from bot.store.unit import Unit, one

SOON = 5_000
"""Milliseconds until a position becomes marks: who scrolls tells many, and the last one says it all."""


class Keeping(msgspec.Struct, frozen=True):
    """What is kept of one chat login: whether its receipts are, and of how many places there is a position."""

    on: bool
    places: int


def keeping(chat: str, user: str) -> Unit[Keeping]:
    """What is kept of how far somebody has read in a chat."""
    rows = yield "SELECT receipts FROM identity WHERE chat=$1 AND user_id=$2", (chat, user)
    places = yield "SELECT COUNT(DISTINCT place) FROM receipt WHERE chat=$1 AND user_id=$2", (chat, user)
    return Keeping(bool(rows and one(rows)), int(one(places)))


def keep_receipts(chat: str, user: str, name: str, now: Millis) -> Unit[bool]:
    """Keep from now on how far somebody reads in a chat; whether that is new."""
    yield from ensure_person(chat, user, name, now)
    rows = yield (
        "UPDATE identity SET receipts=1 WHERE chat=$1 AND user_id=$2 AND receipts=0 RETURNING person",
        (chat, user),
    )
    return bool(rows)


def drop_receipts(chat: str, user: str) -> Unit[bool]:
    """Forget how far somebody has read in a chat, and keep nothing more of it; whether that is new."""
    rows = yield (
        "UPDATE identity SET receipts=0 WHERE chat=$1 AND user_id=$2 AND receipts=1 RETURNING person",
        (chat, user),
    )
    yield "DELETE FROM receipt WHERE chat=$1 AND user_id=$2", (chat, user)
    return bool(rows)


def note_receipts(chat: str, receipts: Sequence[Receipt], now: Millis) -> Unit[None]:
    """Let positions rise to what a chat told: where somebody asked for it, in places that we know. Soon they are marks.

    Whoever did not ask costs one look. A time that is still to come counts as now: one that only a wrong clock could
    overtake would stop all later ones.
    """
    yield (
        """INSERT INTO receipt (chat, user_id, place, everywhere, message, read_at, due_at)
           SELECT i.chat, i.user_id, p.id, $5, $6, $7, $8 FROM identity i
             JOIN place p ON p.chat=i.chat AND p.channel=$3 AND p.thread_ref=$4
           WHERE i.chat=$1 AND i.user_id=$2 AND i.receipts=1
           ON CONFLICT (chat, user_id, place, everywhere) DO UPDATE SET message=excluded.message,
             read_at=excluded.read_at, due_at=CASE WHEN receipt.due_at IS NULL AND receipt.message<>excluded.message
               THEN excluded.due_at ELSE receipt.due_at END WHERE excluded.read_at>=receipt.read_at""",
        [
            (
                chat,
                receipt.person.id,
                receipt.where.channel,
                receipt.where.thread,
                int(receipt.everywhere),
                receipt.message,
                max(0, min(receipt.at, now)),
                now + SOON,
            )
            for receipt in receipts
        ],
    )
