"""Pure: who may what in a room, whose it is, and how its people are called, as the room's state says.

Whoever may change what a room is (`state_default`, 50 where nothing else is said) may say what is mirrored into it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from adapters.chats.matrix.names import server_of
from bot.markup import clean_name
from bot.model import ChatPerson, UserId

CREATORS_FROM = 12
"""The first room version whose creators stand above all levels, and in none of them."""

STATE_DEFAULT = 50
CREATOR = 100
"""What a creator may where a room has no levels at all; nobody else may anything there."""

HIGHEST = 2**53 - 1
"""The highest number that Matrix knows."""

NAME_LIMIT = 100
"""Characters of a person's name."""

MOST_NAMES = 5_000
"""Names of one room that are kept; who was called by one longest ago goes by the id until heard of again."""

MOST_HELD = 1_000
"""Rooms of a space, and spaces of a room, that are looked at."""


class Successor(NamedTuple):
    """The room that goes on in the place of an upgraded one, a server that knows it, and the event that says so."""

    room: str
    server: str
    event: Mapping[str, Any]


class Room:
    """A room as its state events make it, taken in one by one in their order."""

    def __init__(self) -> None:
        self.successor: Successor | None = None
        self.predecessor = ""
        """The room that it says it goes on for."""
        self.encrypted = False
        self.space = False
        """Whether it is a space: a room that holds rooms."""
        self.children: set[str] = set()
        """The rooms that it says it holds."""
        self.parents: set[str] = set()
        """The spaces that it says it belongs to."""
        self._creators: frozenset[str] = frozenset()
        self._above = False
        self._levels: Mapping[str, Any] | None = None
        self._names: dict[str, str] = {}

    def apply(self, event: Mapping[str, Any]) -> None:
        """Take in a state event; one that makes no sense changes nothing."""
        content, key = mapping(event.get("content")), event.get("state_key")
        match event.get("type"):
            case "m.room.create":
                self._created(str(event.get("sender", "")), content)
            case "m.room.encryption":
                self.encrypted = True  # there is no way back from it
            case "m.room.power_levels" if key == "":
                self._levels = content
            case "m.room.member" if isinstance(key, str):
                self._called(key, content)
            case "m.room.tombstone" if key == "":
                self.successor = successor(event)
            case "m.space.child" if isinstance(key, str):
                _held(self.children, key, content)
            case "m.space.parent" if isinstance(key, str):
                _held(self.parents, key, content)

    def admin(self, user: str) -> bool:
        """Whether somebody may say what is mirrored here."""
        if self._levels is None:
            return user in self._creators
        return self.level(user) >= level(self._levels.get("state_default"), STATE_DEFAULT)

    def level(self, user: str) -> int:
        """The power level of somebody here; that of those who stand above all levels is the highest that there is."""
        if self._above and user in self._creators:
            return HIGHEST
        if self._levels is None:
            return CREATOR if user in self._creators else 0
        users = mapping(self._levels.get("users"))
        own = level(users.get(user), level(self._levels.get("users_default"), 0))
        return max(-HIGHEST, min(HIGHEST, own))

    def name(self, user: str) -> str:
        """What somebody is called here: the chosen name, or the id without its server."""
        return self._names.get(user) or clean_name(user.removeprefix("@").partition(":")[0], NAME_LIMIT) or user

    def person(self, user: str, bot: bool = False) -> ChatPerson:
        """Somebody, as they stand in this room now."""
        return ChatPerson(UserId(user), self.name(user), self.admin(user), bot, level=self.level(user))

    def _created(self, sender: str, content: Mapping[str, Any]) -> None:
        version = content.get("room_version")
        self._above = isinstance(version, str) and version.isdecimal() and int(version) >= CREATORS_FROM
        more = content.get("additional_creators") if self._above else None
        others = (user for user in more if isinstance(user, str)) if isinstance(more, list) else ()
        self._creators = frozenset((sender, *others))
        self.space = content.get("type") == "m.space"
        before = mapping(content.get("predecessor")).get("room_id")
        self.predecessor = before if isinstance(before, str) else ""

    def _called(self, user: str, content: Mapping[str, Any]) -> None:
        given = content.get("displayname")
        self._names.pop(user, None)
        if isinstance(given, str) and (name := clean_name(given, NAME_LIMIT)):
            self._names[user] = name
            if len(self._names) > MOST_NAMES:
                del self._names[next(iter(self._names))]


class Seat(NamedTuple):
    """Whom a room belongs to: a space that both say it is of, else itself; whoever rules there gives the orders."""

    community: str
    room: Room


def seat(channel: str, rooms: Mapping[str, Room]) -> Seat:
    """Whom a room that we are in belongs to, by what we know of the rooms that we are in."""
    for parent in sorted(rooms[channel].parents):
        space = rooms.get(parent)
        if space is not None and space.space and channel in space.children:
            return Seat(parent, space)
    return Seat(channel, rooms[channel])


def successor(event: Mapping[str, Any]) -> Successor | None:
    """Where a tombstone leads; None where it leads nowhere."""
    room = mapping(event.get("content")).get("replacement_room")
    return Successor(room, server_of(str(event.get("sender", ""))), event) if isinstance(room, str) and room else None


def _held(rooms: set[str], room: str, content: Mapping[str, Any]) -> None:
    """A room without servers to reach it by is no child or parent any more."""
    if not content.get("via"):
        rooms.discard(room)
    elif len(rooms) < MOST_HELD:
        rooms.add(room)


def mapping(value: object) -> Mapping[str, Any]:
    """A JSON object; an empty one in the place of anything else."""
    return value if isinstance(value, dict) else {}


def level(value: object, default: int) -> int:
    """A power level: a number, or one in quotes, which old room versions allow."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and len(value) < 20:
        try:
            return int(value)
        except ValueError:
            return default
    return default
