"""The rooms we speak in: found or made by name, entered where that is allowed, and a direct one for each person."""

from __future__ import annotations

import msgspec

from adapters.chats.matrix import names
from adapters.chats.matrix.client import Denied, Object, path
from adapters.chats.matrix.missed import listed
from adapters.chats.matrix.powers import Room, mapping, seat
from adapters.chats.matrix.session import Session
from adapters.chats.matrix.settings import Settings
from bot.errors import Gone, NotAllowed, Unparsable, Unreachable
from bot.model import ChannelRef, UserId

PRESENT = frozenset({"join", "invite"})
"""Memberships of who is in a room, or will be as soon as they accept."""

BELONGING = ("m.room.create", "m.space.child", "m.space.parent")
"""What has to be known of rooms to say whose one of them is."""

PATIENCE = 60.0
"""Seconds for being told of all rooms at once."""

OPEN = {"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": "public"}}


class Rooms:
    """Rooms by what people call them; `called` remembers the name under which each was found."""

    def __init__(self, session: Session, settings: Settings) -> None:
        self._session = session
        self._settings = settings
        self._called: dict[str, str] = {}
        self._sealed: dict[str, bool] = {}
        """Rooms that were looked at: whether what stands in them is encrypted."""

    def called(self, room: str) -> str:
        """What people call a room; its id where it was not found by a name."""
        return self._called.get(room, room)

    async def find(self, name: str, make: bool) -> ChannelRef:
        """The room of a name, an alias or an id, entered; made where it is missing and `make` is true, else `Gone`."""
        await self._session.begin()
        sought = names.sought(name, self._session.server)
        for one in sought:
            room = one if one.startswith("!") else await self._resolved(one)
            if room:
                await self._enter(room, one)
                return self._found(room, one)
        if not make:
            raise Gone(f"There is no room “{name[:80]}” at {self._session.server}.")
        alias = sought[-1]
        if names.server_of(alias) != self._session.server:
            raise NotAllowed(f"{alias} is not there, and rooms of {names.server_of(alias)} are not ours to make.")
        return self._found(await self._made(alias, name.strip().removeprefix("#")), alias)

    def _found(self, room: str, name: str) -> ChannelRef:
        if name.startswith("#"):
            self._called[room] = names.spoken(name, self._session.server)
        return ChannelRef(room)

    async def _resolved(self, alias: str) -> str:
        """The room that has an alias; empty where none has."""
        try:
            said = await self._session.call("GET", path("directory", "room", alias))
        except Gone:
            return ""
        return names.room_of(_text(said, "room_id"))

    async def _enter(self, room: str, name: str) -> None:
        """Be in a room; one of a strange server is only entered where the settings name that server."""
        try:
            said = await self._session.call("GET", path("rooms", room, "state", "m.room.member", self._session.user))
            if said.get("membership") == "join":
                return
        except (NotAllowed, Gone):
            pass  # we are not in it, so that it does not tell
        server = names.server_of(name)
        if server and server not in (self._session.server, *self._settings.allow_servers):
            raise NotAllowed(
                f"{name} is a room of {server}; add that to allow_servers of this chat to let us in there."
            )
        await self._session.call("POST", path("join", room), {}, query={"via": server} if server else None, write=False)

    async def _made(self, alias: str, name: str) -> str:
        """A new room with an alias, or the one that somebody made meanwhile."""
        wish: Object = {
            # Whoever is invited gets our power there: by it they may give commands.
            "preset": "trusted_private_chat",
            "room_alias_name": names.localpart(alias),
            "name": name,
            "invite": list(self._settings.invite),
            "initial_state": [OPEN] if self._settings.public else [],
        }
        try:
            said = await self._session.call("POST", path("createRoom"), wish, write=False)
        except Denied as error:
            room = await self._resolved(alias) if error.code == "M_ROOM_IN_USE" else ""
            if not room:
                raise
            await self._enter(room, alias)
            return room
        return names.room_of(_text(said, "room_id"))

    # --------------------------------------------------------------------------------------------------- communities

    async def community(self, room: str) -> str:
        """The space that a room is of, if both say so; else the room itself.

        The homeserver is asked for it, and tells of all our rooms: we may have entered this one just now, and its
        spaces are not known before.
        """
        await self._session.begin()
        query = {"filter": _belonging(), "timeout": "0"}
        said = await self._session.call("GET", path("sync"), query=query, total=PATIENCE)
        rooms: dict[str, Room] = {}
        for one, data in mapping(mapping(said.get("rooms")).get("join")).items():
            rooms[one] = Room()
            for event in listed(mapping(mapping(data).get("state")).get("events")):
                rooms[one].apply(event)
        if room not in rooms:
            raise Unreachable(
                f"{self._session.server} does not tell yet whose {self.called(room)} is; try it again in a minute."
            )
        return seat(room, rooms).community

    # ---------------------------------------------------------------------------------------------------- encryption

    async def check_open(self, room: str) -> None:
        """Raise `NotAllowed` where words in a room are encrypted: ours would stand there for all to read."""
        if room not in self._sealed:
            try:
                await self._session.call("GET", path("rooms", room, "state", "m.room.encryption", ""))
                self._sealed[room] = True
            except Gone:
                self._sealed[room] = False
        if self._sealed[room]:
            raise NotAllowed(
                f"{self.called(room)} is encrypted, and this program does not encrypt; mirror into a room that is not."
            )

    # -------------------------------------------------------------------------------------------------- direct rooms

    async def direct(self, person: UserId) -> str:
        """The room that only this person and we are in; made where there is none, with the person invited."""
        who = names.person_of(person)
        await self._session.begin()
        direct = await self._direct_rooms()
        for room in direct.get(who, ()):
            if await self._alone(room, who):
                return room
        wish: Object = {
            "preset": "private_chat",
            "is_direct": True,
            "invite": [who],
            # What is said here is for one person.
            "power_level_content_override": {"invite": 100},
        }
        said = await self._session.call("POST", path("createRoom"), wish, write=False)
        room = names.room_of(_text(said, "room_id"))
        direct[who] = [room, *direct.get(who, ())]
        where = path("user", self._session.user, "account_data", "m.direct")
        await self._session.call("PUT", where, direct, write=False)
        return room

    async def _direct_rooms(self) -> dict[str, list[str]]:
        """Which rooms are direct ones, by person, as every client of this account keeps it."""
        try:
            said = await self._session.call("GET", path("user", self._session.user, "account_data", "m.direct"))
        except Gone:
            return {}
        return {
            who: [room for room in rooms if isinstance(room, str) and names.ROOM.fullmatch(room)]
            for who, rooms in said.items()
            if isinstance(rooms, list)
        }

    async def _alone(self, room: str, who: str) -> bool:
        """Whether nobody but that person and we are in a room; whoever left is asked in again."""
        try:
            said = await self._session.call("GET", path("rooms", room, "members"))
        except (Gone, NotAllowed):
            return False
        members = {
            str(event.get("state_key")): (event.get("content") or {}).get("membership")
            for event in said.get("chunk", ())
        }
        others = {one for one, membership in members.items() if membership in PRESENT} - {who, self._session.user}
        if others or members.get(self._session.user) != "join":
            return False
        if members.get(who) not in PRESENT:
            await self._session.call("POST", path("rooms", room, "invite"), {"user_id": who}, write=False)
        return True


def _belonging() -> str:
    """What is told of our rooms by a sync that asks whose they are: nothing that anybody said."""
    nothing: Object = {"types": []}
    # Without lazy loading, rooms are left out that we entered just now and whose members are not all known yet.
    room = {
        "state": {"types": BELONGING, "lazy_load_members": True},
        "timeline": nothing | {"lazy_load_members": True},
        "ephemeral": nothing,
        "account_data": nothing,
    }
    return msgspec.json.encode({"room": room, "presence": nothing, "account_data": nothing}).decode()


def _text(said: Object, field: str) -> str:
    value = said.get(field)
    if not isinstance(value, str):
        raise Unparsable(f"The homeserver's answer has no {field}.", field)
    return value
