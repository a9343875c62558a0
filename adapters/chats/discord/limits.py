"""Pure: how many requests Discord takes, as far as it tells: how long the next one has to wait.

Times are seconds of a clock that never goes back; whoever asks gives it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

EVEN = 0.94
"""Of the time between two requests, how much lies between them at least, also where several are late."""

PROBE = 0.02
"""Seconds until it is asked again whether a bucket is known, whose first request is on its way."""

FORGOTTEN = 600.0
"""Seconds without a request after which a bucket is forgotten."""

INVALID, INVALID_WINDOW = 8_000, 600.0
"""Refused requests (401, 403, 429) in ten minutes after which we stop: at 10,000 Discord shuts out our address."""

BANNED = 3_600.0
"""Seconds that nothing is asked after a 429 that came from Cloudflare and not from Discord."""

HIDDEN_WINDOW = 60.0
"""Seconds in which a channel takes so many messages of webhooks as were counted when it first took no more."""

TELLING = 20
"""Messages in a minute from which on such a refusal tells how many there may be; below, others had spoken there."""

LEARNT = 3_600.0
"""Seconds that this is believed."""

PAUSE = 5.0
"""Seconds to wait where a 429 names no time."""


class Go(NamedTuple):
    """Whether a request may be made, and after how many seconds it may, or is to be asked about again."""

    may: bool
    after: float


class Told(NamedTuple):
    """What a 429 says."""

    seconds: float
    scope: str = "user"
    """user, hidden (no header tells of it), shared (nobody's fault), global, or banned (not Discord's own answer)."""


class _Bucket:
    """What is known of one bucket, and who is on the way in it."""

    __slots__ = ("believed", "blocked", "flying", "known", "left", "most", "recent", "until", "used")

    def __init__(self) -> None:
        self.known = False
        self.left = 1
        self.flying = 0
        self.until = 0.0
        self.blocked = 0.0
        self.used = 0.0
        self.recent: deque[float] = deque()
        """When requests went, of the last minute."""
        self.most = 0
        """How many a minute holds, where that was met; believed for a while."""
        self.believed = 0.0

    def hidden_wait(self, now: float) -> float:
        """Seconds until a minute has room for one more."""
        while self.recent and now - self.recent[0] >= HIDDEN_WINDOW:
            self.recent.popleft()
        full = now < self.believed and len(self.recent) >= self.most
        return HIDDEN_WINDOW - (now - self.recent[0]) if full and self.recent else 0.0


class _Spacing:
    """So many a second, evenly."""

    def __init__(self, rate: float) -> None:
        self._step = 1.0 / rate
        self._due = 0.0
        self._went = 0.0
        self.blocked = 0.0

    def wait(self, now: float) -> float:
        return max(0.0, self._due - now, self.blocked - now)

    def take(self, now: float) -> None:
        self._due = max(self._due, now, self.blocked) + self._step

    def go(self, now: float) -> float:
        """Seconds until the last one is far enough; it goes if there are none.

        One that is late by less than that is counted where it would have been, or a busy machine would make all behind
        it late too.
        """
        apart = EVEN * self._step
        wait = self._went + apart - now
        if wait > 0:
            return wait
        self._went = max(self._went + apart, now - apart)
        return 0.0


class Limits:
    """The buckets of one bot, its global budget, and how often it was refused of late."""

    def __init__(self, budget: float) -> None:
        self._ours = _Spacing(budget)
        self._bare = _Spacing(budget)
        """What goes without the bot's token counts for this computer's address."""
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self._names: dict[str, str] = {}
        """Which routes share a bucket: Discord's name for it, by route."""
        self._invalid: deque[float] = deque()
        self._swept = 0.0

    def ask(self, route: str, major: str, now: float, patience: float, *, token: bool = True, free: bool = False) -> Go:
        """Whether a request may be made; its place is taken then, and it is made after that many seconds.

        `major` is the channel, guild or webhook that the route's bucket goes by. Requests without our `token` have a
        budget of their own; answers to interactions are `free` of it. Nobody waits longer than `patience`.
        """
        self._sweep(now)
        if wait := self.stopped(now):
            return Go(False, wait)
        bucket = self._bucket(route, major)
        bucket.used = now
        if wait := max(self._bucket_wait(bucket, now), bucket.hidden_wait(now)):
            return Go(False, wait)
        spacing = self._ours if token else self._bare
        after = 0.0 if free else spacing.wait(now)
        if after > patience:
            return Go(False, after)
        if not free:
            spacing.take(now)
        bucket.left -= 1
        bucket.flying += 1
        bucket.recent.append(now + after)
        return Go(True, after)

    def go(self, now: float, *, token: bool = True, free: bool = False) -> float:
        """Called when a request is about to go: seconds that it waits all the same, because others were late too."""
        return 0.0 if free else (self._ours if token else self._bare).go(now)

    def answered(self, route: str, major: str, headers: Mapping[str, str], now: float) -> None:
        """A request is over; `headers` are those of its answer, empty where none came."""
        bucket = self._bucket(route, major)
        bucket.flying = max(0, bucket.flying - 1)
        left, after = number(headers, "X-RateLimit-Remaining"), number(headers, "X-RateLimit-Reset-After")
        if left is None or after is None:
            bucket.left += 1  # nothing is told of such a route, or no answer came
            return
        name = headers.get("X-RateLimit-Bucket", "")
        if name and self._names.get(route) != name:
            self._names[route] = name
            bucket = self._buckets.setdefault((name, major), bucket)
        until = now + after
        if not bucket.known or until > bucket.until + 0.05:
            bucket.left = int(left) - bucket.flying
        else:
            bucket.left = min(bucket.left, int(left))
        bucket.known, bucket.until = True, max(until, bucket.until)

    def limited(self, route: str, major: str, told: Told, now: float, *, token: bool = True) -> None:
        """A request was refused by a 429."""
        until = now + told.seconds
        if told.scope == "banned":
            self._ours.blocked = self._bare.blocked = max(until, self._ours.blocked, self._bare.blocked)
        elif told.scope == "global":
            spacing = self._ours if token else self._bare
            spacing.blocked = max(until, spacing.blocked)
        else:
            bucket = self._bucket(route, major)
            bucket.blocked = max(until, bucket.blocked)
            if bucket.recent:
                bucket.recent.pop()  # it was not taken
            bucket.hidden_wait(now)
            if told.scope == "hidden" and len(bucket.recent) >= TELLING:
                bucket.most, bucket.believed = len(bucket.recent), now + LEARNT
        if told.scope != "shared":
            self._invalid.append(now)

    def refused(self, now: float) -> None:
        """A request was answered by 401 or 403."""
        self._invalid.append(now)

    def _bucket(self, route: str, major: str) -> _Bucket:
        return self._buckets.setdefault((self._names.get(route, route), major), _Bucket())

    def _bucket_wait(self, bucket: _Bucket, now: float) -> float:
        if bucket.blocked > now:
            return bucket.blocked - now
        if bucket.known and now >= bucket.until and bucket.left <= 0:
            # Its window is over; what the new one holds, the next answer says.
            bucket.known, bucket.left = False, 1 - bucket.flying
        if bucket.left > 0:
            return 0.0
        return max(bucket.until - now, PROBE) if bucket.known else PROBE

    def stopped(self, now: float) -> float:
        """Seconds for which nothing is asked at all, because too much was refused of late."""
        while self._invalid and now - self._invalid[0] >= INVALID_WINDOW:
            self._invalid.popleft()
        return INVALID_WINDOW - (now - self._invalid[0]) if len(self._invalid) >= INVALID else 0.0

    def _sweep(self, now: float) -> None:
        if now - self._swept < FORGOTTEN:
            return
        self._swept = now
        self._buckets = {
            key: one
            for key, one in self._buckets.items()
            if one.flying or max(one.used, one.blocked, one.until) > now - FORGOTTEN
        }


def told(headers: Mapping[str, str], said: Mapping[str, object]) -> Told:
    """What a 429 says, by its headers and its JSON; without either of Discord's marks it is Cloudflare's."""
    asked = said.get("retry_after")
    seconds = float(asked) if isinstance(asked, int | float) and not isinstance(asked, bool) else None
    if seconds is None:
        seconds = number(headers, "Retry-After")
    if not said or not headers.get("Via"):
        return Told(max(BANNED, seconds or 0.0), "banned")
    wait = max(0.0, seconds) if seconds is not None else PAUSE
    if said.get("global") is True or headers.get("X-RateLimit-Global") or headers.get("X-RateLimit-Scope") == "global":
        return Told(wait, "global")
    if headers.get("X-RateLimit-Scope") == "shared":
        return Told(wait, "shared")
    return Told(wait, "hidden" if number(headers, "X-RateLimit-Remaining") else "user")


def number(headers: Mapping[str, str], name: str) -> float | None:
    """A header that holds a number from 0 on; None where it does not."""
    try:
        value = float(headers.get(name, ""))
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None
