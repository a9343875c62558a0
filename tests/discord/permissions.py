"""Who may do what where: roles, overwrites and what follows from them."""

from __future__ import annotations

from tests.discord.nouns import PRIVATE_THREAD, THREADS, Channel, Guild

ADMINISTRATOR = 1 << 3
MANAGE_CHANNELS = 1 << 4
ADD_REACTIONS = 1 << 6
VIEW_CHANNEL = 1 << 10
SEND_MESSAGES = 1 << 11
MANAGE_MESSAGES = 1 << 13
EMBED_LINKS = 1 << 14
ATTACH_FILES = 1 << 15
READ_MESSAGE_HISTORY = 1 << 16
MENTION_EVERYONE = 1 << 17
USE_EXTERNAL_EMOJIS = 1 << 18
MANAGE_ROLES = 1 << 28
MANAGE_WEBHOOKS = 1 << 29
USE_APPLICATION_COMMANDS = 1 << 31
MANAGE_THREADS = 1 << 34
CREATE_PUBLIC_THREADS = 1 << 35
CREATE_PRIVATE_THREADS = 1 << 36
SEND_MESSAGES_IN_THREADS = 1 << 38
PIN_MESSAGES = 1 << 51
BYPASS_SLOWMODE = 1 << 52

ALL = (1 << 53) - 1
EVERYONE = (
    ADD_REACTIONS
    | VIEW_CHANNEL
    | SEND_MESSAGES
    | EMBED_LINKS
    | ATTACH_FILES
    | READ_MESSAGE_HISTORY
    | USE_EXTERNAL_EMOJIS
    | USE_APPLICATION_COMMANDS
    | CREATE_PUBLIC_THREADS
    | CREATE_PRIVATE_THREADS
    | SEND_MESSAGES_IN_THREADS
)
"""What everybody may do in a new guild."""

_SPEAKING = EMBED_LINKS | ATTACH_FILES | MENTION_EVERYONE


def in_guild(guild: Guild, user: str) -> int:
    """What somebody may do in the guild; nothing if he is not in it."""
    member = guild.members.get(user)
    if member is None:
        return 0
    if guild.owner == user:
        return ALL
    may = guild.roles[guild.id].permissions
    for role in member.roles:
        may |= guild.roles[role].permissions
    return ALL if may & ADMINISTRATOR else may


def in_channel(guild: Guild, user: str, channel: Channel, parent: Channel | None) -> int:
    """What somebody may do in a channel; a thread goes by its parent's overwrites."""
    may = in_guild(guild, user)
    if may in (0, ALL):
        return may
    place = parent if channel.kind in THREADS and parent is not None else channel
    member = guild.members[user]
    layers = [[guild.id], member.roles, [user]]
    for layer in layers:
        found = [place.overwrites[one] for one in layer if one in place.overwrites]
        deny = allow = 0
        for overwrite in found:
            deny |= overwrite.deny
            allow |= overwrite.allow
        may = (may & ~deny) | allow
    if not may & VIEW_CHANNEL:
        return 0
    if not may & (SEND_MESSAGES_IN_THREADS if channel.kind in THREADS else SEND_MESSAGES):
        may &= ~_SPEAKING
    if channel.thread is not None and channel.kind == PRIVATE_THREAD:
        # It shows itself to its members and to those who manage threads.
        return may if user in channel.thread.members or may & MANAGE_THREADS else 0
    return may
