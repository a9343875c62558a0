"""Pure: what was learnt last, of no more things than fit."""

from __future__ import annotations

from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Lately(dict[K, V]):
    """Of so many things the last ones that were kept; what is kept again is among the last ones again."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def keep(self, key: K, value: V) -> None:
        """Keep this of a thing, and nothing any more of the one of which nothing was kept for the longest time."""
        self.pop(key, None)
        self[key] = value
        while len(self) > self._most:
            del self[next(iter(self))]
