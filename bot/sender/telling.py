"""What admins are told about sending: what fails together is told together, once, and its end once."""

from __future__ import annotations

from bot.clock import Clock
from bot.jobs import Job
from bot.recovery import Reaction
from bot.store import Store
from bot.store.failures import CLOSED, Failure, failing_queues, of_line, of_login, queue_fails, refuse_and_tell, works
from bot.store.places import Called, called
from bot.texts import say


class Telling:
    """Tells admins which places cannot be written to, and when they can be again."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._failing: set[int] | None = None
        """Queues of whose failure somebody was told; None before the database was asked."""

    async def works(self, job: Job) -> None:
        """A delivery was made: whoever was told that its place fails hears of the end."""
        if self._failing is None:
            self._failing = await self._store.read(failing_queues)
        if job.queue in self._failing:
            await self._store.write(works, "queue", job.queue, self._clock.now())
            self._failing.discard(job.queue)

    async def fails(self, job: Job, react: Reaction) -> None:
        """A delivery could not be made now and is tried again by itself."""
        self._note(job)
        forum, chat = ("", "") if react.kind == "pause" else (job.forum, job.chat)
        told = failure(job, react, await self.called(job))
        await self._store.write(queue_fails, job.queue, told, self._clock.now(), forum, chat)

    async def refused(self, job: Job, reason: str) -> None:
        """A post was refused for good."""
        self._note(job)
        names = await self.called(job)
        told = Failure(
            f"refused:{channel_name(job)}",
            say("notices.refused", place=names.place, why=reason),
            say("notices.refused_over", channel=names.channel),
        )
        await self._store.write(refuse_and_tell, job.id, reason, job.queue, told, self._clock.now())

    async def called(self, job: Job) -> Called:
        """The place of a delivery, and its channel or forum, as people call them."""
        known = await self._store.read(called, job.queue) if not job.forum else None
        return known or Called(place_name(job), channel_name(job))

    def _note(self, job: Job) -> None:
        if self._failing is not None:
            self._failing.add(job.queue)


def failure(job: Job, react: Reaction, names: Called) -> Failure:
    """What is said of a place that cannot be written to, under the login, the network or the channel that fails."""
    side = f"forum:{job.forum}" if job.forum else f"chat:{job.chat}"
    name = job.forum or job.chat
    reason = react.reason.rstrip(".")
    match react.kind:
        case "login":
            text = say("notices.login_unsent", name=name, why=reason)
            return of_login(side, name, text)
        case "pause":
            text = say("notices.unwritten", place=names.place, why=reason)
            return Failure(f"{CLOSED}{channel_name(job)}", text, say("notices.unwritten_over", channel=names.channel))
        case _:
            text = say("notices.unwritten", place=name, why=reason)
            return of_line(side, name, text)


def place_name(job: Job) -> str:
    """The place of a delivery by the ids that its chat or forum has for it."""
    if job.forum:
        if job.opener is not None:
            return f"{job.forum}, board {job.opener.board_name}"
        return f"{job.forum}, thread {job.reply.thread}" if job.reply is not None else job.forum
    where = job.where
    return f"{job.chat}:{where.channel}{f'/{where.thread}' if where.thread else ''}" if where is not None else job.chat


def channel_name(job: Job) -> str:
    """The channel of a place, or the forum of a thread: what a failure of one place may be about."""
    return job.forum or (f"{job.chat}:{job.where.channel}" if job.where is not None else job.chat)
