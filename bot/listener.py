"""Chat events → deliveries, commands: each batch in one transaction with the chat's cursor."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from bot import errors
from bot.clock import Clock
from bot.errors import StoreStopped
from bot.model import Answer, Batch, ChatName, Commanded
from bot.ports import Chat, Log
from bot.recovery import backoff
from bot.redaction import reason_of
from bot.store import Store
from bot.store.early import early_events
from bot.store.inbox import answer_command, catch_up, cursor, receive, skip, waiting_commands
from bot.store.notices import close_notice, tell_concerned
from bot.texts import say

Hide = Callable[[str, Batch], Batch]
"""Seals what a batch must not keep as it was typed."""

Carry = Callable[[ChatName, Commanded], Awaitable[Answer]]
"""Carries out a command; it may be called again for the same one after a crash."""

TELL_AFTER = 3
"""Failures in a row after which admins are told that a chat cannot be heard: one is weather."""

WHILE = 10.0
"""Seconds after which a chat that does not fail is taken for one that works."""

AGAIN = 0.1
"""Seconds until an event is looked at again that came before what it is about was recorded; then twice as many."""

SELDOM = 5.0
"""Seconds between two such looks at the most."""


class Listener:
    """Takes in what people do in one chat."""

    def __init__(
        self,
        name: ChatName,
        chat: Chat,
        store: Store,
        clock: Clock,
        log: Log,
        carry: Carry,
        changed: Callable[[], None],
        hide: Hide = lambda chat, batch: batch,
    ) -> None:
        self._name = name
        self._chat = chat
        self._store = store
        self._clock = clock
        self._log = log
        self._carry = carry
        self._hide = hide
        self._changed = changed
        self._waiting = asyncio.Event()
        self._busy: set[str] = set()
        """Communities whose commands are being carried out."""
        self._failures = 0
        self._sound = False
        """It was heard since the start; before, what an earlier process told of a failure may still stand."""
        self.failing = ""
        """Why nothing is heard, where that is more than weather."""

    async def run(self) -> None:
        """Listen until cancelled; what fails is taken in again from the stored cursor."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._serve(group))
            while True:
                try:
                    await self._listen(group)
                except StoreStopped as error:
                    await self._failed(str(error), ours=True)
                except errors.AdapterError as error:
                    await self._failed(reason_of(error))
                except Exception as error:
                    self._log.error("adapter fault", chat=self._name, exc_info=error)
                    await self._failed(f"{type(error).__name__}: {reason_of(error)}")
                await asyncio.sleep(backoff(self._failures))

    async def _listen(self, group: asyncio.TaskGroup) -> None:
        silent = group.create_task(self._silent())
        try:
            async for batch in self._chat.events(await self._store.read(cursor, self._name)):
                fresh = await self._receive(self._hide(self._name, batch))
                await self._well()
                if fresh:
                    self._changed()
                    self._waiting.set()
        finally:
            silent.cancel()

    async def _receive(self, batch: Batch) -> int:
        """Take a batch in; what cannot be, for reasons of its content, is left out alone. How many events were new."""
        try:
            return await self._store.write(receive, self._name, batch, self._clock.now())
        except StoreStopped:
            raise
        except Exception as error:
            self._log.debug("batch taken apart", chat=self._name, error=repr(error))
        fresh, before = 0, await self._store.read(cursor, self._name)
        for event in batch.events:
            try:
                fresh += await self._store.write(receive, self._name, Batch((event,), before), self._clock.now())
            except StoreStopped:
                raise
            except Exception as error:
                self._log.error("event skipped", chat=self._name, kind=type(event).__name__, exc_info=error)
                await self._store.write(skip, self._name, event, self._clock.now())
        return fresh + await self._store.write(receive, self._name, Batch((), batch.cursor), self._clock.now())

    async def _silent(self) -> None:
        """What does not fail for a while is heard, even where nobody says anything."""
        await asyncio.sleep(WHILE)
        with suppress(StoreStopped):
            await self._well()

    async def _failed(self, reason: str, ours: bool = False) -> None:
        """Tell once, when it is more than weather, that nothing is heard; not where it is our own database."""
        self._failures += 1
        wait = backoff(self._failures)
        self._log.warning("listening failed", chat=self._name, error=reason, wait=wait)
        if ours or self._failures < TELL_AFTER:
            return
        self.failing = reason
        text = say("notices.unheard", chat=self._name, why=reason)
        with suppress(StoreStopped):
            await self._store.write(tell_concerned, f"chat:{self._name}", text, self._clock.now(), chat=self._name)

    async def _well(self) -> None:
        if self._failures or not self._sound:
            text = say("notices.unheard_over", chat=self._name)
            await self._store.write(close_notice, f"chat:{self._name}", text, self._clock.now())
            self._failures, self._sound, self.failing = 0, True, ""

    async def _serve(self, group: asyncio.TaskGroup) -> None:
        """Look after what waits: events that came too soon, and commands. A slow command keeps nobody else waiting."""
        failures, pause = 0, AGAIN
        while True:
            self._waiting.clear()
            try:
                early = len(await self._store.read(early_events, self._name))
                if early and (caught := await self._store.write(catch_up, self._name, self._clock.now())):
                    early -= caught
                    pause = AGAIN
                    self._changed()
                for _, command in await self._store.read(waiting_commands, self._name):
                    if command.community not in self._busy:
                        self._busy.add(command.community)
                        group.create_task(self._carry_out(command.community))
                failures = 0
            except Exception as error:
                failures += 1
                await self._rest(error, failures)
                continue
            try:
                await asyncio.wait_for(self._waiting.wait(), pause if early else None)
                pause = AGAIN
            except TimeoutError:
                pause = min(2 * pause, SELDOM)

    async def _carry_out(self, community: str) -> None:
        """Carry out the commands of one community in their order; one whose answer was not stored is given again."""
        failures = 0
        try:
            while True:
                try:
                    waiting = await self._store.read(waiting_commands, self._name)
                    mine = [(id, command) for id, command in waiting if command.community == community]
                    if not mine:
                        return
                    for id, command in mine:
                        answer = await self._answer(command)
                        await self._store.write(answer_command, id, self._name, command, answer, self._clock.now())
                        self._changed()
                    failures = 0
                except Exception as error:
                    failures += 1
                    await self._rest(error, failures)
        finally:
            self._busy.discard(community)
            self._waiting.set()  # what came between the last look and now

    async def _rest(self, error: Exception, failures: int) -> None:
        if isinstance(error, StoreStopped):
            self._log.error("store stopped", chat=self._name, error=str(error))
        else:
            # A fault of ours: what waits in this chat waits on, the others go on.
            self._log.error("listener fault", chat=self._name, exc_info=error)
        await asyncio.sleep(backoff(failures))

    async def _answer(self, command: Commanded) -> Answer:
        try:
            return await self._carry(self._name, command)
        except StoreStopped:
            raise
        except Exception as error:
            self._log.error("command failed", chat=self._name, words=command.words, exc_info=error)
            return Answer(say("commands.fault"), ok=False)
