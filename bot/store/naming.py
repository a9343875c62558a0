"""What a few words of a reader mean: boards, threads and posts that they see, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bot.model import Where
from bot.store.places import heir, place_at
from bot.store.sight import Sight, ThreadSeen, sees, shows, thread_seen
from bot.store.unit import Unit
from bot.store.unread import BoardSeen, Reach, boards_seen


class Here(NamedTuple):
    """What the place is about in which somebody asks."""

    thread: ThreadSeen | None
    """The thread that a chat thread shows, or that is all that a channel shows."""
    boards: tuple[BoardSeen, ...]
    """The boards that a channel shows."""


def here(chat: str, where: Where, sight: Sight) -> Unit[Here]:
    """What a place is about; nothing where nothing is mirrored there."""
    place = yield from place_at(chat, where)
    if place is None:
        return Here(None, ())
    [[thread, parent]] = yield "SELECT thread, parent FROM place WHERE id=$1", (place,)
    if thread is not None:
        return Here((yield from thread_seen(thread, sight)), ())
    channel = yield from heir(parent if parent is not None else place)
    rows = yield (
        f"SELECT m.board, m.thread FROM mirror m WHERE m.place=$3 AND {sees('$1', '$2')} ORDER BY m.id",
        (sight.community, sight.channel, channel),
    )
    boards = {board for board, _ in rows}
    seen = tuple(board for board in (yield from boards_seen(sight)) if board.id is not None and board.id in boards)
    threads = [thread for _, thread in rows if thread is not None]
    if not seen and len(threads) == 1:
        return Here((yield from thread_seen(threads[0], sight)), ())
    return Here(None, seen)


def numbered(thread: int, number: int | None) -> Unit[int | None]:
    """The post of a thread that has a number of the forum's; its OP with None."""
    rows = yield (
        "SELECT id FROM post WHERE thread=$1 AND event=0 AND (number=$2 OR ($2 IS NULL AND op=1)) ORDER BY id LIMIT 1",
        (thread, number),
    )
    return int(rows[0][0]) if rows else None


def stands_up_to(thread: int, channel: int) -> Unit[int]:
    """The newest seq of a thread that stands in a channel; 0 where nothing of it does."""
    rows = yield (
        """SELECT o.seq FROM post o WHERE o.thread=$1 AND o.n>=1 AND EXISTS (SELECT 1 FROM copy c
             WHERE c.channel=$2 AND c.post=o.id AND c.state<>'removed') ORDER BY o.n DESC LIMIT 1""",
        (thread, channel),
    )
    return int(rows[0][0]) if rows else 0


def thread_called(forum: str, key: str, sight: Sight) -> Unit[ThreadSeen | None]:
    """The thread of a forum that has a key, where it is seen."""
    rows = yield "SELECT t.id FROM thread t JOIN forum f ON f.id=t.forum WHERE f.name=$1 AND t.key=$2", (forum, key)
    return (yield from thread_seen(rows[0][0], sight)) if rows else None


def board_seen(board: int, sight: Sight) -> Unit[BoardSeen | None]:
    """A board, where it is seen."""
    return next((one for one in (yield from boards_seen(sight)) if one.id == board), None)


class Named(NamedTuple):
    """A thread that something was said in lately."""

    id: int
    title: str
    forum: str


def lively(boards: Sequence[BoardSeen], sight: Sight, limit: int) -> Unit[list[Named]]:
    """The threads of each board in which something was said last; so many of each, the newest first."""
    found: list[Named] = []
    for board in boards:
        here = "t.board=$1" if board.id is not None else "t.board IS NULL AND t.forum=$1"
        whole = board.reach is Reach.WHOLE
        visible = "" if whole else f"AND {shows('$3', '$4')}"
        where = (board.id if board.id is not None else board.forum, limit)
        rows = yield (
            f"SELECT t.id, t.title FROM thread t WHERE {here} {visible} ORDER BY t.live_seq DESC LIMIT $2",
            where if whole else (*where, sight.community, sight.channel),
        )
        found += [Named(id, title, board.forum_name) for id, title in rows]
    return found


class PostNamed(NamedTuple):
    """What a post is called by."""

    op: bool
    number: int | None
    author: str


def post_named(post: int) -> Unit[PostNamed]:
    """What a post that is there is called by."""
    [[op, number, author]] = yield "SELECT op, number, author FROM post WHERE id=$1", (post,)
    return PostNamed(bool(op), number, author)
