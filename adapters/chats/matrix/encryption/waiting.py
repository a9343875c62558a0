"""Messages whose key has not come yet: kept in a file, so that they are read when it comes, whenever that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from adapters.chats.matrix.encryption.machine import Key
from adapters.files import found, replaced
from bot.model import Millis
from bot.ports import Context

FILE = "unread.json"
MOST = 100
"""Messages of one room that may wait; the oldest goes for a further one."""

MOST_ROOMS = 50
"""Rooms in which messages may wait."""

PATIENCE = 7 * 24 * 3_600_000
"""Milliseconds after which a key does not come any more."""

SOON = 300_000
"""Milliseconds within which keys mostly come: no word of it before."""


class Waiter(msgspec.Struct, frozen=True):
    """A message that waits for its key."""

    room: str
    message: str
    session: str
    since: Millis

    @property
    def key(self) -> Key:
        """What it waits for."""
        return Key(self.room, self.session)


class Waiting:
    """The messages that wait, oldest first; `keep` writes them down."""

    def __init__(self, context: Context) -> None:
        self._file = context.folder / FILE
        self._now = context.now
        self._work = context.work
        self._waiting: dict[str, Waiter] = {one.message: one for one in found(self._file, list[Waiter]) or ()}
        self._kept = True
        self._given_up: Counter[str] = Counter()

    def add(self, key: Key, message: str) -> None:
        """A message waits from now on, if it does not already."""
        if message in self._waiting:
            return
        before = [one for one in self._waiting.values() if one.room == key.room]
        if len(before) >= MOST:
            self._give_up(before[0])
        elif not before and len({one.room for one in self._waiting.values()}) >= MOST_ROOMS:
            self._give_up(next(iter(self._waiting.values())))
        self._waiting[message] = Waiter(key.room, message, key.session, self._now())
        self._kept = False

    def awaiting(self, keys: Iterable[Key]) -> list[Waiter]:
        """Those that wait for keys."""
        wanted = set(keys)
        return [one for one in self._waiting.values() if one.key in wanted]

    def keys(self) -> set[Key]:
        """All that is waited for."""
        return {one.key for one in self._waiting.values()}

    def done(self, messages: Iterable[str]) -> None:
        """Some wait no more."""
        for message in messages:
            self._kept &= self._waiting.pop(message, None) is None

    async def keep(self) -> None:
        """Write down who waits; whoever waited too long waits no more."""
        late = self._now() - PATIENCE
        for one in [one for one in self._waiting.values() if one.since < late]:
            self._give_up(one)
        if not self._kept:
            await self._work(replaced, self._file, msgspec.json.encode(list(self._waiting.values())))
            self._kept = True

    @property
    def remarks(self) -> tuple[str, ...]:
        """What an operator is told."""
        late = self._now() - SOON
        waits = Counter(one.room for one in self._waiting.values() if one.since < late)
        return tuple(
            f"{room}: {number} messages cannot be read, since their keys did not come; write them again"
            for room, number in sorted((waits + self._given_up).items())
        )

    def _give_up(self, one: Waiter) -> None:
        del self._waiting[one.message]
        self._given_up[one.room] += 1
        self._kept = False
