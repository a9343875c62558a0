"""What the journal of this chat holds: one entry for each thing that happened, in order, numbered.

`n` counts up from 1 and is never used twice: it is the cursor of `events`, the id of a server-sent event, and
the number in a message's id ("m12"). Adding a field needs a default; renaming one breaks journals that exist.

People go by `name`; who signed in has an `id` besides, and is that one whatever their name is.
"""

from __future__ import annotations

from typing import Any

import msgspec

from bot.model import Millis, Payload


class Happened(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind"):
    """Base of all entries: its number and when it happened."""

    n: int
    at: Millis


class MadeChannel(Happened, frozen=True, tag="channel"):
    """A channel is there from now on."""

    channel: str


class Sent(Happened, frozen=True, tag="sent"):
    """We showed a message; `key` is the sender's, and shows nothing twice."""

    channel: str
    payload: Payload
    key: str
    thread: str = ""


class Replaced(Happened, frozen=True, tag="replaced"):
    """We replaced a message, ours or a person's."""

    message: str
    payload: Payload


class Removed(Happened, frozen=True, tag="removed"):
    """We removed a message, ours or a person's."""

    message: str


class OpenedThread(Happened, frozen=True, tag="thread"):
    """We hung a chat thread on a message."""

    message: str
    title: str


class ShowedFate(Happened, frozen=True, tag="fate"):
    """We put our one reaction on a message; an empty one takes it away."""

    message: str
    reaction: str


class Pinned(Happened, frozen=True, tag="pinned"):
    """We let a message be found at the top of its channel."""

    message: str


class Said(Happened, frozen=True, tag="said"):
    """A person wrote a message."""

    channel: str
    name: str
    text: str
    thread: str = ""
    reply_to: str = ""
    id: str = ""


class Edited(Happened, frozen=True, tag="edited"):
    """A person changed a message of theirs."""

    message: str
    name: str
    text: str
    id: str = ""


class Deleted(Happened, frozen=True, tag="deleted"):
    """A person removed a message of theirs."""

    message: str
    name: str
    id: str = ""


class Reacted(Happened, frozen=True, tag="reacted"):
    """A person put a reaction on a message, or took it away."""

    message: str
    name: str
    reaction: str
    on: bool
    id: str = ""


class Commanded(Happened, frozen=True, tag="commanded"):
    """A person gave a command; only that person sees it."""

    channel: str
    name: str
    text: str
    thread: str = ""
    id: str = ""


class Told(Happened, frozen=True, tag="told"):
    """We told one person something; only that person sees it, and sees it once per key.

    `name` is the id of who has one.
    """

    channel: str
    name: str
    text: str
    key: str
    offers: list[dict[str, str]] = []


Entry = (
    MadeChannel
    | Sent
    | Replaced
    | Removed
    | OpenedThread
    | ShowedFate
    | Pinned
    | Said
    | Edited
    | Deleted
    | Reacted
    | Commanded
    | Told
)


def written(entry: Entry) -> dict[str, Any]:
    """An entry as the journal keeps it."""
    made: dict[str, Any] = msgspec.to_builtins(entry)
    return made


def read(line: Any) -> Entry:
    """The entry that the journal kept; raises `msgspec.ValidationError` for what is none."""
    entry: Entry = msgspec.convert(line, Entry)
    return entry
