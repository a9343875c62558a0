"""One thread as a person reads it: what is new in it, what is newest, and the rows of its outline."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from bot.model import ParentState, PostKey, When
from bot.reading.outline import Row
from bot.store.marks import reached, stand
from bot.store.unit import Unit

ALIVE = "NOT EXISTS (SELECT 1 FROM post_dead d WHERE d.thread=p.thread AND d.n=p.n)"

NEW = f"""SELECT p.id, p.n, p.seq FROM post p WHERE p.thread=$2 AND p.n>$3 AND {ALIVE} AND NOT EXISTS
  (SELECT 1 FROM post_mark x WHERE x.person=$1 AND x.thread=p.thread AND x.n=p.n)"""
"""What a person has not read of a thread behind a number."""


class UnreadPost(msgspec.Struct, frozen=True):
    """A post that a person has not read."""

    id: int
    n: int
    seq: int


def unread_posts(person: int, thread: int, limit: int | None = None) -> Unit[list[UnreadPost]]:
    """The posts of a thread that a person has not read, in the forum's own order."""
    [n] = yield from reached([(yield from stand(person, thread))])
    rows = yield f"{NEW} ORDER BY p.position, p.n", (person, thread, n)
    return [UnreadPost(*row) for row in rows[:limit]]


def oldest_unread(person: int, thread: int) -> Unit[int | None]:
    """The seq of the first post that arrived in a thread and that a person has not read."""
    [n] = yield from reached([(yield from stand(person, thread))])
    rows = yield f"{NEW} ORDER BY p.n LIMIT 1", (person, thread, n)
    return int(rows[0][2]) if rows else None


def newest(thread: int, k: int) -> Unit[list[int]]:
    """The k newest live posts of a thread, the newest first; the same for everybody.

    Those that arrived, in the order in which they did; only where they are fewer, back-filled ones in the forum's own
    order: the last that was back-filled may be the oldest of all.
    """
    rows = yield (
        f"SELECT p.id FROM post p WHERE p.thread=$1 AND p.n>=1 AND {ALIVE} ORDER BY p.n DESC LIMIT $2",
        (thread, k),
    )
    ids = [int(id) for (id,) in rows]
    if len(ids) < k:
        rows = yield (
            f"""SELECT p.id FROM post p WHERE p.thread=$1 AND p.n<=0 AND {ALIVE}
               ORDER BY p.position DESC, p.n DESC LIMIT $2""",
            (thread, k - len(ids)),
        )
        ids += [int(id) for (id,) in rows]
    return ids


def read_through(person: int, thread: int) -> Unit[PostKey | None]:
    """The last post, in the forum's own order, up to which a person has read every live one; None before the first.

    It is what a forum may be told that keeps one marker for each thread.
    """
    news = {post.id for post in (yield from unread_posts(person, thread))}
    last: PostKey | None = None
    rows = yield f"SELECT p.id, p.key FROM post p WHERE p.thread=$1 AND {ALIVE} ORDER BY p.position, p.n", (thread,)
    for id, key in rows:
        if id in news:
            break
        last = PostKey(key)
    return last


def rows_of(thread: int) -> Unit[list[Row]]:
    """The posts of a thread as an outline draws them; what befell the thread is none of them."""
    rows = yield (
        """SELECT id, key, position, n, parent_state, parent_key, guess_key, op, state, author, title, number, earliest,
             latest FROM post WHERE thread=$1 AND event=0""",
        (thread,),
    )
    ids = {key: int(id) for id, key, *_ in rows}
    return [_row(ids, row) for row in rows]


def _row(ids: dict[str, int], row: Collection[Any]) -> Row:
    id, _, position, n, state, parent, guess, op, life, author, title, number, earliest, latest = row
    said = ids.get(parent) if state == ParentState.KNOWN else None
    likely = ids.get(guess) if state == ParentState.UNKNOWN and guess else None
    return Row(
        id,
        position,
        n,
        likely if said is None else said,
        said is None and likely is not None,
        bool(op),
        life == "live",
        author,
        title,
        number,
        When(earliest, latest),
    )
