"""Marks: how far each person has read. Boards, threads and single posts; all in arrival order.

What a mark means is decided in `bot.reading.marks`; here it is looked up and kept. Ingest never comes here: a new post
and a deleted one cost the same with ten readers as with ten million.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bot.reading.marks import (
    Mark,
    Stand,
    first_unread,
    has_news,
    known_n,
    lowered,
    raised,
    read_to,
    settled,
    under_board,
    unread,
)
from bot.store.unit import Unit, Value, one
from bot.store.untold import note_untold, note_untold_board

STAND = """t.id, t.next_n-1, t.dead, t.live_seq, COALESCE(h.floor_seq, 0), COALESCE(bm.seq, 0), f.next_seq-1,
  COALESCE((SELECT MAX(x.floor_seq) FROM moved x WHERE x.thread=t.id AND x.id>p.moved), 0),
  (SELECT count(*) FROM post_mark y WHERE y.person=$1 AND y.thread=t.id), tm.seq, tm.n, tm.forced"""
"""What is needed of a thread `t`, as `stand_in` takes it; the person is `$1`."""

MARKED = """JOIN forum f ON f.id=t.forum JOIN person p ON p.id=$1
  LEFT JOIN moved v ON v.id=(SELECT MIN(x.id) FROM moved x WHERE x.thread=t.id AND x.id>p.moved)
  LEFT JOIN board h ON h.id=t.board
  LEFT JOIN board_mark bm ON bm.person=$1 AND bm.board=CASE WHEN v.id IS NULL THEN t.board ELSE v.board END"""
"""What counts of boards: the mark of the one where the thread was when the person's marks were last set, and the floor
of every one where it was since."""

OWN = "LEFT JOIN thread_mark tm ON tm.person=$1 AND tm.thread=t.id"

NUMBER_AT = """SELECT COALESCE((SELECT p.n FROM post p WHERE p.thread=$1 AND p.seq>=1 AND p.seq<=$2
  ORDER BY p.seq DESC LIMIT 1), 0)"""
"""The number of the last post that arrived in a thread up to a seq; those that were back-filled are below 1."""

BEHIND = """SELECT (SELECT count(*) FROM post_dead d WHERE d.thread=$2 AND d.n>$3),
  (SELECT count(*) FROM post_mark x WHERE x.person=$1 AND x.thread=$2 AND x.n>$3 AND NOT EXISTS
     (SELECT 1 FROM post_dead d WHERE d.thread=x.thread AND d.n=x.n))"""
"""Behind a number in a thread: how many posts are dead, and how many live ones a person read alone."""


def stand_in(row: Sequence[Any]) -> Stand:
    """A thread and a person's marks, from a row of `STAND`."""
    thread, last, dead, live_seq, floor, board, top, former, alone, seq, n, forced = row
    mark = None if seq is None else Mark(seq, n, bool(forced))
    return Stand(thread, last, dead, live_seq, max(floor, former), board, top, alone, mark)


def begin(person: int) -> Unit[None]:
    """Begin to change a person's marks: nobody else does until this unit is done, and they know what moved since.

    Nothing was marked since those threads moved, so that what was read of them then can still be told.
    """
    [[known]] = yield "SELECT moved FROM person WHERE id=$1{lock}", (person,)
    rows = yield "SELECT id, thread FROM moved WHERE id>$1 ORDER BY id", (known,)
    if not rows:
        return
    threads = list(dict.fromkeys(thread for _, thread in rows))
    then = yield from _stands(person, threads)
    numbers = yield from reached(then)
    yield "UPDATE person SET moved=$2 WHERE id=$1", (person, rows[-1][0])
    now = yield from _stands(person, threads)
    for before, here, n in zip(then, now, numbers, strict=True):
        yield from keep(person, here, settled(before, here, n))


# ---------------------------------------------------------------------------------------------------------- looking


def stand(person: int, thread: int) -> Unit[Stand]:
    """A thread, and what a person's marks say of it."""
    [found] = yield from _stands(person, [thread])
    return found


def _stands(person: int, threads: Iterable[int]) -> Unit[list[Stand]]:
    rows = yield (
        f"SELECT {STAND} FROM thread t {MARKED} {OWN} WHERE t.id=$2",
        [(person, thread) for thread in threads],
    )
    return [stand_in(row) for row in rows]


def number_at(thread: int, seq: int) -> Unit[int]:
    """The number up to which a thread is read by whoever has read it up to `seq`; 0 where nothing had arrived."""
    return int(one((yield NUMBER_AT, (thread, seq))))


def reached(stands: Sequence[Stand]) -> Unit[list[int]]:
    """The numbers up to which some threads are read."""
    sought = [(each.thread, read_to(each)) for each in stands if known_n(each) is None]
    found = iter((yield NUMBER_AT, list[tuple[Value, ...]](sought)) if sought else ())
    return [known if (known := known_n(each)) is not None else int(next(found)[0]) for each in stands]


def unread_of(person: int, stands: Sequence[Stand]) -> Unit[list[int]]:
    """How many posts of some threads a person has not read."""
    news = [each for each in stands if has_news(each)]
    numbers = dict(zip([each.thread for each in news], (yield from reached(news)), strict=True))
    asked = [each.thread for each in news if each.dead or each.alone]
    rows = (yield BEHIND, [(person, thread, numbers[thread]) for thread in asked]) if asked else ()
    behind = dict(zip(asked, rows, strict=True))
    counts = {each.thread: unread(each, numbers[each.thread], *behind.get(each.thread, (0, 0))) for each in news}
    return [counts.get(each.thread, 0) for each in stands]


def unread_in(person: int, thread: int) -> Unit[int]:
    """How many posts of a thread a person has not read."""
    [count] = yield from unread_of(person, [(yield from stand(person, thread))])
    return count


def own_marks(person: int) -> Unit[list[int]]:
    """The threads of which a person has a mark besides those of boards."""
    return [thread for (thread,) in (yield "SELECT thread FROM thread_mark WHERE person=$1", (person,))]


# ---------------------------------------------------------------------------------------------------------- marking


def mark_thread(person: int, thread: int, seq: int) -> Unit[bool]:
    """Note that a person has read a thread as it was shown when `seq` was the newest of its forum; whether that is new.

    Nothing falls. What arrived since stays unread: whoever shows a thread keeps the seq until it is marked.
    """
    yield from begin(person)
    before = yield from stand(person, thread)
    n = yield from number_at(thread, seq)
    mark = raised(before, seq, n)
    if mark != before.mark:
        yield from keep(person, before, mark)
        yield "DELETE FROM post_mark WHERE person=$1 AND thread=$2 AND n<=$3", (person, thread, n)
        yield from note_untold(person, [thread])
    return mark != before.mark


def mark_to(person: int, post: int) -> Unit[bool]:
    """Note that a person has read everything that arrived in a thread up to a post; whether that is new.

    Of one that was back-filled that means nothing: others may have been back-filled behind it.
    """
    [[thread, seq]] = yield "SELECT thread, seq FROM post WHERE id=$1", (post,)
    return (yield from mark_thread(person, thread, seq))


def mark_posts(person: int, posts: Iterable[int]) -> Unit[None]:
    """Note that a person has read single posts, whatever stands before them."""
    yield from begin(person)
    numbers: dict[int, list[int]] = {}
    for thread, n in (yield "SELECT thread, n FROM post WHERE id=$1 AND n>=1", [(post,) for post in posts]):
        numbers.setdefault(thread, []).append(n)
    for thread, read in numbers.items():
        [upto] = yield from reached([(yield from stand(person, thread))])
        if max(read) > upto:
            yield (
                "INSERT INTO post_mark (person, thread, n) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                [(person, thread, n) for n in read if n > upto],
            )
            yield from note_untold(person, [thread])


def mark_unread(person: int, post: int) -> Unit[None]:
    """Let what arrived in a thread from a post on be unread again; what was unread before it stays so."""
    yield from begin(person)
    [[thread, number]] = yield "SELECT thread, n FROM post WHERE id=$1", (post,)
    n = first_unread(number)
    now = yield from stand(person, thread)
    [upto] = yield from reached([now])
    before = one(
        (
            yield (
                """SELECT COALESCE((SELECT p.seq FROM post p WHERE p.thread=$1 AND p.n>=1 AND p.n<$2
                     ORDER BY p.n DESC LIMIT 1), 0)""",
                (thread, n),
            )
        )
    )
    yield from keep(person, now, lowered(now, upto, n, before))
    yield "DELETE FROM post_mark WHERE person=$1 AND thread=$2 AND n>=$3", (person, thread, n)


def mark_board(person: int, board: int, seq: int) -> Unit[None]:
    """Note that a person has read a board as it was shown when `seq` was the newest of its forum.

    Marks of its threads of which that says everything leave.
    """
    yield from begin(person)
    yield from note_untold_board(person, board, seq)
    yield (
        """INSERT INTO board_mark (person, board, seq) SELECT $1, b.id,
             CASE WHEN f.next_seq-1<$3 THEN f.next_seq-1 ELSE $3 END
           FROM board b JOIN forum f ON f.id=b.forum WHERE b.id=$2 AND $3>0
           ON CONFLICT (person, board) DO UPDATE SET seq=excluded.seq WHERE excluded.seq>board_mark.seq""",
        (person, board, seq),
    )
    rows = yield (
        f"""SELECT {STAND} FROM (SELECT thread FROM thread_mark WHERE person=$1 AND forced=1) w
           CROSS JOIN thread t {MARKED} {OWN} WHERE t.id=w.thread AND t.board=$2""",
        (person, board),
    )
    for here in map(stand_in, rows):
        shown = min(seq, here.top)
        n = yield from number_at(here.thread, shown)
        yield from keep(person, here, under_board(here, shown, n))
    yield (
        """DELETE FROM thread_mark WHERE person=$1 AND forced=0 AND seq<=
             (SELECT CASE WHEN bm.seq>b.floor_seq THEN bm.seq ELSE b.floor_seq END FROM board b
                JOIN board_mark bm ON bm.board=b.id AND bm.person=$1 WHERE b.id=$2)
           AND EXISTS (SELECT 1 FROM thread t WHERE t.id=thread_mark.thread AND t.board=$2)""",
        (person, board),
    )


def keep(person: int, before: Stand, mark: Mark | None) -> Unit[None]:
    """Let a thread have a mark of its own from now on, or none."""
    if mark == before.mark:
        return
    if mark is None:
        yield "DELETE FROM thread_mark WHERE person=$1 AND thread=$2", (person, before.thread)
        return
    yield (
        """INSERT INTO thread_mark (person, thread, seq, n, forced) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (person, thread) DO UPDATE SET seq=excluded.seq, n=excluded.n, forced=excluded.forced""",
        (person, before.thread, mark.seq, mark.n, int(mark.forced)),
    )


def raise_floor(board: int, seq: int) -> Unit[None]:
    """Let everything that arrived in a board up to `seq` be read, for everybody: after an import, or by its age."""
    yield (
        """UPDATE board SET floor_seq=$2 WHERE id=$1 AND floor_seq<$2
             AND $2<(SELECT f.next_seq FROM forum f WHERE f.id=board.forum)""",
        (board, seq),
    )
