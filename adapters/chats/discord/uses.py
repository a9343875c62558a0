"""Pure: what people use of ours on Discord (commands, buttons, a message's menu, the form), and the first answers.

Discord wants an answer within three seconds and takes the rest for a quarter of an hour. A command is promised one that
only its giver sees, whether it was typed or a button gives it. The entry in the menu and the button below an opening
post are answered by a form, and the form by a message that everybody sees: it is what the words stand in that were
written into it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from adapters.chats.discord import buttons, permissions
from adapters.chats.discord.guilds import listed, mapping, roles_of
from adapters.chats.discord.names import made_at
from adapters.chats.discord.render import COLOURS
from adapters.chats.discord.tree import MENU, MOST_CHOICES, REPLY, SLASH, chosen, typed
from adapters.chats.discord.words import name, words
from bot.model import (
    CardKind,
    ChatPerson,
    Command,
    Commanded,
    MessageId,
    Payload,
    Said,
    Suggestion,
    Typing,
    UserId,
    Where,
)

COMMAND, PRESSED, TYPING, SUBMITTED = 2, 3, 4, 5
"""Kinds of interactions."""

MESSAGE, LATER, CHOICES, FORM = 4, 5, 8, 9
"""Kinds of first answers."""

ONLY_FOR_ONE = 1 << 6
"""The flag of a message that only one person sees."""

NOBODY = {"parse": list[str]()}
"""Who is called by a message."""

LABEL, INPUT, PARAGRAPH = 18, 4, 2
FIELD = "text"
_FORM = "reply:"
LONGEST_CHOICE = 100
LONGEST = 4000
"""Characters that fit into the form."""


class Use(NamedTuple):
    """Something of ours that somebody used."""

    id: str
    token: str
    kind: int
    channel: str
    guild: str
    person: ChatPerson
    data: Mapping[str, Any]
    message: str
    """Below which the button stands; empty for anything else."""
    roles: tuple[str, ...] = ()
    """The roles of who used it, by their ids."""


def use(told: Mapping[str, Any]) -> Use | None:
    """What an event tells of a use; None for one outside of servers, where nothing of ours is offered, or senseless."""
    member = mapping(told.get("member"))
    user = mapping(member.get("user"))
    id, token, guild = (str(told.get(field) or "") for field in ("id", "token", "guild_id"))
    channel = str(told.get("channel_id") or mapping(told.get("channel")).get("id") or "")
    if not (id.isdigit() and token and guild and channel and user.get("id")) or user.get("bot"):
        return None
    admin = bool(permissions.number(member, "permissions") & permissions.MANAGE_CHANNELS)
    person = ChatPerson(UserId(str(user["id"])), name(user, member), admin)
    message = str(mapping(told.get("message")).get("id") or "")
    kind, data = int(told.get("type") or 0), mapping(told.get("data"))
    return Use(id, token, kind, channel, guild, person, data, message, roles_of(member))


def first_answer(use: Use, us: str, application: str) -> Payload | None:
    """What Discord is answered at once; None for what is not ours."""
    if answered(use):
        return {"type": LATER, "data": {}}
    if commands(use):
        return {"type": LATER, "data": {"flags": ONLY_FOR_ONE}}
    if use.kind == PRESSED and use.data.get("custom_id") == buttons.REPLY and use.message.isdigit():
        return {"type": FORM, "data": _form(use.message)}
    kind = use.data.get("type") if use.kind == COMMAND else 0
    if kind != MENU or use.data.get("name") != REPLY:
        return None
    if _shows_a_post(use, us, application):
        return {"type": FORM, "data": _form(str(use.data.get("target_id")))}
    text = "That is no post of a forum. Choose a message that was mirrored from one."
    return {"type": MESSAGE, "data": {"content": text, "flags": ONLY_FOR_ONE, "allowed_mentions": NOBODY}}


def commands(use: Use) -> bool:
    """Whether it gives a command: one that was chosen, or that of a button."""
    return (use.kind, use.data.get("type")) == (COMMAND, SLASH) or _pressed(use) is not None


def commanded(use: Use, where: Where, known: Sequence[Command]) -> Commanded | None:
    """The command that somebody gave; None for anything else.

    Discord lets those use an admin's command who manage channels, and whom a server lets besides: they are its admins.
    It lets everybody press a button, and says of nobody what a server lets them.
    """
    if (pressed := _pressed(use)) is not None:
        return Commanded(use.id, where, use.person, *pressed, made_at(use.id), use.guild, pressed=True)
    if not commands(use):
        return None
    group, words = chosen(use.data, known)
    admin = use.person.admin or group == "mirror"
    person = msgspec.structs.replace(use.person, admin=admin)
    return Commanded(use.id, where, person, group, words, made_at(use.id), use.guild, format="discord")


def _pressed(use: Use) -> tuple[str, tuple[str, ...]] | None:
    return buttons.pressed(str(use.data.get("custom_id") or "")) if use.kind == PRESSED else None


def typing(use: Use, where: Where) -> Typing | None:
    """What somebody is typing into a command; None for anything else."""
    group, parameter, text = typed(use.data) if use.kind == TYPING else ("", "", "")
    admin = use.person.admin or group == "mirror"
    person = ChatPerson(use.person.id, use.person.name, admin)
    return Typing(use.guild, where, person, group, parameter, text) if parameter else None


def choices(suggestions: Sequence[Suggestion]) -> Payload:
    """The answer to who is typing."""
    shown = [
        {"name": one.label[:LONGEST_CHOICE], "value": one.value[:LONGEST_CHOICE]} for one in suggestions if one.value
    ]
    return {"type": CHOICES, "data": {"choices": shown[:MOST_CHOICES]}}


def answered(use: Use) -> str:
    """The message that a form answers; empty for anything else."""
    custom = str(use.data.get("custom_id") or "")
    target = custom.removeprefix(_FORM)
    return target if use.kind == SUBMITTED and custom.startswith(_FORM) and target.isdigit() else ""


def written(use: Use, where: Where, message: str) -> Said | None:
    """What somebody wrote into the form; it stands in a message of ours."""
    text, target = words({"content": _text(use.data)}, ""), answered(use)
    if not text or not target or not message:
        return None
    stands = MessageId(message)
    return Said(use.id, where, stands, use.person, text, "discord", made_at(use.id), MessageId(target), meant=True)


def shown(said: Said) -> Payload:
    """How the message of ours shows what somebody wrote into the form."""
    embed = {"author": {"name": said.person.name}, "description": said.text[:LONGEST]}
    return {"content": "", "embeds": [embed], "allowed_mentions": NOBODY}


def _shows_a_post(use: Use, us: str, application: str) -> bool:
    """Whether the message whose menu was used shows something of a forum: it is ours, and says no word of the house."""
    messages = mapping(mapping(use.data.get("resolved")).get("messages"))
    message = mapping(messages.get(str(use.data.get("target_id"))))
    author = mapping(message.get("author")).get("id")
    ours = author == us or (bool(message.get("webhook_id")) and message.get("application_id") == application)
    # All of a card stands in an embed, whose colour says what kind it is of; other words of the house have none.
    embed = next(listed(message.get("embeds")), None)
    return ours and embed is not None and embed.get("color") != COLOURS[CardKind.NOTICE]


def _form(target: str) -> Payload:
    field = {
        "type": INPUT,
        "custom_id": FIELD,
        "style": PARAGRAPH,
        "required": True,
        "min_length": 1,
        "max_length": LONGEST,
    }
    label = {"type": LABEL, "label": "Your answer, as it will stand there", "component": field}
    return {"custom_id": f"{_FORM}{target}", "title": "Reply on the forum", "components": [label]}


def _text(data: Mapping[str, Any]) -> str:
    return next((value.strip() for one in _fields(data) if isinstance(value := one.get("value"), str)), "")


def _fields(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for one in listed(data.get("components")):
        for inner in (mapping(one.get("component")), *listed(one.get("components"))):
            if inner.get("custom_id") == FIELD:
                yield inner
