"""Sources: what is read, where the reading stopped, when it goes on."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from bot.model import Bookmark, Damaged, Millis
from bot.pace import Rate
from bot.store.unit import Unit, one


class SourceRow(msgspec.Struct, frozen=True):
    """A source that is due."""

    id: int
    forum: int
    forum_name: str
    kind: str
    key: str
    board: int | None
    thread: int | None
    bookmark: Bookmark
    rate: Rate
    baseline_at: Millis | None
    read_at: Millis | None
    failures: int
    error: str
    next_at: Millis | None
    own_at: Millis | None
    """When it is due by itself; `next_at` is earlier where a push or a person asked for it."""
    polls: int
    whole_at: Millis | None
    lying: int
    shows: int
    reach: Millis | None
    wait: Millis
    missing: int
    gap: str
    slowed: float
    slowed_at: Millis
    counted_at: Millis | None
    """When what its forum counts was last held against what is known."""


DUE_AT_ONCE = "CASE WHEN next_at<=0 THEN next_at-1 ELSE 0 END"
"""When a source is due that has to be read at once: before all others, and never at the moment at which it was due
already, by which a reading that is under way is told that it may have looked too early."""

SOURCES = """
SELECT s.id, s.forum, f.name, s.kind, COALESCE(b.key, t.key), s.board, s.thread, s.cursor, s.etag, s.last_modified,
       s.digest, s.rate_fast, s.rate_slow, s.rated_at, s.baseline_at, s.read_at, s.failures, s.error, s.next_at,
       s.own_at, s.polls, s.whole_at, s.lying, s.shows, s.reach, s.wait, s.missing, s.gap, f.slowed, f.slowed_at,
       s.counted_at
FROM source s JOIN forum f ON f.id=s.forum LEFT JOIN board b ON b.id=s.board LEFT JOIN thread t ON t.id=s.thread
"""


READ_FOR = """($1 IS NULL OR EXISTS (SELECT 1 FROM mirror m WHERE m.community=$1 AND m.state<>'removed'
  AND (m.board=s.board OR m.thread=s.thread OR m.board IN (SELECT l.board FROM listing l WHERE l.thread=s.thread))))"""
"""Whether a source `s` is read for a community."""


def source_row(row: tuple[object, ...]) -> SourceRow:
    """A source from a row of `SOURCES`."""
    (id, forum, name, kind, key, board, thread, cursor, etag, modified, sum, fast, slow, rated, *rest) = row
    marks, rate = Bookmark(cursor, etag, modified, sum), Rate(fast, slow, rated)  # type: ignore[arg-type]
    return SourceRow(id, forum, name, kind, key, board, thread, marks, rate, *rest)  # type: ignore[arg-type]


def source(id: int) -> Unit[SourceRow]:
    """One source."""
    [row] = yield SOURCES + "WHERE s.id=$1", (id,)
    return source_row(tuple(row))


class Mirrored(msgspec.Struct, frozen=True):
    """A mirror with what is read for it; `polled` is False for a saved page, and where the reading ended."""

    mirror: int
    chat: str
    label: str
    forum: str
    kind: str
    key: str
    name: str
    polled: bool


def mirrored() -> Unit[list[Mirrored]]:
    """What is read for the mirrors that were not removed, oldest first."""
    rows = yield (
        """SELECT m.id, p.chat, p.label, f.name, CASE WHEN m.board IS NULL THEN 'thread' ELSE 'board' END,
             COALESCE(b.key, t.key), COALESCE(b.name, t.title),
             CASE WHEN EXISTS (SELECT 1 FROM source s WHERE s.next_at IS NOT NULL
               AND (s.board=m.board OR s.thread=m.thread)) THEN 1 ELSE 0 END
           FROM mirror m JOIN place p ON p.id=m.place
           LEFT JOIN board b ON b.id=m.board LEFT JOIN thread t ON t.id=m.thread
           JOIN forum f ON f.id=COALESCE(b.forum, t.forum) WHERE m.state<>'removed' ORDER BY m.id""",
        (),
    )
    return [
        Mirrored(mirror, chat, label, forum, kind, key, name, bool(polled))
        for mirror, chat, label, forum, kind, key, name, polled in rows
    ]


def is_polled(forum: str, kind: str, key: str) -> Unit[bool]:
    """Whether a board or thread of a forum is read already."""
    rows = yield (
        """SELECT 1 FROM source s JOIN forum f ON f.id=s.forum LEFT JOIN board b ON b.id=s.board
           LEFT JOIN thread t ON t.id=s.thread WHERE f.name=$1 AND s.kind=$2 AND COALESCE(b.key, t.key)=$3
           AND s.next_at IS NOT NULL""",
        (forum, kind, key),
    )
    return bool(rows)


def due_source(forum: str, now: Millis) -> Unit[SourceRow | None]:
    """The source of a forum that has been due longest, boards before threads of the same moment."""
    rows = yield SOURCES + "WHERE f.name=$1 AND s.next_at<=$2 ORDER BY s.next_at, s.id LIMIT 1", (forum, now)
    return source_row(tuple(rows[0])) if rows else None


def next_due(forum: str) -> Unit[Millis | None]:
    """When the next source of a forum is due; None where nothing of it is polled."""
    rows = yield (
        """SELECT MIN(next_at) FROM source WHERE forum=(SELECT id FROM forum WHERE name=$1)
             AND next_at IS NOT NULL""",
        (forum,),
    )
    moment: Millis | None = one(rows)
    return moment


def ensure_source(forum: int, board: int | None, thread: int | None, next_at: Millis | None) -> Unit[int]:
    """The source that reads a board or thread; one that is not polled becomes due at `next_at`.

    What nobody looked at for a while begins anew: what was written meanwhile is no news.
    """
    column, value = ("board", board) if board is not None else ("thread", thread)
    rows = yield f"SELECT id, next_at FROM source WHERE {column}=$1", (value,)
    if rows:
        if rows[0][1] is None and next_at is not None:
            yield from _begin_anew(rows[0][0], board, thread)
            yield "UPDATE source SET next_at=$2 WHERE id=$1", (rows[0][0], next_at)
        return int(rows[0][0])
    rows = yield (
        "INSERT INTO source (forum, kind, board, thread, next_at) VALUES ($1, $2, $3, $4, $5) RETURNING id",
        (forum, column, board, thread, next_at),
    )
    return int(one(rows))


def _begin_anew(source: int, board: int | None, thread: int | None) -> Unit[None]:
    """Forget where the reading of a source stopped, and of the threads that were read for it alone.

    A quiet thread is not polled either while the list of its board is watched: it goes on where it stopped.
    """
    if board is not None:
        yield "UPDATE thread SET stood=NULL WHERE id IN (SELECT thread FROM listing WHERE board=$1)", (board,)
    elif (yield WATCHED, (thread,)):
        return
    yield (
        """UPDATE source SET baseline_at=NULL, cursor='', etag='', last_modified='', digest='' WHERE next_at IS NULL
             AND (id=$1 OR thread IN (SELECT thread FROM listing WHERE board=$2))""",
        (source, board),
    )


WATCHED = "SELECT 1 FROM listing l JOIN source s ON s.board=l.board WHERE l.thread=$1 AND s.next_at IS NOT NULL LIMIT 1"


def hint(forum: str, kind: str, key: str, now: Millis) -> Unit[bool]:
    """Make a source due earlier because a push named it; one that is not polled stays as it is.

    Its own time, `own_at`, stays as it is: what a push does not tell of is found then. One that is due may be just
    being read, and its answer on the way: being due a moment earlier, it is read again.
    """
    what = "board" if kind == "board" else "thread"
    rows = yield (
        f"""UPDATE source SET next_at=CASE WHEN next_at>$3 THEN $3 ELSE next_at-1 END
            WHERE next_at IS NOT NULL AND kind=$4
              AND {what}=(SELECT x.id FROM {what} x JOIN forum f ON f.id=x.forum WHERE f.name=$1 AND x.key=$2)
            RETURNING id""",
        (forum, key, now, kind),
    )
    return bool(rows)


def keep_damaged(source: int, items: Iterable[Damaged], now: Millis) -> Unit[None]:
    """Keep what could not be parsed, once for each item and reason."""
    yield (
        """INSERT INTO damaged (source, key, why, sample, seen_at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT DO NOTHING""",
        [(source, item.key, item.why[:500], item.sample[:4096], now) for item in items],
    )


def clear_damaged(source: int, whole: Iterable[str], damaged: Iterable[Damaged], complete: bool) -> Unit[None]:
    """Let go of what was kept of items that were read whole since.

    `whole` are their keys; a `complete` reading in which nothing is damaged shows every item, also those whose key
    could not be told.
    """
    broken = {item.key for item in damaged}
    if not (yield "SELECT 1 FROM damaged WHERE source=$1 LIMIT 1", (source,)):
        return
    if complete and not broken:
        yield "DELETE FROM damaged WHERE source=$1", (source,)
        return
    yield "DELETE FROM damaged WHERE source=$1 AND key=$2", [(source, key) for key in whole if key not in broken]
