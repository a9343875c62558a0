"""Rooms and spaces that we make. Whatever was interrupted is taken up again when the same one is asked for.

The homeserver makes a room whole, with its alias, its name, everybody's power and the space that it says it is of. What
comes after that, the space has to say too, and people are invited: each of these steps is looked for before it is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from adapters.chats.matrix import names
from adapters.chats.matrix.client import Denied, Object, path
from adapters.chats.matrix.directory import Directory, patiently, text
from adapters.chats.matrix.powers import CREATORS_FROM, mapping
from adapters.chats.matrix.session import Session
from adapters.chats.matrix.settings import Settings
from bot.errors import Gone, NotAllowed, Refused
from bot.model import ChannelWish

HIGHEST = 100
"""The level of whoever makes a room, where its version has levels for those."""

RESTRICTED_FROM = 8
"""The first room version that lets in who is in a space."""

CHILD, PARENT = "m.space.child", "m.space.parent"


class Form(msgspec.Struct, frozen=True):
    """What a room is to be like."""

    alias: str
    name: str
    topic: str = ""
    space: str = ""
    """The space that it is of; empty: of none."""
    public: bool = False
    closed: bool = False
    """Whether it is for those alone who are invited."""
    holds: bool = False
    """Whether it is a space itself."""


def asked(form: Form, version: int, us: str, server: str, equals: Sequence[str]) -> Object:
    """What the homeserver is asked for: a room of that version in which `equals` may whatever we may."""
    state: list[Object] = []
    if form.space:
        state.append({"type": PARENT, "state_key": form.space, "content": {"via": [server], "canonical": True}})
    if entry := _entry(form, version):
        state.append({"type": "m.room.join_rules", "state_key": "", "content": entry})
    levels: Object = {"events_default": HIGHEST} if form.holds else {}
    creation: Object = {"type": "m.space"} if form.holds else {}
    if version >= CREATORS_FROM:
        creation["additional_creators"] = list(equals)
    else:
        levels["users"] = dict.fromkeys((us, *equals), HIGHEST)
    wish: Object = {
        "preset": "private_chat",
        "room_alias_name": names.localpart(form.alias),
        "name": form.name,
        "initial_state": state,
        "creation_content": creation,
        "power_level_content_override": levels,
    }
    if version:
        wish["room_version"] = str(version)
    return wish | ({"topic": form.topic} if form.topic else {})


def _entry(form: Form, version: int) -> Object:
    """Who may enter without an invitation; empty: nobody."""
    if form.closed:
        return {}
    if form.public:
        return {"join_rule": "public"}
    if form.space and version >= RESTRICTED_FROM:
        return {"join_rule": "restricted", "allow": [{"type": "m.room_membership", "room_id": form.space}]}
    return {}


class Making:
    """Makes rooms for one login; one at a time, so that none is made twice."""

    def __init__(self, session: Session, settings: Settings, directory: Directory) -> None:
        self._session = session
        self._settings = settings
        self._directory = directory
        self._one = asyncio.Lock()
        self._version: int | None = None
        self._space = ""

    async def room(self, alias: str, name: str, wish: ChannelWish) -> str:
        """The room of an alias, made where there is none, with all that belongs to it."""
        async with self._one:
            space = await self._home()
            form = Form(alias, wish.title or name, wish.topic, space, public=self._settings.public, closed=wish.closed)
            return await self._made(form)

    async def complete(self, room: str) -> None:
        """Do what is missing of a room that was found, if it is one of ours."""
        async with self._one:
            self._space = self._space or await self.home()
            await self._complete(room)

    async def space_there(self) -> str:
        """The space that the settings name, as far as it is there already; changes nothing."""
        for one in names.sought(self._settings.space, self._session.server):
            if room := one if one.startswith("!") else await self._directory.resolved(one):
                return room
        return ""

    async def home(self) -> str:
        """The space that rooms are put into, entered; empty where the settings name none, or it is not there yet."""
        if not self._settings.space:
            return ""
        return (await self._directory.find(names.sought(self._settings.space, self._session.server)))[0]

    async def version(self) -> int:
        """The version of rooms that the homeserver makes; 0 where it does not say."""
        if self._version is None:
            said = await self._session.call("GET", path("capabilities"))
            told = mapping(mapping(said.get("capabilities")).get("m.room_versions")).get("default")
            self._version = int(told) if isinstance(told, str) and told.isdecimal() else 0
        return self._version

    async def _home(self) -> str:
        """The space that rooms are put into, made where it is missing; empty where the settings name none."""
        if self._settings.space and not self._space:
            room = await self.home()
            if not room:
                alias = own(self._settings.space, self._session.server)
                name = self._settings.space.strip().removeprefix("#")
                room = await self._made(Form(alias, name, public=self._settings.public, holds=True))
            elif (await self._directory.state(room, "m.room.create")).get("type") != "m.space":
                raise Refused(f"{self._settings.space} is a room and no space; name another one in `space`.")
            else:
                await self._complete(room)
            self._space = room
        return self._space

    async def _made(self, form: Form) -> str:
        """A new room, or the one that somebody made meanwhile."""
        us = self._session.user
        equals = [one for one in dict.fromkeys(self._settings.invite) if one != us]
        wish = asked(form, await self.version(), us, self._session.server, equals)
        try:
            said = await patiently(self._session, "POST", path("createRoom"), wish)
        except Denied as error:
            room = await self._directory.resolved(form.alias) if error.code == "M_ROOM_IN_USE" else ""
            if not room:
                raise
            await self._directory.enter(room, form.alias)
        else:
            room = names.room_of(text(said, "room_id"))
        await self._complete(room)
        return room

    async def _complete(self, room: str) -> None:
        if not await self._is_ours(room):
            return
        await self._put_into_space(room)
        if (await self._directory.state(room, "m.room.join_rules")).get("join_rule") == "restricted":
            return  # whoever is in the space gets in
        for person in self._settings.invite:
            if person != self._session.user and not await self._directory.membership(room, person):
                await patiently(self._session, "POST", path("rooms", room, "invite"), {"user_id": person})

    async def _is_ours(self, room: str) -> bool:
        where = path("rooms", room, "state", "m.room.create", "")
        try:
            event = await self._session.call("GET", where, query={"format": "event"})
        except (Gone, NotAllowed):
            return False
        return event.get("sender") == self._session.user

    async def _put_into_space(self, room: str) -> None:
        """Let the space say that it holds a room of ours that says so; what somebody took out of it stays out."""
        space = self._space
        if not space or not (await self._directory.state(room, PARENT, space)).get("via"):
            return
        try:
            await self._session.call("GET", path("rooms", space, "state", CHILD, room))
        except Gone:
            try:
                where = path("rooms", space, "state", CHILD, room)
                await patiently(self._session, "PUT", where, {"via": [self._session.server]})
            except NotAllowed as error:
                raise NotAllowed(
                    f"A room is made, and cannot be put into the space {self._settings.space}: {error} "
                    f"Give us the level for {CHILD} there, and ask again."
                ) from None


def own(name: str, server: str) -> str:
    """The alias under which a room of that name is made; raises `NotAllowed` where it is not ours to make."""
    alias = names.sought(name, server)[-1]
    if alias.startswith("!") or names.server_of(alias) != server:
        raise NotAllowed(f"{alias} is not there, and rooms of {names.server_of(alias)} are not ours to make.")
    return alias
