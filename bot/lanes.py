"""Who owns what at a time: one process owns every lane of its database here, and each forum is asked one thing at once.

A lane is a forum host, or a chat login with its places. Ownership is a row with an epoch that rises at every claim; the
epoch goes into each claimed delivery, so that what an earlier owner began can be told from what this one did.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import msgspec

from bot.ports import Forum
from bot.store.unit import Unit, one


def own_all(owner: str) -> Unit[int]:
    """Take every lane for `owner` under a new epoch, which is returned; for an engine that one process has alone."""
    rows = yield "SELECT COALESCE(MAX(epoch), 0) + 1 FROM lane", ()
    epoch = int(one(rows))
    yield "INSERT INTO lane (id) VALUES ('process') ON CONFLICT DO NOTHING", ()
    yield "UPDATE lane SET owner=$1, epoch=$2", (owner, epoch)
    return epoch


class Gate:
    """Lets one pass at a time through to a forum: writes before polls, each in the order in which they came.

    `spacing` seconds lie between two polls at least; a write waits for none of them.
    """

    def __init__(self, spacing: float = 0.0) -> None:
        self._spacing = spacing
        self._rests_until = 0.0
        self._busy = False
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[None]:
        """Pass as a write."""
        async with self._pass(0):
            yield

    @asynccontextmanager
    async def poll(self) -> AsyncIterator[None]:
        """Pass as a poll; waits while a write waits."""
        now = asyncio.get_running_loop().time
        await asyncio.sleep(max(0.0, self._rests_until - now()))
        async with self._pass(1):
            self._rests_until = now() + self._spacing
            try:
                yield
            finally:
                self._rests_until = now() + self._spacing

    @asynccontextmanager
    async def _pass(self, rank: int) -> AsyncIterator[None]:
        if self._busy:
            turn = asyncio.get_running_loop().create_future()
            heapq.heappush(self._waiting, (rank, next(self._order), turn))
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._next()  # the turn came in the same moment: hand it on
                raise
        self._busy = True
        try:
            yield
        finally:
            self._next()

    def _next(self) -> None:
        self._busy = False
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.cancelled():
                self._busy = True
                turn.set_result(None)
                return


class OpenForum(msgspec.Struct):
    """A forum that is ready to be asked, and the gate before it."""

    name: str
    forum: Forum
    adapter: str = ""
    settings: str = "{}"
    """Settings that no file names, as they are kept in the database."""
    gate: Gate = msgspec.field(default_factory=Gate)

    def __post_init__(self) -> None:
        self.gate = Gate(self.forum.caps.spacing)


class Sought(NamedTuple):
    """The forum that an address leads to, opened; `address` is the one by which it is to be asked."""

    opened: OpenForum
    address: str
