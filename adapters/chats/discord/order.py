"""Pure: whether nothing is missing among what the gateway tells: its events are numbered."""

from __future__ import annotations

import enum

HELLO = 10


class Taking(enum.Enum):
    """What to do with something that the gateway told."""

    TAKE = "take"
    LEAVE = "leave"  # it was heard before, or will be told again
    ASK = "ask again"  # something before it is missing: all from `Order.last` on has to be told again


class Order:
    """The numbers of one session's events; `last` is that of the last one that was taken."""

    def __init__(self) -> None:
        self.last = 0
        self._asked = False
        self._told_again = False
        self.lost = 0
        """How many events Discord could not tell again."""

    def take(self, op: int, kind: str | None, number: int | None) -> Taking:
        """What to do with the next thing that is told.

        What is missing is asked for once; where Discord goes on behind it all the same, it does not have it any more.
        """
        if op == HELLO:
            self._told_again, self._asked = self._asked, False
            return Taking.LEAVE
        if number is None:
            return Taking.LEAVE
        if kind == "READY":
            self._asked = self._told_again = False
            self.last = number
            return Taking.TAKE
        if self._asked or number <= self.last:
            return Taking.LEAVE
        if number > self.last + 1 and not self._told_again:
            self._asked = True
            return Taking.ASK
        self.lost += number - self.last - 1
        self._told_again = False
        self.last = number
        return Taking.TAKE
