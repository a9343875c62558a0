"""One claimed delivery: its parts done, its failures answered, its unknown outcome found out."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from bot import errors
from bot.clock import Clock, Moment, age
from bot.jobs import Job, Part, Subject
from bot.mirroring import Act
from bot.ports import Log
from bot.recovery import ATTEMPTS, Recovery, backoff, reaction, recovery
from bot.schedule import Schedule
from bot.sender.carrying import Carrying, NotYet
from bot.sender.starting import Landed
from bot.sender.telling import Telling, place_name
from bot.sender.world import World
from bot.store import Store
from bot.store.beneath import note_taken
from bot.store.endings import conclude, drop_gone, hold_and_tell, missing, show_again
from bot.store.moving import leave, put_back
from bot.store.places import has_moved
from bot.store.resting import postpone
from bot.store.settling import Settled
from bot.store.turns import claimed_messages, failed_alone, next_part, parts_undone, reclaim
from bot.texts import say

TELL_AFTER = 3
"""Failures in a row after which a place that cannot be reached is told of: one failure is weather."""

Replace = msgspec.structs.replace


class Acting:
    """Acts on the world for one delivery at a time, and says what came of it."""

    def __init__(
        self,
        store: Store,
        world: World,
        clock: Clock,
        schedule: Schedule,
        log: Log,
        settle: float,
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._world = world
        self._clock = clock
        self._schedule = schedule
        self._log = log
        self._settle = settle
        self._wake = wake
        self._carrying = Carrying(store, world, clock, log)
        self._settling: dict[int, tuple[tuple[int, Moment | None], int]] = {}
        """By queue: which claim of which delivery is waited out, and since when this process does."""
        self._known: dict[int, dict[int, str]] = {}
        """Of deliveries that go on where they stopped: the parts that are done; certainly no other happened."""
        self.telling = Telling(store, clock)
        """Tells admins of places that cannot be written to."""
        self.rests: dict[str, int] = {}
        """Lanes whose login was refused, or for which the database takes no work, and until when they rest."""

    # -------------------------------------------------------------------------------- one delivery

    async def perform(self, job: Job, lane: str, doubt: Part | None = None) -> Settled | None:
        """Do the parts of a claimed delivery that are not done; None when it failed, which is recorded then.

        `doubt` is a part that may stand there already: that it fails now says nothing about the first time.
        """
        self._known.pop(job.id, None)
        remotes: dict[int, str] = {}
        landed = Landed("")
        for part in job.parts:
            if part.remote is not None:
                remotes[part.part] = part.remote
                continue
            try:
                if part.payload.get("files"):
                    job = await self._carrying.carried(job, part)
                    part = job.parts[part.part]
                landed = await self._world.perform(job, part, remotes)
                remotes[part.part] = landed.remote
            except errors.StoreStopped:
                raise
            except NotYet as later:
                until = self._clock.now() + int(later.after * 1000)
                await self._store.write(put_back, job.id, job.queue, until, later.reason, self._clock.now())
                return None
            except Exception as error:
                try:
                    return await self._failed(job, part, error, remotes, lane, part is doubt)
                except errors.StoreStopped:
                    if reaction(error, 0).kind != "recover" and part is not doubt:
                        self._known[job.id] = remotes
                    raise
            if part is not job.parts[-1]:
                try:
                    await self._store.write(next_part, job.id, part.part, remotes[part.part], self._clock.moment())
                except errors.StoreStopped:
                    self._known[job.id] = remotes
                    raise
        words = self._world.words(job)
        return Settled(job, remotes, job.rendered, job.shows, landed.ticket, words, landed.started)

    async def _failed(
        self, job: Job, part: Part, error: Exception, remotes: dict[int, str], lane: str, doubt: bool
    ) -> Settled | None:
        now = self._clock.now()
        failures = await self._store.write(postpone, job.queue, now, True)
        react = reaction(error, failures - 1)
        until = now + int(react.after * 1000)
        self._log.warning(
            "sending failed", place=place_name(job), delivery=job.id, reaction=react.kind, error=react.reason
        )
        left = react.kind == "pause" and await self._store.read(has_moved, job.queue)
        if doubt and (left or react.kind in ("refuse", "gone")):
            return await self._look(job, part, lane, None)
        if left:
            await self._store.write(leave, job.id, self._clock.now())
            return None
        match react.kind:
            case "refuse":
                if part.kind != "open":  # else the post stands whole, and what answers it finds another place
                    await self._take_back(job, remotes)
                await self._refused(job, react.reason)
                return None
            case "gone":
                return await self._gone(job, part, react.reason, remotes)
            case "recover":
                attempts = await self._store.write(failed_alone, job.id)
                if attempts >= ATTEMPTS and part.kind != "send":
                    await self.hold(job, say("why.failed", attempts=attempts, why=react.reason))
                else:
                    await self._store.write(postpone, job.queue, until, False, react.reason)
                return None
            case "login":
                self.rests[lane] = until
                self._schedule.at(f"login {lane}", until, self._wake)
        if remotes or doubt:
            if not doubt:
                self._known[job.id] = remotes
            await self._store.write(postpone, job.queue, until, False, react.reason)
        else:
            await self._store.write(put_back, job.id, job.queue, until, react.reason, self._clock.now())
        if react.kind != "retry" or failures >= TELL_AFTER:
            await self.telling.fails(job, react)
        return None

    async def _refused(self, job: Job, reason: str) -> None:
        if job.subject is Subject.POST:
            await self.telling.refused(job, reason)
        else:
            await self._store.write(conclude, job.id, "refused", reason, self._clock.now())

    async def _take_back(self, job: Job, remotes: dict[int, str]) -> None:
        """Remove what stands of a post whose rest was refused; half of it would mislead."""
        sent = [Part(p.part, "delete", {}, p.key, remotes[p.part]) for p in job.parts if p.part in remotes]
        if job.act is not Act.CREATE or not sent:
            return
        try:
            for part in sent:
                await self._world.perform(job, part, remotes)
        except Exception as error:
            self._log.warning("half a post stays", place=place_name(job), delivery=job.id, error=repr(error))
            return
        await self._store.write(parts_undone, job.id)

    async def _gone(self, job: Job, part: Part, reason: str, remotes: dict[int, str]) -> Settled | None:
        if job.copy is not None and part.kind == "edit" and self._comes_back(job):
            await self._store.write(show_again, job.id, self._clock.now())
            return None
        if job.copy is not None and part.kind == "edit":
            await self._store.write(drop_gone, job.id, job.copy.id, part.target, self._clock.now())
            return None
        if job.note is not None:
            await self._store.write(note_taken, job.queue, part.target)
        await self._refused(job, reason)
        if part.kind == "open":
            await self._store.write(missing, job.queue, part.target or remotes.get(0, ""))
        return None

    def _comes_back(self, job: Job) -> bool:
        """Whether a change is of a post whose own deletion took its message away for good; no person did."""
        undeletes = self._world.chat_caps(job).undeletes
        return job.copy is not None and job.copy.state == "tombstone" and job.shows == "shown" and not undeletes

    # ------------------------------------------------------------------------------------------------------ recovery

    async def resume(self, job: Job, lane: str) -> Settled | None:
        """Go on with a delivery that was begun and whose outcome is not known; None when that takes time."""
        known = self._known.get(job.id)
        if known is not None:
            done = tuple(Replace(part, remote=known.get(part.part)) for part in job.parts)
            return await self._begin_anew(Replace(job, parts=done), lane)
        # Each is recorded before the next one begins: only the first that is not can be in doubt.
        first = next((part for part in job.parts if part.remote is None), None)
        # What has files beside its text was not sent yet: that begins when its text shows them.
        if first is None or first.kind != "send" or first.payload.get("files"):
            return await self.perform(job, lane)
        return await self._look(job, first, lane, await self._world.window(job) if job.attempts < ATTEMPTS else None)

    async def _begin_anew(self, job: Job, lane: str) -> Settled | None:
        """Go on with a delivery of which nothing is in doubt."""
        moment = self._clock.moment()
        if not await self._store.write(reclaim, job.id, moment):
            return None
        return await self.perform(Replace(job, claimed=moment), lane)

    async def _look(self, job: Job, part: Part, lane: str, window: float | None) -> Settled | None:
        """Find out about a part that may stand there; `window` is None where repeating it tells nothing."""
        now = self._clock.moment()
        claim = job.id, job.claimed
        waits, began = self._settling.get(job.queue, (None, now.up))
        waited = (now.up - began) / 1000 if waits == claim else None
        what, wait = recovery(job.claimed, now, window, self._settle, waited, self._world.read_back(job))
        self._log.info("recovering", place=place_name(job), delivery=job.id, how=what)
        match what:
            case Recovery.REPEAT:
                return await self.perform(job, lane, part)
            case Recovery.WAIT:
                if waited is None:
                    self._settling[job.queue] = claim, now.up
                await self._store.write(postpone, job.queue, now.wall + int(wait * 1000), False, say("why.finding_out"))
                return None
            case Recovery.HOLD:
                await self.hold(job, say("why.nothing_tells"))
                return None
            case Recovery.READ_BACK:
                return await self._find_out(job, part, lane)

    async def _find_out(self, job: Job, part: Part, lane: str) -> Settled | None:
        try:
            then, now = job.claimed, self._clock.moment()
            # When a claim of unknown age was made is not known on any other clock either.
            since = then.wall if then is not None and age(then, now) is not None else 0
            claimed = await self._store.read(claimed_messages, job.queue, since)
            finds = await self._world.look(job, part, claimed, since)
        except errors.StoreStopped:
            raise
        except Exception as error:
            failures = await self._store.write(postpone, job.queue, self._clock.now(), True)
            react = reaction(error, failures - 1)
            if react.kind == "refuse" or (react.kind == "gone" and failures >= ATTEMPTS):  # for ever the same
                await self.hold(job, say("why.cannot_look", why=react.reason))
                return None
            until = self._clock.now() + int(max(react.after, backoff(failures - 1)) * 1000)
            await self._store.write(postpone, job.queue, until, False, say("why.cannot_look", why=react.reason))
            return None
        if len(finds) == 1:
            [found] = finds
            done = tuple(Replace(p, remote=found.remote) if p.part == part.part else p for p in job.parts)
            if part.part != job.parts[-1].part:  # else what was found is recorded with all that it tells
                await self._store.write(next_part, job.id, part.part, found.remote, self._clock.moment())
            settled = await self.perform(Replace(job, parts=done), lane)
            if settled is None or not job.forum:
                return settled
            return Replace(settled, queued=found.ticket, started=found.started)
        if finds:
            await self.hold(job, say("why.look_alike", finds=len(finds)))
            return None
        if job.attempts >= ATTEMPTS:
            await self.hold(job, say("why.failed_not_found", attempts=job.attempts))
            return None
        if self._world.read_back(job) != "proof":
            await self.hold(job, say("why.lost_not_found"))
            return None
        # Everything was read, twice, after it could no longer land: it did not happen.
        return await self._begin_anew(job, lane)

    async def hold(self, job: Job, reason: str) -> None:
        """Hold a delivery until an admin decides, and tell him."""
        place = (await self.telling.called(job)).place
        text = say("notices.held", place=place, number=job.id, why=reason)
        await self._store.write(hold_and_tell, job.id, reason, self._clock.now(), text, job.queue)
