"""What somebody may see: the mirrors of their community, and through them boards and threads (law 12).

What guests of a forum cannot read is seen in the channel that shows it, and nowhere else: not everybody of a community
reads there.
"""

from __future__ import annotations

import msgspec

from bot.store.unit import Unit


class Sight(msgspec.Struct, frozen=True):
    """What is seen from a place of a community."""

    community: int | None
    """None: everything that anybody mirrors."""
    channel: int = 0
    """The channel in which is asked; 0 for none."""


EVERYTHING = Sight(None)


def sees(community: str, channel: str) -> str:
    """The condition under which a mirror `m` is seen; both are names of parameters."""
    here = f"m.private=0 OR m.place={channel}"
    return f"m.state<>'removed' AND ({community} IS NULL OR m.community={community} AND ({here}))"


def shows(community: str, channel: str) -> str:
    """The condition under which a thread `t` is seen: mirrored alone, listed by a mirror, or at home in its board."""
    seen = sees(community, channel)
    return f"""(EXISTS (SELECT 1 FROM mirror m WHERE m.thread=t.id AND {seen})
  OR EXISTS (SELECT 1 FROM listing l JOIN mirror m ON m.board=l.board WHERE l.thread=t.id AND {seen})
  OR EXISTS (SELECT 1 FROM mirror m WHERE m.board=t.board AND {seen}))"""


class ThreadSeen(msgspec.Struct, frozen=True):
    """A thread as people see it."""

    id: int
    title: str
    link: str
    forum: int
    board: int | None
    shown: int
    """The newest seq of the forum: up to here it can be marked read, and not beyond."""


THREAD = "SELECT t.id, t.title, t.link, t.forum, t.board, f.next_seq-1 FROM thread t JOIN forum f ON f.id=t.forum"


def thread_seen(thread: int, sight: Sight) -> Unit[ThreadSeen | None]:
    """A thread, where it is seen."""
    rows = yield f"{THREAD} WHERE t.id=$3 AND {shows('$1', '$2')}", (sight.community, sight.channel, thread)
    return ThreadSeen(*rows[0]) if rows else None


def thread_of(post: int, sight: Sight) -> Unit[ThreadSeen | None]:
    """The thread that a post stands in, where that is seen."""
    rows = yield "SELECT thread FROM post WHERE id=$1", (post,)
    return (yield from thread_seen(rows[0][0], sight)) if rows else None
