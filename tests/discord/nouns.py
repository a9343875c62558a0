"""What there is on the stand-in: guilds, channels, messages and who is in them. Ids are texts, times seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

TEXT, DM, VOICE, CATEGORY, NEWS, NEWS_THREAD, PUBLIC_THREAD, PRIVATE_THREAD = 0, 1, 2, 4, 5, 10, 11, 12
FORUM, MEDIA = 15, 16
THREADS = (NEWS_THREAD, PUBLIC_THREAD, PRIVATE_THREAD)
FORUMS = (FORUM, MEDIA)

# Kinds of messages.
DEFAULT, PIN_ADDED, THREAD_CREATED, REPLY, COMMAND, THREAD_STARTER, CONTEXT_MENU = 0, 6, 18, 19, 20, 21, 23

# Flags of messages.
EPHEMERAL, LOADING, HAS_THREAD, COMPONENTS_V2, SUPPRESS_EMBEDS = 1 << 6, 1 << 7, 1 << 5, 1 << 15, 1 << 2

REQUIRE_TAG = 1 << 4
"""A flag of forum channels."""


@dataclass(slots=True)
class User:
    """An account; a webhook's author looks like one."""

    id: str
    name: str
    bot: bool = False
    avatar: str | None = None
    closed: bool = False
    """Whether it takes no direct messages."""


@dataclass(slots=True)
class Role:
    """What members may do who have it; the one with the guild's id is everybody's."""

    id: str
    name: str
    permissions: int
    position: int = 1
    bot: str = ""
    """Whose role it is, where it came with a bot."""
    mentionable: bool = False


@dataclass(slots=True)
class Member:
    """Somebody in a guild."""

    user: User
    joined: float
    roles: list[str] = field(default_factory=list)
    nick: str | None = None


@dataclass(slots=True)
class Guild:
    """A community on Discord."""

    id: str
    name: str
    owner: str
    made: float
    roles: dict[str, Role] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    emoji: dict[str, str] = field(default_factory=dict)
    """Its own emoji: names by id."""
    banned_words: set[str] = field(default_factory=set)
    """What automatic moderation lets nobody say."""
    most_threads: int = 1000
    """How many may be active."""
    hidden: bool = False
    """Discord cannot show it for a while."""


@dataclass(slots=True)
class Overwrite:
    """What a role (kind 0) or a member (kind 1) may do in one channel, other than elsewhere."""

    id: str
    kind: int
    allow: int = 0
    deny: int = 0


@dataclass(slots=True)
class Tag:
    """A tag of a forum channel."""

    id: str
    name: str
    moderated: bool = False
    emoji: str | None = None


@dataclass(slots=True)
class Thread:
    """What threads have besides what channels have."""

    owner: str
    made: float
    archive_after: int = 4320
    """Minutes without a message."""
    archived: bool = False
    archived_at: float = 0.0
    locked: bool = False
    invitable: bool = True
    messages: int = 0
    said: int = 0
    """How many messages there ever were."""
    members: dict[str, float] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Channel:
    """Where messages stand, or threads, or other channels."""

    id: str
    guild: str
    """Empty for direct messages."""
    kind: int
    name: str = ""
    parent: str | None = None
    position: int = 0
    overwrites: dict[str, Overwrite] = field(default_factory=dict)
    topic: str | None = None
    slow: int = 0
    """Seconds between two messages of a person."""
    tags: list[Tag] = field(default_factory=list)
    flags: int = 0
    last_message: str | None = None
    people: list[str] = field(default_factory=list)
    """Who is in it, for direct messages."""
    thread: Thread | None = None
    spoke: dict[str, float] = field(default_factory=dict)
    """When who spoke last."""


@dataclass(slots=True)
class Upload:
    """A file that came with a request."""

    name: str
    data: bytes


@dataclass(slots=True)
class File:
    """A file of a message; shown in an embed, it is no attachment."""

    id: str
    name: str
    data: bytes
    description: str | None = None
    in_embed: bool = False


@dataclass(slots=True)
class Message:
    """Something said; `webhook` is the one that said it, or the application for answers to interactions."""

    id: str
    channel: str
    guild: str
    author: User
    sent: float
    content: str = ""
    embeds: list[dict[str, Any]] = field(default_factory=list)
    components: list[dict[str, Any]] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    kind: int = DEFAULT
    flags: int = 0
    edited: float | None = None
    webhook: str | None = None
    application: str | None = None
    nonce: str | int | None = None
    reference: dict[str, Any] | None = None
    mentions: list[str] = field(default_factory=list)
    mentioned_roles: list[str] = field(default_factory=list)
    everyone: bool = False
    pinned: bool = False
    reactions: dict[str, list[str]] = field(default_factory=dict)
    """Who, by emoji."""
    interaction: dict[str, Any] | None = None
    only_for: str = ""
    """The one person that sees it, if it is ephemeral."""
    avatar_url: str | None = None
    """The picture that a webhook was asked to show."""


@dataclass(slots=True)
class Webhook:
    """Speaks in a channel under any name, for whoever has its token."""

    id: str
    channel: str
    guild: str
    name: str
    token: str
    maker: str
    application: str | None
    avatar: str | None = None


@dataclass(slots=True)
class Ping:
    """Whom a message calls, and whether by being sent or by being changed."""

    message: str
    act: str
    people: list[str]
    roles: list[str]
    everyone: bool

    @property
    def anybody(self) -> bool:
        """Whether it calls somebody."""
        return bool(self.people or self.roles or self.everyone)
