"""Chat events → deliveries, commands: each batch in one transaction with the chat's cursor."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from bot.acts import backoff
from bot.clock import Clock
from bot.errors import StoreStopped
from bot.model import Answer, ChatName, Commanded
from bot.ports import Chat, Log
from bot.store import Store
from bot.store.inbox import answer_command, catch_up, cursor, early_events, receive, waiting_commands

Carry = Callable[[ChatName, Commanded], Awaitable[Answer]]
"""Carries out a command; it may be called again for the same one after a crash."""

AGAIN = 0.1
"""Seconds until an event is looked at again that came before what it is about was recorded."""


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
    ) -> None:
        self._name = name
        self._chat = chat
        self._store = store
        self._clock = clock
        self._log = log
        self._carry = carry
        self._changed = changed
        self._waiting = asyncio.Event()

    async def run(self) -> None:
        """Listen until cancelled; what fails is taken in again from the stored cursor."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._serve())
            failures = 0
            while True:
                try:
                    async for batch in self._chat.events(await self._store.read(cursor, self._name)):
                        fresh = await self._store.write(receive, self._name, batch, self._clock.now())
                        failures = 0
                        if fresh:
                            self._changed()
                            self._waiting.set()
                except Exception as error:
                    failures += 1
                    self._log.warning("listening failed", chat=self._name, error=repr(error), wait=backoff(failures))
                await asyncio.sleep(backoff(failures))

    async def _serve(self) -> None:
        """Work off what waits: events that came too soon, then commands in their order.

        A command whose answer was not stored is given again.
        """
        failures = 0
        while True:
            self._waiting.clear()
            try:
                early = await self._store.read(early_events, self._name)
                if early and (caught := await self._store.write(catch_up, self._name, self._clock.now())):
                    early -= caught
                    self._changed()
                for id, command in await self._store.read(waiting_commands, self._name):
                    text = await self._answer(command)
                    await self._store.write(answer_command, id, self._name, command, text, self._clock.now())
                    self._changed()
                failures = 0
            except StoreStopped as error:
                failures += 1
                self._log.error("store stopped", chat=self._name, error=str(error))
                await asyncio.sleep(backoff(failures))
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(self._waiting.wait(), AGAIN if early else None)

    async def _answer(self, command: Commanded) -> str:
        try:
            return (await self._carry(self._name, command)).text
        except StoreStopped:
            raise
        except Exception as error:
            self._log.error("command failed", chat=self._name, words=command.words, exc_info=error)
            return "That went wrong here, not with you; the log of Threadline says more. Try it again later."
