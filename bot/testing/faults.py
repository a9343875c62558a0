"""What can go wrong between us and the other side, set up by a test, act by act or for a while."""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager

import msgspec

from bot.errors import LoginRejected, OutcomeUnknown, RateLimited, Unparsable, Unreachable

PAUSE = 7.0
"""Seconds that a limited line asks for."""


class Line(enum.StrEnum):
    """In which state the line to the other side is."""

    WHOLE = "whole"
    CUT = "cut"  # nothing reaches the other side: every call is Unreachable
    DEAF = "deaf"  # what is sent arrives, its answer is lost: a write is OutcomeUnknown, a read Unreachable
    GARBLED = "garbled"  # the answer is a page that nobody expects: a write is OutcomeUnknown, a read Unparsable
    LOST = "lost"  # a write is lost on its way, which its sender cannot tell from DEAF; readings go through
    FAILED = "failed"  # a write is done, and its answer is that the server failed; readings go through
    SILENT = "silent"  # a write is done, and its answer does not come before the sender's patience ends; likewise
    LIMITED = "limited"  # the other side asks for a pause of PAUSE seconds and does nothing: RateLimited
    LOCKED = "locked"  # the credential is refused: LoginRejected


UNANSWERED = (Line.DEAF, Line.GARBLED, Line.FAILED, Line.SILENT)
"""States in which what is written stands there, and nobody says so."""

Trouble = Exception | Callable[[], Awaitable[object] | None]
"""An error to raise, or something to call, which may raise, wait, or change the world meanwhile."""


class Fault(msgspec.Struct, frozen=True):
    """One thing that goes wrong once; `after`: the act has happened then, and only its answer is lost.

    `act` names the method of the port that it strikes; empty is the next one that writes.
    """

    trouble: Trouble
    act: str = ""
    after: bool = False


class Faults(deque[Fault | Trouble]):
    """Faults in the order in which they strike; a bare exception or callable strikes before the next write.

    Besides, `line` is the state of the line for all calls. `writes` names the methods of the port that write.
    """

    def __init__(self, writes: Collection[str]) -> None:
        super().__init__()
        self.line = Line.WHOLE
        self.writes = writes

    @asynccontextmanager
    async def around(self, act: str) -> AsyncIterator[None]:
        """Let the line, and the first fault that is meant for `act`, strike before or after what is done inside."""
        writing = act in self.writes
        self._before(act, writing)
        fault = self._taken(act, writing)
        if fault is not None and not fault.after:
            await _strike(fault.trouble)
        if writing and self.line is Line.LOST:
            raise OutcomeUnknown(f"{act}: the answer was lost; it may have happened, read back before repeating")
        yield
        if fault is not None and fault.after:
            await _strike(fault.trouble)
        if writing and self.line in UNANSWERED:
            raise OutcomeUnknown(f"{act}: the answer was lost; it may have happened, read back before repeating")

    def _before(self, act: str, writing: bool) -> None:
        match self.line:
            case Line.CUT:
                raise Unreachable(f"{act}: the line is cut, nothing was sent; try again later")
            case Line.DEAF if not writing:
                raise Unreachable(f"{act}: no answer came; try again later")
            case Line.GARBLED if not writing:
                raise Unparsable(f"{act}: the answer is not what was looked for", "an answer", b"<!DOCTYPE html>")
            case Line.LIMITED:
                raise RateLimited(f"{act}: the other side asks for a pause of {PAUSE:.0f} seconds", PAUSE)
            case Line.LOCKED:
                raise LoginRejected(f"{act}: the credential is refused; set a new one")

    def _taken(self, act: str, writing: bool) -> Fault | None:
        for index, waiting in enumerate(self):
            fault = waiting if isinstance(waiting, Fault) else Fault(waiting)
            if fault.act == act or (not fault.act and writing):
                del self[index]
                return fault
        return None


async def _strike(trouble: Trouble) -> None:
    if isinstance(trouble, Exception):
        raise trouble
    waiting = trouble()
    if waiting is not None:
        await waiting
