"""What waits for the moderators of a Discourse, and what became of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence

from adapters.engines.waiting import Waiting
from adapters.forums.discourse import addresses
from adapters.forums.discourse.acting import Accounts
from adapters.forums.discourse.client import Client, Key
from adapters.forums.discourse.rows import ReviewPage
from adapters.forums.discourse.tickets import id_of, pending, ticket
from adapters.forums.discourse.writing import Writing
from bot.errors import Gone, NotAllowed, Refused
from bot.model import BoardKey, Judged, Judgement, Millis, PostKey, ThreadKey, Written

TAKEN_BACK = "It was taken back on the forum."

Look = Callable[[Millis], Awaitable[Iterable[Written]]]
"""Finds what our account wrote since a time."""

APPROVED, REJECTED, IGNORED, DELETED = range(1, 5)
"""What Discourse calls the states of what its moderators decided."""


class Moderation:
    """Says what became of tickets."""

    def __init__(self, client: Client, accounts: Accounts, writing: Writing, waiting: Waiting) -> None:
        self._client = client
        self._accounts = accounts
        self._writing = writing
        self._waiting = waiting

    async def judged(self, thread: ThreadKey, tickets: Sequence[str]) -> tuple[Judged, ...]:
        """The moderators' own list tells it to an account of the staff; else it is found out (`_seen`)."""
        key = self._accounts.key(None)
        if not addresses.is_id(thread):
            raise Gone(f"{thread[:80]!r} is no thread here.")
        await self._client.get(f"/t/{thread}.json", f"thread {thread}", key)
        return await self._told(tickets, key, lambda since: self._writing.written(thread, since, None))

    async def judged_threads(self, board: BoardKey, tickets: Sequence[str], look: Look) -> tuple[Judged, ...]:
        """The same of threads; `look` finds those that an ordinary account started on a board since a time."""
        key = self._accounts.key(None)
        if category := addresses.category(board):
            await self._client.get(f"/c/{category}/show.json", f"board {board}", key)
        elif not addresses.tag(board) and board != addresses.LATEST:
            raise Gone(f"{board[:80]!r} is no board here.")
        return await self._told(tickets, key, look)

    async def _told(self, tickets: Sequence[str], key: Key, look: Look) -> tuple[Judged, ...]:
        told: list[Judged] = []
        for at, one in enumerate(tickets):
            if not (id := id_of(one)):
                continue
            try:
                page = await self._client.read(f"/review/{id}.json", ReviewPage, f"the review {id}", key)
            except (Gone, NotAllowed, Refused):
                return (*told, *(await self._seen(tickets[at:], key, look)))
            row = page.reviewable
            if row.status == APPROVED:
                told.append(Judged(one, Judgement.APPROVED, PostKey(str(row.post_id) if row.post_id else "")))
            elif row.status in (REJECTED, IGNORED, DELETED):
                why = (row.reject_reason or "").strip()
                told.append(Judged(one, Judgement.REJECTED, why=why or (TAKEN_BACK if row.status == DELETED else "")))
            else:
                told.append(Judged(one, Judgement.WAITS))
        return tuple(told)

    async def _seen(self, tickets: Sequence[str], key: Key, look: Look) -> list[Judged]:
        """What an ordinary account can know of its posts: what waits, and what stands where they belong."""
        waiting = {ticket(row.id) for row in await pending(self._client, key, await self._accounts.name(None))}
        told = [Judged(one, Judgement.WAITS) for one in tickets if one in waiting]
        rest = [one for one in tickets if one not in waiting]
        return told + await self._waiting.judged(rest, look)
