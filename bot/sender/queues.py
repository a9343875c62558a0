"""The loop over the queues: many queues at once, one act in flight in each."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

import msgspec

from bot import errors
from bot.acts import Beneath, Drop, Elsewhere, Perform, Wait, parts, step
from bot.clock import Clock
from bot.jobs import Answered, Job, Subject
from bot.mirroring import Act
from bot.model import MessageId
from bot.poller import STORE_PAUSE
from bot.ports import Log
from bot.redaction import reason_of
from bot.schedule import Schedule
from bot.sender.acting import Acting
from bot.sender.courtesy import Courtesy
from bot.sender.world import World
from bot.store import Store
from bot.store.endings import conclude, say_beneath
from bot.store.jobs import head
from bot.store.moving import leave
from bot.store.outbox import next_try, ready
from bot.store.resting import postpone, say_waiting
from bot.store.settling import Settled
from bot.store.turns import Claim, turn
from bot.texts import say

QUANTUM = 50
"""Acts after which a queue lets others have their turn."""

FAULT_PAUSE = 60_000
"""Milliseconds that a queue rests after a fault of our own."""

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
        self._acted = acted
        self._acting = Acting(store, world, clock, schedule, log, settle, self.wake)
        self._courtesy = Courtesy(store, world.chats, clock, schedule, log, opened=world.opened)
        self._wake = asyncio.Event()
        self._active: dict[int, str] = {}
        self._unrecorded: dict[int, Settled] = {}
        """Acts by queue that are done and that the database did not take: known, as long as this process lives."""
        self._missed: set[int] = set()
        """Queues that were due while they were worked on: what came may have come behind their last look."""
        self._backlog: deque[tuple[int, str, str]] = deque()
        self._scan = True
        self._draining = False

    def wake(self) -> None:
        """Something may be owed now."""
        self._scan = True
        self._wake.set()
        self._courtesy.wake()

    def stop(self) -> None:
        """Begin nothing new; `run` returns when what is in flight is recorded."""
        self._draining = True
        self._wake.set()

    async def run(self) -> None:
        """Work until stopped."""
        async with asyncio.TaskGroup() as group:
            courtesy = group.create_task(self._courtesy.run())
            while not self._draining:
                self._wake.clear()
                try:
                    await self._fill(group)
                    moment = await self._store.read(next_try, self._clock.now())
                    if moment is not None:
                        self._schedule.at("send", moment, self.wake)
                except errors.StoreStopped as error:
                    self._stopped(error)
                await self._wake.wait()
            courtesy.cancel()  # what is owed stands in the database

    async def drain(self) -> None:
        """Do everything that can be done now, then return: for a run that ends."""
        self._scan = True
        stopped: errors.StoreStopped | None = None
        async with asyncio.TaskGroup() as group:
            while stopped is None:
                self._wake.clear()
                try:
                    await self._fill(group)
                    if not self._active and not self._scan and not self._backlog:
                        await self._courtesy.pay()
                        return
                except errors.StoreStopped as error:
                    stopped = error  # raised inside, it would come out as a group of errors
                    continue
                if self._active:
                    await self._wake.wait()
        if stopped is not None:
            raise stopped

    async def _fill(self, group: asyncio.TaskGroup) -> None:
        if self._scan:
            self._scan = False
            now = self._clock.now()
            # Emptied before the database is asked: what is handed over meanwhile may not stand in its answer.
            self._backlog.clear()
            rows = await self._store.read(ready, now)
            self._backlog.extend(row for row in rows if self._acting.rests.get(lane_of(*row[1:]), 0) <= now)
        passed: list[tuple[int, str, str]] = []
        while self._backlog:
            queue, chat, forum = row = self._backlog.popleft()
            lane = lane_of(chat, forum)
            if queue in self._active:
                self._missed.add(queue)
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
            self._acting.rests[lane] = self._clock.now() + int(STORE_PAUSE * 1000)
        except Exception as error:
            # A fault of ours: the queue rests, the others go on.
            self._log.error("sending broke", queue=queue, exc_info=error)
            try:
                await self._store.write(postpone, queue, self._clock.now() + FAULT_PAUSE, True)
            except errors.StoreStopped as stopped:
                self._stopped(stopped)
        finally:
            del self._active[queue]
            if queue in self._missed:
                self._missed.discard(queue)
                self._scan = True
            self._wake.set()
            self._courtesy.wake()  # what was given up or held, somebody is told

    def _stopped(self, error: errors.StoreStopped) -> None:
        self._log.error("store stopped", error=str(error))
        self._schedule.at("send", self._clock.now() + int(STORE_PAUSE * 1000), self.wake)

    async def _queue(self, queue: int, lane: str) -> None:
        """Work off one queue; `settled` is an act that is done and not recorded yet: it shares the next commit."""
        settled = self._unrecorded.pop(queue, None)
        after = acts = 0
        waits = ""
        try:
            if settled is not None:
                settled, job = await self._record(settled, after)
            else:
                job = await self._store.read(head, queue, self._clock.now(), after)
            while job is not None and not self._draining:
                if job.sending:
                    settled = await self._acting.resume(job, lane)
                    self._look_at_titles(job)
                    if settled is None:
                        self.wake()  # it failed, and somebody may be owed a word about it
                        return
                    settled, job = await self._record(settled, after)
                    continue
                made = self._prepare(job)
                if not isinstance(made, Claim):
                    if settled is not None:
                        # Decided before the last act was known: look again when it is.
                        settled, job = await self._record(settled, after)
                        continue
                    await self._pass_over(job, made)
                    if isinstance(made, Wait):
                        after, waits = job.ord, made.reason
                    job = await self._store.read(head, queue, self._clock.now(), after)
                    continue
                took, ahead = await self._store.write(turn, queue, settled, made, job.ord, self._clock.now())
                settled = None
                if not took:
                    job = await self._store.read(head, queue, self._clock.now(), after)
                    continue
                after = job.ord
                settled = await self._acting.perform(claimed(job, made), lane)
                self._look_at_titles(job)
                if settled is None:
                    self.wake()
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
            if waits and not self._draining:
                await self._store.write(say_waiting, queue, waits)
        finally:
            if settled is not None:
                try:
                    await asyncio.shield(self._record(settled, after))
                except errors.StoreStopped:
                    self._unrecorded[queue] = settled
                    raise

    def _look_at_titles(self, job: Job) -> None:
        """A change of an opening post may be one of its title, which its chat thread may have as its name."""
        if job.act is Act.EDIT and job.post is not None and job.post.op:
            self._courtesy.retitled()

    def _prepare(self, job: Job) -> Claim | Drop | Wait | Elsewhere | Beneath:
        """What is to be committed before the act, or why there is none."""
        if job.parts:
            # An admin has the rest of it sent: what stands already decided what that is.
            return Claim(job.id, job.parts, job.shows, job.rendered, self._clock.moment(), self._epoch)
        world = self._world
        decision = step(job, self._clock.now(), world.chat_caps(job).changes_others, world.queued_changes(job))
        if not isinstance(decision, Perform):
            return decision
        try:
            made = parts(job, decision.shows, self._world.render(job), self._installation)
        except errors.Refused as error:
            return Drop(reason_of(error), "refused")
        except Exception as error:
            # One poisoned post must not stop its neighbours.
            self._log.error("rendering failed", delivery=job.id, exc_info=error)
            return Drop(say("why.unrendered", error=type(error).__name__, why=reason_of(error)), "held")
        return Claim(job.id, made, decision.shows, self._rendered(job), self._clock.moment(), self._epoch)

    async def _pass_over(self, job: Job, decision: Drop | Wait | Elsewhere | Beneath) -> None:
        if isinstance(decision, Wait):
            self._schedule.at(f"parent {job.queue}", decision.until, self.wake)
        elif isinstance(decision, Elsewhere):
            await self._store.write(leave, job.id, self._clock.now())
            self.wake()
        elif isinstance(decision, Beneath):
            await self._store.write(say_beneath, job.id, decision.copy, self._clock.now())
        elif decision.state == "held":
            await self._acting.hold(job, decision.reason)
        else:
            await self._store.write(conclude, job.id, decision.state, decision.reason, self._clock.now())

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
            self._courtesy.wake()
        await self._acting.telling.works(job)
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


def lane_of(chat: str, forum: str) -> str:
    """What a queue's acts share: one login of a chat, or one forum."""
    return f"chat:{chat}" if chat else f"forum:{forum}"


def claimed(job: Job, claim: Claim) -> Job:
    """A job as it is once its claim is committed."""
    return Replace(
        job, parts=claim.parts, shows=claim.shows, rendered=claim.rendered, claimed=claim.moment, sending=True
    )
