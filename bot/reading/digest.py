"""Pure: what of the news a digest shows, so that it is read at a glance."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

BOARDS = 6
"""Boards of which threads are named."""

THREADS = 3
"""Threads that are named of each of several boards."""

ALONE = 10
"""The same of one board alone."""


class Line(msgspec.Struct, frozen=True):
    """A thread with something new."""

    title: str
    link: str
    posts: int
    """Those that are unread."""
    begun: bool
    """Whether all of it is new."""


class Section(msgspec.Struct, frozen=True):
    """A board with something new, its newest threads first."""

    name: str
    link: str
    threads: tuple[Line, ...]
    more: bool = False
    """Whether it has others."""

    @property
    def posts(self) -> int:
        """New posts in these threads."""
        return sum(line.posts for line in self.threads)


class Shown(msgspec.Struct, frozen=True):
    """A board as a digest shows it."""

    section: Section
    threads: tuple[Line, ...]

    @property
    def left(self) -> int:
        """Threads that are not named."""
        return len(self.section.threads) - len(self.threads)


def shortened(sections: Sequence[Section]) -> tuple[list[Shown], int]:
    """The boards in which most is new, with their newest threads; and how many boards are left out."""
    busiest = sorted(sections, key=lambda section: -section.posts)[:BOARDS]
    most = ALONE if len(sections) == 1 else THREADS
    return [Shown(section, section.threads[:most]) for section in busiest], len(sections) - len(busiest)
