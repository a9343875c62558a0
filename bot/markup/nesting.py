"""Which elements are open while a format of tags is read: what an end tag ends, however wrongly the tags are nested."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from bot.markup.build import Builder
from bot.markup.nodes import Kind

DEEPEST = 256
"""Elements that may stand in each other; the tags of deeper ones are passed over, their words kept."""

_CELLS = frozenset({"td", "th"})
_TABLE_PARTS = frozenset({"table", "td", "th", "tr"})


class _Open(msgspec.Struct, frozen=True):
    """An element whose end has not been seen."""

    name: str
    end: Callable[[], object]
    kind: Kind | None  # of an inline element
    target: str


class Nesting:
    """The open elements of one reading; each end tag takes a time that is bounded by `DEEPEST`."""

    def __init__(self, out: Builder) -> None:
        self.out = out
        self.open: list[_Open] = []
        self.counts: dict[str, int] = {}
        """How many of each name are open."""
        self._too_deep: dict[str, int] = {}  # and how many are passed over

    def push(self, name: str, end: Callable[[], object], kind: Kind | None = None, target: str = "") -> None:
        """An element has begun, and `end` is what ends it; of an inline one its kind and target."""
        self.counts[name] = self.counts.get(name, 0) + 1
        self.open.append(_Open(name, end, kind, target))

    @property
    def passes_over(self) -> bool:
        """True once an element stood too deep: end tags may then be those of elements that are none."""
        return bool(self._too_deep)

    def full(self, name: str) -> bool:
        """True where an element stands too deep to be one; its end tag is then passed over too."""
        if len(self.open) < DEEPEST:
            return False
        self._too_deep[name] = self._too_deep.get(name, 0) + 1
        return True

    def end(self, name: str, *, inline: bool = False) -> bool:
        """The end tag of an element that may be open; False where none is.

        An inline element ends where its tag says; blocks that were opened in it stay open, inline elements go on behind
        it. Any other one ends together with what was opened in it. Neither ends across the cell of a table.
        """
        open_ = self.open
        if self._too_deep and self._too_deep.get(name):
            self._too_deep[name] -= 1
            return True
        if open_ and open_[-1].name == name:
            self._pop()
            return True
        if not self.counts.get(name):
            return False
        at = len(open_) - 1
        while open_[at].name != name:
            if open_[at].name in _CELLS and name not in _TABLE_PARTS:
                return True
            at -= 1
        if inline:
            self._end_across(at)
        else:
            self._pop_to(at)
        return True

    def end_nearest(self, names: frozenset[str], within: frozenset[str]) -> None:
        """Ends the element that the next of its kind ends, if one is open here."""
        for at in range(len(self.open) - 1, -1, -1):
            name = self.open[at].name
            if name in names:
                self._pop_to(at)
                return
            if name in within:
                return

    def end_all(self) -> None:
        """The end of the text."""
        self._pop_to(0)

    def _pop(self) -> None:
        ended = self.open.pop()
        self.counts[ended.name] -= 1
        ended.end()

    def _pop_to(self, at: int) -> None:
        while len(self.open) > at:
            self._pop()

    def _end_across(self, at: int) -> None:
        above = [held for held in self.open[at + 1 :] if held.kind is not None]
        for _ in above:
            self.out.close()
        ended = self.open.pop(at)
        self.counts[ended.name] -= 1
        ended.end()
        for held in above:
            if held.kind is not None:
                self.out.open(held.kind, held.target)


def nothing() -> None:
    """The end of an element that is only counted."""
