"""One thread as a person reads it: what is new in it, what they read of it, what is newest, and its outline's rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from bot.model import ParentState, PostKey, When
from bot.reading.outline import Row
from bot.store.hidden import shown
from bot.store.marks import mark_posts, mark_thread, number_at, reached, stand
from bot.store.unit import Unit

ALIVE = "NOT EXISTS (SELECT 1 FROM post_dead d WHERE d.thread=p.thread AND d.n=p.n)"

NEW = f"""SELECT p.id, p.n, p.seq FROM post p WHERE p.thread=$2 AND p.n>$3 AND {ALIVE} AND NOT EXISTS
  (SELECT 1 FROM post_mark x WHERE x.person=$1 AND x.thread=p.thread AND x.n=p.n)"""
"""What a person has not read of a thread behind a number."""


END = 1 << 62
"""Behind every post."""


class UnreadPost(msgspec.Struct, frozen=True):
    """A post that a person has not read."""

    id: int
    n: int
    seq: int


def unread_posts(
    person: int, thread: int, limit: int | None = None, community: int | None = None
) -> Unit[list[UnreadPost]]:
    """The posts of a thread that a person has not read, in the forum's own order; without those that a community hides.

    None reads for nobody's eyes, and hides nothing.
    """
    [n] = yield from reached([(yield from stand(person, thread))])
    rows = yield f"{NEW} AND {shown('p', '$4')} ORDER BY p.position, p.n", (person, thread, n, community)
    return [UnreadPost(*row) for row in rows[:limit]]


def oldest_unread(person: int, thread: int) -> Unit[int | None]:
    """The seq of the first post that arrived in a thread and that a person has not read."""
    [n] = yield from reached([(yield from stand(person, thread))])
    rows = yield f"{NEW} ORDER BY p.n LIMIT 1", (person, thread, n)
    return int(rows[0][2]) if rows else None


def have_read(person: int, posts: Iterable[int]) -> Unit[None]:
    """Note that a person has read some posts; of what nothing unread stands before any more, the thread's mark says it.

    So posts that are shown one after the other leave one mark, and not one each.
    """
    posts = list(posts)
    yield from mark_posts(person, posts)
    rows = yield "SELECT thread FROM post WHERE id=$1", [(post,) for post in posts]
    for thread in dict.fromkeys(int(thread) for (thread,) in rows):
        first = yield from oldest_unread(person, thread)
        seq = END if first is None else first - 1
        [upto] = yield from reached([(yield from stand(person, thread))])
        if (yield from number_at(thread, seq)) > upto:
            yield from mark_thread(person, thread, seq)


def newest(thread: int, k: int, community: int | None = None) -> Unit[list[int]]:
    """The k newest live posts of a thread, the newest first; the same for everybody of a community.

    Those that arrived, in the order in which they did; only where they are fewer, back-filled ones in the forum's own
    order: the last that was back-filled may be the oldest of all.
    """
    rows = yield (
        f"""SELECT p.id FROM post p WHERE p.thread=$1 AND p.n>=1 AND {ALIVE} AND {shown("p", "$3")}
           ORDER BY p.n DESC LIMIT $2""",
        (thread, k, community),
    )
    ids = [int(id) for (id,) in rows]
    if len(ids) < k:
        rows = yield (
            f"""SELECT p.id FROM post p WHERE p.thread=$1 AND p.n<=0 AND {ALIVE} AND {shown("p", "$3")}
               ORDER BY p.position DESC, p.n DESC LIMIT $2""",
            (thread, k - len(ids), community),
        )
        ids += [int(id) for (id,) in rows]
    return ids


def first_post(thread: int) -> Unit[int | None]:
    """The post of a thread that has the lowest number; None where none is known."""
    rows = yield "SELECT id FROM post WHERE thread=$1 ORDER BY n LIMIT 1", (thread,)
    return int(rows[0][0]) if rows else None


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


def rows_of(thread: int, community: int | None = None) -> Unit[list[Row]]:
    """The posts of a thread as an outline draws them; what befell the thread is none of them.

    What a community hides is drawn as what is not there any more.
    """
    rows = yield (
        f"""SELECT p.id, p.key, p.position, p.n, p.parent_state, p.parent_key, p.guess_key, p.op,
             CASE WHEN {shown("p", "$2")} THEN p.state ELSE 'hidden' END AS state, p.author, p.title, p.number,
             p.earliest, p.latest FROM post p WHERE p.thread=$1 AND p.event=0""",
        (thread, community),
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
        "" if life == "hidden" else author,
        "" if life == "hidden" else title,
        number,
        When(earliest, latest),
    )
