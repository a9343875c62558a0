"""What pages show to a reader: the threads of a board, and one thread with its outline and the posts of a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from bot.model import Author, Body, BodyState, When
from bot.reading.outline import Line, outline, page, page_of_news
from bot.store.clearing import AT_ONCE, mark_shown
from bot.store.discussion import newest, rows_of, unread_posts
from bot.store.hidden import shown
from bot.store.marks import MARKED, OWN, STAND, mark_thread, stand_in, unread_of
from bot.store.readers import wishes
from bot.store.sight import Sight, ThreadSeen, shows, thread_of, thread_seen
from bot.store.unit import Unit, Value
from bot.store.unread import LISTED, BoardSeen, Reach, UnreadThread, unread_threads

POSTS = 50
"""Posts of one page of a thread."""

PAGE = 25
"""Threads of one page of a list."""

OUTLINED = 500
"""Rows of an outline that is shown whole; of a longer one, those of the page."""

BEGINS = 400
"""Characters of a post in which its first words are looked for."""


# --------------------------------------------------------------------------------------------------- threads of a board


class Threads(msgspec.Struct, frozen=True):
    """A page of the threads of a board, those with the newest posts first."""

    threads: tuple[UnreadThread, ...]
    after: tuple[int, int] | None
    """Where the next page goes on; None where this is the last."""


def threads_of(
    person: int, board: BoardSeen, sight: Sight, after: tuple[int, int] | None = None, limit: int = PAGE
) -> Unit[Threads]:
    """A page of all threads of a board that are seen; `after` is where the page before it ended."""
    here = "t.board=$2" if board.id is not None else "t.board IS NULL AND t.forum=$2"
    visible = "" if board.reach is Reach.WHOLE else f"AND {shows('$6', '$7')}"
    seq, id = after if after is not None else (1 << 62, 1 << 62)
    seen = () if board.reach is Reach.WHOLE else (sight.community, sight.channel)
    rows = yield (
        f"""SELECT {STAND}, {LISTED} FROM thread t {MARKED} {OWN}
            WHERE {here} AND (t.live_seq<$3 OR (t.live_seq=$3 AND t.id<$4))
              AND EXISTS (SELECT 1 FROM post o WHERE o.thread=t.id) {visible}
            ORDER BY t.live_seq DESC, t.id DESC LIMIT $5""",
        (person, board.id if board.id is not None else board.forum, seq, id, limit + 1, *seen),
    )
    stands = [stand_in(row[:-4]) for row in rows[:limit]]
    counts = yield from unread_of(person, stands)
    threads = tuple(
        UnreadThread(stand.thread, title, link, stand.last - low - stand.dead - opening, count, stand.live_seq)
        for stand, (*_, title, link, opening, low), count in zip(stands, rows, counts, strict=False)
    )
    return Threads(threads, (threads[-1].live_seq, threads[-1].id) if len(rows) > limit else None)


# ----------------------------------------------------------------------------------------------------------- one thread


class PostShown(msgspec.Struct, frozen=True):
    """A post as a page shows it."""

    id: int
    title: str
    body: Body
    link: str
    author: Author
    number: int | None
    op: bool
    created: When
    edited: bool


class Opened(msgspec.Struct, frozen=True):
    """A thread as a reader sees it, and one page of its posts."""

    thread: ThreadSeen
    board: str
    closed: bool
    lines: tuple[Line, ...]
    """All its rows."""
    mapped: tuple[Line, ...]
    """Those of the outline that is shown."""
    drawn: tuple[Line, ...]
    """Those of the posts of this page."""
    posts: dict[int, PostShown]
    """The live posts of this page."""
    words: dict[int, Body]
    """Of posts without a title in the outline: how they begin."""
    number: int
    pages: int
    replies: int
    unread: int
    stars: int


class At(msgspec.Struct, frozen=True):
    """What of a thread is asked for: the page on which a post stands, a page by its number, else the first news."""

    post: int | None = None
    page: int | None = None


def open_thread(person: int, sight: Sight, thread: int, at: At) -> Unit[Opened | None]:
    """A thread as a person reads it, with the page that is asked for; None where it is not seen."""
    seen = yield from thread_seen(thread, sight)
    if seen is None:
        return None
    [[closed, board]] = yield (
        "SELECT t.closed, COALESCE(b.name, '') FROM thread t LEFT JOIN board b ON b.id=t.board WHERE t.id=$1",
        (thread,),
    )
    stars = (yield from wishes(person)).stars
    rows = yield from rows_of(thread, sight.community)
    new = [post.id for post in (yield from unread_posts(person, thread, community=sight.community))]
    best = yield from newest(thread, stars, sight.community)
    lines = outline(rows, new, best)
    part = page(lines, _asked(lines, at), POSTS)
    drawn = tuple(line for line in part.lines if isinstance(line, Line))
    live = [line.row.post for line in drawn if line.row.live]
    posts = (yield f"SELECT {SHOWN} FROM post p WHERE p.id=$1", [(post,) for post in live]) if live else ()
    mapped = tuple(lines) if len(lines) <= OUTLINED else drawn
    untitled = [line.row.post for line in mapped if line.row.live and not line.row.title and not line.row.op]
    words = yield from beginnings(untitled)
    return Opened(
        seen,
        board,
        bool(closed),
        tuple(lines),
        mapped,
        drawn,
        {int(row[0]): _shown(row) for row in posts},
        words,
        part.number,
        part.pages,
        (yield from _replies(thread)),
        len(new),
        stars,
    )


def post_shown(post: int, sight: Sight) -> Unit[PostShown | None]:
    """A live post, where it is seen; None else."""
    if (yield from thread_of(post, sight)) is None:
        return None
    rows = yield (
        f"SELECT {SHOWN} FROM post p WHERE p.id=$1 AND p.state='live' AND {shown('p', '$2')}",
        (post, sight.community),
    )
    return _shown(rows[0]) if rows else None


class News(msgspec.Struct, frozen=True):
    """What is new to a person in a thread that is open before them."""

    new: tuple[int, ...]
    replies: int
    since: tuple[int, ...]
    """Those that arrived since the page was made, in the order in which they did."""


def news_of(person: int, sight: Sight, thread: int, shown: int) -> Unit[News | None]:
    """What is new in a thread, also since `shown` was the newest seq of its forum; None where it is not seen."""
    seen = yield from thread_seen(thread, sight)
    if seen is None:
        return None
    new = yield from unread_posts(person, thread, community=sight.community)
    since = sorted((post.seq, post.id) for post in new if post.seq > shown)
    return News(tuple(post.id for post in new), (yield from _replies(thread)), tuple(id for _, id in since))


def _replies(thread: int) -> Unit[int]:
    """How many live replies of a thread are known; as lists count them."""
    rows = yield f"SELECT t.next_n-1-t.low_n-t.dead, {LISTED} FROM thread t WHERE t.id=$1", (thread,)
    posts, _, _, opening, _ = rows[0]
    return int(posts - opening)


def beginnings(posts: Sequence[int]) -> Unit[dict[int, Body]]:
    """How some posts begin."""
    sought: list[tuple[Value, ...]] = [(post,) for post in posts]
    if not sought:
        return {}
    rows = yield (
        f"SELECT p.id, p.body_state, substr(p.body, 1, {BEGINS}), p.body_format FROM post p WHERE p.id=$1",
        sought,
    )
    return {int(id): Body(BodyState(state), text, format) for id, state, text, format in rows}


def _asked(lines: Sequence[Line], at: At) -> int:
    """The number of the page that is asked for."""
    if at.post is not None:
        place = next((place for place, line in enumerate(lines) if line.row.post == at.post), 0)
        return place // POSTS + 1
    return at.page if at.page is not None else page_of_news(lines, POSTS)


SHOWN = """p.id, p.title, p.body_state, p.body, p.body_format,
  CASE WHEN p.link<>'' THEN p.link ELSE (SELECT t.link FROM thread t WHERE t.id=p.thread) END, p.author, p.author_id,
  p.avatar, p.badge, p.number, p.op, p.earliest, p.latest, p.revision"""


def _shown(row: Sequence[Any]) -> PostShown:
    id, title, state, body, format, link, author, author_id, avatar, badge, number, op, earliest, latest, revision = row
    return PostShown(
        int(id),
        title,
        Body(BodyState(state), body, format),
        link,
        Author(author, author_id, avatar, badge),
        number,
        bool(op),
        When(earliest, latest),
        revision > 1,
    )


# -------------------------------------------------------------------------------------------------------------- marking


def mark_seen(person: int, sight: Sight, board: BoardSeen, seq: int) -> Unit[bool]:
    """Note that a person has read a board, as far as they see it, as it was when `seq` was the newest of its forum.

    Returns whether that is all; else the next unit goes on.
    """
    if board.id is not None:
        return (yield from mark_shown(person, sight, {board.forum: seq}, board.id))
    news = yield from unread_threads(person, board, sight, limit=AT_ONCE)
    marked = 0
    for thread in news.threads:
        marked += yield from mark_thread(person, thread.id, seq)
    return not (news.more and marked)
