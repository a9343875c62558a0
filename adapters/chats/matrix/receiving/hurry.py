"""Waiting until what has happened by now was asked for and taken in, for whoever was told that something did.

Questions to the homeserver wait for news. One that waits although there is news got stuck, and is asked anew.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

GRACE = 1.0
"""Seconds for which what was told is waited for, before the homeserver is asked anew: mostly it is on its way."""

PATIENCE = 50.0
"""Seconds until a transaction is given back, to be repeated; Synapse waits for a minute."""

MOST_KNOWN = 5_000
"""Events, and transactions, of which it is remembered that they were taken in."""


class Recent:
    """The newest ids of something."""

    def __init__(self, most: int = MOST_KNOWN) -> None:
        self._most = most
        self._ids: OrderedDict[str, None] = OrderedDict()

    def add(self, id: str) -> None:
        """Remember one; the oldest is forgotten for it."""
        self._ids[id] = None
        if len(self._ids) > self._most:
            self._ids.popitem(last=False)

    def __contains__(self, id: object) -> bool:
        return id in self._ids


class Hurry:
    """Lets others wait until what has happened by now was asked for and taken in."""

    def __init__(self) -> None:
        self._listening = False
        self._asked = 0
        """Questions that were begun."""
        self._taken = 0
        """The last one whose answer was taken in."""
        self._told: list[str] = []
        self._known = Recent()
        self._wanted = asyncio.Event()
        self._moved = asyncio.Event()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """While it lasts, questions are asked."""
        self._listening = True
        try:
            yield
        finally:
            self._listening = False
            self._told.clear()
            self._move()

    async def ask(self, question: Callable[[bool], Awaitable[T]]) -> T:
        """Ask a question, told whether it may wait for news; one that waits is given up when somebody is in a hurry."""
        while True:
            self._asked += 1
            patient = not self._wanted.is_set()
            self._wanted.clear()
            asking = asyncio.ensure_future(question(patient))
            hurried = asyncio.ensure_future(self._wanted.wait())
            try:
                waited = {asking, hurried} if patient else {asking}
                await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
                if asking.done():
                    return asking.result()
            finally:
                for one in (asking, hurried):
                    one.cancel()
                await asyncio.gather(asking, hurried, return_exceptions=True)

    def tells(self, event: str) -> None:
        """The answer tells of an event."""
        self._told.append(event)

    def taken(self) -> None:
        """All of the last answer was taken in."""
        for event in self._told:
            self._known.add(event)
        self._told.clear()
        self._taken = self._asked
        self._move()

    async def caught_up(self, events: Collection[str]) -> bool:
        """Wait until events that happened were taken in; False where nobody listens, or it takes too long."""
        if not events or self._knows(events):
            return True
        later = self._asked + 1
        try:
            async with asyncio.timeout(GRACE):
                await self._until(lambda: self._knows(events))
        except TimeoutError:
            self._wanted.set()
        try:
            async with asyncio.timeout(PATIENCE):
                await self._until(lambda: self._taken >= later or self._knows(events))
        except TimeoutError:
            return False
        return self._listening

    def _knows(self, events: Collection[str]) -> bool:
        return all(event in self._known for event in events)

    async def _until(self, done: Callable[[], bool]) -> None:
        while self._listening and not done():
            await self._moved.wait()

    def _move(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()
