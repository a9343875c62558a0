"""What arrived, gone over once for those who want to be told: who follows its threads, and whose words it holds.

Taking posts in does none of this: the seq of a forum up to which its posts were looked at is kept, and rises after the
fact. Seqs are given under the forum's row, so that none comes late.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from bot.model import Millis
from bot.store.alerts import COLUMNS, Alert
from bot.store.sight import Sight, thread_seen
from bot.store.unit import Unit

AT_ONCE = 100
"""Posts that are looked at in one go."""


class Arrived(msgspec.Struct, frozen=True):
    """A post that arrived, as words are sought in it."""

    id: int
    thread: int
    title: str
    body: str
    format: str


class Arrivals(msgspec.Struct, frozen=True):
    """Posts of a forum that nobody was told of yet."""

    forum: int
    after: int
    upto: int
    newest: int
    """The greatest id of a post that was looked at, with these: what moves to another thread keeps its own."""
    threads: Mapping[int, int]
    """The newest seq in each thread with something alive."""
    posts: tuple[Arrived, ...]
    """Those in which words may be sought."""
    alerts: Mapping[int, tuple[Alert, ...]]
    """Who waits for words in each thread."""


def behind() -> Unit[list[int]]:
    """The forums in which something arrived that was not looked at."""
    rows = yield (
        """SELECT f.id FROM forum f LEFT JOIN progress p ON p.name='news ' || f.id
           WHERE f.next_seq-1>COALESCE(p.value, 0) ORDER BY f.id""",
        (),
    )
    return [int(id) for (id,) in rows]


def arrivals(forum: int) -> Unit[Arrivals]:
    """The oldest posts of a forum that were not looked at."""
    after = yield from _reached(f"news {forum}")
    newest = yield from _reached(f"alerts {forum}")
    rows = yield (
        """SELECT p.id, p.seq, p.thread, CASE WHEN p.state='live' AND p.event=0 THEN 1 ELSE 0 END FROM post p
           WHERE p.forum=$1 AND p.seq>$2 AND p.seq>0 ORDER BY p.seq LIMIT $3""",
        (forum, after, AT_ONCE),
    )
    # What has no post any more (it moved on) is passed as well.
    [[top]] = yield "SELECT next_seq-1 FROM forum WHERE id=$1", (forum,)
    live = [(id, seq, thread) for id, seq, thread, alive in rows if alive]
    threads = {thread: seq for _, seq, thread in live}
    wanted = yield from _wanted(list(threads))
    fresh = [(id,) for id, _, thread in live if id > newest and wanted.get(thread)]
    texts = (
        (
            yield (
                """SELECT p.id, p.thread, CASE WHEN p.title='' AND p.op=1 THEN t.title ELSE p.title END, p.body,
                     p.body_format FROM post p JOIN thread t ON t.id=p.thread WHERE p.id=$1""",
                list(fresh),
            )
        )
        if fresh
        else ()
    )
    return Arrivals(
        forum,
        after,
        rows[-1][1] if len(rows) == AT_ONCE else top,
        max([newest, *(id for id, *_ in rows)]),
        threads,
        tuple(Arrived(*row) for row in texts),
        wanted,
    )


def _wanted(threads: Sequence[int]) -> Unit[dict[int, tuple[Alert, ...]]]:
    """Who waits for words in some threads, of those communities that are shown them."""
    there = [int(id) for (id,) in (yield "SELECT DISTINCT community FROM alert ORDER BY community", ())]
    alerts: dict[int, list[Alert]] = {}
    wanted: dict[int, tuple[Alert, ...]] = {}
    for thread in threads:
        found: list[Alert] = []
        for community in there:
            if (yield from thread_seen(thread, Sight(community))) is None:
                continue
            if community not in alerts:
                rows = yield f"SELECT {COLUMNS} FROM alert a WHERE a.community=$1 ORDER BY a.id", (community,)
                alerts[community] = [Alert(*row) for row in rows]
            found += alerts[community]
        wanted[thread] = tuple(found)
    return wanted


def looked_at(some: Arrivals, hits: Sequence[tuple[int, Alert]], due: Millis) -> Unit[bool]:
    """Let those who follow, and those whose words a post holds (`hits`), be told at a time; False where they are.

    Who is to be told already is told then.
    """
    if (yield from _reached(f"news {some.forum}")) != some.after:
        return False
    if some.threads:
        yield (
            """UPDATE follow SET due_at=$3 WHERE thread=$1 AND level='follow' AND due_at IS NULL AND told<$2""",
            [(thread, seq, due) for thread, seq in some.threads.items()],
        )
    if hits:
        yield (
            """INSERT INTO alert_hit (person, post, community, words, due_at)
               SELECT a.person, $1, a.community, a.words, $3 FROM alert a WHERE a.id=$2 ON CONFLICT DO NOTHING""",
            [(post, alert.id, due) for post, alert in hits],
        )
    yield (
        """INSERT INTO progress (name, value) VALUES ($1, $2)
           ON CONFLICT (name) DO UPDATE SET value=excluded.value""",
        [(f"news {some.forum}", some.upto), (f"alerts {some.forum}", some.newest)],
    )
    return True


def _reached(name: str) -> Unit[int]:
    rows = yield "SELECT value FROM progress WHERE name=$1", (name,)
    return int(rows[0][0]) if rows else 0
