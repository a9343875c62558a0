"""Pure: the house's commands as Discord's, and what somebody chose there as the house's words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from adapters.chats.discord import permissions
from adapters.chats.discord.guilds import listed
from bot.model import Command, Parameter, Payload

SLASH, MENU = 1, 3
"""Kinds of commands: those that are typed, and those in the menu of a message."""

SUBCOMMAND, TEXT = 1, 3
"""Kinds of options."""

REPLY = "Reply on forum"
"""The entry in the menu of a message."""

GROUPS = {
    "mirror": "Forum mirrors of this server, for its admins",
    "forum": "What you can ask of the forum",
}
IN_GUILDS = 0
DESCRIPTION = 100
MOST_CHOICES = 25


def tree(commands: Iterable[Command]) -> list[Payload]:
    """All commands as Discord wants them registered; nobody but who manages channels is offered an admin's.

    A server can offer them to others, in its settings.
    """
    groups: dict[str, list[Command]] = {}
    for command in commands:
        groups.setdefault(command.group, []).append(command)
    return [*(_group(name, members) for name, members in groups.items()), _entry(REPLY)]


def digest(application: str, tree: Sequence[Payload]) -> str:
    """Tells one tree of one application from any other."""
    return hashlib.sha256(msgspec.json.encode([application, tree], order="sorted")).hexdigest()


def chosen(data: Mapping[str, Any], commands: Iterable[Command]) -> tuple[str, tuple[str, ...]]:
    """The group and the words of a command that somebody chose, as they would be typed elsewhere."""
    group = str(data.get("name") or "")
    for sub in listed(data.get("options")):
        name = str(sub.get("name") or "")
        given = {str(one.get("name")): str(one.get("value", "")) for one in listed(sub.get("options"))}
        for command in commands:
            if (command.group, command.name) == (group, name):
                return group, (name, *_words(command.parameters, given))
        return group, (name, *given.values())
    return group, ()


def typed(data: Mapping[str, Any]) -> tuple[str, str, str]:
    """What somebody is typing: the command's group, the parameter, and what of it stands so far."""
    for sub in listed(data.get("options")):
        for one in listed(sub.get("options")):
            if one.get("focused") is True:
                return str(data.get("name") or ""), str(one.get("name") or ""), str(one.get("value") or "")
    return "", "", ""


def _words(parameters: Sequence[Parameter], given: Mapping[str, str]) -> Iterable[str]:
    # What is taken as it stands takes all that is behind it, too.
    for parameter in sorted(parameters, key=lambda one: not one.option):
        value = given.get(parameter.name, "").strip()
        if not value:
            continue
        if parameter.option:
            yield from (f"--{parameter.name}", value)
        elif parameter.rest and not parameter.verbatim:
            yield from value.split()
        else:
            yield value


def _group(name: str, commands: Sequence[Command]) -> Payload:
    admins = {"default_member_permissions": str(permissions.MANAGE_CHANNELS)} if name == "mirror" else {}
    return {
        "type": SLASH,
        "name": name,
        "description": GROUPS.get(name, name),
        "options": [_subcommand(command) for command in commands],
        "contexts": [IN_GUILDS],
        "integration_types": [IN_GUILDS],
        **admins,
    }


def _entry(name: str) -> Payload:
    return {"type": MENU, "name": name, "contexts": [IN_GUILDS], "integration_types": [IN_GUILDS]}


def _subcommand(command: Command) -> Payload:
    # Discord wants those first that have to be given.
    ordered = sorted(command.parameters, key=lambda one: not one.required)
    return {
        "type": SUBCOMMAND,
        "name": command.name,
        "description": _short(command.help),
        "options": [_option(parameter) for parameter in ordered],
    }


def _option(parameter: Parameter) -> Payload:
    choices = [{"name": one, "value": one} for one in parameter.choices[:MOST_CHOICES]]
    return {
        "type": TEXT,
        "name": parameter.name,
        "description": _short(parameter.help),
        "required": parameter.required,
        **({"choices": choices} if choices else {"autocomplete": True} if parameter.suggested else {}),
    }


def _short(words: str) -> str:
    return words if len(words) <= DESCRIPTION else words[: DESCRIPTION - 1].rstrip() + "…"
