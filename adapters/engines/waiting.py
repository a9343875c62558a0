"""What the account of the settings posted, and what waits for moderators: kept in a file, the words as hashes.

Engines show what waits to nobody but its author and the moderators, and keep no word of what these rejected; what they
let through becomes a post under another id. So it is remembered which words wait, and which posts are known.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

import msgspec

from adapters.files import found, replaced
from bot.model import MINUTE, Judged, Judgement, Millis, PostKey, Written
from bot.ports import Context

MOST = 1_000
"""Tickets that are remembered, and posts, the newest ones."""

SKEW = MINUTE
"""Milliseconds by which the forum's clock may differ from ours."""


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

    async def judged(
        self, tickets: Iterable[str], look: Callable[[Millis], Awaitable[Iterable[Written]]]
    ) -> list[Judged]:
        """What became of what does not wait any more, as far as it is remembered.

        `look` reads the posts of ours that stand in its thread since a time. What was let through stands there before
        it leaves the queue, so what is not there was rejected. But where a post stands there that is not known, it may
        be the same with other words: nothing is said then.
        """
        kept = (await self._all()).tickets
        asked = {one: kept[one] for one in tickets if one in kept}
        if not asked:
            return []
        there = await look(min(ticket.at for ticket in asked.values()) - SKEW)
        told, missing, known = [], [], await self.posts()
        strange = {one.post: words(one.text) for one in there if not one.queued and one.post not in known}
        for one, ticket in asked.items():
            post = ticket.post or next((post for post, said in strange.items() if said == ticket.words), "")
            if not post:
                missing.append(one)
                continue
            strange.pop(PostKey(post), None)
            await self.became(one, post)
            told.append(Judged(one, Judgement.APPROVED, PostKey(post)))
        return told if strange else told + [Judged(one, Judgement.REJECTED) for one in missing]

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
        if ticket in kept.tickets and kept.tickets[ticket].post != post:
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
