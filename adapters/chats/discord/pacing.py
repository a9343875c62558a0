"""Pure: how soon a shard may log in: Discord takes few at a time, and the token ends behind 1,000 in a day.

Times are seconds of a clock that never goes back; whoever asks gives it.
"""

from __future__ import annotations

from collections import deque

import msgspec

APART = 6.0
"""Seconds between two logins of shards that Discord counts together: five, and one for those that connect slowly."""

FREE = 5
"""Logins of one shard in a quarter of an hour that wait for nothing."""

WITHIN = 900.0
SELDOM = 120.0
"""Seconds between further ones: 720 a day."""

SPARED = 0.2
"""Of a day's logins, how many are kept for what goes wrong in many shards: they are spread over a whole day."""

DAY = 86_400.0
SOON, LATEST = 5.0, 300.0
"""Seconds after which a shard that hears nothing is tried again, at first and at last."""


class Allowance(msgspec.Struct, frozen=True):
    """How many logins Discord takes of all shards together, as it tells (`session_start_limit`)."""

    total: int = 1_000
    remaining: int = 1_000
    reset_after: int = 0
    """Milliseconds until it takes `total` again."""
    max_concurrency: int = 1
    """How many shards may log in at a time: those of different numbers modulo this."""


class Logins:
    """When the shards of one bot logged in; they are counted together."""

    def __init__(self) -> None:
        self._allowance = Allowance()
        self._reset = 0.0
        self._own: dict[int, deque[float]] = {}
        self._since: deque[float] = deque()
        """Those that Discord had not counted when it told the allowance."""
        self._last: dict[int, float] = {}
        """The last one of those that are counted together."""

    def allowed(self, allowance: Allowance, now: float) -> None:
        """Discord has told how many it still takes: it knows of those of other processes and of an earlier one too."""
        self._allowance, self._reset = allowance, now + allowance.reset_after / 1000
        self._since.clear()

    def ask(self, shard: int, now: float) -> float:
        """Seconds until a shard may log in, or is to be asked about again; at 0 it logs in, and that counts."""
        together = shard % max(1, self._allowance.max_concurrency)
        own = self._own.setdefault(shard, deque(maxlen=FREE))
        wait = max(self._last.get(together, -DAY) + APART - now, _rest(own, now), self._short(now))
        if wait > 0:
            return wait
        own.append(now)
        self._since.append(now)
        self._last[together] = now
        return 0.0

    def _short(self, now: float) -> float:
        """Seconds to wait because few are left."""
        while self._since and now - self._since[0] >= DAY:
            self._since.popleft()
        total = max(1, self._allowance.total)
        before = total - self._allowance.remaining if now < self._reset else 0
        used = before + len(self._since)
        if used >= total:
            return max(self._reset - now, self._since[0] + DAY - now if self._since else 0.0)
        kept = max(1.0, SPARED * total)
        return self._since[-1] + DAY / kept - now if self._since and used >= total - kept else 0.0


def _rest(own: deque[float], now: float) -> float:
    recent = [at for at in own if now - at < WITHIN]
    return recent[-1] + SELDOM - now if len(recent) >= FREE else 0.0


def again(failures: int) -> float:
    """Seconds after which a shard is tried again that failed so often in a row."""
    return float(min(SOON * 2 ** min(failures - 1, 10), LATEST))
