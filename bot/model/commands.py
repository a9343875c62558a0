"""Commands: what can be said to the house, by whom, and what it answers."""

from __future__ import annotations

import msgspec

from bot.model.base import ChatName, MessageId, Noun, UserId
from bot.model.chat import ChatPerson, Commanded, Where
from bot.model.offers import Offer


class Parameter(Noun, frozen=True):
    """One word or value that a command takes."""

    name: str
    help: str  # as with a command
    required: bool = True
    option: bool = False
    """True for `--name VALUE`; False for a word by position."""
    choices: tuple[str, ...] = ()
    rest: bool = False
    """True for the last word by position that swallows all remaining ones."""
    verbatim: bool = False
    """True where they stay as they were typed, lines, quotes and all: then nothing among them is an option."""
    phrases: bool = False
    """True where words that quotes held together stay so: then they stand between quotes."""
    secret: bool = False
    """True where what is typed opens something: whoever keeps commands keeps it only where it is taken."""
    quoted: bool = False
    """True where it stands between quotes when it is typed: else nobody could tell where it ends."""
    suggested: bool = False
    """True where it can be asked, while it is typed, what may be meant."""


class Command(Noun, frozen=True):
    """One command, the same in every chat and on the command line."""

    group: str  # "mirror" (admins) or "forum" (readers)
    name: str
    help: str  # what it does, as chats show it; the key of that text until it is given to one
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
    pressed: bool = False
    """Whether an offer was pressed: a chat may let more people type a command."""
    message: MessageId = MessageId("")
    """The message that the command was typed as; empty where there is none."""
    anybody: bool = False
    """Whether a name is all that says who the person is (`ChatPerson.anybody`)."""
    given: Commanded | None = None
    """By what it was given in a chat, as that told of it."""


class Typing(Noun, frozen=True):
    """Somebody types a value of a command in a chat, and wants to see what they may mean."""

    community: str
    """Whose the place is, as `Commanded.community` tells it."""
    where: Where
    person: ChatPerson
    group: str
    parameter: str
    typed: str = ""


class Suggestion(Noun, frozen=True):
    """A value that may be meant, and what people know it by."""

    value: str
    label: str


class Answer(Noun, frozen=True):
    """What a command replies: lines of text, the same as data for programs, and what can be done about it."""

    text: str
    data: dict[str, object] = msgspec.field(default_factory=dict)
    ok: bool = True
    offers: tuple[Offer, ...] = ()
    secret: bool = False
    """Whether the text holds what opens something: then it is kept sealed until it is said."""
