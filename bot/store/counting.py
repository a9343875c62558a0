"""What forums count against what is known here: threads of which posts may be missing."""

from __future__ import annotations

import msgspec

from bot.model import DAY, HOUR, Millis
from bot.store.sources import READ_FOR, SourceRow, ensure_source
from bot.store.unit import Unit, Value

SETTLING = HOUR
"""Milliseconds for which a count may differ before that is told: a list and its threads are read one after the other,
and forums count late."""

NAMED = 3
"""Threads in which posts are missing that are named at once."""

COMPARED = """
SELECT t.id, t.replies,
  (SELECT count(*) FROM post p WHERE p.thread=t.id AND p.op=0 AND p.event=0 AND p.state='live') AS live,
  (SELECT count(*) FROM post p WHERE p.thread=t.id AND p.op=0 AND p.event=0 AND p.state<>'live')
    + (SELECT count(*) FROM damaged x WHERE x.source=s.id) AS others
FROM thread t JOIN source s ON s.thread=t.id
WHERE s.baseline_at IS NOT NULL AND t.in_list=0 AND t.replies IS NOT NULL
  AND (t.id=$1 OR t.id IN (SELECT l.thread FROM listing l WHERE l.board=$2))
"""
"""Threads that were read to their end, the forum's count of their replies, and those known here. What is not shown or
could not be parsed may be among what the forum counts, and may not."""


def is_counted(source: SourceRow, now: Millis) -> Unit[bool]:
    """Whether it is time to hold what a source's forum counts against what is known: once a day.

    A board is counted, and a thread that is mirrored for itself.
    """
    if source.counted_at is not None and now - DAY < source.counted_at <= now:
        return False
    if source.board is not None:
        return True
    rows = yield (
        "SELECT 1 FROM mirror WHERE thread=$1 AND state<>'removed' AND thread IS NOT NULL LIMIT 1",
        (source.thread,),
    )
    return bool(rows)


def short_of(source: SourceRow) -> Unit[tuple[int, ...]]:
    """The threads of a source in which the forum counts more replies than are known."""
    rows = yield f"SELECT c.id FROM ({COMPARED}) c WHERE c.replies>c.live+c.others", (source.thread, source.board)
    return tuple(id for (id,) in rows)


def note_count(source: SourceRow, short: tuple[int, ...], now: Millis) -> Unit[int]:
    """Note which threads are short of posts; those that were not before are read again whole. How many those are.

    What is known to be missing is not read for it a second time. Where others are due just now, all is counted again
    once they were read.
    """
    whose: tuple[Value, ...] = (source.thread, source.board)
    there = yield (
        "SELECT thread FROM miscount WHERE thread=$1 OR thread IN (SELECT thread FROM listing WHERE board=$2)",
        whose,
    )
    known = {thread for (thread,) in there}
    over: list[tuple[Value, ...]] = [(thread,) for thread in known - set(short)]
    yield "DELETE FROM miscount WHERE thread=$1", over
    due = yield "SELECT thread FROM source WHERE thread=$1 AND next_at<=$2", [(thread, now) for thread in short]
    waiting = {thread for (thread,) in due} - known
    counted_at = now - DAY + SETTLING if waiting else now
    yield "UPDATE source SET counted_at=$2 WHERE id=$1", (source.id, counted_at)
    fresh = set(short) - known - waiting
    for thread in sorted(fresh):
        yield "INSERT INTO miscount (thread, since) VALUES ($1, $2)", (thread, now)
        reader = yield from ensure_source(source.forum, None, thread, now)
        yield (
            """UPDATE source SET cursor='', etag='', last_modified='', digest='',
                 next_at=CASE WHEN next_at>$2 THEN $2 ELSE next_at-1 END WHERE id=$1""",
            (reader, now),
        )
    return len(fresh)


class Short(msgspec.Struct, frozen=True):
    """A board or thread of which the forum counts more replies than are known here, though it was read again."""

    kind: str
    name: str
    counted: int
    known: int
    threads: tuple[str, ...]
    """Addresses of threads in which they are missing; where one has none, its title."""
    more: int
    """Threads besides."""


def shorts(community: int | None, now: Millis) -> Unit[list[Short]]:
    """What is short of posts for longer than counts need to settle, as far as a community reads it; all with None."""
    readers = yield (
        f"""SELECT DISTINCT s.id, s.kind, s.board, s.thread, COALESCE(b.name, o.title) FROM source s
             JOIN miscount x ON x.since<=$2
               AND (x.thread=s.thread OR x.thread IN (SELECT l.thread FROM listing l WHERE l.board=s.board))
             LEFT JOIN board b ON b.id=s.board LEFT JOIN thread o ON o.id=s.thread
           WHERE s.counted_at IS NOT NULL AND s.next_at IS NOT NULL AND {READ_FOR} ORDER BY s.id""",
        (community, now - SETTLING),
    )
    found: list[Short] = []
    for _, kind, board, thread, name in readers:
        counts = {id: row for id, *row in (yield COMPARED, (thread, board))}
        rows = yield (
            """SELECT x.thread, t.link, t.title FROM miscount x JOIN thread t ON t.id=x.thread
                 JOIN source r ON r.thread=x.thread AND r.read_at>=x.since
               WHERE x.since<=$3 AND (x.thread=$1 OR x.thread IN (SELECT l.thread FROM listing l WHERE l.board=$2))
               ORDER BY x.thread""",
            (thread, board, now - SETTLING),
        )
        missing = [
            (link or title)
            for id, link, title in rows
            if id in counts and counts[id][0] > counts[id][1] + counts[id][2]
        ]
        if missing:
            counted, live = sum(row[0] for row in counts.values()), sum(row[1] for row in counts.values())
            found.append(Short(kind, name, counted, live, tuple(missing[:NAMED]), max(0, len(missing) - NAMED)))
    return found
