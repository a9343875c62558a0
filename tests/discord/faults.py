"""What can go wrong with a request: before it is done or after, on the line or at Discord's front door."""

from __future__ import annotations

import asyncio
import re
from typing import NamedTuple


class Drop(NamedTuple):
    """The connection ends, and nothing was done."""


class LoseAnswer(NamedTuple):
    """It was done, and the connection ends before anybody hears of it."""


class Fail(NamedTuple):
    """An error of the front door, as a page; it was done all the same if `done`."""

    status: int = 502
    done: bool = True


class Limit(NamedTuple):
    """429, and nothing was done.

    `scope` is user, shared or global; a `hidden` limit says that there is something left; without `via` it is
    Cloudflare that says so, with a page; `code` is one of Discord's, such as 30046.
    """

    seconds: float = 1.0
    scope: str = "user"
    hidden: bool = False
    via: bool = True
    code: int = 0


class Hold:
    """The answer waits for `release`, or so many seconds; it is done before that if `done`, else after it."""

    def __init__(self, *, done: bool = True, seconds: float | None = None) -> None:
        self.done = done
        self.seconds = seconds
        self._released = asyncio.Event()

    def release(self) -> None:
        """Let them go on, those that come later too."""
        self._released.set()

    async def over(self) -> None:
        """Wait as long as it says."""
        if self.seconds is None:
            await self._released.wait()
        else:
            await asyncio.sleep(self.seconds)


Fault = Drop | LoseAnswer | Fail | Limit | Hold


class Rule:
    """What becomes of the next `times` requests (None: of all) of a method ("": any) whose path matches."""

    def __init__(self, fault: Fault, method: str, path: str, times: int | None) -> None:
        self.fault = fault
        self.met = 0
        """How many requests it was taken for; what becomes of them may not be over."""
        self.happened = 0
        """How often it has come to pass."""
        self._method = method
        self._path = re.compile(path)
        self._left = times

    def applies(self, method: str, path: str) -> bool:
        """Whether it is for this request."""
        return self._left != 0 and self._method in ("", method) and self._path.search(path) is not None

    def take(self) -> None:
        """Keep one of its times for a request."""
        self.met += 1
        if self._left is not None:
            self._left -= 1

    async def came(self, times: int = 1) -> None:
        """Wait until it has come to pass so often."""
        while self.happened < times:
            await asyncio.sleep(0.002)


class Asked(NamedTuple):
    """A request that is done with: what was answered (None: nothing), and by which fault."""

    at: float
    method: str
    path: str
    status: int | None
    fault: Fault | None


class Faults:
    """The rules there are; older ones go first."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []

    def rule(self, fault: Fault, method: str = "", path: str = "", *, times: int | None = 1) -> Rule:
        """Let requests fail; `path` is a regular expression, found anywhere in path and query below /api/v10."""
        self._rules.append(Rule(fault, method, path, times))
        return self._rules[-1]

    def mend(self) -> None:
        """Forget every rule; what is held goes on."""
        for rule in self._rules:
            if isinstance(rule.fault, Hold):
                rule.fault.release()
        self._rules.clear()

    def take(self, method: str, path: str) -> Rule | None:
        """The rule for a request, if there is one."""
        for rule in self._rules:
            if rule.applies(method, path):
                rule.take()
                return rule
        return None
