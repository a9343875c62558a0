"""What is known of the channels that we speak in: of which kind they are, whose, and how they are called."""

from __future__ import annotations

from typing import NamedTuple

from adapters.chats.discord import names
from adapters.chats.discord.refusals import UNKNOWN_CHANNEL, Missing, Shut, code_of
from adapters.chats.discord.rest import Object, Rest, route
from bot.errors import Gone, NotAllowed, Refused
from bot.model import Where

TEXT, NEWS, FORUM, MEDIA = 0, 5, 15, 16
SPOKEN_IN = (TEXT, NEWS)
FORUMS = (FORUM, MEDIA)
THREADS = (10, 11, 12)


class Place(NamedTuple):
    """A channel or thread."""

    id: str
    kind: int
    guild: str
    name: str

    @property
    def forum(self) -> bool:
        """Whether it holds posts and not messages."""
        return self.kind in FORUMS


class Spot(NamedTuple):
    """Where a message stands on Discord: a channel or thread, and the channel whose webhooks speak there."""

    channel: str
    message: str
    home: Place


class Places:
    """The channels that were asked about; kind and guild of one never change, its name may."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._known: dict[str, Place] = {}

    async def of(self, channel: str) -> Place:
        """The channel of this id; `NotAllowed` where it is not there or not shown to us."""
        id = names.channel_of(channel)
        if id not in self._known:
            try:
                self.learn(await self._rest.call(route("GET", "/channels/{channel}", channel=id)))
            except Missing as error:
                raise gone(error, id) from None
        return self._known[id]

    def learn(self, channel: Object) -> Place:
        """Remember what Discord tells of a channel."""
        place = Place(
            str(channel["id"]),
            int(channel.get("type") or 0),
            str(channel.get("guild_id") or ""),
            str(channel.get("name") or ""),
        )
        self._known[place.id] = place
        return place

    def forget(self, channel: str) -> None:
        """Ask again the next time."""
        self._known.pop(channel, None)

    def called(self, channel: str) -> str:
        """What people call a channel; its id where it was not asked about."""
        known = self._known.get(channel)
        return known.name if known is not None and known.name else channel

    async def spot(self, where: Where, message: str) -> Spot:
        """Where a message stands; the first of a forum post has the id of the post."""
        at = names.message_of(message)
        home = await self.of(where.channel)
        inside = at.post or (names.channel_of(where.thread) if where.thread else at.message if home.forum else home.id)
        return Spot(inside, at.message, home)

    async def lost(self, error: Missing | Refused | NotAllowed, where: Where) -> Gone | NotAllowed | Refused:
        """What it means that a place cannot be written to: a channel that is gone may be made again, a thread not.

        A channel takes its threads with it: they are gone because it is. Raises what asking for it does.
        """
        if code_of(error) != UNKNOWN_CHANNEL:
            return error
        self.forget(where.channel)
        if not where.thread:
            return gone(error, where.channel)
        await self.of(where.channel)
        return Gone("The thread was deleted on Discord.")


def gone(error: Missing | Refused | NotAllowed, channel: str) -> Shut:
    """That a channel is not there."""
    return Shut(
        f"There is no channel {channel} on Discord (any more). Mirror into another one, and remove this mirror.",
        code_of(error),
    )
