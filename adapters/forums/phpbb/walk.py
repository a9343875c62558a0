"""Pure: how far a thread or a board has been read, and what a page of it proves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from adapters.engines.bookmarks import remembered
from adapters.forums.phpbb.parse import Topic
from bot.model import Post, PostKey

WHOLE = 500
"""Posts up to which a thread is read whole when something of it was deleted, and once a day for edits."""

FURTHEST = 1_000_000
"""A place in a thread behind its end: the board shows the last page then."""


class Halt(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the reading of a thread stands; what a bookmark holds."""

    start: int = 0
    """How many posts stand before the page that is read next."""
    last: str = ""
    """The newest post that was read."""
    count: int = 0
    """How many posts stood up to and with that one."""
    walking: bool = False
    """Pages follow each other, from the first one on."""
    onward: bool = False
    """The page was not read yet."""
    op: str = ""
    """The opening post, where it was read."""


class Reach(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the reading of a board stands; what a bookmark holds."""

    newest: int = 0
    """The newest post that a list of it told."""
    start: int = 0
    """How many threads stand before the page that is read next."""
    until: int = 0
    """Of a reading of several pages: the newest post of the reading before."""


@dataclass
class Walk:
    """A reading of a whole thread under way: what its pages showed."""

    total: int | None
    posts: dict[PostKey, Post] = field(default_factory=dict)
    broken: bool = False
    """True once the pages do not fit together: something was added or deleted between two of them."""

    def take(self, topic: Topic, asked: int) -> None:
        """One page more."""
        fits = topic.start == asked == len(self.posts) and topic.total == self.total and not topic.damaged
        self.broken = self.broken or not fits
        self.posts.update((post.key, post) for post in topic.posts)
        self.broken = self.broken or len(self.posts) > WHOLE

    @property
    def complete(self) -> bool:
        """Whether what was read is all there is, by the board's own count."""
        return not self.broken and self.total == len(self.posts)


def halt(cursor: str) -> Halt:
    """Where a thread's bookmark stands; at the beginning of a walk where it tells nothing."""
    found = remembered(cursor, Halt)
    return found if found != Halt() and 0 <= found.start < FURTHEST else Halt(walking=True)


def reach(cursor: str) -> Reach:
    """Where a board's bookmark stands; at its beginning where it tells nothing."""
    found = remembered(cursor, Reach)
    return found if 0 <= found.start < FURTHEST else Reach()


def opening(before: Halt, topic: Topic) -> str:
    """The opening post of a thread, after a page of it."""
    return before.op if topic.start else keys_of(topic)[0]


def lost(before: Halt, topic: Topic) -> bool:
    """Whether something is missing of what was read before this page, or on it: the last known post moved up."""
    if not before.last:
        return False
    keys = keys_of(topic)
    if before.last not in keys:
        return True
    return topic.start + keys.index(before.last) + 1 < before.count


def repeats(before: Halt, topic: Topic) -> bool:
    """Whether a page that should follow shows nothing new: boards repeat their last page for ever."""
    return before.onward and before.start > 0 and (topic.start < before.start or before.last in keys_of(topic)[-1:])


def keys_of(topic: Topic) -> Sequence[str]:
    """All posts of a page in their order, those too that cannot be read."""
    found = {post.position: str(post.key) for post in topic.posts}
    damaged = iter(topic.damaged)
    return [found.get(topic.start + n) or next(damaged).key for n in range(len(topic.posts) + len(topic.damaged))]
