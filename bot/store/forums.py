"""Forums, boards, threads, posts and the sources that are read from them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from bot.changes import Known, digest
from bot.mirroring import PostView
from bot.model import (
    Author,
    Board,
    Body,
    BodyState,
    Millis,
    Post,
    PostKey,
    PostState,
    Thread,
    at,
)
from bot.store.homes import former_home, leave_home
from bot.store.unit import Unit, one


def names(some: Iterable[str]) -> str:
    """A board's path, or a thread's tags, as they are stored."""
    return msgspec.json.encode(list(some)).decode()


def ensure_forum(name: str, adapter: str, settings: str = "{}") -> Unit[int]:
    """The forum of that name; `settings` are kept for one that no settings file names."""
    rows = yield (
        """INSERT INTO forum (name, adapter, settings) VALUES ($1, $2, $3)
           ON CONFLICT (name) DO UPDATE SET adapter=excluded.adapter RETURNING id""",
        (name, adapter, settings),
    )
    return int(one(rows))


def wanted_forums() -> Unit[list[tuple[str, str, str]]]:
    """Name, adapter and settings of every forum that something is read from or owed to."""
    rows = yield (
        """SELECT f.name, f.adapter, f.settings FROM forum f WHERE EXISTS
             (SELECT 1 FROM source s WHERE s.forum=f.id AND s.next_at IS NOT NULL)
           OR EXISTS (SELECT 1 FROM queue q JOIN delivery d ON d.queue=q.id
             WHERE q.forum=f.id AND d.state IN ('pending', 'sending', 'held') AND d.state<>'held')""",
        (),
    )
    return [(name, adapter, settings) for name, adapter, settings in rows]


def adapters_of(name: str) -> Unit[list[str]]:
    """The adapter that reads the forum of that name; none where there is no such forum."""
    return [adapter for (adapter,) in (yield "SELECT adapter FROM forum WHERE name=$1", (name,))]


def mirrored_forums(community: int | None) -> Unit[list[str]]:
    """The names of the forums of which something is mirrored: for a community, or for anybody with None."""
    rows = yield (
        """SELECT f.name FROM forum f WHERE f.id IN (SELECT COALESCE(b.forum, t.forum) FROM mirror m
             LEFT JOIN board b ON b.id=m.board LEFT JOIN thread t ON t.id=m.thread
             WHERE m.state<>'removed' AND ($1 IS NULL OR m.community=$1)) ORDER BY f.name""",
        (community,),
    )
    return [name for (name,) in rows]


def ensure_board(forum: int, board: Board) -> Unit[int]:
    """The board as it is now."""
    rows = yield (
        """INSERT INTO board (forum, key, name, path, link) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (forum, key) DO UPDATE SET
             name=CASE WHEN excluded.name='' THEN board.name ELSE excluded.name END,
             path=CASE WHEN excluded.path='[]' THEN board.path ELSE excluded.path END,
             link=CASE WHEN excluded.link='' THEN board.link ELSE excluded.link END RETURNING id""",
        (forum, board.key, board.name, names(board.path), board.link),
    )
    return int(one(rows))


class ThreadRow(msgspec.Struct, frozen=True):
    """What ingest needs of a thread."""

    id: int
    forum: int
    arrived: bool
    stood: int | None
    queue: int | None
    token: str
    home: int | None
    """The board that it belongs to; lists of others may show it besides."""


def ensure_thread(forum: int, thread: Thread, arrived: bool, listed_in: Board | None = None) -> Unit[ThreadRow]:
    """The thread as it is now; `arrived` is kept from the first time it was seen.

    It is at home where it says; where it says nothing, in the first board that was seen to list it. That it left
    another one is noted, for the marks of its readers.
    """
    former = yield from former_home(forum, thread.key)
    told = thread.board or (listed_in if former in ([], [None]) else None)
    board = (yield from ensure_board(forum, told)) if told is not None else None
    path = names(told.path) if told is not None else "[]"
    rows = yield (
        """INSERT INTO thread (forum, board, key, title, link, path, replies, closed, arrived, tags)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
           ON CONFLICT (forum, key) DO UPDATE SET
             board=COALESCE(excluded.board, thread.board),
             title=CASE WHEN excluded.title='' THEN thread.title ELSE excluded.title END,
             link=CASE WHEN excluded.link='' THEN thread.link ELSE excluded.link END,
             path=CASE WHEN excluded.path='[]' THEN thread.path ELSE excluded.path END,
             tags=CASE WHEN excluded.tags='[]' THEN thread.tags ELSE excluded.tags END,
             replies=COALESCE(excluded.replies, thread.replies), closed=excluded.closed
           RETURNING id, forum, arrived, stood, queue, token, board""",
        (
            forum,
            board,
            thread.key,
            thread.title,
            thread.link,
            path,
            thread.replies,
            int(thread.closed),
            int(arrived),
            names(thread.tags),
        ),
    )
    [row] = rows
    if board is not None:
        yield "INSERT INTO listing (board, thread) VALUES ($1, $2) ON CONFLICT DO NOTHING", (board, row[0])
        if former not in ([], [board]):
            yield from leave_home(row[0], former[0])
    return ThreadRow(row[0], row[1], bool(row[2]), *row[3:])


# --------------------------------------------------------------------------------------------------------------- posts

KNOWN = "SELECT id, key, digest, version, state, body_state, number, position, thread, event FROM post "


def known(thread: ThreadRow, posts: Iterable[Post], whole: bool) -> Unit[dict[PostKey, Known]]:
    """What is known of the posts that a page names; of every post of the thread besides where `whole`."""
    rows = list((yield KNOWN + "WHERE forum=$1 AND key=$2", [(thread.forum, post.key) for post in posts]))
    if whole:
        rows += yield KNOWN + "WHERE thread=$1", (thread.id,)
    return {
        PostKey(key): Known(
            id,
            PostKey(key),
            sum,
            version,
            PostState(state),
            BodyState(body),
            number,
            position,
            home == thread.id,
            bool(event),
        )
        for id, key, sum, version, state, body, number, position, home, event in rows
    }


def insert_posts(thread: ThreadRow, posts: tuple[Post, ...], backfill: bool, now: Millis) -> Unit[list[PostView]]:
    """Store posts in the order given and number them: upwards as they arrive, downwards from 0 when back-filled.

    Back-filled posts take their sequence number from the thread's own downward count, so that no mark ever covers them.
    What nobody can have unread, an event, counts as dead.
    """
    if not posts:
        return []
    count = len(posts)
    if backfill:
        [[low]] = yield "UPDATE thread SET low_n=low_n-$2 WHERE id=$1 RETURNING low_n+$2", (thread.id, count)
        numbers = [(low - i, low - i) for i in range(count)]
    else:
        [[seq]] = yield (
            "UPDATE forum SET next_seq=next_seq+$2 WHERE id=$1 RETURNING next_seq-$2",
            (thread.forum, count),
        )
        [[n]] = yield "UPDATE thread SET next_n=next_n+$2 WHERE id=$1 RETURNING next_n-$2", (thread.id, count)
        numbers = [(n + i, seq + i) for i in range(count)]
    yield (
        """INSERT INTO post (forum, thread, key, n, seq, position, number, op, parent_state, parent_key, guess_key,
             author, author_id, avatar, badge, title, body_state, body_format, body, link, earliest, latest, state,
             version, digest, event, seen_at, changed_at)
           VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24,$25,$26,$27,
             $27)
        """,
        [
            (
                thread.forum,
                thread.id,
                post.key,
                n,
                seq,
                post.position,
                post.number,
                int(post.op),
                post.parent.state,
                post.parent.key,
                post.parent.guess,
                post.author.name,
                post.author.id,
                post.author.avatar,
                post.author.badge,
                post.title,
                post.body.state,
                post.body.format,
                post.body.text,
                post.link,
                post.created.earliest,
                post.created.latest,
                post.state,
                post.version,
                digest(post),
                int(post.event),
                now,
            )
            for post, (n, seq) in zip(posts, numbers, strict=True)
        ],
    )
    # Asked for in one go, and not by RETURNING, which costs SQLite as much as the row itself.
    first, last = min(numbers)[0], max(numbers)[0]
    rows = yield "SELECT n, id FROM post WHERE thread=$1 AND n>=$2 AND n<=$3", (thread.id, first, last)
    ids = {int(n): int(id) for n, id in rows}
    views = [
        PostView(ids[n], n, seq, post.op, post.state is PostState.LIVE, 1, post.event)
        for post, (n, seq) in zip(posts, numbers, strict=True)
    ]
    dead = [view.n for view in views if view.event or not view.live]
    if dead:
        yield "INSERT INTO post_dead (thread, n) VALUES ($1, $2) ON CONFLICT DO NOTHING", [(thread.id, n) for n in dead]
        yield "UPDATE thread SET dead=dead+$2 WHERE id=$1", (thread.id, len(dead))
    newest = max((view.seq for view in views if view.live and view.n > 0 and not view.event), default=0)
    if newest:
        yield "UPDATE thread SET live_seq=$2 WHERE id=$1", (thread.id, newest)
    return views


VIEW = "id, n, seq, op, CASE WHEN state='live' THEN 1 ELSE 0 END, revision, event"


def view(row: tuple[int, int, int, int, int, int, int]) -> PostView:
    """A post as mirroring sees it, from a row of `VIEW`."""
    id, n, seq, op, live, revision, event = row
    return PostView(id, n, seq, bool(op), bool(live), revision, bool(event))


def update_post(before: Known, post: Post, now: Millis) -> Unit[PostView]:
    """Store a new version of a post; a post that was deleted stands again under its old numbers."""
    rows = yield (
        f"""UPDATE post SET author=$2, author_id=$3, avatar=$4, badge=$5, title=$6, body_state=$7, body_format=$8,
             body=$9, link=$10, number=$11, position=$12, parent_state=$13, parent_key=$14, guess_key=$15,
             earliest=$16, latest=$17, state='live', version=$18, digest=$19, revision=revision+1, changed_at=$20
           WHERE id=$1 RETURNING {VIEW}, thread""",
        (
            before.id,
            post.author.name,
            post.author.id,
            post.author.avatar,
            post.author.badge,
            post.title,
            post.body.state,
            post.body.format,
            post.body.text,
            post.link,
            post.number,
            post.position,
            post.parent.state,
            post.parent.key,
            post.parent.guess,
            post.created.earliest,
            post.created.latest,
            post.version,
            digest(post),
            now,
        ),
    )
    *cells, thread = rows[0]
    seen = view(tuple(cells))
    if before.state is not PostState.LIVE and not before.event:
        yield "DELETE FROM post_dead WHERE thread=$1 AND n=$2", (thread, seen.n)
        yield "UPDATE thread SET dead=dead-1 WHERE id=$1", (thread,)
        yield from refresh_live_seq(thread)
    return seen


def retitle(id: int, former: str, title: str, now: Millis) -> Unit[PostView | None]:
    """Give a live post another title; None where it does not bear the former one, or none of its own."""
    rows = yield (
        "SELECT body_state, body_format, body FROM post WHERE id=$1 AND state='live' AND title IN ('', $2)",
        (id, former),
    )
    if not rows:
        return None
    state, format, text = rows[0]
    anew = Post(PostKey(""), Author(""), at(now), Body(BodyState(state), text, format), title=title)
    rows = yield (
        f"UPDATE post SET title=$2, digest=$3, revision=revision+1, changed_at=$4 WHERE id=$1 RETURNING {VIEW}",
        (id, title, digest(anew), now),
    )
    return view(tuple(rows[0]))


def bury_post(before: Known, state: PostState, now: Millis) -> Unit[PostView]:
    """Note that the forum does not show a post any more; its text leaves when its tombstones are delivered."""
    rows = yield (
        f"UPDATE post SET state=$2, revision=revision+1, changed_at=$3 WHERE id=$1 RETURNING {VIEW}, thread",
        (before.id, state, now),
    )
    *cells, thread = rows[0]
    seen = view(tuple(cells))
    if before.state is PostState.LIVE and not before.event:
        yield from _count_dead(thread, seen.n)
    return seen


def move_post(before: Known, thread: ThreadRow, op: bool) -> Unit[PostView]:
    """Note that another thread holds a post now.

    It is numbered as one that arrives there, or is back-filled, whichever it was; its old number is never given again
    and counts as that of a dead post, so that what is unread in the thread that it left stays right.
    """
    [[old, n]] = yield "SELECT thread, n FROM post WHERE id=$1", (before.id,)
    live = before.state is PostState.LIVE and not before.event
    if n > 0:
        [[seq]] = yield "UPDATE forum SET next_seq=next_seq+1 WHERE id=$1 RETURNING next_seq-1", (thread.forum,)
        [[fresh]] = yield "UPDATE thread SET next_n=next_n+1 WHERE id=$1 RETURNING next_n-1", (thread.id,)
    else:
        [[fresh]] = yield "UPDATE thread SET low_n=low_n-1 WHERE id=$1 RETURNING low_n+1", (thread.id,)
        seq = fresh
    rows = yield (
        f"UPDATE post SET thread=$2, n=$3, seq=$4, op=$5 WHERE id=$1 RETURNING {VIEW}",
        (before.id, thread.id, fresh, seq, int(op)),
    )
    if live:
        yield from _count_dead(old, n)
        yield from refresh_live_seq(thread.id)
    else:
        yield from _count_dead(thread.id, fresh)
    return view(tuple(rows[0]))


def _count_dead(thread: int, n: int) -> Unit[None]:
    yield "INSERT INTO post_dead (thread, n) VALUES ($1, $2) ON CONFLICT DO NOTHING", (thread, n)
    yield "UPDATE thread SET dead=dead+1 WHERE id=$1", (thread,)
    yield from refresh_live_seq(thread)


def refresh_live_seq(thread: int) -> Unit[None]:
    """Recompute the newest live post that arrived in a thread."""
    yield (
        """UPDATE thread SET live_seq=COALESCE((SELECT p.seq FROM post p WHERE p.thread=$1 AND p.seq>0 AND
             NOT EXISTS (SELECT 1 FROM post_dead d WHERE d.thread=p.thread AND d.n=p.n)
             ORDER BY p.seq DESC LIMIT 1), 0) WHERE id=$1""",
        (thread,),
    )


def opening_post(thread: int) -> Unit[PostView | None]:
    """The OP of a thread, None while it is not known."""
    rows = yield f"SELECT {VIEW} FROM post WHERE thread=$1 AND op=1 ORDER BY id LIMIT 1", (thread,)
    return view(tuple(rows[0])) if rows else None


def posts_of(thread: int) -> Unit[list[PostView]]:
    """The live posts of a thread in the forum's order, the OP first."""
    rows = yield (
        f"SELECT {VIEW} FROM post WHERE thread=$1 AND state='live' ORDER BY op DESC, position, id",
        (thread,),
    )
    return [view(tuple(row)) for row in rows]


def forget_older(before: Millis) -> Unit[int]:
    """Let the texts of posts leave that were last changed before a time and about which nothing is owed; how many."""
    rows = yield (
        """UPDATE post SET body='', indexed=CASE WHEN indexed=0 THEN 0 ELSE -1 END
           WHERE changed_at<$1 AND body<>'' AND NOT EXISTS
             (SELECT 1 FROM delivery WHERE subject='post' AND subject_id=post.id
                AND state IN ('pending', 'sending', 'held')) RETURNING id""",
        (before,),
    )
    return len(rows)


def forget_text(post: int) -> Unit[None]:
    """Let the text of a deleted post leave, once nothing more is owed about it."""
    yield (
        """UPDATE post SET body='', title='' WHERE id=$1 AND state='deleted' AND body||title<>'' AND NOT EXISTS
             (SELECT 1 FROM delivery WHERE subject='post' AND subject_id=$1
             AND state IN ('pending', 'sending', 'held'))""",
        (post,),
    )
