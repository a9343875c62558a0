"""What entry points register: how adapters are recognised, asked about and opened."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, runtime_checkable

import msgspec

from bot.model import Card, ChatName, ForumName, Payload, ThreadPage
from bot.ports.chats import Chat
from bot.ports.context import Context
from bot.ports.forums import Forum


class Match(msgspec.Struct, frozen=True):
    """Why an adapter takes an address or a page for its own."""

    certainty: float
    """0 to 1; the highest wins. Of an address alone, from 0.8 on its page is not looked at."""
    forum: ForumName
    """The name under which this forum is kept when it is not configured."""
    why: str
    """For whoever asked: the engine, its version where the page tells it, and by what it is known."""
    settings: dict[str, object] = msgspec.field(default_factory=dict)
    """Settings that the address implies (a host), for a forum that is not configured."""


class ForumAdapter(Protocol):
    """What an entry point of the group `threadline.forums` names: how to recognise and open forums of one engine."""

    @property
    def name(self) -> str:
        """What it is called in the settings."""

    @property
    def settings(self) -> type[msgspec.Struct]:
        """What it can be told in the settings, as a struct with defaults.

        A field `address` says where the forum stands: addresses that begin with it are the configured forum's.
        """

    @property
    def looked_for(self) -> str:
        """What a saved page of this engine is known by, for whoever gave another; empty where none are read."""

    def recognise(self, address: str, page: bytes | None = None) -> Match | None:
        """Whether an address, or a page with its address where that is known, is of this engine; pure, no I/O.

        Asked with the address alone first; where no adapter is sure then, with what the site answers there. A saved
        page comes as it was saved, perhaps without its address.
        """

    def open(self, name: ForumName, settings: Any, context: Context) -> Forum:
        """A forum ready to be used; connects to nothing yet."""

    def saved(self, page: bytes, address: str, settings: Any) -> ThreadPage:
        """The thread on a saved page; pure.

        `address` is the page's own, empty where it is unknown. Raises `Unparsable` saying what was looked for, also
        where `address` is none of a thread here: it would be left out without a word.
        """


@runtime_checkable
class Outlines(Protocol):
    """A `ForumAdapter` that reads lists of forums which people carry from one program to another, such as OPML."""

    def outline(self, page: bytes) -> tuple[str, ...]:
        """What a saved file names to be mirrored: addresses, each once, in the file's order; pure.

        Called by the command line for a saved file that the adapter recognises. Raises `Unparsable` where the file is
        no such list.
        """


class ChatAdapter(Protocol):
    """What an entry point of the group `threadline.chats` names: how to open logins of one network."""

    @property
    def name(self) -> str:
        """What it is called in the settings."""

    @property
    def settings(self) -> type[msgspec.Struct]:
        """What it can be told in the settings, as a struct with defaults."""

    def open(self, name: ChatName, settings: Any, context: Context) -> Chat:
        """A chat ready to be used; connects to nothing yet."""

    def render(self, card: Card, most: int | None = None) -> tuple[Payload, ...]:
        """What `Chat.render` would give, without a login: for previews."""

    def sketch(self, payload: Payload) -> str:
        """A payload as a person would see it, in plain text for a terminal."""


class Question(msgspec.Struct, frozen=True):
    """A setting that `setup` asks for, and what it is called there."""

    field: str
    words: str


@runtime_checkable
class Asks(Protocol):
    """A forum or chat adapter that cannot be opened before somebody answered; one without it is asked its secrets."""

    @property
    def questions(self) -> tuple[Question, ...]:
        """What to ask, in that order; the answers are text, or secrets where the setting is one."""


class Subcommand(msgspec.Struct, frozen=True):
    """Something that an adapter does for whoever sits at the command line: `threadline ADAPTER NAME`."""

    name: str
    help: str
    run: Callable[[Any, Context], Awaitable[str]]
    """Given the settings and the context with which the adapter would be opened; what to say. Nothing is open then."""
    asks: Callable[[Any], tuple[str, ...]] = lambda settings: ()
    """Which of the settings it needs; what is not set is asked for before it runs."""


@runtime_checkable
class Commands(Protocol):
    """A `ChatAdapter` that has commands of its own, which concern nobody but its own network."""

    @property
    def subcommands(self) -> tuple[Subcommand, ...]:
        """The commands, by names that a shell takes."""
