"""How tests read a board: what there must be, and what the core would keep of it."""

from __future__ import annotations

from adapters.forums.phpbb.forum import Phpbb
from bot.changes import Changes
from bot.model import BoardKey, Bookmark, Listing, ThreadKey, ThreadPage
from bot.testing.forum_talk import Follower
from tests.phpbb.board import FORUM, Board

HERE = BoardKey(str(FORUM))


def key(number: int) -> ThreadKey:
    return ThreadKey(str(number))


async def listing(forum: Phpbb, since: Bookmark | None = None) -> Listing:
    found = await forum.listing(HERE, since or Bookmark())
    assert found is not None
    return found


async def page(forum: Phpbb, thread: ThreadKey, since: Bookmark | None = None) -> ThreadPage:
    found = await forum.thread(thread, since or Bookmark())
    assert found is not None
    return found


def long(board: Board, replies: int) -> ThreadKey:
    topic = board.start("A long talk", "The beginning")
    for n in range(replies):
        board.post(topic.id, "ben", f"Line {n}")
    return key(topic.id)


async def whole(follower: Follower) -> Changes:
    """A reading in which the core asks without validators."""
    follower.bookmark = Bookmark(follower.bookmark.cursor)
    return await follower.read()
