"""What became of posts that a NodeBB kept for its moderators."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence

from adapters.engines.waiting import Waiting
from adapters.forums.nodebb import addresses
from adapters.forums.nodebb.acting import Accounts
from adapters.forums.nodebb.client import Client, Key
from adapters.forums.nodebb.looking import Looking
from adapters.forums.nodebb.rows import Head
from adapters.forums.nodebb.tickets import named, ticket
from bot.errors import Gone
from bot.model import BoardKey, Judged, Judgement, Millis, ThreadKey, Written


class Moderation:
    """Says what became of tickets."""

    def __init__(self, client: Client, accounts: Accounts, looking: Looking, waiting: Waiting) -> None:
        self._client = client
        self._accounts = accounts
        self._looking = looking
        self._waiting = waiting

    async def judged(self, thread: ThreadKey, tickets: Sequence[str]) -> tuple[Judged, ...]:
        """What waits stands in the queue; of the rest it is found out.

        Of what people posted with their own accounts nothing is said but that it waits, as far as our account may see
        it.
        """
        if not addresses.THREAD.fullmatch(thread):
            raise Gone(f"{thread[:80]!r} is no thread here.")
        key = self._accounts.key(None)
        await self._client.read(f"/topics/{thread}", Head, f"thread {thread}", key)
        return await self._told(tickets, key, lambda since: self._looking.posts(thread, since, None))

    async def judged_threads(self, board: BoardKey, tickets: Sequence[str]) -> tuple[Judged, ...]:
        """The same of threads that were started on a board."""
        category, key = addresses.category(board), self._accounts.key(None)
        if not category:
            raise Gone(f"{board[:80]!r} is no board on which threads are started.")
        await self._client.get(f"/api/category/{addresses.escaped(category)}", f"board {board}", key)
        return await self._told(tickets, key, lambda since: self._looking.threads(category, since, None))

    async def _told(
        self, tickets: Sequence[str], key: Key, look: Callable[[Millis], Awaitable[Iterable[Written]]]
    ) -> tuple[Judged, ...]:
        who = await self._accounts.who(key)
        there = {
            ticket(str(row.user.uid), row.id) for row in await self._looking.waiting(None, key) if row.user is not None
        }
        told = [Judged(one, Judgement.WAITS) for one in tickets if one in there]
        ours = [one for one in tickets if one not in there and named(one)[0] == who.uid]
        found = await self._waiting.judged(ours, look)
        return (*told, *found)
