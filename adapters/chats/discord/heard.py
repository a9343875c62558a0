"""Pure: how far the messages of all channels were heard, in a cursor that stays small.

Ids of messages count time. So one id says of all channels of a shard that what was said before it was heard, and only
of those in which somebody spoke after it the newest message is kept. Each shard has a part of the cursor by itself:
what one hears says nothing of the channels of another one, which may be hours behind.
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

LAST_SAID = 300
"""What people said last: that these messages still stand is looked for behind a restart. They are stored each time."""

LARGEST = 2**63 - 1


class Stopped(msgspec.Struct, frozen=True):
    """A shard's part: all was heard up to `upto`, and in these channels up to the message that is named."""

    upto: int
    rooms: dict[str, int] = {}
    said: dict[str, list[int]] = {}
    """What people said last, by channels."""


class Together(msgspec.Struct, frozen=True):
    """A cursor: of how many shards, and how far each of those is that ever heard anything."""

    shards: int
    parts: dict[int, Stopped]


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
    """How far each channel of a shard was heard; `settled` says that nothing is left to be read from before."""

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

    def part(self) -> bytes:
        """Where to go on after a restart, for a cursor."""
        if self.settled:
            self._shrink()
        return msgspec.json.encode(Stopped(self.upto, self.rooms, self.said.last(LAST_SAID)))

    def _shrink(self) -> None:
        """Let one id stand for all channels in which nobody spoke for a while."""
        if not self.rooms:
            return
        order = sorted(self.rooms.values())
        surplus = order[-MOST - 1] if len(order) > MOST else 0
        self.upto = max(self.upto, order[-1] - MARGIN, surplus)
        self.rooms = {channel: message for channel, message in self.rooms.items() if message > self.upto}


def joined(shards: int, parts: Mapping[int, bytes]) -> str:
    """The cursor of so many shards, of the parts that there are."""
    raw = {shard: msgspec.Raw(part) for shard, part in sorted(parts.items())}
    return msgspec.json.encode({"shards": shards, "parts": raw}).decode()


def heard(cursor: str, shards: int) -> dict[int, Heard]:
    """How far a stored cursor says that each of so many shards was; raises `Unparsable` for what is none.

    A shard that never heard anything is not among them. Where there were another number of shards, a channel may be
    another one's now: then each goes on where the one was that was farthest behind.
    """
    try:
        stopped = msgspec.json.decode(cursor, type=Together)
    except (msgspec.DecodeError, ValueError, RecursionError):
        stopped = None
    parts = list(stopped.parts.values()) if stopped is not None else []
    if not parts or not all(0 <= one <= LARGEST for part in parts for one in (part.upto, *part.rooms.values())):
        raise Unparsable(
            f"“{cursor[:60]}” does not say how far Discord was heard. Was the database another chat's?",
            "a cursor",
            cursor.encode("utf-8", "replace"),
        )
    if stopped is not None and stopped.shards == shards:
        return {shard: _again(part) for shard, part in stopped.parts.items() if 0 <= shard < shards}
    return {shard: _again(*parts) for shard in range(shards)}


def _again(*parts: Stopped) -> Heard:
    """How far all channels were heard of which these parts tell."""
    rooms: dict[str, int] = {}
    for part in parts:
        for channel, message in part.rooms.items():
            rooms[channel] = max(message, rooms.get(channel, 0))
    found = Heard(min(part.upto for part in parts), rooms)
    said = {(id, channel) for part in parts for channel, ids in part.said.items() for id in ids}
    for id, channel in sorted(said):
        found.said.add(str(id), channel)
    return found
