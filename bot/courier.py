"""Tells people in private what they want to be told: news of threads that they follow, words, digests.

What it has looked at and told is in the database alone: it can be stopped and started at any moment, and looks again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.clock import Clock
from bot.errors import StoreStopped
from bot.filters import holds
from bot.indexer import words_of
from bot.model import MINUTE, Millis
from bot.ports import Log
from bot.reading.due import LATE, latest_moment, next_moment, quiet_until, zone_of
from bot.rounds import rounds
from bot.schedule import Schedule
from bot.store import Store
from bot.store.alerts import Alert
from bot.store.arrivals import Arrivals, Arrived, arrivals, behind, looked_at
from bot.store.digests import Digest, contents, digested, due_digests, put_digest
from bot.store.news import due_people, news, put_off, told
from bot.store.readers import Wishes, wishes
from bot.tidings import of_digest, of_news

LOOK = 10.0
"""Seconds between two looks at what is due."""

BATCH = 2 * MINUTE
"""Milliseconds for which news wait, so that what comes together is told together, and what is read at once is not."""

FAULT_PAUSE = 10 * MINUTE
"""Milliseconds that the news of one person rest after a fault of our own."""


class Courier:
    """The private news of everybody; `owed` is called when there is something to be said."""

    def __init__(self, store: Store, clock: Clock, schedule: Schedule, log: Log, owed: Callable[[], None]) -> None:
        self._store = store
        self._clock = clock
        self._schedule = schedule
        self._log = log
        self._owed = owed

    async def run(self) -> None:
        """Tell what is due, again and again, until cancelled."""
        await rounds(self._schedule, self._log, "courier", LOOK, self.look)

    async def look(self) -> None:
        """Look at what arrived, and tell everything that is due now; what goes wrong stops nothing else."""
        await self._look_at_arrivals()
        await self._tell_news()
        await self._tell_digests()

    # ----------------------------------------------------------------------------------------------------- what arrived

    async def _look_at_arrivals(self) -> None:
        while forums := await self._store.read(behind):
            for forum in forums:
                some = await self._store.read(arrivals, forum)
                # Not in the loop: many words in many posts take long enough to be felt.
                hits = await asyncio.to_thread(self._hits, some) if some.posts else []
                await self._store.write(looked_at, some, hits, self._clock.now() + BATCH)

    def _hits(self, some: Arrivals) -> list[tuple[int, Alert]]:
        """The posts that hold words of somebody's."""
        found: list[tuple[int, Alert]] = []
        for post in some.posts:
            wanted = [alert for alert in some.alerts.get(post.thread, ()) if alert.since < post.id]
            text = self._text(post) if wanted else ""
            if not holds([alert.words for alert in wanted], text):
                continue
            holding: dict[str, bool] = {}
            for alert in wanted:
                if alert.words not in holding:
                    holding[alert.words] = bool(holds([alert.words], text))
                if holding[alert.words]:
                    found.append((post.id, alert))
        return found

    def _text(self, post: Arrived) -> str:
        return f"{post.title}\n{words_of(self._log, post.id, post.body, post.format)}"

    # ------------------------------------------------------------------------------------------------------------ news

    async def _tell_news(self) -> None:
        now = self._clock.now()
        while people := await self._store.read(due_people, now):
            for person, community in people:
                try:
                    await self._tell(person, community)
                except StoreStopped:
                    raise
                except Exception as error:
                    self._log.error("news not told", person=person, exc_info=error)
                    await self._store.write(put_off, person, now + FAULT_PAUSE)

    async def _tell(self, person: int, community: int) -> None:
        now = self._clock.now()
        wished = await self._store.read(wishes, person)
        quiet = _quiet(wished, now)
        if quiet is not None:
            await self._store.write(put_off, person, quiet)
            return
        due = await self._store.read(news, person, community)
        tidings = of_news(due)
        if await self._store.write(told, due, tidings.text, tidings.offers, now) and tidings.text:
            self._owed()

    # --------------------------------------------------------------------------------------------------------- digests

    async def _tell_digests(self) -> None:
        after, now = 0, self._clock.now()
        while due := await self._store.read(due_digests, now, after):
            for digest in due:
                try:
                    await self._digest(digest)
                except StoreStopped:
                    raise
                except Exception as error:
                    self._log.error("digest not told", digest=digest.id, exc_info=error)
                    await self._store.write(put_digest, digest.id, digest.next_at, now + FAULT_PAUSE)
            after = due[-1].id

    async def _digest(self, digest: Digest) -> None:
        now = self._clock.now()
        wished = await self._store.read(wishes, digest.person)
        if _quiet(wished, now) is not None:
            return
        when = digest.minute, digest.days, zone_of(wished.zone)
        following = next_moment(now, *when)
        # The last one of those that were missed, while it is worth it; the next one says what it would have said.
        moment = max(latest_moment(now, *when), digest.next_at)
        if digest.next_at > now or now - moment >= LATE:
            await self._store.write(put_digest, digest.id, digest.next_at, following)
            return
        found = await self._store.read(contents, digest)
        tidings = of_digest(found)
        done = await self._store.write(digested, digest, moment, following, found, tidings.text, tidings.offers, now)
        if done and tidings.text:
            self._owed()


def _quiet(wished: Wishes, now: Millis) -> Millis | None:
    """When the quiet hours of a person are over; None where they are not quiet now."""
    return quiet_until(now, wished.quiet_from, wished.quiet_to, zone_of(wished.zone))
