"""Source → changes → one transaction. One request at a time for each forum; push only makes sources due."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from bot import errors
from bot.clock import Clock
from bot.judging import Judging, least
from bot.lanes import OpenForum
from bot.model import BoardKey, Bookmark, Damaged, Listing, Millis, Thread, ThreadKey, ThreadPage
from bot.pace import MISSING, WEEK, Terms, asked_with, asks_whole, eased, retry, slowed
from bot.ports import Forum, Log, Pushes
from bot.recovery import backoff
from bot.redaction import reason_of
from bot.schedule import Schedule
from bot.store import Store
from bot.store.counting import is_counted, note_count, short_of
from bot.store.failures import Failure, of_line, of_login, source_fails, works
from bot.store.ingest import Ingested, ingest_listing, ingest_thread
from bot.store.losses import tell_losses
from bot.store.readings import complained, load, note_news, read_badly, spread, stop, unchanged
from bot.store.sources import SourceRow, due_source, hint, next_due
from bot.store.storable import sound
from bot.store.waiting import rest, thread_gone
from bot.texts import say

STORE_PAUSE = 5.0
"""Seconds until the database is tried again after it took no work."""

GONE_PAUSE = 60.0
"""Seconds between two such answers at least: a forum that is just being mended may say so of everything."""

STAYS_AWAY = 5
"""Answers in a row by which a forum asked for a pause, after which somebody is told."""

WEIGHED = 10 * 60_000
"""Milliseconds for which it holds what the boards of a forum weigh together."""

Page = TypeVar("Page", ThreadPage, Listing)


class Poller:
    """Reads what is due."""

    def __init__(
        self,
        store: Store,
        forums: Mapping[str, OpenForum],
        clock: Clock,
        schedule: Schedule,
        log: Log,
        changed: Callable[[], None],
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._forums = forums
        self._clock = clock
        self._schedule = schedule
        self._log = log
        self._changed = changed
        self._chance = chance
        self._wakes: dict[str, asyncio.Event] = {}
        self._judging = Judging(store, log, changed)
        self._rests: dict[str, Millis] = {}
        """Until when a forum is not asked that refuses the login or wants a pause; a restart may bring a new login."""
        self._doubts: dict[int, Millis] = {}
        """Until when it is not believed that a thread is gone."""
        self._way: dict[int, list[Bookmark]] = {}
        """The bookmarks of each reading of several pages that is under way."""
        self._loads: dict[str, tuple[Millis, float, int]] = {}
        """Until when it holds what the boards of each forum weigh, the weight, and how many they are."""

    def wake(self, forum: str = "") -> None:
        """Look now whether something is due, in one forum or in all."""
        for name, event in self._wakes.items():
            if forum in ("", name):
                event.set()

    async def run(self, forum: OpenForum) -> None:
        """Poll one forum until cancelled."""
        wake = self._wakes.setdefault(forum.name, asyncio.Event())
        spread_out = False
        async with asyncio.TaskGroup() as group:
            if isinstance(forum.forum, Pushes):
                group.create_task(self._listen(forum, forum.forum))
            while True:
                wake.clear()
                try:
                    if not spread_out:
                        overdue = await self._store.write(spread, forum.name, self._clock.now())
                        self._log.debug("overdue sources spread", forum=forum.name, sources=overdue)
                        spread_out = True
                    if await self.poll_one(forum):
                        continue
                    moment = await self._store.read(next_due, forum.name)
                    if moment is not None:
                        moment = max(moment, self._rests.get(forum.name, 0), self._clock.now() + 50)
                        self._schedule.at(f"poll {forum.name}", moment, wake.set)
                except Exception as error:
                    if isinstance(error, errors.StoreStopped):
                        self._log.error("store stopped", forum=forum.name, error=str(error))
                    else:
                        # A fault of ours: this forum rests, the others go on.
                        self._log.error("poller fault", forum=forum.name, exc_info=error)
                    self._schedule.at(f"poll {forum.name}", self._clock.now() + int(STORE_PAUSE * 1000), wake.set)
                await wake.wait()

    async def _listen(self, forum: OpenForum, pushes: Pushes) -> None:
        failures = 0
        while True:
            try:
                async for sign in pushes.hints():
                    failures = 0
                    if await self._store.write(hint, forum.name, sign.kind, sign.key, self._clock.now()):
                        self.wake(forum.name)
            except Exception as error:
                # Push is never the truth: without it polling goes on.
                failures += 1
                self._log.warning("push failed", forum=forum.name, error=repr(error))
            await asyncio.sleep(backoff(failures))

    async def poll_one(self, forum: OpenForum) -> bool:
        """Read the source of a forum that is due longest; False when none is due, or while the whole forum rests."""
        now = self._clock.now()
        if now < self._rests.get(forum.name, 0):
            return False
        source = await self._store.read(due_source, forum.name, now)
        if source is None:
            return False
        async with forum.gate.poll():
            try:
                await self._read(forum.forum, source)
            except errors.StoreStopped:
                raise
            except errors.Gone as error:
                if not await self._gone(forum.forum, source, error):
                    return True
            except Exception as error:
                await self._failed(source, error)
                return True
        await self._count(source)
        if source.failures:
            await self._store.write(works, "source", source.id, self._clock.now())
        return True

    async def _read(self, forum: Forum, source: SourceRow) -> None:
        now = self._clock.now()
        terms = await self._terms(forum, source, now)
        bookmark = asked_with(source.bookmark, terms)
        if source.kind == "board":
            await self._judging.threads(forum, source, now)
            listing = await forum.listing(BoardKey(source.key), bookmark)
            if listing is None:
                await self._store.write(unchanged, source, terms, now)
                return
            result = await self._store.write(
                ingest_listing, source, self._onward(source, listing), terms, now, forum.caps
            )
            self._log.debug("listing read", forum=source.forum_name, board=source.key, due=len(result.due))
            for shown in result.shown:
                self._report(source, shown)
            if result.owed or result.added:
                self._changed()
            if result.due or result.added:
                await self._tally(forum, source)
            return
        # Before the reading: what a moderator let through is known by its key then, whatever he made of its words.
        tickets, judged = await self._judging.replies(forum, source, now)
        page = await forum.thread(ThreadKey(source.key), bookmark)
        if page is None:
            await self._store.write(unchanged, source, terms, now)
        else:
            await self._ingest(forum, source, self._onward(source, page), terms, now)
        if judged and not tickets:
            await self._store.write(rest, source.id)

    async def _terms(self, forum: Forum, source: SourceRow, now: Millis) -> Terms:
        """How a source is asked now, and on which terms it is asked again."""
        caps = forum.caps
        until, weight, boards = self._loads.get(source.forum_name, (0, 0.0, 0))
        if source.kind == "board" and not until - WEIGHED <= now < until:
            weight, boards = await self._store.read(load, source.forum_name)
            self._loads[source.forum_name] = now + WEIGHED, weight, boards
        return Terms(
            least(forum),
            int(caps.max_interval * 1000),
            eased(source.slowed, source.slowed_at, now),
            weight,
            boards,
            self._chance(),
            asks_whole(bool(source.lying), source.polls, source.baseline_at, source.whole_at, now),
        )

    async def _count(self, source: SourceRow) -> None:
        """Hold the forum's own counts against what is known, once a day; threads that are short are read once more."""
        now = self._clock.now()
        if await self._store.read(is_counted, source, now):
            short = await self._store.read(short_of, source)
            fresh = await self._store.write(note_count, source, short, now)
            if fresh:
                self._log.info("read again to count", forum=source.forum_name, source=source.key, threads=fresh)

    async def _tally(self, forum: Forum, source: SourceRow) -> None:
        """Count of a forum that pushes whether it did so in time; what is read for the first time was no news."""
        if isinstance(forum, Pushes) and source.baseline_at is not None:
            await self._store.write(note_news, source)

    def _onward(self, source: SourceRow, page: Page) -> Page:
        """The page; as the last one, and proving nothing, where its bookmark leads back: it would be read for ever."""
        way: list[Bookmark] = self._way.pop(source.id, [])
        if not page.more:
            return page
        if not way or way[-1] != source.bookmark:
            way = [source.bookmark]
        bookmark = sound(page.bookmark)
        if bookmark not in way:
            self._way[source.id] = [*way, bookmark]
            return page
        self._log.error("bookmark leads back", forum=source.forum_name, kind=source.kind, source=source.key)
        damaged = (*page.damaged, Damaged(say("sources.astray"), repr(bookmark).encode()))
        if isinstance(page, ThreadPage):
            return msgspec.structs.replace(page, more=False, complete=False, damaged=damaged)
        return msgspec.structs.replace(page, more=False, damaged=damaged)

    async def _ingest(self, forum: Forum, source: SourceRow, page: ThreadPage, terms: Terms, now: Millis) -> None:
        result = await self._store.write(ingest_thread, source, page, terms, now, forum.caps)
        self._report(source, result)
        if result.losing:
            await self._store.write(tell_losses, source, result.losing, now)
        if result.owed or result.added:  # what was added may be a reply of ours, whose author is told so
            self._changed()
        if result.added:
            await self._tally(forum, source)

    def _report(self, source: SourceRow, result: Ingested) -> None:
        if result.added or result.edited or result.deleted:
            self._log.info(
                "thread read",
                forum=source.forum_name,
                thread=source.key,
                added=result.added,
                edited=result.edited,
                deleted=result.deleted,
                owed=result.owed,
            )

    async def _gone(self, forum: Forum, source: SourceRow, error: errors.Gone) -> bool:
        """A thread that is gone is a complete page without posts; a board that is gone is a failure to tell.

        False while it is not believed: the first time, and for a while.
        """
        now = self._clock.now()
        if source.kind == "board" or source.thread is None:
            await self._failed(source, error)
            return False
        missing = source.missing + 1
        if source.error != say("sources.gone") and source.missing < 2:  # else it was believed at the last reading
            self._doubts[source.id] = now + int(GONE_PAUSE * 1000)
        if now < (until := self._doubts.get(source.id, 0)):
            self._log.info("gone, perhaps", forum=source.forum_name, thread=source.key)
            await self._store.write(read_badly, source.id, say("sources.gone"), until, True)
            return False
        self._doubts.pop(source.id, None)
        if await self._store.write(thread_gone, source.thread, now):
            self._changed()
        page = ThreadPage(Thread(ThreadKey(source.key), ""), (), complete=True, bookmark=Bookmark())
        terms = msgspec.structs.replace(await self._terms(forum, source, now), missing=missing)
        if missing >= MISSING:
            terms = msgspec.structs.replace(terms, floor=WEEK)
        await self._ingest(forum, source, page, terms, now)
        if not error.final:
            return True
        if await self._store.write(stop, source.id, reason_of(error)):
            failing = failure(source, error, say("notices.ended", why=reason_of(error)))
            await self._store.write(source_fails, source.id, source.forum_name, failing, now)
        return False

    async def _failed(self, source: SourceRow, error: Exception) -> None:
        now = self._clock.now()
        wait, told, ended = retry(source.failures, self._chance()), True, False
        match error:
            case errors.RateLimited():
                floor = least(self._forums[source.forum_name].forum) / 1000
                spared = floor * slowed(eased(source.slowed, source.slowed_at, now))
                wait, told = max(error.seconds, spared, 1.0), source.failures + 1 >= STAYS_AWAY
            case errors.Unreachable():
                told = source.failures >= 2  # a single failure is weather
            case errors.LoginRejected() | errors.NotAllowed():
                wait = 4 * 3600.0
            case errors.Gone():
                ended = error.final
                wait = WEEK / 1000 if source.missing + 1 >= MISSING else wait
            case errors.AdapterError():
                pass
            case _:
                self._log.error("adapter fault", forum=source.forum_name, source=source.key, exc_info=error)
        reason, until = reason_of(error), now + int(wait * 1000)
        if isinstance(error, errors.RateLimited | errors.LoginRejected):
            self._rests[source.forum_name] = until
        if isinstance(error, errors.RateLimited):
            await self._store.write(complained, source.forum, until, now)
        missing = isinstance(error, errors.Gone)
        await self._store.write(read_badly, source.id, reason, None if ended else until, missing)
        self._log.warning("reading failed", forum=source.forum_name, source=source.key, error=reason, wait=wait)
        if told:
            next_try = say("notices.next_try", why=reason, wait=minutes(wait))
            failing = failure(source, error, say("notices.ended", why=reason) if ended else next_try)
            await self._store.write(source_fails, source.id, source.forum_name, failing, now)


def failure(source: SourceRow, error: Exception, why: str) -> Failure:
    """What is said of a source that cannot be read, under what fails: the login, the forum, or the source alone."""
    forum = source.forum_name
    match error:
        case errors.LoginRejected():
            return of_login(f"forum:{forum}", forum, say("notices.login", name=forum, why=why))
        case errors.Unreachable() | errors.RateLimited():
            return of_line(f"forum:{forum}", forum, say("notices.line", name=forum, why=why))
        case _:
            name = f"{forum}: {source.kind} {source.key}"
            over = say("notices.source_over", source=name)
            return Failure(f"source:{source.id}", say("notices.source", source=name, why=why), over)


def minutes(seconds: float) -> str:
    """A length of time in words."""
    if seconds < 90:
        return say("words.seconds", round(seconds))
    if seconds < 5400:
        return say("words.minutes", round(seconds / 60))
    if seconds < 72 * 3600:
        return say("words.hours", round(seconds / 3600))
    return say("words.days", round(seconds / 86400))
