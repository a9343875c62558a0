"""Brings marks and what forums keep of them together: tells each forum what its users read in chats, and asks it.

Each forum is attended to by itself, as a poll among its polls: it hears of a mark half a minute later, and is asked at
the start and then every hour. One that does not answer delays neither another forum nor anything that is mirrored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from bot import errors
from bot.accounts import Accounts
from bot.clock import Clock
from bot.lanes import OpenForum
from bot.model import Millis
from bot.ports import KeepsMarks, Log
from bot.recovery import backoff
from bot.redaction import reason_of
from bot.schedule import Schedule
from bot.store import Store
from bot.store.syncing import (
    Asker,
    Note,
    asked,
    begin_asking,
    due_askers,
    due_notes,
    has_notes,
    keep_silent,
    put_off,
    refused,
    sought,
    stir,
    take_over,
    to_tell,
    told,
    unstirred,
)

LOOK = 10.0
"""Seconds between two looks at what is due."""

FAULT_PAUSE = 60.0
"""Seconds that a forum rests after a fault of our own."""

TOGETHER = 5
"""Threads that are asked for in one go: polls and posts come between two."""

NEVER = (errors.Gone, errors.NotAllowed, errors.Refused)
"""What is not tried again: it says something of one thread alone."""

STRANGE_PAUSE = 600_000
"""Milliseconds until a thread is told again whose answer was not understood, or that our own fault stopped."""


class Syncing:
    """The marks of all forums; `forums` may grow while the program runs."""

    def __init__(
        self,
        store: Store,
        forums: Mapping[str, OpenForum],
        accounts: Accounts,
        clock: Clock,
        schedule: Schedule,
        log: Log,
    ) -> None:
        self._store = store
        self._forums = forums
        self._accounts = accounts
        self._clock = clock
        self._schedule = schedule
        self._log = log
        self._due: dict[str, asyncio.Event] = {}
        self._look = asyncio.Event()
        self._failed: dict[str, tuple[int, Millis]] = {}
        """How often a forum failed in a row, and until when it rests."""

    async def run(self) -> None:
        """Bring together what is due, again and again, until cancelled; forums may be opened meanwhile."""
        self._schedule.every("syncing", LOOK, self._wake)
        async with asyncio.TaskGroup() as group:
            begun = False
            while True:
                self._look.clear()
                try:
                    if not begun:
                        await self._store.write(begin_asking)
                        begun = True
                    for name in self._forums:
                        if name not in self._due:
                            self._due[name] = asyncio.Event()
                            group.create_task(self._attend(name, self._due[name]))
                except errors.StoreStopped as error:
                    self._log.error("store stopped", error=str(error))
                await self._look.wait()

    def _wake(self) -> None:
        self._look.set()
        for due in self._due.values():
            due.set()

    async def sync(self) -> None:
        """Bring together once what is due, on all forums at once; what fails is tried again later."""
        await asyncio.gather(*map(self._sync, list(self._forums)))

    async def _attend(self, name: str, due: asyncio.Event) -> None:
        while True:
            due.clear()
            try:
                await self._sync(name)
            except errors.StoreStopped as error:
                self._log.error("store stopped", forum=name, error=str(error))
            await due.wait()

    async def _sync(self, name: str) -> None:
        failures, until = self._failed.get(name, (0, 0))
        if until > self._clock.now():
            return
        opened = self._forums[name]
        try:
            if not isinstance(opened.forum, KeepsMarks):
                if await self._store.read(has_notes, name):
                    await self._store.write(keep_silent, name)
                return
            await self._tell(opened, opened.forum)
            await self._ask(opened, opened.forum)
        except errors.StoreStopped:
            raise
        except errors.RateLimited as error:
            self._log.warning("marks wait", forum=name, error=reason_of(error))
            self._rest(name, 0, error.seconds)
        except (errors.Unreachable, errors.OutcomeUnknown) as error:
            self._log.warning("marks wait", forum=name, error=reason_of(error))
            self._rest(name, failures + 1, backoff(failures + 1))
        except Exception as error:
            self._log.error("marks broke", forum=name, exc_info=error)
            self._rest(name, failures + 1, FAULT_PAUSE)
        else:
            self._failed.pop(name, None)

    def _rest(self, name: str, failures: int, seconds: float) -> None:
        self._failed[name] = failures, self._clock.now() + int(seconds * 1000)

    async def _tell(self, opened: OpenForum, forum: KeepsMarks) -> None:
        """Tell a forum everything that it is to be told now."""
        now = self._clock.now()
        if await self._store.read(unstirred, opened.name, now):
            await self._store.write(stir, opened.name, now)
        while notes := await self._store.read(due_notes, opened.name, now):
            for note in notes:
                await self._tell_one(opened, forum, note)

    async def _tell_one(self, opened: OpenForum, forum: KeepsMarks, note: Note) -> None:
        tell = await self._store.read(to_tell, note)
        if tell is not None:
            try:
                login = await self._accounts.login(opened.name, note.account)
                async with opened.gate.poll():
                    await forum.read_to(login, tell.thread, tell.post)
            except errors.LoginRejected as error:
                await self._refused(opened.name, note.account, error)
                return
            except errors.Unparsable as error:
                self._log.warning("mark not told yet", forum=opened.name, thread=tell.thread, error=reason_of(error))
                await self._store.write(put_off, note, self._clock.now() + STRANGE_PAUSE)
                return
            except NEVER as error:
                self._log.info("mark not told", forum=opened.name, thread=tell.thread, error=reason_of(error))
                tell = None
            except errors.ThreadlineError:
                raise
            except Exception as error:
                self._log.error("mark not told yet", forum=opened.name, thread=tell.thread, exc_info=error)
                await self._store.write(put_off, note, self._clock.now() + STRANGE_PAUSE)
                return
        await self._store.write(told, note, tell, self._clock.now())

    async def _ask(self, opened: OpenForum, forum: KeepsMarks) -> None:
        """Ask a forum for the marks of everybody whose turn it is."""
        for asker in await self._store.read(due_askers, opened.name, self._clock.now()):
            await self._ask_one(opened, forum, asker)

    async def _ask_one(self, opened: OpenForum, forum: KeepsMarks, asker: Asker) -> None:
        threads = await self._store.read(sought, asker, opened.name)
        try:
            for first in range(0, len(threads), TOGETHER):
                login = await self._accounts.login(opened.name, asker.account)
                async with opened.gate.poll():
                    marks = await forum.marks(login, threads[first : first + TOGETHER])
                for read in marks:
                    await self._store.write(take_over, asker, opened.name, read)
        except errors.LoginRejected as error:
            await self._refused(opened.name, asker.account, error)
            return
        except (*NEVER, errors.Unparsable) as error:
            self._log.info("marks not told", forum=opened.name, error=reason_of(error))
        except errors.ThreadlineError:
            raise
        except Exception as error:
            self._log.error("marks not told", forum=opened.name, exc_info=error)
        await self._store.write(asked, asker, opened.name, self._clock.now())

    async def _refused(self, forum: str, account: str, error: errors.LoginRejected) -> None:
        self._log.warning("account refused", forum=forum, error=reason_of(error))
        await self._store.write(refused, forum, account, reason_of(error), self._clock.now())
