"""What people are told besides: the fate of a reply as a reaction on it, its reason, the answers to their commands.

So are chat threads called anew whose forum thread has another title, and buttons pinned. All can be repeated without
harm, so their truth is a row that says what is owed, and no delivery. Each chat is attended to by itself: one that does
not answer delays neither another chat nor any delivery.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import NamedTuple

from bot import errors
from bot.clock import Clock
from bot.confiding import Opens, as_kept
from bot.model import MessageId, Millis, UserId, Where
from bot.poller import STORE_PAUSE
from bot.ports import Chat, Log, Pins, Retitles
from bot.recovery import backoff
from bot.redaction import reason_of
from bot.schedule import Schedule
from bot.store import Store
from bot.store.inbox import FATE_REACTIONS, Fate, fate_shown, unshown_fates
from bot.store.signposts import Signpost, owed_signposts, signpost_stands
from bot.store.titles import Retitled, called, retitled
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
        opened: Opens = as_kept,
    ) -> None:
        self._store = store
        self._opened = opened
        self._chats = chats
        self._clock = clock
        self._schedule = schedule
        self._log = log
        self._longest = longest
        self._due: dict[str, asyncio.Event] = {}
        self._grown = asyncio.Event()
        self._failed: dict[str, tuple[int, Millis]] = {}
        """How often something failed in a row, and until when it rests: chats, what is owed in them, and where."""
        self._titles = 1
        """Counts when titles may have changed: which threads are called otherwise cannot be asked for cheaply."""
        self._titled: dict[str, tuple[int, Millis]] = {}
        """Of each chat, at which of these it was asked last, and when it is to be all the same; 0: never."""

    def wake(self) -> None:
        """Something may be owed now."""
        self._grown.set()
        for due in self._due.values():
            due.set()

    def retitled(self) -> None:
        """An opening post was changed, and its title perhaps with it."""
        self._titles += 1

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
        try:
            for page_of in (self._fates, self._words, self._signposts):
                rests += await self._pay_all(page_of, name, chat)
            if isinstance(chat, Retitles):
                rests += await self._rename(name, chat)
        except _Rests as rest:
            return rest.until
        self._failed.pop(name, None)
        return min(rests, default=None)

    async def _pay_all(
        self, page_of: Callable[[str, Chat, int], Awaitable[list[_Owed]]], name: str, chat: Chat
    ) -> list[Millis]:
        """Pay what is owed of one kind in a chat; until when what is left rests."""
        rests: list[Millis] = []
        page = await page_of(name, chat, 0)
        while page:
            for owed in page:
                rests += await self._try(name, owed)
            page = await page_of(name, chat, page[-1].id)
        return rests

    async def _rename(self, name: str, chat: Chat) -> list[Millis]:
        """Give chat threads their names, if there may be some that have others; until when what is left rests."""
        titles, (asked, again) = self._titles, self._titled.get(name, NEVER)
        if asked == titles and not 0 < again <= self._clock.now():
            return [again] if again else []
        rests = await self._pay_all(self._names, name, chat)
        self._titled[name] = titles, min(rests, default=0)
        return rests

    async def _fates(self, name: str, chat: Chat, after: int) -> list[_Owed]:
        return [
            _Owed(
                fate.reply,
                f"fate of reply {fate.reply}",
                _within(name, "fates", fate.where),
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
                _within(name, "words", words.where),
                partial(self._tell, name, chat, words),
                partial(self._said, words),
            )
            for words in await self._store.read(whispers, name, after)
        ]

    async def _signposts(self, name: str, chat: Chat, after: int) -> list[_Owed]:
        return [
            _Owed(
                owed.place,
                f"signpost of {owed.place}",
                _within(name, "signposts", owed.where),
                partial(_stand, chat, owed),
                partial(self._stands, owed),
            )
            for owed in await self._store.read(owed_signposts, name, after)
        ]

    async def _names(self, name: str, chat: Chat, after: int) -> list[_Owed]:
        assert isinstance(chat, Retitles)
        return [
            _Owed(
                owed.place,
                f"title of {owed.place}",
                _within(name, "titles", owed.where),
                partial(chat.retitle, owed.where, owed.title),
                partial(self._called, owed),
            )
            for owed in await self._store.read(retitled, name, after)
        ]

    async def _shown(self, fate: Fate, ended: str) -> None:
        # Where it cannot be shown, there is nothing to show it on.
        await self._store.write(fate_shown, fate.reply, fate.fate)

    async def _tell(self, name: str, chat: Chat, words: Whisper) -> None:
        text = self._opened(name, words)
        await chat.tell(words.where, UserId(words.person), text, words.key, words.message, words.offers)

    async def _said(self, words: Whisper, ended: str) -> None:
        await self._store.write(whispered, words.id, ended)

    async def _stands(self, owed: Signpost, ended: str) -> None:
        # What cannot be pinned stands where it was sent, for people to pin it.
        await self._store.write(signpost_stands, owed)

    async def _called(self, owed: Retitled, ended: str) -> None:
        # What cannot be called so is left as people find it; its opening post shows the title.
        await self._store.write(called, owed.place, owed.title)

    async def _try(self, chat: str, owed: _Owed) -> list[Millis]:
        """Pay one thing and record how it ended; until when it rests, where it did not end.

        Raises `_Rests` where the whole chat cannot be worked with.
        """
        until = max(self._failed.get(one, NEVER)[1] for one in (owed.what, owed.within))
        if until > self._clock.now():
            return [until]
        try:
            async with asyncio.timeout(self._longest):
                await owed.act()
        except errors.RateLimited as error:
            self._log.warning("not said yet", chat=chat, what=owed.what, error=reason_of(error))
            until = self._later(error.seconds)
            self._failed[owed.within] = 1, until
            return [until]
        except (errors.Unreachable, errors.LoginRejected) as error:
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
        for one in (owed.what, owed.within):
            self._failed.pop(one, None)
        return []

    def _resting(self, chat: str, error: Exception) -> _Rests:
        failures, until = self._count(chat)
        if isinstance(error, errors.LoginRejected):
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
    within: str
    """What shares a limit with it: whatever of its kind is owed in the same place."""
    act: Callable[[], Awaitable[None]]
    ended: Callable[[str], Awaitable[None]]


class _Rests(Exception):
    """A chat cannot be worked with before a time."""

    def __init__(self, until: Millis) -> None:
        super().__init__(until)
        self.until = until


async def _stand(chat: Chat, owed: Signpost) -> None:
    """Pin a signpost, where the chat can do that, or take it away."""
    if not owed.wanted:
        await chat.delete(owed.where, owed.message)
    elif isinstance(chat, Pins):
        await chat.pin(owed.where, owed.message)


def _within(chat: str, kind: str, where: Where) -> str:
    return f"{kind} in {chat} {where.channel} {where.thread}"
