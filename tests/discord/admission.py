"""Who may say what where: permissions, what is answered, locked threads, slow mode, automatic moderation."""

from __future__ import annotations

from typing import Any

from tests.discord.nouns import COMMAND, CONTEXT_MENU, DEFAULT, DM, REPLY, THREADS, Channel, Upload, User
from tests.discord.permissions import (
    ATTACH_FILES,
    BYPASS_SLOWMODE,
    EMBED_LINKS,
    MANAGE_CHANNELS,
    MANAGE_MESSAGES,
    MANAGE_THREADS,
    READ_MESSAGE_HISTORY,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
)
from tests.discord.refusals import Refusal, bad_form, missing_permissions
from tests.discord.world import World

SAID = (DEFAULT, REPLY, COMMAND, CONTEXT_MENU)
"""The kinds of messages that somebody said; all others are Discord's own."""


def may_write(world: World, channel: Channel, author: User, body: dict[str, Any], files: list[Upload]) -> int:
    """What somebody may do there, who may write this there by his permissions; raises unless he may."""
    if channel.kind == DM:
        _reaches(world, channel)
    may = world.need(author.id, channel, SEND_MESSAGES_IN_THREADS if channel.kind in THREADS else SEND_MESSAGES)
    if body.get("embeds") and not may & EMBED_LINKS:
        raise missing_permissions()
    if files and not may & ATTACH_FILES:
        raise missing_permissions()
    if body.get("message_reference") and not may & READ_MESSAGE_HISTORY:
        raise Refusal(400, 160002, "Cannot reply without permission to read message history")
    return may


def _reaches(world: World, channel: Channel) -> None:
    """Raise unless the bot and this person share a guild and he takes direct messages."""
    other = world.users[next(one for one in channel.people if one != world.bot.id)]
    shared = any({other.id, world.bot.id} <= set(guild.members) for guild in world.guilds.values())
    if other.closed or not shared:
        raise Refusal(403, 50007, "Cannot send messages to this user")


def answered(world: World, channel: Channel, author: User, body: dict[str, Any]) -> dict[str, Any] | None:
    """The reference to the message that is answered; None without one, or where it is gone and that does not matter."""
    wanted = body.get("message_reference")
    if not wanted:
        return None
    if wanted.get("type"):
        raise bad_form("message_reference.type", "BASE_TYPE_CHOICES", "The stand-in forwards nothing.")
    there = str(wanted.get("channel_id") or channel.id)
    found = world.messages[channel.id].get(str(wanted.get("message_id")))
    if there != channel.id:
        said = "Cannot reply to a message in a different channel"
        raise bad_form("message_reference", "REPLIES_CANNOT_REFERENCE_OTHER_CHANNEL", said)
    if found is None or (found.only_for and found.only_for != author.id):
        if wanted.get("fail_if_not_exists", True):
            raise bad_form("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
        return None
    if found.kind not in SAID:
        said = "Cannot reply to a system message"
        raise bad_form("message_reference", "REPLIES_CANNOT_REFERENCE_SYSTEM_MESSAGE", said)
    reference = {"type": 0, "message_id": found.id, "channel_id": channel.id}
    return reference | ({"guild_id": channel.guild} if channel.guild else {})


def moderate(world: World, channel: Channel, body: dict[str, Any]) -> None:
    """Raise what automatic moderation says to this."""
    if channel.guild:
        said = str(body.get("content") or "") + str(body.get("embeds") or "")
        if any(word in said for word in world.guilds[channel.guild].banned_words):
            raise Refusal(400, 200000, "Message was blocked by automatic moderation")


def wake(world: World, channel: Channel, author: User) -> None:
    """What is said in an archived thread opens it, unless it is locked."""
    thread = channel.thread
    if thread is None:
        return
    manages = bool(world.may(author.id, channel) & MANAGE_THREADS)
    if thread.locked and thread.archived:
        raise Refusal(400, 50083, "Thread is archived")
    if thread.locked and not manages:
        raise Refusal(400, 160005, "Thread is locked")
    if thread.archived:
        thread.archived, thread.archived_at = False, world.clock.now()
        world.changed(channel)


def slow_down(world: World, channel: Channel, author: User, may: int, *, free: bool) -> None:
    """Raise if somebody speaks too soon after what he said last."""
    now = world.clock.now()
    if free or not channel.slow or may & (BYPASS_SLOWMODE | MANAGE_MESSAGES | MANAGE_CHANNELS):
        return
    if author.bot and not world.slow_mode_binds_bots:
        return
    if (left := channel.spoke.get(author.id, 0.0) + channel.slow - now) > 0:
        said = "This action cannot be performed due to slowmode rate limit"
        raise Refusal(429, 20016, said, retry_after=round(left, 3), **{"global": False})
    channel.spoke[author.id] = now
