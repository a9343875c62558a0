"""What of posts can be searched: which of them the index of words does not show yet as they are, and that it does.

Taking posts in leaves only a number behind (`post.indexed`); the words follow in units of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bot.model import DAY, Millis
from bot.store import fulltext
from bot.store.unit import Store, Unit, Value, one

AT_ONCE = 100
"""Posts that one unit puts into the index: what others wait for comes between two of them."""

COUNTED = 10_000
"""Posts that are counted of those that the index lacks: beyond it, nobody waits."""

REWRITTEN = "words rewritten"
STALE = "words stale"
"""Names in `progress`: when the index was last written anew, and whether words were dropped from it since."""

LACKING = "p.indexed<>p.revision"


class Unindexed(NamedTuple):
    """A post that the index does not show as it is."""

    id: int
    revision: int
    title: str
    body: str
    format: str
    link: str
    author: str
    found: int
    """1 where it can be found at all: it lives, and somebody wrote it."""


class Words(NamedTuple):
    """What is to be found of a post."""

    post: Unindexed
    body: str


def unindexed(limit: int = AT_ONCE) -> Unit[list[Unindexed]]:
    """The newest posts that the index does not show as they are, the oldest of them first."""
    rows = yield (
        f"""SELECT p.id, p.revision, CASE WHEN p.title='' AND p.op=1 THEN t.title ELSE p.title END, p.body,
             p.body_format, p.link, p.author, CASE WHEN p.state='live' AND p.event=0 THEN 1 ELSE 0 END
           FROM (SELECT id FROM post p WHERE {LACKING} ORDER BY p.id DESC LIMIT $1) w
             CROSS JOIN post p CROSS JOIN thread t WHERE p.id=w.id AND t.id=p.thread""",
        (limit,),
    )
    return sorted(Unindexed(*cells) for cells in rows)


def put_words(some: Sequence[Words]) -> Unit[int]:
    """Let the index show posts as they were read; how many. What changed meanwhile has its turn again."""
    known = yield "SELECT id FROM post WHERE id=$1 AND indexed<>0", [(w.post.id,) for w in some]
    rows = yield (
        """UPDATE post SET indexed=revision WHERE id=$1 AND revision=$2 AND CASE WHEN body='' THEN 1 ELSE 0 END=$3
           RETURNING id""",
        [(w.post.id, w.post.revision, int(not w.post.body)) for w in some],
    )
    done = {int(id) for (id,) in rows}
    there: list[tuple[Value, ...]] = [(id,) for (id,) in known if id in done]
    if there:
        yield fulltext.DROP, there
        yield from _note(STALE, 1)
    yield (
        fulltext.PUT,
        [
            (w.post.id, fulltext.parted(w.post.title), fulltext.parted(w.body), fulltext.parted(w.post.author))
            for w in some
            if w.post.id in done and w.post.found
        ],
    )
    return len(done)


def lacking() -> Unit[int]:
    """How many posts the index does not show as they are, counted up to `COUNTED`."""
    return int(one((yield f"SELECT count(*) FROM (SELECT 1 FROM post p WHERE {LACKING} LIMIT $1) w", (COUNTED,))))


# ---------------------------------------------------------------------------------------------------------- forgetting


async def forget_words(store: Store, now: Millis) -> None:
    """Let words that were dropped from the index leave the file too, once a day at most (law 10)."""
    if not await store.write(_begins, now):
        return
    more = await store.write(fulltext.rewrite, True)
    while more:
        more = await store.write(fulltext.rewrite, False)


def _begins(now: Millis) -> Unit[bool]:
    rows = yield "SELECT name, value FROM progress WHERE name=$1 OR name=$2", (STALE, REWRITTEN)
    known = {str(name): int(value) for name, value in rows}
    if not known.get(STALE) or 0 <= now - known.get(REWRITTEN, -DAY) < DAY:
        return False
    yield from _note(STALE, 0)
    yield from _note(REWRITTEN, now)
    return True


def _note(name: str, value: int) -> Unit[None]:
    yield (
        "INSERT INTO progress (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value=excluded.value",
        (name, value),
    )
