"""What chats are given for the images and files of posts; `bot.ports` names it for adapters."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import msgspec

from bot.model import MessageId, Where
from bot.texts import say

PATIENCE = 10.0
"""Seconds that a chat waits for a file before it does without; it goes on arriving, for whoever asks next."""

SANDBOXED = "default-src 'none'; sandbox"
"""The Content-Security-Policy of a stranger's file on our own pages: it does nothing, also when opened by itself."""


class Media(msgspec.Struct, frozen=True):
    """A file as it lies in the cache; it may leave it at any time, so what is to be sent is read at once."""

    digest: str
    """SHA-256 of what it holds, in hexadecimal."""
    kind: str
    """image, video, audio or file: by what it holds."""
    mime: str
    size: int
    name: str
    """A harmless file name, whose ending is that of the kind."""
    path: Path


class Missing(msgspec.Struct, frozen=True):
    """Why a file cannot be had, for readers; a link takes its place."""

    why: str
    refused: bool = False
    """The server gives it to nobody under this address (403, 404, 410)."""
    later: bool = False
    """Asking again after a while may help."""


class ShownIn(msgspec.Struct, frozen=True):
    """The message of ours that shows a post: by it the post is found, and with it the address that holds now."""

    where: Where
    message: MessageId


class Fetches(Protocol):
    """Gives a chat the images and files that stand in its cards, each fetched once and kept for a while."""

    async def fetch(self, address: str, shown: ShownIn | None = None, within: float = PATIENCE) -> Media | Missing:
        """The file at an address, or why it is not there; raises nothing, waits `within` seconds at most.

        With `shown` an address that has expired is replaced by the one that the forum gives now. Only addresses from
        cards are asked for, never such as a person could choose.
        """


class Nothing:
    """Obeys `Fetches` where nothing is fetched."""

    async def fetch(self, address: str, shown: ShownIn | None = None, within: float = PATIENCE) -> Media | Missing:
        """That it is not."""
        return Missing(say("media.not_fetched"))
