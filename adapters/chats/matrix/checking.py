"""What `check` sees of a login: how much it may send, and in which of its rooms it may not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from adapters.chats.matrix.client import Object, path
from adapters.chats.matrix.powers import level, mapping
from adapters.chats.matrix.session import Session
from bot.errors import AdapterError, Gone
from bot.ports import Observation

MOST_ROOMS = 50
"""Rooms that are looked at; whoever has more hears so."""

DEFAULT = "Synapse's default is 12 messages a minute, so that 1,000 posts take 83 minutes"
LIFTED = "docs/howto/matrix.md says how an admin of the homeserver excepts an account (override_ratelimit)"


async def examined(session: Session) -> tuple[Observation, ...]:
    """What is so now; asks a few questions for each room."""
    said = await session.call("GET", path("joined_rooms"))
    rooms = [room for room in said.get("joined_rooms", ()) if isinstance(room, str)]
    found = [await _limit(session)]
    for room in rooms[:MOST_ROOMS]:
        found += await _room(session, room)
    good = not any(one.level == "bad" for one in found)
    looked = f"{len(rooms)} rooms" if len(rooms) <= MOST_ROOMS else f"{MOST_ROOMS} of {len(rooms)} rooms"
    if good:
        found.append(Observation("ok", f"{looked} entered; in all of them it may write"))
    return tuple(found)


async def _limit(session: Session) -> Observation:
    """How fast we may send, as far as it is told: only to admins of a homeserver, and of us alone."""
    where = f"/_synapse/admin/v1/users/{quote(session.user, safe='')}/override_ratelimit"
    try:
        said = await session.call("GET", where)
    except AdapterError:
        return Observation("note", f"how fast it may send, the homeserver tells its admins only; {DEFAULT}; {LIFTED}")
    return limit_told(said)


def limit_told(said: Object) -> Observation:
    """What Synapse says of an exception from its limit on messages."""
    rate = said.get("messages_per_second")
    if not isinstance(rate, int | float):
        return Observation("note", f"it is excepted from no limit; {DEFAULT}; {LIFTED}")
    if not rate:
        return Observation("ok", "no limit on messages is in force for it")
    return Observation("ok", f"it may send {rate:g} messages a second")


async def _room(session: Session, room: str) -> list[Observation]:
    """What keeps us from writing in a room; nothing where nothing does."""
    state: dict[str, Object] = {}
    for kind in ("m.room.name", "m.room.encryption", "m.room.power_levels"):
        try:
            state[kind] = await session.call("GET", path("rooms", room, "state", kind, ""))
        except Gone:
            continue
    name = state.get("m.room.name", {}).get("name")
    called = f"{name} ({room})" if isinstance(name, str) and name else room
    found = []
    if "m.room.encryption" in state:
        found.append(Observation("bad", f"{called} is encrypted: nothing is written into it; use a room that is not"))
    own, needed = powers(state.get("m.room.power_levels"), session.user)
    if own < needed and not await _made(session, room):
        found.append(Observation("bad", f"{called}: it may not write there; give it the level {needed} (it has {own})"))
    return found


async def _made(session: Session, room: str) -> bool:
    """Whether we made a room, and so stand above its levels: where its version has that, they do not name us."""
    where = path("rooms", room, "state", "m.room.create", "")
    event = await session.call("GET", where, query={"format": "event"})
    more = mapping(event.get("content")).get("additional_creators")
    return event.get("sender") == session.user or (isinstance(more, list) and session.user in more)


def powers(levels: Mapping[str, Any] | None, user: str) -> tuple[int, int]:
    """The level that somebody has in a room, and the one that writing needs there."""
    if levels is None:
        return 0, 0
    needed = level(mapping(levels.get("events")).get("m.room.message"), level(levels.get("events_default"), 0))
    return level(mapping(levels.get("users")).get(user), level(levels.get("users_default"), 0)), needed
