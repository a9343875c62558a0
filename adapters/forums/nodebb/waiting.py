"""What was posted with our own account, and what waits for moderators: kept in a file, as hashes.

NodeBB shows what waits to its author and to the moderators, and keeps no word of what they rejected. What they let
through becomes a post under another id. So it is remembered which words wait, and which posts are known.
"""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import msgspec

from adapters.files import found, replaced
from bot.model import Millis
from bot.ports import Context

MOST = 1_000
"""Tickets that are remembered, and posts, the newest ones."""


class Ticket(msgspec.Struct, frozen=True):
    """A post that waits, or waited."""

    at: Millis
    words: str
    post: str = ""
    """What it became, once that was found out."""


class Kept(msgspec.Struct):
    """What the file holds."""

    tickets: dict[str, Ticket] = {}
    posts: list[str] = []
    """Posts of the account of the settings that are known to be ours, the last ones."""


class Waiting:
    """What is remembered of one forum."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._file: Path = context.folder / "waiting.json"
        self._kept: Kept | None = None

    async def ticket(self, ticket: str) -> Ticket | None:
        """What waits, or waited, under a ticket."""
        return (await self._all()).tickets.get(ticket)

    async def waits(self, ticket: str, text: str) -> None:
        """It waits for a moderator."""
        tickets = (await self._all()).tickets
        tickets[ticket] = Ticket(self._context.now(), words(text))
        while len(tickets) > MOST:
            del tickets[next(iter(tickets))]
        await self._keep()

    async def became(self, ticket: str, post: str) -> None:
        """It was let through, and is this post."""
        kept = await self._all()
        if ticket in kept.tickets:
            kept.tickets[ticket] = msgspec.structs.replace(kept.tickets[ticket], post=post)
        await self.wrote(post)

    async def posts(self) -> set[str]:
        """The last posts of the account of the settings that are known to be ours."""
        return set((await self._all()).posts)

    async def wrote(self, post: str) -> None:
        """A post of the account of the settings is known to be ours."""
        posts = (await self._all()).posts
        if post not in posts:
            posts.append(post)
            del posts[:-MOST]
            await self._keep()

    async def _all(self) -> Kept:
        if self._kept is None:
            kept = await asyncio.to_thread(found, self._file, Kept)
            if self._kept is None:  # nobody was quicker
                self._kept = kept or Kept()
        return self._kept

    async def _keep(self) -> None:
        try:
            await asyncio.to_thread(replaced, self._file, msgspec.json.encode(self._kept))
        except OSError as error:
            self._context.log.warning("what was posted is not kept", file=str(self._file), error=str(error))


def words(text: str) -> str:
    """Identifies the words of a text; the forum trims them."""
    return hashlib.sha256(" ".join(text.split()).encode("utf-8", "replace")).hexdigest()[:32]


def ticket(uid: str, id: str) -> str:
    """The ticket of what waits under an id; no post has a key like it."""
    return f"q/{uid}/{id}"


def named(ticket: str) -> tuple[str, str]:
    """Whose it is that waits under a ticket, and its id; both empty where it is no ticket of ours."""
    kind, _, rest = ticket.partition("/")
    uid, _, id = rest.partition("/")
    return (uid, id) if kind == "q" and uid and id and len(ticket) < 500 else ("", "")
