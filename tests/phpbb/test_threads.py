"""What is read of a thread, and with how many requests: pages that never end, deletions, quotes, guests' sessions."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from aiohttp import web

from adapters.forums.phpbb.forum import Phpbb
from bot.errors import Gone
from bot.model import Bookmark, ParentState, PostKey
from bot.testing.forum_talk import follow, said
from tests.phpbb import drawing
from tests.phpbb.board import Board
from tests.phpbb.readings import key, listing, long, page, whole


async def test_no_session_gets_into_what_is_read(board: Board, forum: Phpbb) -> None:
    """The links of guests carry another session at each visit: every post would read as edited."""
    topic = board.start("Links", "See [url=./viewtopic.php?t=1]this[/url]")
    board.post(topic.id, "ben", board.quote(1) + "An answer")
    read = await page(forum, key(topic.id))
    assert drawing.SID not in repr(read)
    assert drawing.SID not in repr(await listing(forum))


async def test_an_unchanged_thread_costs_one_request(board: Board, forum: Phpbb) -> None:
    """Nothing is parsed, though sessions, tokens and counts of posts are others at each visit."""
    follower = await follow(forum, long(board, 25))
    board.asked.clear()
    assert await forum.thread(follower.key, follower.bookmark) is None
    assert board.asked == ["GET /viewtopic.php?t=1&start=20"]


async def test_a_new_post_costs_one_request(board: Board, forum: Phpbb) -> None:
    """Only the page is read that holds the last known post."""
    follower = await follow(forum, long(board, 25))
    new = board.post(1, "cleo", "News")
    board.asked.clear()
    changes = await follower.read()
    assert [post.key for post in changes.added] == [str(new.id)]
    assert len(board.asked) == 1


async def test_new_posts_on_further_pages_are_read_at_once(board: Board, forum: Phpbb) -> None:
    """A talk went on while we were away."""
    follower = await follow(forum, long(board, 8))
    news = [board.post(1, "cleo", f"News {n}") for n in range(30)]
    changes = await follower.read()
    assert [post.key for post in changes.added] == [str(post.id) for post in news]
    assert not changes.deleted


async def test_a_deletion_on_an_earlier_page_is_proven(board: Board, forum: Phpbb) -> None:
    """The last known post moved up: then all pages are read, and only what none of them shows is gone."""
    follower = await follow(forum, long(board, 25))
    board.posts[5].deleted = True
    changes = await follower.read()
    assert [known.key for known, _ in changes.deleted] == ["5"]
    assert (changes.added, changes.edited) == ((), ())


async def test_the_last_page_may_vanish(board: Board, forum: Phpbb) -> None:
    """What it held was deleted; the board shows the page before it instead, with status 200."""
    follower = await follow(forum, long(board, 20))
    board.posts[21].deleted = True
    changes = await follower.read()
    assert [known.key for known, _ in changes.deleted] == ["21"]
    assert await forum.thread(follower.key, follower.bookmark) is None


async def test_an_edit_on_an_earlier_page_is_found_when_everything_is_asked_for(board: Board, forum: Phpbb) -> None:
    """The list of a board says nothing of edits, so that threads are read whole once a day."""
    follower = await follow(forum, long(board, 25))
    board.posts[3].raw = "Other words"
    assert await forum.thread(follower.key, follower.bookmark) is None
    changes = await whole(follower)
    assert [post.key for _, post in changes.edited] == ["3"]


async def test_pages_that_do_not_fit_together_prove_nothing(board: Board, forum: Phpbb) -> None:
    """A post was deleted between two pages: the one that slid over their border is on neither, and there."""
    thread = long(board, 25)
    first = await page(forum, thread)
    board.posts[2].deleted = True
    second = await page(forum, thread, first.bookmark)
    third = await page(forum, thread, second.bookmark)
    assert not any(one.complete for one in (first, second, third))
    follower = await follow(forum, thread)
    assert "11" in follower.posts


async def test_a_walk_that_began_before_a_restart_proves_nothing(board: Board, opened: Callable[[], Phpbb]) -> None:
    """Its first pages were read by a process that is gone."""
    thread = long(board, 15)
    first = await page(opened(), thread)
    second = await page(opened(), thread, first.bookmark)
    assert [post.key for post in second.posts] == [str(n) for n in range(11, 17)]
    assert not second.complete
    assert not second.more


async def test_a_board_that_repeats_a_page_for_ever_is_left(board: Board, forum: Phpbb) -> None:
    """Whatever start it is asked for, it shows the same posts and says that there are more."""
    thread = long(board, 15)
    text = drawing.topic_page(board.site.address, board.topics[1], "General", 0, 10, board.users, guest=True)
    endless = text.replace('rel="canonical"', 'rel="none"')

    async def same(start: int) -> web.Response:
        further = (
            f'<div class="pagination">9999 posts <a href="./viewtopic.php?t=1&amp;start={start + 10}">next</a></div>'
        )
        return web.Response(text=endless.replace('<div class="action-bar bar-top">', further), content_type="text/html")

    board.other = lambda request: same(int(request.query.get("start", "0")))
    follower = await follow(forum, thread)
    assert len(follower.posts) == 10
    assert len(board.asked) <= 3
    assert not follower.complete


async def test_a_thread_of_any_length_is_read_page_by_page(board: Board, forum: Phpbb) -> None:
    """One request for each call, a bookmark that does not grow, and nothing kept of what is too long to be proven."""
    board.per = 100
    thread = long(board, 3000)
    bookmark, posts, calls = Bookmark(), 0, 0
    while True:
        read = await page(forum, thread, bookmark)
        posts, calls, bookmark = posts + len(read.posts), calls + 1, read.bookmark
        assert len(bookmark.cursor) < 120
        if not read.more:
            break
    assert (posts, calls, read.complete) == (3001, 31, False)
    assert len(board.asked) == calls


async def test_a_post_of_a_megabyte_is_read_whole(board: Board, forum: Phpbb) -> None:
    """Somebody pastes a log; cutting is the business of the chats."""
    board.start("A log", "line of a log\n" * 80_000)
    read = await page(forum, key(1))
    assert len(read.posts[0].body.text) > 1_000_000
    assert not read.damaged


async def test_a_quote_of_a_post_on_the_page_is_what_is_answered(board: Board, forum: Phpbb) -> None:
    """The engine has no other parents; the quote itself stays, for people quote what they mean."""
    topic = board.start("Talk", "The beginning")
    first = board.post(topic.id, "ben", "One thing")
    second = board.post(topic.id, "cleo", board.quote(first.id) + "I see it otherwise")
    read = (await follow(forum, key(topic.id))).post(PostKey(str(second.id)))
    assert (read.parent.state, read.parent.key) == (ParentState.KNOWN, str(first.id))
    assert said(read.body) == "ben One thing I see it otherwise"


async def test_a_quote_of_another_thread_is_no_parent(board: Board, forum: Phpbb) -> None:
    """Its post stands elsewhere, and an answer cannot hang on it."""
    other = board.start("Elsewhere", "Something")
    topic = board.start("Talk", "The beginning")
    row = board.post(topic.id, "cleo", board.quote(other.posts[0].id) + "Somebody said this elsewhere")
    read = (await follow(forum, key(topic.id))).post(PostKey(str(row.id)))
    assert (read.parent.state, read.parent.key, read.parent.guess) == (ParentState.THREAD, "", "")


async def test_a_quote_of_an_earlier_page_is_likely(board: Board, forum: Phpbb) -> None:
    """The page does not show the post that is quoted: it may be of another thread that was written meanwhile."""
    thread = long(board, 12)
    row = board.post(1, "cleo", board.quote(4) + "Back to that")
    read = (await follow(forum, thread)).post(PostKey(str(row.id)))
    assert (read.parent.state, read.parent.guess) == (ParentState.UNKNOWN, "4")


async def test_a_signature_and_the_line_about_edits_are_no_part_of_a_text(board: Board, forum: Phpbb) -> None:
    """The one stands under every post, the other counts."""
    topic = board.start("Talk", "The beginning")
    board.posts[1].edits = 3
    read = await page(forum, key(topic.id))
    assert said(read.posts[0].body) == "The beginning"


async def test_a_thread_that_was_merged_is_gone(board: Board, forum: Phpbb) -> None:
    """The board leads to the thread that it became part of; its posts are read there."""
    board.start("One", "words")
    board.start("Two", "words")

    async def led(request: web.Request) -> web.Response:
        raise web.HTTPFound("/viewtopic.php?t=2")

    board.other = lambda request: led(request) if request.query.get("t") == "1" else None
    with pytest.raises(Gone, match="part of thread 2"):
        await forum.thread(key(1), Bookmark())


async def test_old_boards_tell_exact_times_in_their_feeds(board: Board, forum: Phpbb) -> None:
    """Their pages print times for people, to the minute and in a zone that is easily set wrong."""
    topic = board.start("Talk", "The beginning")
    board.legacy = True
    post = f"{board.site.address}/viewtopic.php?p=1#p1"
    entry = f"<entry><published>2026-11-23T08:57:52+00:00</published><id>{post}</id></entry>"

    async def feed() -> web.Response:
        return web.Response(text=f"<feed>{entry}</feed>", content_type="application/atom+xml")

    board.other = lambda request: feed() if request.path == "/feed.php" else None
    read = await page(forum, key(topic.id))
    assert read.posts[0].created.earliest == 1_795_424_272_000


async def test_old_boards_without_feeds_are_asked_for_them_once(board: Board, forum: Phpbb) -> None:
    """Then what the page prints is what there is."""
    board.legacy = True
    board.start("One", "words")
    board.start("Two", "words")
    read = await page(forum, key(1))
    await page(forum, key(2))
    when = read.posts[0].created
    assert when.earliest <= board.posts[1].at * 1000 <= when.latest
    assert when.exact
    assert sum("feed.php" in asked for asked in board.asked) == 1


async def test_a_date_in_the_future_is_told_as_it_stands(board: Board, forum: Phpbb) -> None:
    """An admin's clock was wrong for a day; the post is there all the same."""
    topic = board.start("Talk", "The beginning")
    board.posts[1].at = 4_000_000_000
    read = await page(forum, key(topic.id))
    assert read.posts[0].created.earliest == 4_000_000_000_000


async def test_a_deletion_is_found_also_where_a_second_page_began(board: Board, forum: Phpbb) -> None:
    """Posts went and came between two readings: the one page became two."""
    follower = await follow(forum, long(board, 8))
    board.posts[4].deleted = True
    for n in range(5):
        board.post(1, "cleo", f"News {n}")
    changes = await follower.read()
    assert [known.key for known, _ in changes.deleted] == ["4"]
    assert len(changes.added) == 5
