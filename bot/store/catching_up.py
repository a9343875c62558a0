"""What is new to a person, post by post: what arrived behind what they read, in the order in which it did."""

from __future__ import annotations

import msgspec

from bot.model import Body, BodyState
from bot.store.discussion import NEW
from bot.store.hidden import shown
from bot.store.marks import reached, stand
from bot.store.sight import Sight
from bot.store.unit import Unit
from bot.store.unread import BoardSeen, UnreadThread, unread_threads

BEGINS = 1500
"""Characters of a post in which its first words are looked for."""

LOOKED = 200
"""Threads of a board among which those are looked for that wait longest."""


class NewPost(msgspec.Struct, frozen=True):
    """A post that a person has not read, as far as its first words tell it."""

    id: int
    seq: int
    author: str
    title: str
    number: int | None
    op: bool
    link: str
    body: Body


class News(msgspec.Struct, frozen=True):
    """What is new in a thread, the first of it; `left` counts the rest."""

    posts: tuple[NewPost, ...]
    left: int


def news_in(person: int, thread: int, sight: Sight, after: int = 0, limit: int = 10) -> Unit[News]:
    """What a person has not read of a thread, in arrival order; of it what arrived after a seq."""
    [n] = yield from reached([(yield from stand(person, thread))])
    behind = f"{NEW} AND p.seq>$5 AND {shown('p', '$4')}"
    rows = yield (
        f"""SELECT o.id, o.seq, o.author, o.title, o.number, o.op, o.link, o.body_state, substr(o.body, 1, {BEGINS}),
              o.body_format, (SELECT count(*) FROM ({behind})) FROM ({behind} ORDER BY p.n LIMIT $6) w
            JOIN post o ON o.id=w.id ORDER BY o.n""",
        (person, thread, n, sight.community, after, limit),
    )
    posts = [
        NewPost(id, seq, author, title, number, bool(op), link, Body(BodyState(state), body, format))
        for id, seq, author, title, number, op, link, state, body, format, _ in rows
    ]
    return News(tuple(posts), rows[0][10] - len(rows) if rows else 0)


def waiting(person: int, board: BoardSeen, sight: Sight, after: int = 0) -> Unit[tuple[list[UnreadThread], bool]]:
    """The threads of a board with something new, those first that wait longest; and whether older ones were left out.

    `after` is the `live_seq` of the last one that was seen.
    """
    news = yield from unread_threads(person, board, sight, limit=LOOKED)
    return [thread for thread in reversed(news.threads) if thread.live_seq > after], news.more
