"""Finds and makes channels: by id, link, mention or name, in the guilds that the bot is in."""

from __future__ import annotations

import asyncio
from typing import Any

from adapters.chats.discord import names, permissions
from adapters.chats.discord.invite import address
from adapters.chats.discord.places import FORUMS, SPOKEN_IN, TEXT, THREADS, Place, Places
from adapters.chats.discord.rest import Object, Rest, route
from adapters.chats.discord.settings import Settings
from bot.errors import Gone, NotAllowed, Refused
from bot.markup import clean_name
from bot.model import ChannelRef, ChannelWish

LONGEST_TOPIC = 1024
PAGE = 200
"""Guilds that Discord names at once."""


class Channels:
    """The channels of one bot."""

    def __init__(self, rest: Rest, places: Places, settings: Settings) -> None:
        self._rest = rest
        self._places = places
        self._settings = settings
        self._making = asyncio.Lock()

    async def find(self, name: str, make: ChannelWish | None) -> ChannelRef:
        """The channel that a person means; made where it is missing and `make` says how, else `Gone`."""
        sought = names.sought(name)
        if sought.id:
            return await self._by_id(sought.id)
        async with self._making:
            guilds = await self._guilds(sought.guild)
            found = [one for guild in guilds for one in await self._in(str(guild["id"]), sought.name)]
            if len(found) > 1:
                raise Refused(
                    f"{len(found)} channels are called “{sought.name}”; name one by its link (“Copy Link” in its menu)."
                )
            if found:
                return ChannelRef(found[0].id)
            if make is None:
                raise Gone(f"There is no channel “{sought.name}” that the bot can see. Name one by its link.")
            if not guilds:
                leads = await address(self._rest, self._settings)
                raise Refused(f"The bot is in no server yet: open {leads} and let it into yours.")
            if len(guilds) > 1:
                raise Refused(
                    f"The bot is in {len(guilds)} servers: say where to make the channel, as SERVER/{sought.name}."
                )
            return ChannelRef((await self._made(guilds[0], sought.name, make)).id)

    async def _by_id(self, id: str) -> ChannelRef:
        """The channel of an id; one that is not there is `Gone`, as one that nobody made."""
        try:
            place = await self._places.of(id)
        except NotAllowed as error:
            raise Gone(f"There is no channel {id} that the bot can see. {error}") from None
        if place.kind in THREADS:
            raise Refused(f"“{place.name}” is a thread; name the channel that it is in.")
        if place.kind not in SPOKEN_IN + FORUMS or not place.guild:
            raise Refused(f"“{place.name or id}” takes no messages of a mirror; name a text or forum channel.")
        return ChannelRef(place.id)

    async def _guilds(self, named: str) -> list[Object]:
        """The guilds that we are in, or those of them that are named by id or name."""
        guilds: list[Object] = []
        query = {"limit": str(PAGE)}
        while len(page := await self._rest.call(route("GET", "/users/@me/guilds"), query=query)) == PAGE:
            guilds += page
            query["after"] = str(page[-1]["id"])
        guilds += page
        if not named:
            return guilds
        plain = clean_name(named, 100).casefold()
        found = [one for one in guilds if named == one["id"] or plain == str(one.get("name")).casefold()]
        if not found:
            raise Gone(f"The bot is in no server “{plain[:80]}”; `threadline discord invite` says how to let it in.")
        return found

    async def _in(self, guild: str, name: str) -> list[Place]:
        """The channels of a guild that are called so and can be mirrored into."""
        there = await self._rest.call(route("GET", "/guilds/{guild}/channels", guild=guild))
        fit = [one for one in there if one.get("type") in SPOKEN_IN + FORUMS]
        return [self._places.learn({"guild_id": guild, **one}) for one in fit if names.slug(str(one["name"])) == name]

    async def _made(self, guild: Object, name: str, wish: ChannelWish) -> Place:
        id = str(guild["id"])
        wanted: dict[str, Any] = {"name": name, "type": TEXT}
        if topic := clean_name(wish.topic, LONGEST_TOPIC):
            wanted["topic"] = topic
        if wish.closed:
            seen = str(permissions.VIEW_CHANNEL)
            wanted["permission_overwrites"] = [
                {"id": id, "type": 0, "deny": seen},
                {"id": await self._rest.me(), "type": 1, "allow": seen},
            ]
        where = route("POST", "/guilds/{guild}/channels", guild=id)
        try:
            # Should its answer be lost, the next try finds it.
            made = await self._rest.call(where, wanted, write=False, reason="Made for a mirror of a forum")
        except NotAllowed as error:
            raise NotAllowed(
                f"The bot may make no channels in {guild.get('name')}: make “{name}” yourself, or give the bot's role "
                f"“Manage Channels” (Server Settings → Roles). {error}"
            ) from None
        return self._places.learn({"guild_id": id, **made})
