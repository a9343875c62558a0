"""Source → changes → one transaction. One request at a time for each forum; push only makes sources due."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from bot import errors
from bot.acts import backoff
from bot.clock import Clock
from bot.lanes import OpenForum
from bot.model import BoardKey, Bookmark, Millis, Thread, ThreadKey, ThreadPage
from bot.ports import Forum, KeepsBack, Log, Pushes
from bot.schedule import Schedule
from bot.store import Store
from bot.store.forums import last_change
from bot.store.ingest import Ingested, ingest_listing, ingest_thread
from bot.store.notices import close_notice, tell_concerned
from bot.store.sources import SourceRow, due_source, hint, next_due, read_badly, read_well
from bot.store.waiting import Waiting, judge, rest, thread_gone, waiting

HORIZON = 30 * 24 * 3600 * 1000
"""Milliseconds after its last change during which a thread is read again without a sign, to see edits and deletions."""

LONGEST = 6 * 3600 * 1000
"""The longest pause between two such readings, milliseconds."""

RETRY_LONGEST = 6 * 3600.0
STORE_PAUSE = 5.0
"""Seconds until the database is tried again after it took no work."""


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
    ) -> None:
        self._store = store
        self._forums = forums
        self._clock = clock
        self._schedule = schedule
        self._log = log
        self._changed = changed
        self._wakes: dict[str, asyncio.Event] = {}
        self._asked: dict[int, Millis] = {}
        """When each thread's moderators were last asked: a thread of many pages asks once."""

    def wake(self, forum: str = "") -> None:
        """Look now whether something is due, in one forum or in all."""
        for name, event in self._wakes.items():
            if forum in ("", name):
                event.set()

    async def run(self, forum: OpenForum) -> None:
        """Poll one forum until cancelled."""
        wake = self._wakes.setdefault(forum.name, asyncio.Event())
        async with asyncio.TaskGroup() as group:
            if isinstance(forum.forum, Pushes):
                group.create_task(self._listen(forum, forum.forum))
            while True:
                wake.clear()
                try:
                    if await self.poll_one(forum):
                        continue
                    for name, moment in await self._store.read(next_due):
                        if name == forum.name:
                            self._schedule.at(f"poll {name}", max(moment, self._clock.now() + 50), wake.set)
                except errors.StoreStopped as error:
                    self._log.error("store stopped", forum=forum.name, error=str(error))
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
        """Read the source of a forum that is due longest; False when none is due."""
        source = await self._store.read(due_source, forum.name, self._clock.now())
        if source is None:
            return False
        async with forum.gate.poll():
            try:
                await self._read(forum.forum, source)
            except errors.StoreStopped:
                raise
            except errors.Gone as error:
                await self._gone(forum.forum, source, error)
            except Exception as error:
                await self._failed(source, error)
                return True
        if source.failures:
            await self._store.write(
                close_notice, f"source:{source.id}", f"{self._name(source)} can be read again.", self._clock.now()
            )
        return True

    async def _read(self, forum: Forum, source: SourceRow) -> None:
        now = self._clock.now()
        if source.kind == "board":
            listing = await forum.listing(BoardKey(source.key), source.bookmark)
            next_at = now + int(forum.caps.min_interval * 1000)
            if listing is None:
                await self._store.write(read_well, source.id, source.bookmark, next_at, True, now)
            else:
                due = await self._store.write(ingest_listing, source, listing, now if listing.more else next_at, now)
                self._log.debug("listing read", forum=source.forum_name, board=source.key, due=len(due))
            return
        # Before the reading: what a moderator let through is known by its key then, whatever he made of its words.
        waits, judged = await self._ask(forum, source, now)
        page = await forum.thread(ThreadKey(source.key), source.bookmark)
        await self._take(forum, source, page, waits, now)
        if judged and not waits.tickets:
            await self._store.write(rest, source.id)

    async def _take(
        self, forum: Forum, source: SourceRow, page: ThreadPage | None, waits: Waiting, now: Millis
    ) -> None:
        if page is None:
            # A thread in which nothing was ever seen is followed from its first reading on.
            changed = await self._store.read(last_change, source.thread or 0) or source.baseline_at or now
            next_at_or_none = pause(now, max(changed, min(waits.since, now)), forum.caps.min_interval)
            if next_at_or_none is None and waits.tickets:
                next_at_or_none = now + LONGEST
            await self._store.write(read_well, source.id, source.bookmark, next_at_or_none, True, now)
            return
        await self._ingest(forum, source, page, now, now)

    async def _ask(self, forum: Forum, source: SourceRow, now: Millis) -> tuple[Waiting, int]:
        """Ask what became of replies that a moderator has; those that wait still, and how many do not any more."""
        if not forum.caps.moderation_queue or not isinstance(forum, KeepsBack) or source.thread is None:
            return Waiting(), 0
        waits = await self._store.read(waiting, source.thread)
        asked = self._asked.get(source.id, 0)
        if not waits.tickets or 0 <= now - asked < forum.caps.min_interval * 1000:
            return waits, 0
        self._asked[source.id] = now
        about = f"judged:{source.id}"
        try:
            answers = await forum.judged(ThreadKey(source.key), waits.tickets)
            decided = await self._store.write(judge, source.thread, answers, now)
        except errors.Gone:
            decided = await self._store.write(thread_gone, source.thread, now)
        except (errors.StoreStopped, errors.Unreachable, errors.RateLimited):
            raise
        except Exception as error:
            # The thread is read all the same: people who wait must not hold up what others read.
            self._log.error("not judged", forum=source.forum_name, thread=source.key, exc_info=error)
            text = f"{self._name(source)}: what became of replies that a moderator has cannot be asked: {error}"
            await self._store.write(tell_concerned, about, text, now, source.forum_name)
            return waits, 0
        text = f"{self._name(source)}: what became of replies that a moderator has is known again."
        await self._store.write(close_notice, about, text, now)
        if not decided:
            return waits, 0
        self._log.info("judged", forum=source.forum_name, thread=source.key, replies=decided)
        self._changed()
        return await self._store.read(waiting, source.thread), decided

    async def _ingest(self, forum: Forum, source: SourceRow, page: ThreadPage, changed: Millis, now: Millis) -> None:
        next_at = now if page.more else pause(now, changed, forum.caps.min_interval)
        result = await self._store.write(ingest_thread, source, page, next_at, now, forum.caps)
        self._report(source, result)
        if result.losing:
            text = (
                f"{self._name(source)}: {result.losing} posts are missing at once. They stay until somebody decides: "
                f"`settle source:{source.id}` deletes their copies, `skip source:{source.id}` keeps them."
            )
            await self._store.write(tell_concerned, f"losing:{source.id}", text, now, source.forum_name)
        if result.owed:
            self._changed()

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

    async def _gone(self, forum: Forum, source: SourceRow, error: errors.Gone) -> None:
        """A thread that is gone is a complete page without posts; a board that is gone is a failure to tell."""
        if source.kind == "board":
            await self._failed(source, error)
            return
        page = ThreadPage(Thread(ThreadKey(source.key), ""), (), complete=True, bookmark=Bookmark())
        # It is looked for ever more rarely, as a thread in which nothing happens is.
        changed = await self._store.read(last_change, source.thread or 0)
        await self._ingest(forum, source, page, changed, self._clock.now())

    async def _failed(self, source: SourceRow, error: Exception) -> None:
        now = self._clock.now()
        wait = min(RETRY_LONGEST, 30.0 * 2.0 ** min(source.failures, 12))
        told = True
        match error:
            case errors.RateLimited():
                wait, told = max(error.seconds, 1.0), False
            case errors.Unreachable():
                told = source.failures >= 2  # a single failure is weather
            case errors.LoginRejected() | errors.NotAllowed():
                wait = 4 * 3600.0
            case errors.AdapterError():
                pass
            case _:
                self._log.error("adapter fault", forum=source.forum_name, source=source.key, exc_info=error)
        reason = str(error) or type(error).__name__
        await self._store.write(read_badly, source.id, reason, now + int(wait * 1000))
        self._log.warning("reading failed", forum=source.forum_name, source=source.key, error=reason, wait=wait)
        if told:
            text = f"{self._name(source)} cannot be read: {reason}. The next try is in {minutes(wait)}."
            await self._store.write(tell_concerned, f"source:{source.id}", text, now, source.forum_name)

    @staticmethod
    def _name(source: SourceRow) -> str:
        return f"{source.forum_name}: {source.kind} {source.key}"


def pause(now: Millis, changed: Millis, least: float) -> Millis | None:
    """When a thread is read again without a sign: the later, the longer it has been quiet; never beyond the horizon."""
    quiet = now - changed
    if quiet > HORIZON:
        return None
    return now + max(int(least * 1000), min(quiet // 10, LONGEST))


def minutes(seconds: float) -> str:
    """A length of time in words."""
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.0f} hours"
