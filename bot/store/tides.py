"""How far a forum had come at a time: what arrived before readers look back is read for everybody.

A floor cannot be lowered again, and a clock may be wrong for a while. So it counts what time it was a day of running
ago, and not what time it is: a clock that is set right within a day raises nothing.
"""

from __future__ import annotations

from bot.model import DAY, HOUR, Millis
from bot.store.marks import raise_floor
from bot.store.unit import Unit

APART = HOUR // 2
"""Between two notes at least: a program that is started over and over does not run for long."""

TRUSTED = 24
"""Notes, about an hour apart, after which the time of one is believed."""

AT_ONCE = 500
"""Moves of threads that one unit looks at."""


def note_tide(now: Millis) -> Unit[None]:
    """Note how far every forum has come; what was noted under a time that is still to come is forgotten."""
    yield "DELETE FROM tide WHERE at>$1", (now,)
    yield (
        """INSERT INTO tide (forum, at, seq) SELECT f.id, $1, f.next_seq-1 FROM forum f
           WHERE NOT EXISTS (SELECT 1 FROM tide x WHERE x.forum=f.id AND x.at>$2)""",
        (now, now - APART),
    )


def raise_floors(days: int) -> Unit[int]:
    """Let what arrived more than so many days ago be read for everybody; how many boards that changes something in."""
    raised = 0
    for (forum,) in (yield "SELECT id FROM forum ORDER BY id", ()):
        rows = yield "SELECT at FROM tide WHERE forum=$1 ORDER BY at DESC LIMIT 1 OFFSET $2", (forum, TRUSTED)
        if not rows:
            continue
        horizon = rows[0][0] - days * DAY
        rows = yield "SELECT at, seq FROM tide WHERE forum=$1 AND at<=$2 ORDER BY at DESC LIMIT 1", (forum, horizon)
        if not rows:
            continue
        [[at, seq]] = rows
        boards = yield "SELECT id FROM board WHERE forum=$1 AND floor_seq<$2", (forum, seq)
        for (board,) in boards:
            yield from raise_floor(board, seq)
        yield "DELETE FROM tide WHERE forum=$1 AND at<$2", (forum, at)
        raised += len(boards)
    return raised


def forget_tides() -> Unit[None]:
    """Forget how far forums had come at any time."""
    yield "DELETE FROM tide", ()


def forget_moves(after: int = 0) -> Unit[int | None]:
    """Forget moves of threads that tell nobody anything; behind which to go on, None at the end.

    Those that the marks of everybody take into account; and those of threads in which all that arrived is below the
    floor of their board: nobody's marks count there, and no mark that is there already covers what is still to come.
    """
    rows = yield (
        f"""SELECT x.id, CASE WHEN x.id<=(SELECT COALESCE(MIN(p.moved), m.last) FROM person p) OR NOT EXISTS
              (SELECT 1 FROM post q WHERE q.thread=x.thread AND q.seq>COALESCE(b.floor_seq, 0)) THEN 1 ELSE 0 END
            FROM (SELECT id, thread FROM moved WHERE id>$1 ORDER BY id LIMIT {AT_ONCE}) x
              JOIN thread t ON t.id=x.thread LEFT JOIN board b ON b.id=t.board CROSS JOIN moves m ORDER BY x.id""",
        (after,),
    )
    gone = [(id,) for id, over in rows if over]
    if gone:
        yield "DELETE FROM moved WHERE id=$1", list(gone)
    return int(rows[-1][0]) if len(rows) == AT_ONCE else None
