"""What chat threads are called: their place has the name that they have, their forum thread the one they ought to."""

from __future__ import annotations

import msgspec

from bot.model import ChannelRef, ThreadRef, Where
from bot.store.unit import Unit


class Retitled(msgspec.Struct, frozen=True):
    """An open chat thread that is called otherwise than what it shows."""

    place: int
    where: Where
    title: str


def retitled(chat: str, after: int = 0) -> Unit[list[Retitled]]:
    """The chat threads behind `after` of a chat that are to be called otherwise: the oldest hundred."""
    rows = yield (
        """SELECT p.id, p.channel, p.thread_ref, t.title FROM place p JOIN thread t ON t.id=p.thread
           WHERE p.chat=$1 AND p.id>$2 AND p.thread_ref<>'' AND t.title<>'' AND p.label<>t.title
           ORDER BY p.id LIMIT 100""",
        (chat, after),
    )
    return [
        Retitled(place, Where(ChannelRef(channel), ThreadRef(thread)), title) for place, channel, thread, title in rows
    ]


def called(place: int, title: str) -> Unit[None]:
    """Note what a chat thread is called."""
    yield "UPDATE place SET label=$2 WHERE id=$1", (place, title)
