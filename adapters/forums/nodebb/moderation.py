"""What became of posts that a NodeBB kept for its moderators."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.forums.nodebb import addresses
from adapters.forums.nodebb.acting import Accounts
from adapters.forums.nodebb.client import Client
from adapters.forums.nodebb.looking import Looking
from adapters.forums.nodebb.rows import Head
from adapters.forums.nodebb.waiting import Waiting, named, ticket, words
from bot.errors import Gone
from bot.model import MINUTE, Judged, Judgement, PostKey, ThreadKey

SKEW = MINUTE
"""Milliseconds by which the forum's clock may differ from ours."""


class Moderation:
    """Says what became of tickets."""

    def __init__(self, client: Client, accounts: Accounts, looking: Looking, waiting: Waiting) -> None:
        self._client = client
        self._accounts = accounts
        self._looking = looking
        self._waiting = waiting

    async def judged(self, thread: ThreadKey, tickets: Sequence[str]) -> tuple[Judged, ...]:
        """What waits stands in the queue; what was let through stands in the thread before it leaves the queue.

        What does neither was rejected. But where something of our account stands in the thread that is not known, it
        may be the same with other words: nothing is said then. Of what people posted with their own accounts nothing
        is said but that it waits, as far as our account may see it.
        """
        if not addresses.THREAD.fullmatch(thread):
            raise Gone(f"{thread[:80]!r} is no thread here.")
        key = self._accounts.key(None)
        await self._client.read(f"/topics/{thread}", Head, f"thread {thread}", key)
        who = await self._accounts.who(key)
        there = {
            ticket(str(row.user.uid), row.id) for row in await self._looking.waiting(None, key) if row.user is not None
        }
        told = [Judged(one, Judgement.WAITS) for one in tickets if one in there]
        ours = [one for one in tickets if one not in there and named(one)[0] == who.uid]
        asked = {one: kept for one in ours if (kept := await self._waiting.ticket(one))}
        if not asked:
            return tuple(told)
        since = min(kept.at for kept in asked.values()) - SKEW
        posts = {one.post: one.text for one in await self._looking.posts(thread, since, None) if not one.queued}
        strange = set(posts) - await self._waiting.posts()
        missing = []
        for one, kept in asked.items():
            if kept.post:
                told.append(Judged(one, Judgement.APPROVED, PostKey(kept.post)))
                continue
            post = next((post for post in posts if post in strange and words(posts[post]) == kept.words), None)
            if post is None:
                missing.append(one)
                continue
            strange.discard(post)
            approved = PostKey(post)
            await self._waiting.became(one, approved)
            told.append(Judged(one, Judgement.APPROVED, approved))
        if not strange:
            told += [Judged(one, Judgement.REJECTED) for one in missing]
        return tuple(told)
