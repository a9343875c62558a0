"""What `check` sees of a bot, and what exactly it lacks in a channel: both by the one list of permissions."""

from __future__ import annotations

from typing import NamedTuple

from adapters.chats.discord import permissions
from adapters.chats.discord.invite import address
from adapters.chats.discord.permissions import Permission
from adapters.chats.discord.places import FORUMS, SPOKEN_IN, Place
from adapters.chats.discord.rest import Object, Rest, route
from adapters.chats.discord.settings import Settings
from bot.errors import AdapterError, NotAllowed
from bot.ports import Observation

MOST_GUILDS = 20
"""Guilds that are looked at; whoever has more hears so."""

MOST_CHANNELS = 20
"""Channels of a guild that are named."""

CONTENT = (1 << 18) | (1 << 19)
"""The flags of an application that may have the content intent: in full, or as an unverified one."""

ROLES = "Server Settings → Roles → the bot's role → Permissions"
CHANNEL = "the channel's settings → Permissions"


class Standing(NamedTuple):
    """What we are in a guild."""

    guild: Object
    member: Object
    may: int


class Checking:
    """Looks at the guilds and channels of one bot."""

    def __init__(self, rest: Rest, settings: Settings) -> None:
        self._rest = rest
        self._webhook = settings.identity == "webhook"
        self._settings = settings

    async def may(self, place: Place) -> int:
        """What we may do in a channel."""
        channel = await self._rest.call(route("GET", "/channels/{channel}", channel=place.id))
        standing = await self._standing(place.guild)
        return permissions.in_channel(standing.may, place.guild, channel, standing.member, await self._rest.me())

    async def lacking(self, place: Place) -> str:
        """What is missing for a mirror in a channel, and where to grant it; empty where nothing is."""
        try:
            may = await self.may(place)
        except NotAllowed:
            may = 0  # it is not even shown to us
        except AdapterError:
            return ""
        missing = [one for one in permissions.missing(may, self._webhook) if not one.optional]
        return _told(place.name, missing) if missing else ""

    async def examine(self) -> tuple[Observation, ...]:
        """What is so now: the content intent, and in each guild and channel what is missing."""
        application = await self._rest.call(route("GET", "/applications/@me"))
        found = [self._intent(application)]
        guilds = await self._rest.call(route("GET", "/users/@me/guilds"))
        if not guilds:
            leads = await address(self._rest, self._settings)
            return (*found, Observation("bad", f"it is in no server yet; open {leads} and let it into yours"))
        for guild in guilds[:MOST_GUILDS]:
            found += await self._guild(str(guild["id"]), str(guild.get("name")))
        if len(guilds) > MOST_GUILDS:
            found.append(Observation("note", f"only {MOST_GUILDS} of {len(guilds)} servers were looked at"))
        return tuple(found)

    def _intent(self, application: Object) -> Observation:
        """Whether settings and developer portal say the same of the content intent."""
        has = bool(int(application.get("flags") or 0) & CONTENT)
        if self._settings.message_content and not has:
            return Observation(
                "bad",
                "message_content is set, and the intent is off: switch “Message Content Intent” on (developer portal → "
                "Bot → Privileged Gateway Intents), or set message_content = false",
            )
        if has and not self._settings.message_content:
            return Observation("note", "the Message Content Intent is on and not used; set message_content = true")
        if not has:
            text = "without the Message Content Intent it hears answers that ping it, and “Reply on forum” in a menu"
            return Observation("ok", text)
        return Observation("ok", "it reads what is said (Message Content Intent)")

    async def _guild(self, id: str, name: str) -> list[Observation]:
        standing = await self._standing(id)
        me = await self._rest.me()
        missing = permissions.missing(standing.may, self._webhook)
        found = []
        for one in missing:
            text = f"{name}: it lacks “{one.name}”: {one.why}; grant it in {ROLES}"
            found.append(Observation("note" if one.optional else "bad", text))
        known = sum(one.bit for one in missing)
        there = await self._rest.call(route("GET", "/guilds/{guild}/channels", guild=id))
        shut = []
        for channel in there:
            if channel.get("type") not in SPOKEN_IN + FORUMS:
                continue
            may = permissions.in_channel(standing.may, id, channel, standing.member, me)
            lacks = [one for one in permissions.missing(may, self._webhook) if not one.optional and not known & one.bit]
            if lacks:
                shut.append(_told(str(channel.get("name")), lacks))
        found += [Observation("note", f"{name}: {text}") for text in shut[:MOST_CHANNELS]]
        if len(shut) > MOST_CHANNELS:
            found.append(Observation("note", f"{name}: so it is in {len(shut) - MOST_CHANNELS} more channels"))
        if not found:
            found.append(Observation("ok", f"{name}: it may do all it needs, in every channel"))
        return found

    async def _standing(self, guild: str) -> Standing:
        """What we are in a guild."""
        me = await self._rest.me()
        told = await self._rest.call(route("GET", "/guilds/{guild}", guild=guild))
        member = await self._rest.call(route("GET", "/guilds/{guild}/members/{user}", guild=guild, user=me))
        return Standing(told, member, permissions.in_guild(told, told.get("roles") or (), member, me))


def _told(channel: str, missing: list[Permission]) -> str:
    names = permissions.named(missing)
    if missing[0].bit == permissions.VIEW_CHANNEL:
        return f"it cannot see #{channel}; a mirror into it needs “{missing[0].name}” for the bot's role in {CHANNEL}"
    return f"in #{channel} it lacks {names}; grant that to the bot's role in {CHANNEL}"
