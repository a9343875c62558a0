"""Payloads as they come from Discord: what is absent here is absent there, and what is null is null."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.discord.nouns import (
    DM,
    FORUMS,
    HAS_THREAD,
    THREADS,
    Channel,
    File,
    Guild,
    Member,
    Message,
    Role,
    User,
    Webhook,
)
from tests.discord.snowflakes import stamp

if TYPE_CHECKING:
    from tests.discord.world import World

FILES_LAST = 86_400
"""Seconds after which an address of a file leads nowhere."""


def user(one: User) -> dict[str, Any]:
    """An account."""
    return {
        "id": one.id,
        "username": one.name,
        "global_name": None if one.bot else one.name.title(),
        "discriminator": "0000" if one.bot else "0",
        "avatar": one.avatar,
        "bot": one.bot,
        "public_flags": 0,
    }


def role(one: Role) -> dict[str, Any]:
    """A role."""
    return {
        "id": one.id,
        "name": one.name,
        "permissions": str(one.permissions),
        "position": one.position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": bool(one.bot),
        "mentionable": one.mentionable,
        "flags": 0,
        **({"tags": {"bot_id": one.bot}} if one.bot else {}),
    }


def member(guild: Guild, one: Member, *, with_user: bool = True) -> dict[str, Any]:
    """Somebody in a guild."""
    return {
        "roles": list(one.roles),
        "joined_at": stamp(one.joined),
        "nick": one.nick,
        "avatar": None,
        "deaf": False,
        "mute": False,
        "flags": 0,
        "pending": False,
        **({"user": user(one.user)} if with_user else {}),
    }


def guild(one: Guild) -> dict[str, Any]:
    """A guild by itself."""
    return {
        "id": one.id,
        "name": one.name,
        "icon": None,
        "owner_id": one.owner,
        "features": ["COMMUNITY"],
        "roles": [role(each) for each in one.roles.values()],
        "emojis": [{"id": key, "name": name, "available": True} for key, name in one.emoji.items()],
        "stickers": [],
        "afk_timeout": 300,
        "verification_level": 0,
        "default_message_notifications": 1,
        "explicit_content_filter": 0,
        "premium_tier": 0,
        "nsfw_level": 0,
        "preferred_locale": "en-US",
    }


def whole_guild(world: World, one: Guild, *, new: bool = False) -> dict[str, Any]:
    """A guild as the gateway shows it first, with its channels and those active threads that the bot may see.

    A `new` one was not there at the login, so that nothing says that it is available by now.
    """
    channels = [each for each in world.channels.values() if each.guild == one.id]
    seen = [each for each in channels if each.thread is not None and world.may(world.bot.id, each)]
    return {
        **guild(one),
        **({} if new else {"unavailable": False}),
        "large": False,
        "member_count": len(one.members),
        "joined_at": stamp(one.members[world.bot.id].joined),
        "channels": [channel(world, each) for each in channels if each.kind not in THREADS],
        "threads": [channel(world, each) for each in seen if each.thread and not each.thread.archived],
        "members": [member(one, one.members[world.bot.id])],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def channel(world: World, one: Channel) -> dict[str, Any]:
    """A channel or a thread."""
    base: dict[str, Any] = {"id": one.id, "type": one.kind, "last_message_id": one.last_message, "flags": one.flags}
    if one.kind == DM:
        return {**base, "recipients": [user(world.users[each]) for each in one.people if each != world.bot.id]}
    base |= {"guild_id": one.guild, "name": one.name, "parent_id": one.parent, "rate_limit_per_user": one.slow}
    if one.kind in THREADS:
        return {**base, **_thread(world, one)}
    overwrites = [
        {"id": each.id, "type": each.kind, "allow": str(each.allow), "deny": str(each.deny)}
        for each in one.overwrites.values()
    ]
    base |= {"position": one.position, "permission_overwrites": overwrites, "topic": one.topic, "nsfw": False}
    if one.kind in FORUMS:
        base["available_tags"] = [
            {"id": tag.id, "name": tag.name, "moderated": tag.moderated, "emoji_id": None, "emoji_name": tag.emoji}
            for tag in one.tags
        ]
        base |= {"default_reaction_emoji": None, "default_sort_order": None, "default_forum_layout": 0}
    return base


def _thread(world: World, one: Channel) -> dict[str, Any]:
    thread = one.thread
    assert thread is not None, f"{one.id} is of a kind that threads are, and is none"
    told: dict[str, Any] = {
        "owner_id": thread.owner,
        "message_count": thread.messages,
        "member_count": min(len(thread.members), 50),
        "total_message_sent": thread.said,
        "thread_metadata": {
            "archived": thread.archived,
            "archive_timestamp": stamp(thread.archived_at),
            "auto_archive_duration": thread.archive_after,
            "locked": thread.locked,
            "create_timestamp": stamp(thread.made),
            **({"invitable": thread.invitable} if one.kind == THREADS[2] else {}),
        },
    }
    parent = world.channels.get(one.parent or "")
    if parent is not None and parent.kind in FORUMS:
        told["applied_tags"] = list(thread.tags)
    if world.bot.id in thread.members:
        told["member"] = thread_member(one, world.bot.id)
    return told


def thread_member(one: Channel, who: str) -> dict[str, Any]:
    """Somebody in a thread."""
    assert one.thread is not None, f"{one.id} is no thread"
    return {"id": one.id, "user_id": who, "join_timestamp": stamp(one.thread.members[who]), "flags": 1}


def gone_thread(one: Channel) -> dict[str, Any]:
    """What is left of a thread that was deleted."""
    return {"id": one.id, "guild_id": one.guild, "parent_id": one.parent, "type": one.kind}


def webhook(one: Webhook, maker: User, *, token: bool = True) -> dict[str, Any]:
    """A webhook; its token is told to whoever may manage it."""
    return {
        "id": one.id,
        "type": 1,
        "guild_id": one.guild,
        "channel_id": one.channel,
        "name": one.name,
        "avatar": one.avatar,
        "application_id": one.application,
        "user": user(maker),
        **({"token": one.token} if token else {}),
    }


def address_of(world: World, channel: str, file: File) -> str:
    """Where a file is had for a day; signed, so that the day cannot be made longer."""
    until = f"{int(world.clock.now()) + FILES_LAST:x}"
    path = f"/attachments/{channel}/{file.id}/{quote(file.name)}"
    return f"{world.address}{path}?ex={until}&is={until}&hm={signature(path, until)}"


def signature(path: str, until: str) -> str:
    """What proves that an address was given out."""
    return hashlib.sha256(f"{path} {until}".encode()).hexdigest()


def _file(world: World, message: Message, file: File) -> dict[str, Any]:
    url = address_of(world, message.channel, file)
    kind = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}
    told: dict[str, Any] = {"id": file.id, "filename": file.name, "size": len(file.data), "url": url, "proxy_url": url}
    if known := kind.get(file.name.rpartition(".")[2].lower()):
        told |= {"content_type": known, "width": 1, "height": 1}
    if file.description:
        told["description"] = file.description
    return told


def _embed(world: World, message: Message, embed: dict[str, Any]) -> dict[str, Any]:
    shown = dict(embed)
    for key, field in (("image", "url"), ("thumbnail", "url"), ("author", "icon_url"), ("footer", "icon_url")):
        inner = shown.get(key)
        if inner and (url := inner.get(field)):
            if url.startswith("attachment://"):
                name = url.removeprefix("attachment://")
                url = next(
                    (address_of(world, message.channel, file) for file in message.files if file.name == name), url
                )
            shown[key] = {**inner, field: url, f"proxy_{field}": url}
    return shown


def is_withheld(world: World, one: Message) -> bool:
    """Whether the bot reads it by the content intent only: it is not its own, does not mention it, nor is private."""
    return bool(one.guild) and one.author is not world.bot and world.bot.id not in one.mentions


def message(world: World, one: Message, *, blind: bool = False, referenced: bool = True) -> dict[str, Any]:
    """A message; `blind` as whoever lacks the content intent is shown it."""
    blank = blind and is_withheld(world, one)
    embeds, components, files = one.embeds, one.components, [file for file in one.files if not file.in_embed]
    if one.flags & 1 << 2:
        embeds = []
    told: dict[str, Any] = {
        "id": one.id,
        "channel_id": one.channel,
        "author": user(one.author),
        "content": "" if blank else one.content,
        "timestamp": stamp(one.sent),
        "edited_timestamp": stamp(one.edited) if one.edited is not None else None,
        "tts": False,
        "mention_everyone": one.everyone,
        "mentions": [user(world.users[each]) for each in one.mentions],
        "mention_roles": list(one.mentioned_roles),
        "attachments": [] if blank else [_file(world, one, file) for file in files],
        "embeds": [] if blank else [_embed(world, one, embed) for embed in embeds],
        "components": [] if blank else components,
        "pinned": one.pinned,
        "type": one.kind,
        "flags": one.flags,
    }
    if one.webhook is not None:
        told["webhook_id"] = one.webhook
    if one.application is not None:
        told["application_id"] = one.application
    if one.interaction is not None:
        told["interaction_metadata"] = one.interaction
    if one.reactions:
        told["reactions"] = [_reaction(world, emoji, who) for emoji, who in one.reactions.items()]
    if one.flags & HAS_THREAD and (thread := world.channels.get(one.id)):
        told["thread"] = channel(world, thread)
    if one.reference is not None:
        told["message_reference"] = one.reference
        if referenced:
            answered = world.messages[one.reference["channel_id"]].get(one.reference["message_id"])
            told["referenced_message"] = answered and message(world, answered, blind=blind, referenced=False)
    return told


def emoji(one: str) -> dict[str, Any]:
    """An emoji, by the way it stands in a path: itself, or name:id."""
    name, _, key = one.partition(":")
    return {"id": key or None, "name": name}


def _reaction(world: World, one: str, who: list[str]) -> dict[str, Any]:
    details = {"burst": 0, "normal": len(who)}
    me = world.bot.id in who
    return {
        "emoji": emoji(one),
        "count": len(who),
        "count_details": details,
        "me": me,
        "me_burst": False,
        "burst_colors": [],
    }
