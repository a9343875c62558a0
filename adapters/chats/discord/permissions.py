"""Pure: the one list of what the bot has to be allowed, and what it is allowed in a channel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

ADMINISTRATOR = 1 << 3
MANAGE_CHANNELS = 1 << 4
ADD_REACTIONS = 1 << 6
VIEW_CHANNEL = 1 << 10
SEND_MESSAGES = 1 << 11
EMBED_LINKS = 1 << 14
ATTACH_FILES = 1 << 15
READ_MESSAGE_HISTORY = 1 << 16
MANAGE_WEBHOOKS = 1 << 29
MANAGE_THREADS = 1 << 34
CREATE_PUBLIC_THREADS = 1 << 35
SEND_MESSAGES_IN_THREADS = 1 << 38
PIN_MESSAGES = 1 << 51
BYPASS_SLOWMODE = 1 << 52

EVERYTHING = (1 << 53) - 1
SCOPES = "bot applications.commands"
"""What an invitation asks for: an account in the guild, and slash commands."""

AUTHORIZE = "https://discord.com/oauth2/authorize"


class Permission(NamedTuple):
    """One permission, as Discord's pages call it, and what it is for."""

    bit: int
    name: str
    why: str
    webhook: bool = False
    """It is wanted only where webhooks speak."""
    optional: bool = False
    """Mirrors work without it; `why` says what does not."""


PERMISSIONS = (
    Permission(VIEW_CHANNEL, "View Channels", "it finds the channel, and reads what people answer there"),
    Permission(SEND_MESSAGES, "Send Messages", "it shows what the forum says, and begins posts of a forum channel"),
    Permission(EMBED_LINKS, "Embed Links", "every message of it is an embed"),
    Permission(ATTACH_FILES, "Attach Files", "it uploads the images of posts"),
    Permission(READ_MESSAGE_HISTORY, "Read Message History", "it answers messages, and finds its own after a crash"),
    Permission(ADD_REACTIONS, "Add Reactions", "it says by ⏳ ✅ ❌ ✋ what became of an answer"),
    Permission(CREATE_PUBLIC_THREADS, "Create Public Threads", "each forum thread gets a chat thread"),
    Permission(SEND_MESSAGES_IN_THREADS, "Send Messages in Threads", "replies stand in chat threads"),
    Permission(MANAGE_THREADS, "Manage Threads", "it writes in locked threads", optional=True),
    Permission(MANAGE_CHANNELS, "Manage Channels", "it makes channels that a mirror names", optional=True),
    Permission(PIN_MESSAGES, "Pin Messages", "it keeps a button at the top of a channel", optional=True),
    Permission(BYPASS_SLOWMODE, "Bypass Slowmode", "slow mode does not hold it up", optional=True),
    Permission(MANAGE_WEBHOOKS, "Manage Webhooks", "it speaks under the names of authors", webhook=True),
)
"""All of them: the invitation asks for them, `check` looks for them, refusals name them."""


def wanted(webhook: bool) -> tuple[Permission, ...]:
    """Those that a bot of this identity uses."""
    return tuple(one for one in PERMISSIONS if webhook or not one.webhook)


def integer(webhook: bool) -> int:
    """All of them in one number, as Discord writes it."""
    return sum(one.bit for one in wanted(webhook))


def invitation(application: str, webhook: bool) -> str:
    """The address at which an admin of a guild lets the bot in."""
    query = {"client_id": application, "scope": SCOPES, "permissions": str(integer(webhook))}
    return f"{AUTHORIZE}?{urlencode(query)}"


def in_guild(guild: Mapping[str, Any], roles: Iterable[Mapping[str, Any]], member: Mapping[str, Any], who: str) -> int:
    """What a member may do in a guild, by its owner and its roles."""
    if guild.get("owner_id") == who:
        return EVERYTHING
    own = {guild.get("id"), *_listed(member, "roles")}
    may = 0
    for role in roles:
        if role.get("id") in own:
            may |= number(role, "permissions")
    return EVERYTHING if may & ADMINISTRATOR else may


def in_channel(may: int, guild: str, channel: Mapping[str, Any], member: Mapping[str, Any], who: str) -> int:
    """What a member who may do this in the guild may do in one of its channels; nothing where it is hidden from them.

    Everybody's overwrite counts first, then those of all roles together, then the member's own.
    """
    if may == EVERYTHING:
        return may
    overwrites = {str(one.get("id")): one for one in _listed(channel, "permission_overwrites")}
    for layer in ([guild], _listed(member, "roles"), [who]):
        found = [overwrites[one] for one in layer if one in overwrites]
        deny = allow = 0
        for one in found:
            deny |= number(one, "deny")
            allow |= number(one, "allow")
        may = (may & ~deny) | allow
    return may if may & VIEW_CHANNEL else 0


def missing(may: int, webhook: bool) -> tuple[Permission, ...]:
    """Those that are not among what it may do, the needed ones first; without a view of a channel, that alone."""
    lacking = [one for one in wanted(webhook) if not may & one.bit]
    if lacking and lacking[0].bit == VIEW_CHANNEL:
        return (lacking[0],)
    return tuple(sorted(lacking, key=lambda one: one.optional))


def named(permissions: Iterable[Permission]) -> str:
    """Their names, as people look for them."""
    return ", ".join(f"“{one.name}”" for one in permissions)


def number(one: Mapping[str, Any], field: str) -> int:
    """Permissions as Discord writes them: a number as text; 0 where there is none."""
    value = str(one.get(field) or "0")
    return int(value) if value.isdigit() else 0


def _listed(one: Mapping[str, Any], field: str) -> list[Any]:
    value = one.get(field)
    return value if isinstance(value, list) else []
