"""Who wants to know at once that something changed."""

from __future__ import annotations

import asyncio
import weakref

from adapters.forums.sandbox.state import Touched


class Watch:
    """What was touched since the last look, for one watcher; iterate over it until it ends.

    It holds each thread at most once, so a watcher that is slow, or gone, costs no more than that.
    """

    def __init__(self) -> None:
        self._touched: dict[Touched, None] = {}
        self._news = asyncio.Event()
        self._ended = False

    def __aiter__(self) -> Watch:
        return self

    async def __anext__(self) -> tuple[Touched, ...]:
        """What was touched, as soon as there is something; cancelling loses nothing."""
        await self._news.wait()
        if self._ended:
            raise StopAsyncIteration
        self._news.clear()
        touched, self._touched = tuple(self._touched), {}
        return touched

    def tell(self, touched: Touched) -> None:
        """Something was touched."""
        self._touched[touched] = None
        self._news.set()

    def end(self) -> None:
        """Nothing more will be told."""
        self._ended = True
        self._news.set()


class Watchers:
    """All watches; one that nobody holds any more is forgotten."""

    def __init__(self) -> None:
        self._watches: weakref.WeakSet[Watch] = weakref.WeakSet()
        self._ended = False

    def __len__(self) -> int:
        return len(self._watches)

    def add(self) -> Watch:
        """A watch that sees everything from now on."""
        watch = Watch()
        self._watches.add(watch)
        if self._ended:
            watch.end()
        return watch

    def tell(self, touched: Touched) -> None:
        """Something was touched."""
        for watch in list(self._watches):
            watch.tell(touched)

    def end(self) -> None:
        """Nothing more will be told to anybody."""
        self._ended = True
        for watch in list(self._watches):
            watch.end()
