"""Commands that an adapter brings: which one is meant, for which login, and what it has to know first."""

from __future__ import annotations

from typing import Any

import msgspec

from bot.errors import NotFound
from bot.ports import Commands, Subcommand
from bot.registry import Registry
from bot.secret import Secret
from bot.settings import Settings, secret_fields
from bot.settings.given import variable
from bot.setups import ask


class Wish(msgspec.Struct, frozen=True):
    """A command of an adapter's own, ready to be carried out."""

    chat: str
    subcommand: Subcommand
    values: Any
    """The login's settings, with what was asked for."""


def wished(adapter: str, command: str, chat: str, settings: Settings, registry: Registry) -> Wish:
    """What is to be done for which login; what it needs and nothing sets is asked for at the terminal.

    No event loop may run: that would keep Ctrl+C from whoever is asked. Raises `NotFound`.
    """
    its = registry.chat(adapter)
    there = {one.name: one for one in its.subcommands} if isinstance(its, Commands) else {}
    if command not in there:
        known = ", ".join(there) or "none"
        raise NotFound(f'the adapter {adapter} has no command "{command[:80]}"; it has: {known}')
    logins = [name for name, configured in settings.chats.items() if configured.adapter == adapter]
    if (chat and chat not in logins) or not logins:
        known = ", ".join(logins) or f'none; write [chats.{adapter}] with adapter = "{adapter}" into the settings file'
        raise NotFound(f"no chat {chat or adapter} of the settings uses the adapter {adapter}; those that do: {known}")
    if len(logins) > 1 and not chat:
        raise NotFound(f"several chats use the adapter {adapter}: say which with --chat, one of {', '.join(logins)}")
    name = chat or logins[0]
    values = settings.chats[name].values
    secrets = secret_fields(type(values))
    answers: dict[str, Any] = {}
    for field in there[command].asks(values):
        if not getattr(values, field):
            words = ask(f"{name}: {field}", variable("chats", name, field), "", secret=field in secrets)
            answers[field] = Secret(words) if field in secrets else words
    return Wish(name, there[command], msgspec.structs.replace(values, **answers))
