"""What is no page of a board: each kind has its class, and nothing is lost."""

from __future__ import annotations

import json

import pytest
from aiohttp import web

from adapters.engines.bookmarks import written
from adapters.forums.phpbb import walk
from adapters.forums.phpbb.forum import Phpbb
from bot.errors import Gone, NotAllowed, Unparsable
from bot.model import Bookmark
from bot.testing.forum_talk import follow
from tests.phpbb import drawing
from tests.phpbb.board import Board
from tests.phpbb.readings import HERE, key, long, page


@pytest.mark.parametrize(
    ("body", "kind", "status", "error"),
    [
        ("<!DOCTYPE html><title>Just a moment...</title><p>Checking your browser", "text/html", 200, Unparsable),
        ("<!DOCTYPE html><title>Attention Required!</title>", "text/html", 403, NotAllowed),
        (json.dumps({"error": "no"}), "application/json", 200, Unparsable),
        ("", "text/html", 200, Unparsable),
        (drawing.login_page({}), "text/html", 200, NotAllowed),
        (drawing.message_page("Sorry but this board is currently unavailable."), "text/html", 200, NotAllowed),
        (drawing.message_page("The requested topic does not exist."), "text/html", 404, Gone),
    ],
    ids=["block page", "forbidden", "json", "nothing", "login", "message", "missing"],
)
async def test_what_is_no_page_has_its_class(
    board: Board, forum: Phpbb, body: str, kind: str, status: int, error: type[Exception]
) -> None:
    """Each has its own reaction; none is a thread without posts."""

    async def answer() -> web.Response:
        return web.Response(text=body, content_type=kind, status=status)

    board.other = lambda request: answer() if request.path in ("/viewtopic.php", "/viewforum.php") else None
    with pytest.raises(error):
        await forum.thread(key(1), Bookmark())
    with pytest.raises(error):
        await forum.listing(HERE, Bookmark())


async def test_a_page_that_was_cut_off_loses_nothing(board: Board, forum: Phpbb) -> None:
    """What stands on it is read, and it proves nothing about what does not."""
    thread = long(board, 8)
    text = drawing.topic_page(board.site.address, board.topics[1], "General", 0, 10, board.users, guest=True)

    async def cut() -> web.Response:
        return web.Response(text=text[: text.index('id="p6"')], content_type="text/html")

    board.other = lambda request: cut()
    read = await page(forum, thread)
    assert [post.key for post in read.posts] == ["1", "2", "3", "4", "5"]
    assert not read.complete


def test_a_cursor_of_ours_survives_and_a_foreign_one_begins_anew() -> None:
    """Bookmarks come from a database that may have grown up with another adapter."""
    halt = walk.Halt(20, "30", 25)
    assert walk.halt(written(halt)) == halt
    for junk in ("", "{", "[]", '{"start": -1}', '{"start": "x"}', "\x00"):
        assert walk.halt(junk) == walk.Halt(walking=True)
    assert walk.reach('{"start": -1}') == walk.Reach()


async def test_a_post_whose_key_has_another_form_is_not_deleted(board: Board, forum: Phpbb) -> None:
    """An extension names it otherwise from now on: it is not found, and the board's count says that it is there."""
    thread = long(board, 8)
    follower = await follow(forum, thread)
    text = drawing.topic_page(board.site.address, board.topics[1], "General", 0, 10, board.users, guest=True)

    async def renamed() -> web.Response:
        return web.Response(text=text.replace('<div id="p5"', '<div id="post-five"'), content_type="text/html")

    board.other = lambda request: renamed()
    changes = await follower.read()
    assert not changes.deleted
    assert not follower.complete


async def test_a_page_without_a_count_proves_nothing(board: Board, forum: Phpbb) -> None:
    """A style may leave the box out that counts; then nobody knows whether what was read is all."""
    thread = long(board, 3)
    text = drawing.topic_page(board.site.address, board.topics[1], "General", 0, 10, board.users, guest=True)

    async def uncounted() -> web.Response:
        return web.Response(text=text.replace('class="pagination"', 'class="pages"'), content_type="text/html")

    board.other = lambda request: uncounted()
    read = await page(forum, thread)
    assert len(read.posts) == 4
    assert read.thread.replies is None
    assert not read.complete
