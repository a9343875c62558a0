"""Pure: what an event of the gateway is, in the house's nouns.

Where it stands is asked of `Guilds` first: a payload names a channel, and a thread is a channel to Discord. The message
that a post of a forum begins with has the id of the post; for the house it stands in the forum itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.chats.discord.files import attached
from adapters.chats.discord.guilds import mapping
from adapters.chats.discord.markers import SAID
from adapters.chats.discord.names import made_at
from adapters.chats.discord.words import NAMELESS, Names, name, says, words
from bot.model import (
    NO_MESSAGE,
    ChatPerson,
    Deleted,
    Edited,
    MessageId,
    Millis,
    Reacted,
    Said,
    UserId,
    Where,
)

LONGEST_REACTION = 64
"""Characters of a reaction; a sign has few of them."""

_AS_PICTURE = "\ufe0f"
"""What some clients put behind a sign, and others do not."""


def is_persons(message: Mapping[str, Any]) -> bool:
    """Whether a person wrote a message: no bot, no webhook, not Discord itself."""
    author = mapping(message.get("author"))
    return (
        message.get("type", 0) in SAID
        and "webhook_id" not in message
        and not (author.get("bot") or author.get("system"))
        and bool(_id(author.get("id")))
    )


def said(
    message: Mapping[str, Any], where: Where, admin: bool, us: str, guild: str = "", names: Names = NAMELESS
) -> Said | None:
    """What somebody wrote in a guild; None for what holds neither words nor files, or none that we are shown."""
    id = _id(message.get("id"))
    text, files = words(message, us, names), attached(message, guild)
    if not id or not (text or files) or not is_persons(message):
        return None
    return Said(
        id,
        _stands(where, id),
        MessageId(id),
        _author(message, admin),
        text,
        "discord",
        made_at(id),
        _to(message),
        files=files,
    )


def unread(message: Mapping[str, Any]) -> bool:
    """Whether a message answers one, and its words are kept from us."""
    return not says(message) and is_persons(message) and bool(_to(message))


def edited(message: Mapping[str, Any], where: Where, admin: bool, us: str, names: Names = NAMELESS) -> Edited | None:
    """How somebody changed a message; None where it was Discord that added something, or we are not shown what."""
    id, when = _id(message.get("id")), message.get("edited_timestamp")
    if not id or not isinstance(when, str) or not when or not is_persons(message):
        return None
    text = words(message, us, names)
    if not text and not message.get("attachments"):
        return None
    event = f"{id} {when[:40]}"
    return Edited(event, _stands(where, id), MessageId(id), _author(message, admin), text, "discord", made_at(id))


def deleted(message: object, where: Where, now: Millis) -> Deleted | None:
    """That a message is gone; Discord does not say whose it was, nor who took it away."""
    id = _id(message)
    return Deleted(f"{id} deleted", _stands(where, id), MessageId(id), now) if id else None


def reacted(data: Mapping[str, Any], where: Where, on: bool, mark: str, admin: bool, now: Millis) -> Reacted | None:
    """A reaction that was put on a message, or taken away; `mark` tells it from the same one at another time."""
    message, who, emoji = _id(data.get("message_id")), _id(data.get("user_id")), mapping(data.get("emoji"))
    member = mapping(data.get("member"))
    user = mapping(member.get("user"))
    sign = emoji.get("name")
    if not message or not who or user.get("bot") or not isinstance(sign, str):
        return None
    sign = f":{sign}:" if emoji.get("id") else sign.strip().rstrip(_AS_PICTURE)
    if not 0 < len(sign) <= LONGEST_REACTION:
        return None
    person = ChatPerson(UserId(who), name(user, member) if user else who, admin)
    return Reacted(f"{message} {who} {mark}", _stands(where, message), MessageId(message), person, sign, on, now)


def _author(message: Mapping[str, Any], admin: bool) -> ChatPerson:
    author = mapping(message.get("author"))
    return ChatPerson(UserId(str(author.get("id"))), name(author, mapping(message.get("member"))), admin)


def _to(message: Mapping[str, Any]) -> MessageId:
    """What a message answers: a reference to another channel is a forwarded message or a crosspost."""
    reference = mapping(message.get("message_reference"))
    if message.get("type") != SAID[1] or reference.get("channel_id", message.get("channel_id")) != message.get(
        "channel_id"
    ):
        return NO_MESSAGE
    return MessageId(_id(reference.get("message_id")))


def _stands(where: Where, message: str) -> Where:
    return Where(where.channel) if where.thread == message else where


def _id(value: object) -> str:
    return value if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20 else ""
