"""The loop over the queues: many queues at once, one act in flight in each."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

import msgspec

from bot import errors
from bot.acts import (
    ATTEMPTS,
    Answered,
    Drop,
    Job,
    Part,
    Perform,
    Recovery,
    Subject,
    Wait,
    parts,
    reaction,
    recovery,
    step,
)
from bot.clock import Clock
from bot.mirroring import Act
from bot.model import MessageId
from bot.poller import STORE_PAUSE
from bot.ports import Log
from bot.schedule import Schedule
from bot.sender.courtesy import Courtesy
from bot.sender.world import World
from bot.store import Store
from bot.store.jobs import head
from bot.store.notices import close_notice, tell_concerned
from bot.store.outbox import next_try, ready
from bot.store.turns import (
    Claim,
    Settled,
    claimed_messages,
    conclude,
    drop_gone,
    failed_alone,
    part_done,
    postpone,
    reclaim,
    turn,
    unclaim,
)

QUANTUM = 50
"""Acts after which a queue lets others have their turn."""

TELL_AFTER = 3
"""Failures in a row after which a place that cannot be reached is told of: one failure is weather."""

FORUM_AT_ONCE = 4
"""Queues of one forum that are worked on at once; its gate lets one request at a time through."""

Replace = msgspec.structs.replace


class Sender:
    """Does what is owed."""

    def __init__(
        self,
        store: Store,
        world: World,
        clock: Clock,
        schedule: Schedule,
        log: Log,
        *,
        installation: str,
        epoch: int = 0,
        settle: float = 50.0,
        acted: Callable[[str], None] = lambda forum: None,
    ) -> None:
        self._store = store
        self._world = world
        self._clock = clock
        self._schedule = schedule
        self._log = log
        self._installation = installation
        self._epoch = epoch
        self._settle = settle
        self._acted = acted
        self._courtesy = Courtesy(store, world.chats, clock, log)
        self._wake = asyncio.Event()
        self._active: dict[int, str] = {}
        self._backlog: deque[tuple[int, str, str]] = deque()
        self._scan = True
        self._rests: dict[str, int] = {}
        self._failing: set[str] = set()
        self._settling: dict[int, int] = {}
        self._draining = False

    def wake(self) -> None:
        """Something may be owed now."""
        self._scan = True
        self._wake.set()

    def stop(self) -> None:
        """Begin nothing new; `run` returns when what is in flight is recorded."""
        self._draining = True
        self._wake.set()

    async def run(self) -> None:
        """Work until stopped."""
        async with asyncio.TaskGroup() as group:
            while not self._draining:
                self._wake.clear()
                try:
                    await self._fill(group)
                    if not self._active:
                        await self._courtesy.pay()
                    moment = await self._store.read(next_try, self._clock.now())
                    if moment is not None:
                        self._schedule.at("send", moment, self.wake)
                except errors.StoreStopped as error:
                    self._stopped(error)
                await self._wake.wait()

    async def drain(self) -> None:
        """Do everything that can be done now, then return: for a run that ends."""
        self._scan = True
        async with asyncio.TaskGroup() as group:
            while True:
                self._wake.clear()
                await self._fill(group)
                if self._active:
                    await self._wake.wait()
                    continue
                if not self._scan and not self._backlog:
                    await self._courtesy.pay()
                    return

    async def _fill(self, group: asyncio.TaskGroup) -> None:
        if self._scan:
            self._scan = False
            now = self._clock.now()
            rows = await self._store.read(ready, now)
            self._backlog = deque(row for row in rows if self._rests.get(row[1] or row[2], 0) <= now)
        passed: list[tuple[int, str, str]] = []
        while self._backlog:
            queue, chat, forum = row = self._backlog.popleft()
            lane = chat or forum
            if queue in self._active:
                continue
            if chat not in self._world.chats and forum not in self._world.forums:
                continue
            room = self._world.chats[chat].caps.at_once if chat else FORUM_AT_ONCE
            if sum(1 for other in self._active.values() if other == lane) >= room:
                passed.append(row)
                continue
            self._active[queue] = lane
            group.create_task(self._work(queue, lane))
        self._backlog.extend(passed)

    async def _work(self, queue: int, lane: str) -> None:
        try:
            await self._queue(queue, lane)
        except errors.StoreStopped as error:
            self._stopped(error)
            self._rests[lane] = self._clock.now() + int(STORE_PAUSE * 1000)
        finally:
            del self._active[queue]
            self._wake.set()

    def _stopped(self, error: errors.StoreStopped) -> None:
        self._log.error("store stopped", error=str(error))
        self._schedule.at("send", self._clock.now() + int(STORE_PAUSE * 1000), self.wake)

    async def _queue(self, queue: int, lane: str) -> None:
        """Work off one queue. `settled` is an act that is done and not recorded yet: it shares the next one's commit."""
        settled: Settled | None = None
        after = acts = 0
        job = await self._store.read(head, queue, after)
        try:
            while job is not None and not self._draining:
                if job.sending:
                    settled = await self._resume(job, lane)
                    if settled is None:
                        return
                    settled, job = await self._record(settled, after)
                    continue
                decision = step(job, self._clock.now(), self._world.chat_caps(job).changes_others)
                if isinstance(decision, Perform):
                    try:
                        made = parts(job, decision.shows, self._world.render(job), self._installation)
                    except errors.Refused as error:
                        decision = Drop(str(error))
                        await self._store.write(conclude, job.id, "refused", str(error), self._clock.now())
                        job = await self._store.read(head, queue, after)
                        continue
                if not isinstance(decision, Perform):
                    if settled is not None:
                        settled, job = await self._record(settled, after)
                        continue
                    if isinstance(decision, Wait):
                        after = job.ord
                        self._schedule.at(f"parent {queue}", decision.until, self.wake)
                    else:
                        await self._store.write(conclude, job.id, "dropped", decision.reason, self._clock.now())
                    job = await self._store.read(head, queue, after)
                    continue
                rendered = self._rendered(job)
                claim = Claim(job.id, made, decision.shows, rendered, self._clock.moment(), self._epoch)
                took, ahead = await self._store.write(turn, queue, settled, claim, job.ord, self._clock.now())
                settled = None
                if not took:
                    job = await self._store.read(head, queue, after)
                    continue
                after = job.ord
                job = Replace(
                    job, parts=made, shows=decision.shows, rendered=rendered, claimed=claim.moment, sending=True
                )
                settled = await self._perform(job, lane)
                if settled is None:
                    return
                acts += 1
                if acts >= QUANTUM and self._backlog:
                    self._backlog.append((queue, job.chat, job.forum))
                    return
                following = self._following(job, settled, ahead)
                if following is not None:
                    job = following
                else:
                    settled, job = await self._record(settled, after)
        finally:
            if settled is not None:
                await asyncio.shield(self._record(settled, after))

    @staticmethod
    def _rendered(job: Job) -> int:
        if job.post is not None:
            return job.post.revision
        return job.reply.revision if job.reply is not None else job.revision

    async def _record(self, settled: Settled, after: int) -> tuple[None, Job | None]:
        job = settled.job
        _, following = await self._store.write(turn, job.queue, settled, None, after, self._clock.now())
        if job.opens is not None:
            self._backlog.append((job.opens, job.chat, ""))
        if job.forum:
            self._acted(job.forum)
            await self._courtesy.pay()
        about = f"queue:{job.queue}"
        if about in self._failing:
            self._failing.discard(about)
            await self._store.write(close_notice, about, f"{_place(job)} works again.", self._clock.now())
        return None, following

    def _following(self, job: Job, settled: Settled, ahead: Job | None) -> Job | None:
        """The job that was looked at before `job` was recorded, if it still holds; None: look again."""
        if ahead is None or ahead.sending or job.opens is not None or job.forum or job.subject is not Subject.POST:
            return None
        if (ahead.subject, ahead.subject_id) == (job.subject, job.subject_id) or ahead.subject is not Subject.POST:
            return None
        answered = ahead.answered
        if answered.parent is None or (answered.shown and answered.exact):
            return ahead
        if answered.parent == job.subject_id and job.act is Act.CREATE:
            message = MessageId(next(iter(settled.remotes.values()), ""))
            return Replace(
                ahead, answered=Answered(message, True, True, answered.number, answered.author, answered.parent)
            )
        return None

    # ------------------------------------------------------------------------------------------------------- one delivery

    async def _perform(self, job: Job, lane: str) -> Settled | None:
        """Do the parts of a claimed delivery that are not done; None when it failed, which is recorded then."""
        remotes: dict[int, str] = {}
        ticket = ""
        for part in job.parts:
            if part.remote is not None:
                remotes[part.part] = part.remote
                continue
            try:
                remotes[part.part], ticket = await self._world.perform(job, part, remotes)
            except errors.StoreStopped:
                raise
            except Exception as error:
                return await self._failed(job, part, error, remotes, lane)
            if part is not job.parts[-1]:
                await self._store.write(part_done, job.id, part.part, remotes[part.part])
        return Settled(job, remotes, job.rendered, job.shows, ticket)

    async def _failed(
        self, job: Job, part: Part, error: Exception, remotes: dict[int, str], lane: str
    ) -> Settled | None:
        now = self._clock.now()
        failures = await self._store.write(postpone, job.queue, now, True)
        react = reaction(error, failures - 1)
        until = now + int(react.after * 1000)
        self._log.warning("sending failed", place=_place(job), delivery=job.id, reaction=react.kind, error=react.reason)
        match react.kind:
            case "refuse":
                await self._store.write(conclude, job.id, "refused", react.reason, now)
                if job.subject is Subject.POST:
                    await self._tell(f"delivery:{job.id}", f"{_place(job)} refuses a post: {react.reason}", job)
                return None
            case "gone":
                return await self._gone(job, part, react.reason, remotes)
            case "recover":
                attempts = await self._store.write(failed_alone, job.id)
                if attempts >= ATTEMPTS:
                    await self._hold(job, f"failed {attempts} times: {react.reason}")
                else:
                    await self._store.write(postpone, job.queue, until, False)
                return None
            case "login":
                self._rests[lane] = until
                self._schedule.at(f"login {lane}", until, self.wake)
        if remotes:
            await self._store.write(postpone, job.queue, until, False, react.reason)
        else:
            await self._store.write(unclaim, job.id, job.queue, until)
            if react.kind != "retry":
                await self._store.write(postpone, job.queue, until, False, react.reason)
        if react.kind != "retry" or failures >= TELL_AFTER:
            about = f"queue:{job.queue}"
            self._failing.add(about)
            await self._tell(
                about, f"{_place(job)} cannot be written to: {react.reason}. It is tried again by itself.", job
            )
        return None

    async def _gone(self, job: Job, part: Part, reason: str, remotes: dict[int, str]) -> Settled | None:
        now = self._clock.now()
        if part.kind == "delete":
            return Settled(
                job,
                {**remotes, **{p.part: p.target for p in job.parts if p.part not in remotes}},
                job.rendered,
                job.shows,
            )
        if job.copy is not None and part.kind == "edit":
            await self._store.write(drop_gone, job.id, job.copy.id, now)
            return None
        await self._store.write(conclude, job.id, "refused", reason, now)
        if job.subject is Subject.POST:
            await self._tell(f"delivery:{job.id}", f"{_place(job)} refuses a post: {reason}", job)
        return None

    # --------------------------------------------------------------------------------------------------------- recovery

    async def _resume(self, job: Job, lane: str) -> Settled | None:
        """Go on with a delivery that was begun and whose outcome is not known; None when that takes time."""
        unknown = [part for part in job.parts if part.remote is None and part.kind == "send"]
        if not unknown:
            return await self._perform(job, lane)
        part = unknown[0]
        now = self._clock.moment()
        window = self._world.window(job)
        began = self._settling.get(job.id)
        waited = (now.up - began) / 1000 if began is not None else None
        what, wait = recovery(job.claimed, now, window, self._settle, waited, self._world.read_back(job))
        self._log.info("recovering", place=_place(job), delivery=job.id, how=what)
        match what:
            case Recovery.REPEAT:
                return await self._perform(job, lane)
            case Recovery.WAIT:
                self._settling.setdefault(job.id, now.up)
                await self._store.write(
                    postpone, job.queue, now.wall + int(wait * 1000), False, "finding out what was sent"
                )
                return None
            case Recovery.HOLD:
                await self._hold(job, "its answer was lost, and nothing can tell whether it happened")
                return None
            case Recovery.READ_BACK:
                return await self._find_out(job, part, lane)

    async def _find_out(self, job: Job, part: Part, lane: str) -> Settled | None:
        try:
            claimed = await self._store.read(claimed_messages, job.queue)
            finds = await self._world.look(job, part, claimed)
        except errors.StoreStopped:
            raise
        except Exception as error:
            failures = await self._store.write(postpone, job.queue, self._clock.now(), True)
            react = reaction(error, failures - 1)
            until = self._clock.now() + int(react.after * 1000)
            await self._store.write(postpone, job.queue, until, False, f"cannot look for what was sent: {react.reason}")
            return None
        if len(finds) == 1:
            [(remote, ticket)] = finds
            done = tuple(Replace(p, remote=remote) if p.part == part.part else p for p in job.parts)
            await self._store.write(part_done, job.id, part.part, remote)
            settled = await self._perform(Replace(job, parts=done), lane)
            return Replace(settled, queued=ticket) if settled is not None and ticket else settled
        if finds:
            await self._hold(job, f"{len(finds)} messages look like this one")
            return None
        if self._world.read_back(job) != "proof":
            await self._hold(job, "its answer was lost, and it was not found")
            return None
        # Everything was read, twice, after it could no longer land: it did not happen.
        moment = self._clock.moment()
        await self._store.write(reclaim, job.id, moment.wall, moment.up, moment.boot)
        return await self._perform(Replace(job, claimed=moment), lane)

    async def _hold(self, job: Job, reason: str) -> None:
        await self._store.write(conclude, job.id, "held", reason, self._clock.now())
        text = f"{_place(job)}: delivery {job.id} is held: {reason}. `held` lists it; `retry {job.id}`, `skip {job.id}` or `settle {job.id} LINK` decides."
        await self._tell(f"delivery:{job.id}", text, job)

    async def _tell(self, about: str, text: str, job: Job) -> None:
        await self._store.write(tell_concerned, about, text, self._clock.now(), job.forum, "", job.queue)
        self.wake()


def _place(job: Job) -> str:
    if job.forum:
        return f"{job.forum}, thread {job.reply.thread}" if job.reply is not None else job.forum
    where = job.where
    return f"{job.chat}:{where.channel}{f'/{where.thread}' if where.thread else ''}" if where is not None else job.chat
