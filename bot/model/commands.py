"""Commands: what can be said to the house, by whom, and what it answers."""

from __future__ import annotations

import msgspec

from bot.model.base import ChatName, Noun, UserId
from bot.model.chat import Where


class Parameter(Noun, frozen=True):
    """One word or value that a command takes."""

    name: str
    help: str
    required: bool = True
    option: bool = False
    """True for `--name VALUE`; False for a word by position."""
    choices: tuple[str, ...] = ()
    rest: bool = False
    """True for the last word by position that swallows all remaining ones."""


class Command(Noun, frozen=True):
    """One command, the same in every chat and on the command line."""

    group: str  # "mirror" (admins) or "forum" (readers)
    name: str
    help: str
    parameters: tuple[Parameter, ...] = ()


class Caller(Noun, frozen=True):
    """Who gave a command; an operator sees every community, an admin his own."""

    chat: ChatName
    community: int
    person: str
    admin: bool = False
    operator: bool = False
    where: Where | None = None
    id: UserId = UserId("")
    """The chat's own id of the person; empty on the command line and for the settings."""
    sign: str = "/"
    """What stands before a command in that chat."""


class Answer(Noun, frozen=True):
    """What a command replies: lines of text, and the same as data for programs."""

    text: str
    data: dict[str, object] = msgspec.field(default_factory=dict)
    ok: bool = True
