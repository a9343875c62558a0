"""What waits for the moderators of a Discourse, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.forums.discourse import addresses
from adapters.forums.discourse.acting import Accounts
from adapters.forums.discourse.client import Client, Key
from adapters.forums.discourse.rows import ReviewPage
from adapters.forums.discourse.sent import Sent, words
from adapters.forums.discourse.tickets import id_of, pending, ticket
from adapters.forums.discourse.writing import SKEW, Writing
from bot.errors import Gone, NotAllowed, Refused
from bot.model import Judged, Judgement, PostKey, ThreadKey

TAKEN_BACK = "It was taken back on the forum."

APPROVED, REJECTED, IGNORED, DELETED = range(1, 5)
"""What Discourse calls the states of what its moderators decided."""


class Moderation:
    """Says what became of tickets."""

    def __init__(self, client: Client, accounts: Accounts, writing: Writing, sent: Sent) -> None:
        self._client = client
        self._accounts = accounts
        self._writing = writing
        self._sent = sent

    async def judged(self, thread: ThreadKey, tickets: Sequence[str]) -> tuple[Judged, ...]:
        """The moderators' own list tells it to an account of the staff; else it is found out (`_seen`)."""
        key = self._accounts.key(None)
        if not addresses.ID.fullmatch(thread):
            raise Gone(f"{thread[:80]!r} is no thread here.")
        await self._client.get(f"/t/{thread}.json", f"thread {thread}", key)
        told: list[Judged] = []
        for at, one in enumerate(tickets):
            if not (id := id_of(one)):
                continue
            try:
                page = await self._client.read(f"/review/{id}.json", ReviewPage, f"the review {id}", key)
            except (Gone, NotAllowed, Refused):
                return (*told, *(await self._seen(thread, tickets[at:], key)))
            row = page.reviewable
            if row.status == APPROVED:
                told.append(Judged(one, Judgement.APPROVED, PostKey(str(row.post_id) if row.post_id else "")))
            elif row.status in (REJECTED, IGNORED, DELETED):
                why = (row.reject_reason or "").strip()
                told.append(Judged(one, Judgement.REJECTED, why=why or (TAKEN_BACK if row.status == DELETED else "")))
            else:
                told.append(Judged(one, Judgement.WAITS))
        return tuple(told)

    async def _seen(self, thread: ThreadKey, tickets: Sequence[str], key: Key) -> list[Judged]:
        """What an ordinary account can know of its posts: what waits, and what stands in the thread.

        What does neither was rejected, for a post goes from the one to the other in one step. But where something
        of that account stands there that is not known, it may be the same with other words: nothing is said then.
        """
        waiting = {ticket(row.id) for row in await pending(self._client, key, await self._accounts.name(None))}
        told = [Judged(one, Judgement.WAITS) for one in tickets if one in waiting]
        asked = {one: kept for one in tickets if one not in waiting and (kept := await self._sent.ticket(one))}
        if not asked:
            return told
        since = min(kept.at for kept in asked.values()) - SKEW
        there = {one.post: one.text for one in await self._writing.written(thread, since, None) if not one.queued}
        strange = set(there) - await self._sent.written()
        missing = []
        for one, kept in asked.items():
            post = next((post for post in there if post in strange and words(there[post]) == kept.words), None)
            if post is None:
                missing.append(one)
                continue
            strange.discard(post)
            await self._sent.wrote(post)
            told.append(Judged(one, Judgement.APPROVED, post))
        if not strange:
            told += [Judged(one, Judgement.REJECTED) for one in missing]
        return told
