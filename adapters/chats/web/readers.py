"""How far the people of this chat have read, as their pages tell it: kept until the listener has heard it, and nowhere.

It is nobody's business but theirs, so that it stands in no journal. What is lost when the program stops is told again
by the next page that somebody looks at.
"""

from __future__ import annotations

from collections.abc import Callable

from adapters.chats.web.state import State
from bot.errors import Gone
from bot.model import ChannelRef, MessageId, Millis, Receipt, ThreadRef, Where

MOST = 10_000
"""Positions that wait at the same time; where nobody listens, the oldest are forgotten."""


class Readers:
    """The positions that were not heard yet."""

    def __init__(self, now: Callable[[], Millis]) -> None:
        self._now = now
        self._waiting: dict[tuple[str, str, str], Receipt] = {}

    def note(self, state: State, channel: str, thread: str, name: str, message: str, id: str = "") -> None:
        """Somebody has read a place up to a message of it; raises `Gone` where it never stood there.

        The message that a chat thread hangs on is read at the top of it.
        """
        found = state.messages.get(message)
        here = found is not None and found.channel == channel and (found.thread == thread or message == thread)
        if found is None or not here:
            raise Gone(f"Message {message} does not stand there.")
        person = state.person(name, id)
        key = person.id, channel, thread
        before = self._waiting.pop(key, None)
        if before is not None and state.messages[before.message].n > found.n:
            found = state.messages[before.message]
        where = Where(ChannelRef(channel), ThreadRef(thread))
        event = f"{found.id} read by {person.id}"
        self._waiting[key] = Receipt(event, where, MessageId(found.id), person, self._now())
        if len(self._waiting) > MOST:
            del self._waiting[next(iter(self._waiting))]

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def take(self) -> tuple[Receipt, ...]:
        """What was told since the last time."""
        waiting, self._waiting = self._waiting, {}
        return tuple(waiting.values())
