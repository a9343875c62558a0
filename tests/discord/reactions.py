"""What is put on messages: reactions and pins."""

from __future__ import annotations

from typing import Any

from tests.discord import wire
from tests.discord.nouns import PIN_ADDED, Channel, Message, User
from tests.discord.permissions import ADD_REACTIONS, MANAGE_MESSAGES, PIN_MESSAGES, READ_MESSAGE_HISTORY
from tests.discord.refusals import Refusal, missing_permissions, unknown
from tests.discord.talk import Talk, of_guild
from tests.discord.world import World

MOST = 20


class Reactions:
    """All reactions and pins."""

    def __init__(self, world: World, talk: Talk) -> None:
        self._world = world
        self._talk = talk

    def react(self, who: User, message: Message, emoji: str) -> None:
        """Put a reaction on a message; the same one twice is one."""
        world, channel = self._world, self._world.channel(message.channel)
        there = message.reactions.get(emoji, [])
        may = world.need(who.id, channel, READ_MESSAGE_HISTORY)
        self._open(channel)
        self._is_emoji(channel, emoji)
        if not there and not may & ADD_REACTIONS:
            raise missing_permissions()
        if not there and len(message.reactions) >= 20:
            raise Refusal(400, 30010, "Maximum number of reactions reached (20)")
        if who.id not in there:
            message.reactions.setdefault(emoji, []).append(who.id)
            more: dict[str, Any] = {"message_author_id": message.author.id, "burst": False, "type": 0}
            if guild := world.guilds.get(channel.guild):
                more["member"] = wire.member(guild, guild.members[who.id])
            self._reaction("ADD", message, {"user_id": who.id, "emoji": wire.emoji(emoji), **more})

    def unreact(self, who: User, message: Message, emoji: str, whose: str) -> None:
        """Take somebody's reaction away."""
        channel = self._world.channel(message.channel)
        self._world.need(who.id, channel, *([MANAGE_MESSAGES] if whose != who.id else []))
        self._open(channel)
        self._is_emoji(channel, emoji)
        if whose in message.reactions.get(emoji, []):
            message.reactions[emoji].remove(whose)
            if not message.reactions[emoji]:
                del message.reactions[emoji]
            data = {"user_id": whose, "emoji": wire.emoji(emoji), "burst": False, "type": 0}
            self._reaction("REMOVE", message, data)

    def clear_reactions(self, who: User, message: Message, emoji: str = "") -> None:
        """Take away all reactions of one kind, or all."""
        channel = self._world.channel(message.channel)
        self._world.need(who.id, channel, MANAGE_MESSAGES)
        self._open(channel)
        if emoji:
            message.reactions.pop(emoji, None)
            self._reaction("REMOVE_EMOJI", message, {"emoji": wire.emoji(emoji)})
        else:
            message.reactions.clear()
            self._reaction("REMOVE_ALL", message, {})

    def pin(self, who: User, message: Message, *, pinned: bool) -> None:
        """Pin a message to its channel, or take it off."""
        channel = self._world.channel(message.channel)
        self._world.need(who.id, channel, PIN_MESSAGES)
        self._open(channel)
        if pinned and sum(one.pinned for one in self._world.messages[channel.id].values()) >= 250:
            raise Refusal(400, 30003, "Maximum number of pinned messages reached (250)")
        message.pinned = pinned
        data = {"channel_id": channel.id, "last_pin_timestamp": None, **of_guild(channel.guild)}
        self._world.in_channel("CHANNEL_PINS_UPDATE", channel, data)
        self._talk.tell("MESSAGE_UPDATE", message)
        if pinned:
            reference = {"type": 0, "message_id": message.id, "channel_id": channel.id, **of_guild(channel.guild)}
            self._talk.note(channel, who, PIN_ADDED, reference=reference)

    def _open(self, channel: Channel) -> None:
        if channel.thread is not None and channel.thread.archived:
            raise Refusal(400, 50083, "Thread is archived")

    def _is_emoji(self, channel: Channel, emoji: str) -> None:
        name, _, key = emoji.partition(":")
        guild = self._world.guilds.get(channel.guild)
        known = guild is not None and guild.emoji.get(key) == name if key else not name.isascii() or "\u20e3" in name
        if not known:
            raise unknown("Emoji")

    def _reaction(self, what: str, message: Message, data: dict[str, Any]) -> None:
        at = {"message_id": message.id, "channel_id": message.channel, **of_guild(message.guild)}
        self._world.in_channel(f"MESSAGE_REACTION_{what}", self._world.channel(message.channel), {**at, **data})
