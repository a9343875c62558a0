"""Sources: what is read, where the reading stopped, when it goes on."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from bot.model import Bookmark, Damaged, Millis
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
    baseline_at: Millis | None
    read_at: Millis | None
    failures: int
    error: str
    losing: str
    agreed: str
    kept: str


SOURCES = """
SELECT s.id, s.forum, f.name, s.kind, COALESCE(b.key, t.key), s.board, s.thread, s.cursor, s.etag, s.last_modified,
       s.digest, s.baseline_at, s.read_at, s.failures, s.error, s.losing, s.agreed, s.kept
FROM source s JOIN forum f ON f.id=s.forum LEFT JOIN board b ON b.id=s.board LEFT JOIN thread t ON t.id=s.thread
"""


def source_row(row: tuple[object, ...]) -> SourceRow:
    """A source from a row of `SOURCES`."""
    (id, forum, name, kind, key, board, thread, cursor, etag, modified, sum, *rest) = row
    return SourceRow(id, forum, name, kind, key, board, thread, Bookmark(cursor, etag, modified, sum), *rest)  # type: ignore[arg-type]


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


def next_due() -> Unit[list[tuple[str, Millis]]]:
    """For each forum when its next source is due."""
    rows = yield (
        """SELECT f.name, MIN(s.next_at) FROM source s JOIN forum f ON f.id=s.forum
           WHERE s.next_at IS NOT NULL GROUP BY f.name""",
        (),
    )
    return [(name, at) for name, at in rows]


def ensure_source(forum: int, board: int | None, thread: int | None, next_at: Millis | None) -> Unit[int]:
    """The source that reads a board or thread; one that is not polled becomes due at `next_at`."""
    column, value = ("board", board) if board is not None else ("thread", thread)
    rows = yield f"SELECT id, next_at FROM source WHERE {column}=$1", (value,)
    if rows:
        if rows[0][1] is None and next_at is not None:
            yield "UPDATE source SET next_at=$2 WHERE id=$1", (rows[0][0], next_at)
        return int(rows[0][0])
    rows = yield (
        "INSERT INTO source (forum, kind, board, thread, next_at) VALUES ($1, $2, $3, $4, $5) RETURNING id",
        (forum, column, board, thread, next_at),
    )
    return int(one(rows))


def hint(forum: str, kind: str, key: str, now: Millis) -> Unit[bool]:
    """Make a source due earlier because a push named it; one that is not polled stays as it is."""
    rows = yield (
        """UPDATE source SET next_at=$4 WHERE next_at>$4 AND kind=$2 AND forum=(SELECT id FROM forum WHERE name=$1)
             AND (board IN (SELECT id FROM board WHERE key=$3) OR thread IN (SELECT id FROM thread WHERE key=$3))
           RETURNING id""",
        (forum, kind, key, now),
    )
    return bool(rows)


def read_well(source: int, bookmark: Bookmark, next_at: Millis | None, complete: bool, now: Millis) -> Unit[None]:
    """Note a successful reading: where it stopped, and when it goes on."""
    yield (
        """UPDATE source SET cursor=$2, etag=$3, last_modified=$4, digest=$5, next_at=$6, read_at=$7, failures=0,
             error='', baseline_at=CASE WHEN $8=1 THEN COALESCE(baseline_at, $7) ELSE baseline_at END WHERE id=$1""",
        (
            source,
            bookmark.cursor,
            bookmark.etag,
            bookmark.last_modified,
            bookmark.digest,
            next_at,
            now,
            int(complete),
        ),
    )


def read_badly(source: int, error: str, next_at: Millis | None) -> Unit[bool]:
    """Note a failed reading; True when it is the first in a row."""
    rows = yield (
        "UPDATE source SET failures=failures+1, error=$2, next_at=$3 WHERE id=$1 RETURNING failures",
        (source, error[:500], next_at),
    )
    return bool(rows) and int(one(rows)) == 1


def keep_damaged(source: int, items: Iterable[Damaged], now: Millis) -> Unit[None]:
    """Keep what could not be parsed, once for each item and reason."""
    yield (
        """INSERT INTO damaged (source, key, why, sample, seen_at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT DO NOTHING""",
        [(source, item.key, item.why[:500], item.sample[:4096], now) for item in items],
    )
