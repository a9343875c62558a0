"""The rooms we speak in: found or made by name, entered where that is allowed, and a direct one for each person."""

from __future__ import annotations

import uuid

import msgspec

from adapters.chats.matrix import names
from adapters.chats.matrix.client import Object, path
from adapters.chats.matrix.directory import Directory, text
from adapters.chats.matrix.making import Making, own
from adapters.chats.matrix.powers import Room, mapping, seat
from adapters.chats.matrix.receiving.missed import listed
from adapters.chats.matrix.session import Session
from adapters.chats.matrix.settings import Settings
from bot.errors import Gone, NotAllowed, Unreachable
from bot.model import ChannelRef, ChannelWish, UserId

PRESENT = frozenset({"join", "invite"})
"""Memberships of who is in a room, or will be as soon as they accept."""

BELONGING = ("m.room.create", "m.space.child", "m.space.parent")
"""What has to be known of rooms to say whose one of them is."""

PATIENCE = 60.0
"""Seconds for being told of all rooms at once."""


class Rooms:
    """Rooms by what people call them; `called` remembers the name under which each was found."""

    def __init__(self, session: Session, settings: Settings) -> None:
        self._session = session
        self._directory = Directory(session, settings)
        self.making = Making(session, settings, self._directory)
        """Makes those that are missing."""
        self._called: dict[str, str] = {}

    def called(self, room: str) -> str:
        """What people call a room; its id where it was not found by a name."""
        return self._called.get(room, room)

    async def find(self, name: str, make: ChannelWish | None) -> ChannelRef:
        """The room of a name, an alias or an id, entered; made where it is missing and `make` says how, else `Gone`."""
        await self._session.begin()
        sought = names.sought(name, self._session.server)
        room, called = await self._directory.find(sought)
        if room:
            if make is not None:
                await self.making.complete(room)
            return self._found(room, called)
        if make is None:
            raise Gone(f"There is no room “{name[:80]}” at {self._session.server}.")
        alias = own(name, self._session.server)
        return self._found(await self.making.room(alias, name.strip().removeprefix("#"), make), alias)

    def _found(self, room: str, name: str) -> ChannelRef:
        if name.startswith("#"):
            self._called[room] = names.spoken(name, self._session.server)
        return ChannelRef(room)

    # --------------------------------------------------------------------------------------------------- communities

    async def state(self, room: str, kind: str) -> Object:
        """What a room says of itself; empty where it says nothing of it, or not to us."""
        return await self._directory.state(room, kind)

    async def community(self, room: str) -> str:
        """The space that a room is of, if both say so; else the room itself.

        The homeserver is asked for it, and tells of all our rooms: we may have entered this one just now, and its
        spaces are not known before.
        """
        await self._session.begin()
        # Asked the same again, a homeserver may tell what was so some minutes ago: the question is never the same.
        query = {"filter": _belonging(f"!{uuid.uuid4().hex}:{self._session.server}"), "timeout": "0"}
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
        room = names.room_of(text(said, "room_id"))
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


def _belonging(but: str) -> str:
    """What is told of our rooms, but for one, by a sync that asks whose they are: nothing that anybody said."""
    nothing: Object = {"types": []}
    # Without lazy loading, rooms are left out that we entered just now and whose members are not all known yet.
    room = {
        "not_rooms": [but],
        "state": {"types": BELONGING, "lazy_load_members": True},
        "timeline": nothing | {"lazy_load_members": True},
        "ephemeral": nothing,
        "account_data": nothing,
    }
    return msgspec.json.encode({"room": room, "presence": nothing, "account_data": nothing}).decode()
