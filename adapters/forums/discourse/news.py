"""Pure: the page of a thread, and what is known of it → which of its posts are to be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.engines.packing import fresh
from adapters.forums.discourse.parse import Topic

Told = tuple[list[int], list[int]]
"""The posts that the message bus says are other ones now, and those that have left."""


@dataclass(frozen=True, slots=True)
class News:
    """What is to be read of a thread besides its page."""

    due: tuple[int, ...] = ()
    """Posts that are asked for by their ids."""
    lost: tuple[int, ...] = ()
    """Posts that are not where they were: each is asked for by itself, for it may stand elsewhere."""
    after: int = 0
    last: int = 0
    """Between which numbers all of the thread is read, where nothing tells what changed in it; 0: it is not."""


def news(topic: Topic, known: Mapping[int, int], told: Told | None) -> News | None:
    """What is to be read; None where nothing happened. `told` is None where the bus cannot say all that did."""
    stream = set(topic.stream)
    shown = {id for id, _ in topic.chunk.numbers}
    new = fresh(topic.stream, known)
    lost = tuple(id for id in known if id not in stream) if stream else ()
    if told is None:
        reached = max((number for _, number in topic.chunk.numbers), default=0)
        return News(lost=lost) if stream <= shown else News((), lost, reached, max(topic.highest, reached))
    changed, left = told
    if not (changed or left or new or lost):
        return None
    due = dict.fromkeys([*new, *(id for id in changed if id in stream)])
    return News(tuple(id for id in due if id not in shown), lost)
