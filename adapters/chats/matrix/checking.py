"""What `check` sees of a login: how much it may send, what its new rooms are like, and where it may not write."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from adapters.chats.matrix import names
from adapters.chats.matrix.client import Object, path
from adapters.chats.matrix.encryption.crypto import LOST, Crypto, published, spelled
from adapters.chats.matrix.making import CHILD, Making
from adapters.chats.matrix.powers import STATE_DEFAULT, level, mapping
from adapters.chats.matrix.session import Session
from adapters.chats.matrix.settings import Settings
from bot.errors import AdapterError, Gone, NotAllowed, Refused, Unparsable
from bot.ports import Observation

SYNAPSE = "/_synapse/admin/v1/server_version"
"""Where Synapse says to everybody which one it is."""

MOST_ROOMS = 50
"""Rooms that are looked at; whoever has more hears so."""

DEFAULT = "Synapse's default is 12 messages a minute, so that 1,000 posts take 83 minutes"
LIFTED = "docs/howto/matrix.md says how an admin of the homeserver excepts an account (override_ratelimit)"


async def examined(session: Session, making: Making, settings: Settings, crypto: Crypto) -> tuple[Observation, ...]:
    """What is so now; asks a few questions for each room."""
    said = await session.call("GET", path("joined_rooms"))
    rooms = [room for room in said.get("joined_rooms", ()) if isinstance(room, str)]
    found = [await _limit(session), *await _made(session, making, settings.space), *await _invited(session, settings)]
    closed = [one for room in rooms[:MOST_ROOMS] for one in await shut(session, room, crypto.why)]
    looked = f"{len(rooms)} rooms" if len(rooms) <= MOST_ROOMS else f"{MOST_ROOMS} of {len(rooms)} rooms"
    rooms_told = closed or [Observation("ok", f"{looked} entered; in all of them it may write")]
    return (*found, *rooms_told, await _encryption(session, crypto))


async def version(session: Session) -> str:
    """What the homeserver runs on: the program, where it tells that, else which Matrix it speaks; may be empty."""
    with suppress(AdapterError):
        if told := (await session.call("GET", SYNAPSE)).get("server_version"):
            return f"Synapse {str(told).partition(' ')[0]}"
    with suppress(AdapterError):
        server = mapping((await session.call("GET", path("version", version="federation/v1"))).get("server"))
        if server.get("name"):
            return f"{server['name']} {server.get('version', '')}".strip()
    with suppress(AdapterError):
        spoken = (await session.call("GET", "/_matrix/client/versions")).get("versions")
        if isinstance(spoken, list) and spoken:
            return f"Matrix {spoken[-1]}"
    return ""


async def exception(session: Session) -> Object | None:
    """Whether we are excepted from the limit on messages; None where only the homeserver's admins are told that."""
    await session.begin()
    where = f"/_synapse/admin/v1/users/{quote(session.user, safe='')}/override_ratelimit"
    try:
        return await session.call("GET", where)
    except (NotAllowed, Refused, Gone, Unparsable):
        return None


async def _limit(session: Session) -> Observation:
    """How fast we may send, as far as it is told."""
    if session.registration is not None:
        return Observation("ok", "no limit on messages is in force for it: it was registered so (rate_limited: false)")
    return limit_told(await exception(session))


def limit_told(said: Object | None) -> Observation:
    """What Synapse says of an exception from its limit on messages."""
    if said is None:
        return Observation("note", f"how fast it may send, the homeserver tells its admins only; {DEFAULT}; {LIFTED}")
    rate = said.get("messages_per_second")
    if not isinstance(rate, int | float):
        return Observation("note", f"it is excepted from no limit; {DEFAULT}; {LIFTED}")
    if not rate:
        return Observation("ok", "no limit on messages is in force for it")
    return Observation("ok", f"it may send {rate:g} messages a second")


async def _made(session: Session, rooms: Making, space: str) -> list[Observation]:
    """What rooms are like that it makes, and whether they can be put into the space."""
    version = await rooms.version()
    found = [Observation("ok", f"rooms that it makes are of version {version or 'unknown'}")]
    if not space:
        return found
    room = await rooms.space_there()
    if not room:
        return [*found, Observation("ok", f"the space {space} is not there yet; it is made with the first room")]
    try:
        levels = await _state(session, room, "m.room.power_levels")
        created = await _state(session, room, "m.room.create") or {}
    except NotAllowed:
        text = f"the space {space} is there, and it is not in it; invite it, with the level for {CHILD}"
        return [*found, Observation("note", text)]
    own, needed = powers(levels, session.user, CHILD)
    if created.get("type") != "m.space":
        return [*found, Observation("bad", f"{space} is a room and no space; name another one in `space`")]
    if own < needed and not await _creator(session, room):
        text = f"it may put no rooms into the space {space}; give it the level {needed} there (it has {own})"
        return [*found, Observation("bad", text)]
    return [*found, Observation("ok", f"it puts rooms that it makes into the space {space}")]


async def _invited(session: Session, settings: Settings) -> list[Observation]:
    """Who of our own server is to be invited into new rooms and is not there; of others, their servers may not tell."""
    found = []
    for person in settings.invite:
        if names.server_of(person) == session.server:
            try:
                await session.call("GET", path("profile", person))
            except Gone:
                found.append(Observation("bad", f"nobody is called {person} at {session.server}; correct `invite`"))
            except AdapterError:
                continue
    return found


async def _state(session: Session, room: str, kind: str) -> Object | None:
    try:
        return await session.call("GET", path("rooms", room, "state", kind, ""))
    except Gone:
        return None


async def _encryption(session: Session, crypto: Crypto) -> Observation:
    """Whether encrypted rooms are for us, and by which key people know our device."""
    if crypto.why:
        return Observation("note", f"encrypted rooms are not for it: {crypto.why}")
    key = await published(session)
    if key and not crypto.kept:
        return Observation("bad", f"encrypted rooms are not for it: {LOST}")
    if not key:
        return Observation("note", "it can encrypt; its device has a key as soon as Threadline runs")
    return Observation("ok", f"it can encrypt; whoever verifies its device {session.device}: {spelled(key)}")


async def shut(session: Session, room: str, why: str) -> list[Observation]:
    """What keeps us from writing in a room; nothing where nothing does."""
    state: dict[str, Object] = {}
    for kind in ("m.room.create", "m.room.name", "m.room.encryption", "m.room.power_levels"):
        try:
            state[kind] = await session.call("GET", path("rooms", room, "state", kind, ""))
        except Gone:
            continue
    if state.get("m.room.create", {}).get("type") == "m.space":
        return []  # nothing is said in a space
    name = state.get("m.room.name", {}).get("name")
    called = f"{name} ({room})" if isinstance(name, str) and name else room
    found = []
    if why and "m.room.encryption" in state:
        found.append(Observation("bad", f"{called} is encrypted, and {why}; or use a room that is not encrypted"))
    own, needed = powers(state.get("m.room.power_levels"), session.user)
    if own < needed and not await _creator(session, room):
        found.append(Observation("bad", f"{called}: it may not write there; give it the level {needed} (it has {own})"))
    return found


async def _creator(session: Session, room: str) -> bool:
    """Whether we made a room, and so stand above its levels: where its version has that, they do not name us."""
    where = path("rooms", room, "state", "m.room.create", "")
    event = await session.call("GET", where, query={"format": "event"})
    more = mapping(event.get("content")).get("additional_creators")
    return event.get("sender") == session.user or (isinstance(more, list) and session.user in more)


def powers(levels: Mapping[str, Any] | None, user: str, kind: str = "m.room.message") -> tuple[int, int]:
    """The level that somebody has in a room, and the one that an event of a kind needs there; by default a message."""
    if levels is None:
        return 0, 0
    usual = level(levels.get("events_default"), 0)
    if kind != "m.room.message":
        usual = level(levels.get("state_default"), STATE_DEFAULT)
    needed = level(mapping(levels.get("events")).get(kind), usual)
    return level(mapping(levels.get("users")).get(user), level(levels.get("users_default"), 0)), needed
