"""How much may be asked in which time: buckets of routes, the two global limits, and what no header tells.

The figures are what has been seen; Discord promises none of them.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import NamedTuple

from tests.discord.snowflakes import Clock

_MESSAGES = "/channels/{channel}/messages"
_HOOK = "/webhooks/{webhook}/{token}"
EXECUTE = f"POST {_HOOK}"
EDIT = f"PATCH {_MESSAGES}/{{message}}"
RENAME = "PATCH /channels/{channel}"

BUCKETS: dict[str, tuple[int, float]] = {
    f"POST {_MESSAGES}": (5, 5.0),
    EDIT: (5, 5.0),
    f"DELETE {_MESSAGES}/{{message}}": (5, 1.0),
    f"PUT {_MESSAGES}/{{message}}/reactions/{{emoji}}/@me": (1, 0.25),
    f"DELETE {_MESSAGES}/{{message}}/reactions/{{emoji}}/@me": (1, 0.25),
    EXECUTE: (5, 2.0),
    f"PATCH {_HOOK}/messages/{{message}}": (5, 2.0),
    f"DELETE {_HOOK}/messages/{{message}}": (5, 2.0),
    RENAME: (5, 15.0),
}
"""Requests and seconds, for each route and channel or webhook."""

SHARED: dict[str, tuple[int, float]] = {
    "POST /channels/{channel}/threads": (50, 300.0),
    f"POST {_MESSAGES}/{{message}}/threads": (50, 300.0),
}
"""Of all that write there together; a 429 of these is nobody's fault."""

GLOBAL = 50
HIDDEN = (30, 60.0)
OLD, OLD_EDITS = 3600.0, (3, 6.0)
"""From which age on a message is old, and how often such ones may be edited in one channel."""
RENAMES = (2, 600.0)
"""How often a channel or thread gets another name; no header tells."""
INVALID = (10_000, 600.0)


class Answer(NamedTuple):
    """What a limit says to a request: headers for the answer, and for how long it is refused, if it is."""

    headers: dict[str, str]
    wait: float = 0.0
    scope: str = ""
    code: int = 0
    banned: bool = False


@dataclass
class _Bucket:
    left: int = 0
    until: float = 0.0


class _Window:
    """The last requests, of which there may be so many in so many seconds."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._at: deque[float] = deque()

    def wait(self, now: float) -> float:
        """How long until there is room; 0 where there is."""
        while self._at and now - self._at[0] >= self._seconds:
            self._at.popleft()
        return self._seconds - (now - self._at[0]) if len(self._at) >= self._most else 0.0

    def note(self, now: float) -> None:
        self._at.append(now)

    def __len__(self) -> int:
        return len(self._at)


def rounded_up(seconds: float) -> float:
    """A time in milliseconds: whoever waits for as long is not too early."""
    return math.ceil(seconds * 1000) / 1000


class Limits:
    """Counts requests. Off, it refuses nothing and says nothing, but counts what was wrong with them all the same."""

    def __init__(self, clock: Clock, *, on: bool = False) -> None:
        self.on = on
        self.pace = 1.0
        """How much faster all windows pass: a test of pacing need not take minutes."""
        self.buckets = dict(BUCKETS)
        self.invalid_allowed = INVALID[0]
        self.refused: list[str] = []
        """Every 429 of these, as the kind of limit and the route."""
        self._clock = clock
        self._buckets: dict[tuple[str, str], _Bucket] = defaultdict(_Bucket)
        self._windows: dict[tuple[str, str], _Window] = {}
        self._invalid = _Window(1_000_000, INVALID[1])

    def ask(
        self, route: str, major: str, *, channel: str, free: bool, token: bool, age: float, renames: bool = False
    ) -> Answer:
        """What they say to a request.

        `major` is what its bucket goes by; `channel` is where a webhook speaks; interactions are `free` of the
        global limits; `token` is whether a bot asks; `age` is that of the message it changes; `renames` is whether it
        gives a channel another name.
        """
        now = self._clock.now()
        self._invalid.wait(now)
        if len(self._invalid) >= self.invalid_allowed:
            return Answer({}, 3600.0, "global", banned=True)
        if not self.on:
            return Answer({})
        if not free:
            window = self._window("global", "bot" if token else "address", GLOBAL, 1.0)
            if wait := window.wait(now):
                return self._refuse("global", route, {"X-RateLimit-Global": "true"}, wait, "global")
            window.note(now)
        rule, shared = self.buckets.get(route), SHARED.get(route)
        if rule is None and shared is None:
            return Answer({})
        most, seconds = rule or shared or (0, 0.0)
        bucket = self._buckets[route, major]
        if now >= bucket.until:
            bucket.left, bucket.until = most, now + seconds / self.pace
        name = hashlib.md5(route.encode(), usedforsecurity=False).hexdigest()
        headers = {"X-RateLimit-Limit": str(most), "X-RateLimit-Bucket": name}
        headers["X-RateLimit-Reset"] = f"{bucket.until:.3f}"
        headers["X-RateLimit-Reset-After"] = f"{rounded_up(bucket.until - now):.3f}"
        if bucket.left <= 0:
            scope = "shared" if shared else "user"
            return self._refuse("bucket", route, headers | {"X-RateLimit-Remaining": "0"}, bucket.until - now, scope)
        told = headers | {"X-RateLimit-Remaining": str(bucket.left)}
        if route == EXECUTE:
            window = self._window("hidden", channel, *HIDDEN)
            if wait := window.wait(now):
                return self._refuse("hidden", route, told, wait, "user")
            window.note(now)
        if route == EDIT and age > OLD:
            window = self._window("old", major, *OLD_EDITS)
            if wait := window.wait(now):
                return self._refuse("old", route, told, wait, "user", 30046)
            window.note(now)
        if renames:
            window = self._window("renames", major, *RENAMES)
            if wait := window.wait(now):
                return self._refuse("renames", route, told, wait, "user")
            window.note(now)
        bucket.left -= 1
        return Answer(headers | {"X-RateLimit-Remaining": str(bucket.left)})

    def answered(self, status: int, scope: str = "") -> None:
        """Count what was refused; of shared limits nothing is held against anybody."""
        if status in (401, 403) or (status == 429 and scope != "shared"):
            self._invalid.note(self._clock.now())

    @property
    def invalid(self) -> int:
        """How many requests were refused of late."""
        self._invalid.wait(self._clock.now())
        return len(self._invalid)

    def _window(self, kind: str, of: str, most: int, seconds: float) -> _Window:
        if (kind, of) not in self._windows:
            self._windows[kind, of] = _Window(most, seconds / self.pace)
        return self._windows[kind, of]

    def _refuse(self, kind: str, route: str, headers: dict[str, str], wait: float, scope: str, code: int = 0) -> Answer:
        self.refused.append(f"{kind} {route}")
        return Answer(headers, max(wait, 0.001), scope, code)
