"""Pure: how far the messages of all channels were heard, in a cursor that stays small.

Ids of messages count time. So one id says of all channels that what was said before it was heard, and only of those in
which somebody spoke after it the newest message is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

import msgspec

from bot.errors import Unparsable

MARGIN = 10 * 60_000 << 22
"""Ids that stand for ten minutes: so late may Discord tell of a message, and of another one before it."""

MOST = 500
"""Channels whose newest message is kept by itself."""

MOST_SAID = 10_000
"""Messages of which it is remembered that they were heard."""

LAST_SAID = 100
"""What people said last: that these messages still stand is looked for behind a restart."""

LARGEST = 2**63 - 1


class Stopped(msgspec.Struct, frozen=True):
    """A cursor: all was heard up to `upto`, and in these channels up to the message that is named."""

    upto: int
    rooms: dict[str, int] = {}
    said: dict[str, list[int]] = {}
    """What people said last, by channels."""


class Lately:
    """The newest ids of some kind, each in a channel or in none."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._ids: dict[str, str] = {}

    def has(self, id: str) -> bool:
        """Whether it is among them."""
        return id in self._ids

    def of(self, channel: str) -> list[str]:
        """Those in a channel."""
        return [id for id, where in self._ids.items() if where == channel]

    def last(self, most: int) -> dict[str, list[int]]:
        """The newest that are in channels, by these."""
        found: dict[str, list[int]] = {}
        newest = islice(((id, where) for id, where in reversed(self._ids.items()) if where), most)
        for id, where in newest:
            found.setdefault(where, []).insert(0, int(id))
        return found

    def add(self, id: str, channel: str = "") -> None:
        """It is the newest; the oldest is forgotten for it."""
        self._ids.pop(id, None)
        self._ids[id] = channel
        if len(self._ids) > self._most:
            del self._ids[next(iter(self._ids))]


class Heard:
    """How far each channel was heard; `settled` says that nothing is left to be read from before."""

    def __init__(self, upto: int = 0, rooms: Mapping[str, int] | None = None) -> None:
        self.upto = upto
        self.rooms = dict(rooms or {})
        self.said = Lately(MOST_SAID)
        """Messages that were heard; those that people said, in their channels."""
        self.settled = False

    def after(self, channel: str) -> int:
        """The message of a channel behind which nothing was heard yet."""
        return max(self.rooms.get(channel, 0), self.upto)

    def took(self, channel: str, message: int) -> None:
        """A message was heard; so was all that stands before it in its channel."""
        if message > self.after(channel):
            self.rooms.pop(channel, None)
            self.rooms[channel] = message

    def begin(self, message: int) -> None:
        """At the first start: what is not newer than this message was said before it."""
        self.upto = max(self.upto, message)

    def cursor(self) -> str:
        """Where to go on after a restart."""
        if self.settled:
            self._shrink()
        return msgspec.json.encode(Stopped(self.upto, self.rooms, self.said.last(LAST_SAID))).decode()

    def _shrink(self) -> None:
        """Let one id stand for all channels in which nobody spoke for a while."""
        if not self.rooms:
            return
        order = sorted(self.rooms.values())
        surplus = order[-MOST - 1] if len(order) > MOST else 0
        self.upto = max(self.upto, order[-1] - MARGIN, surplus)
        self.rooms = {channel: message for channel, message in self.rooms.items() if message > self.upto}


def heard(cursor: str) -> Heard:
    """How far a stored cursor says it was; raises `Unparsable` for what is none."""
    try:
        stopped = msgspec.json.decode(cursor, type=Stopped)
    except (msgspec.DecodeError, ValueError, RecursionError):
        stopped = None
    said = sorted((id, channel) for channel, ids in stopped.said.items() for id in ids) if stopped is not None else []
    if stopped is None or not all(0 <= one <= LARGEST for one in (stopped.upto, *stopped.rooms.values())):
        raise Unparsable(
            f"“{cursor[:60]}” does not say how far Discord was heard. Was the database another chat's?",
            "a cursor",
            cursor.encode("utf-8", "replace"),
        )
    found = Heard(stopped.upto, stopped.rooms)
    for id, channel in said:
        found.said.add(str(id), channel)
    return found
