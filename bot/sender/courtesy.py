"""What people are told besides: the fate of a reply as a reaction on it, its reason, the answers to their commands.

Both can be repeated without harm, so their truth is a row that says what is owed, and no delivery. Each chat is
attended to by itself: one that does not answer delays neither another chat nor any delivery.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import NamedTuple

from bot import errors
from bot.clock import Clock
from bot.model import MessageId, Millis, UserId
from bot.poller import STORE_PAUSE
from bot.ports import Chat, Log
from bot.recovery import backoff
from bot.redaction import reason_of
from bot.schedule import Schedule
from bot.store import Store
from bot.store.inbox import FATE_REACTIONS, Fate, fate_shown, unshown_fates
from bot.store.whispers import Whisper, whispered, whispers

TRIES = 16
"""Failures of its own after which a reaction or private words are given up: they spread over three quarters of an hour.
That a chat cannot be reached is nobody's own failure."""

LONGEST = 30.0
"""Seconds after which a call that does not answer has failed: half as much again as the longest request may take."""

LOGIN_PAUSE = 300.0
"""Seconds that a chat rests whose login is refused."""

FAULT_PAUSE = 60.0
"""Seconds that a chat rests after a fault of our own."""

NEVER = (0, 0)
"""What did not fail."""


class Courtesy:
    """Shows fates and says private words."""

    def __init__(
        self,
        store: Store,
        chats: Mapping[str, Chat],
        clock: Clock,
        schedule: Schedule,
        log: Log,
        longest: float = LONGEST,
    ) -> None:
        self._store = store
        self._chats = chats
        self._clock = clock
        self._schedule = schedule
        self._log = log
        self._longest = longest
        self._due: dict[str, asyncio.Event] = {}
        self._grown = asyncio.Event()
        self._failed: dict[str, tuple[int, Millis]] = {}
        """How often something failed in a row, and until when it rests: chats, and what is owed in them."""

    def wake(self) -> None:
        """Something may be owed now."""
        self._grown.set()
        for due in self._due.values():
            due.set()

    async def run(self) -> None:
        """Pay what is owed, in every chat as soon as it can be, until cancelled; chats may be opened meanwhile."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._grown.clear()
                for name in self._chats:
                    if name not in self._due:
                        self._due[name] = asyncio.Event()
                        group.create_task(self._attend(name, self._due[name]))
                await self._grown.wait()

    async def pay(self) -> None:
        """Show and say once what can be now, in all chats at once; what fails is tried again later."""
        for ended in await asyncio.gather(*map(self._pay, list(self._chats)), return_exceptions=True):
            if isinstance(ended, BaseException):
                raise ended

    async def _attend(self, name: str, due: asyncio.Event) -> None:
        while True:
            due.clear()
            try:
                again = await self._pay(name)
            except errors.StoreStopped as error:
                self._log.error("store stopped", chat=name, error=str(error))
                again = self._later(STORE_PAUSE)
            except Exception as error:
                self._log.error("courtesy broke", chat=name, exc_info=error)
                again = self._later(FAULT_PAUSE)
            if again is not None:
                self._schedule.at(f"courtesy {name}", again, due.set)
            await due.wait()

    async def _pay(self, name: str) -> Millis | None:
        """Pay what is owed in one chat; when something that failed comes due again, None where nothing did."""
        chat, (_, until) = self._chats[name], self._failed.get(name, NEVER)
        if until > self._clock.now():
            return until
        rests: list[Millis] = []
        for page_of in (self._fates, self._words):
            page = await page_of(name, chat, 0)
            while page:
                for owed in page:
                    try:
                        rests += await self._try(name, owed)
                    except _Rests as rest:
                        return rest.until
                page = await page_of(name, chat, page[-1].id)
        self._failed.pop(name, None)
        return min(rests, default=None)

    async def _fates(self, name: str, chat: Chat, after: int) -> list[_Owed]:
        return [
            _Owed(
                fate.reply,
                f"fate of reply {fate.reply}",
                partial(chat.react, fate.where, MessageId(fate.message), FATE_REACTIONS[fate.fate]),
                partial(self._shown, fate),
            )
            for fate in await self._store.read(unshown_fates, name, after)
        ]

    async def _words(self, name: str, chat: Chat, after: int) -> list[_Owed]:
        return [
            _Owed(
                words.id,
                f"private words {words.id}",
                partial(chat.tell, words.where, UserId(words.person), words.text, words.key, words.message),
                partial(self._said, words),
            )
            for words in await self._store.read(whispers, name, after)
        ]

    async def _shown(self, fate: Fate, ended: str) -> None:
        # Where it cannot be shown, there is nothing to show it on.
        await self._store.write(fate_shown, fate.reply, fate.fate)

    async def _said(self, words: Whisper, ended: str) -> None:
        await self._store.write(whispered, words.id, ended)

    async def _try(self, chat: str, owed: _Owed) -> list[Millis]:
        """Pay one thing and record how it ended; until when it rests, where it did not end.

        Raises `_Rests` where the whole chat cannot be worked with.
        """
        _, until = self._failed.get(owed.what, NEVER)
        if until > self._clock.now():
            return [until]
        try:
            async with asyncio.timeout(self._longest):
                await owed.act()
        except (errors.Unreachable, errors.RateLimited, errors.LoginRejected) as error:
            self._log.warning("not said yet", chat=chat, what=owed.what, error=reason_of(error))
            raise self._resting(chat, error) from error
        except Exception as error:
            failures, until = self._count(owed.what)
            hopeless = isinstance(error, errors.Gone | errors.Refused | errors.NotAllowed) or failures >= TRIES
            told = "not said: given up" if hopeless else "not said yet"
            self._log.warning(told, chat=chat, what=owed.what, error=reason_of(error))
            if not hopeless:
                return [until]
            await owed.ended("dropped")
        else:
            await owed.ended("sent")
        self._failed.pop(owed.what, None)
        return []

    def _resting(self, chat: str, error: Exception) -> _Rests:
        failures, until = self._count(chat)
        match error:
            case errors.RateLimited():
                until = self._later(error.seconds)
            case errors.LoginRejected():
                until = self._later(LOGIN_PAUSE)
        self._failed[chat] = failures, until
        return _Rests(until)

    def _count(self, what: str) -> tuple[int, Millis]:
        failures = self._failed.get(what, (0, 0))[0] + 1
        self._failed[what] = failures, self._later(backoff(failures - 1))
        return self._failed[what]

    def _later(self, seconds: float) -> Millis:
        return self._clock.now() + int(seconds * 1000)


class _Owed(NamedTuple):
    """One thing that is owed: how it is paid, and how it is recorded that it was (sent) or cannot be (dropped)."""

    id: int
    what: str
    act: Callable[[], Awaitable[None]]
    ended: Callable[[str], Awaitable[None]]


class _Rests(Exception):
    """A chat cannot be worked with before a time."""

    def __init__(self, until: Millis) -> None:
        super().__init__(until)
        self.until = until
