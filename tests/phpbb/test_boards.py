"""What is read of a board, and of what guests cannot see."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from aiohttp import web

from adapters.forums.phpbb.forum import Phpbb
from bot.errors import NotAllowed
from bot.model import Bookmark, TargetKind
from tests.phpbb import drawing
from tests.phpbb.board import FORUM, TOPICS, Board
from tests.phpbb.readings import HERE, key, listing, page


async def test_an_unchanged_board_costs_one_request(board: Board, forum: Phpbb) -> None:
    """Views rise with every reader, and sessions change: neither is news."""
    board.start("Talk", "words")
    first = await listing(forum)
    board.asked.clear()
    assert await forum.listing(HERE, first.bookmark) is None
    assert len(board.asked) == 1


async def test_what_is_news_is_read_to_its_end(board: Board, forum: Phpbb) -> None:
    """More threads were answered than a page lists; the first reading of a board is one page."""
    for n in range(60):
        board.start(f"Thread {n}", "words")
    first = await listing(forum)
    assert (len(first.threads), first.more) == (TOPICS, False)
    for n in range(1, 41):
        board.post(n, "ben", "Again")
    pages = [await listing(forum, first.bookmark)]
    while pages[-1].more:
        pages.append(await listing(forum, pages[-1].bookmark))
    told = {thread.key for one in pages for thread in one.threads}
    assert {str(n) for n in range(1, 41)} <= told
    assert [one.gap for one in pages] == ["", ""]


async def test_each_thread_stands_in_a_list_once(board: Board, forum: Phpbb) -> None:
    """Announcements stand on all pages of all boards, and a thread that was moved leaves its shadow."""
    board.forums[3] = "Elsewhere"
    ours = board.start("Announced here", "words")
    ours.kind = "announce"
    board.start("Sticky", "words").kind = "sticky"
    board.start("Announced everywhere", "words", forum=3).kind = "global"
    board.start("Moved away", "words", forum=3).kind = "moved"
    plain = board.start("Plain", "words")
    found = await listing(forum)
    assert [thread.title for thread in found.threads] == ["Plain", "Sticky", "Announced here"]
    assert found.threads[0].key == str(plain.id)


async def test_a_token_changes_with_name_lock_and_deletion(board: Board, forum: Phpbb) -> None:
    """Whatever befalls a thread, it is read again."""
    topic = board.start("Talk", "words")
    board.post(topic.id, "ben", "More")
    tokens = {(await listing(forum)).threads[0].token}
    topic.title = "Renamed"
    tokens.add((await listing(forum)).threads[0].token)
    topic.locked = True
    closed = (await listing(forum)).threads[0]
    tokens.add(closed.token)
    board.posts[2].deleted = True
    tokens.add((await listing(forum)).threads[0].token)
    assert len(tokens) == 4
    assert closed.closed
    assert (await page(forum, key(topic.id))).thread.closed


async def test_a_board_without_threads_is_a_board(board: Board, forum: Phpbb) -> None:
    """It was made today."""
    found = await listing(forum)
    assert (found.threads, found.board.name, found.board.path) == (
        (),
        "General & more",
        ("Somewhere", "General & more"),
    )


async def test_boards_are_listed_under_their_categories(board: Board, forum: Phpbb) -> None:
    """People search by names; within an hour nobody is asked twice."""
    board.forums[3] = "Elsewhere"
    found = await forum.boards()
    await forum.boards()
    assert [(one.key, one.path) for one in found] == [
        ("2", ("Somewhere", "General & more")),
        ("3", ("Somewhere", "Elsewhere")),
    ]
    assert len(board.asked) == 1


@pytest.mark.parametrize(
    ("path", "kind", "found"),
    [
        ("/viewtopic.php?f=2&t=1&start=10", TargetKind.THREAD, "1"),
        ("/viewtopic.php?p=2#p2", TargetKind.THREAD, "1"),
        (f"/viewtopic.php?t=1&sid={drawing.SID}", TargetKind.THREAD, "1"),
        ("/app.php/feed/topic/1", TargetKind.THREAD, "1"),
        ("/viewforum.php?f=2", TargetKind.BOARD, "2"),
        ("/feed.php?f=2", TargetKind.BOARD, "2"),
        ("/", TargetKind.SITE, ""),
        ("/index.php", TargetKind.SITE, ""),
    ],
)
async def test_what_people_paste_is_found(board: Board, forum: Phpbb, path: str, kind: TargetKind, found: str) -> None:
    """Whatever their browser shows."""
    board.start("Talk", "words")
    board.post(1, "ben", "More")
    target = await forum.locate(board.site.address + path)
    assert (target.kind, target.key, target.public) == (kind, found, True)
    if kind is TargetKind.SITE:
        assert [one.key for one in target.boards] == ["2"]


async def test_guests_are_told_that_they_cannot_read(board: Board, opened: Callable[[str, str], Phpbb]) -> None:
    """The board answers with its login form and status 200, which is no thread."""
    board.start("Talk", "words")
    board.private.add(FORUM)
    forum = opened("", "")
    for reading in (forum.thread(key(1), Bookmark()), forum.listing(HERE, Bookmark())):
        with pytest.raises(NotAllowed, match="guests cannot read it"):
            await reading


async def test_what_guests_cannot_read_is_read_with_the_account(board: Board, forum: Phpbb) -> None:
    """And is said to be closed to guests, so that whoever mirrors it is asked."""
    board.start("Talk", "words")
    board.private.add(FORUM)
    target = await forum.locate(f"{board.site.address}/viewforum.php?f=2")
    assert (target.kind, target.public) == (TargetKind.BOARD, False)
    assert not (await forum.locate(f"{board.site.address}/viewtopic.php?t=1")).public
    assert len((await page(forum, key(1))).posts) == 1


async def test_a_session_that_was_forgotten_is_opened_again(board: Board, forum: Phpbb) -> None:
    """At the next reading: the board forgets sessions after an hour."""
    board.start("Talk", "words")
    board.private.add(FORUM)
    await page(forum, key(1))
    board.sessions.clear()
    with pytest.raises(NotAllowed):
        await forum.thread(key(1), Bookmark())
    assert len((await page(forum, key(1))).posts) == 1


async def test_what_guests_can_read_is_read_as_a_guest(board: Board, forum: Phpbb) -> None:
    """Viewing marks read on the board: whoever is logged in would have read everything."""
    board.start("Talk", "words")
    await forum.probe()
    seen: list[str] = []

    def note(request: web.Request) -> None:
        seen.append(request.headers.get("Cookie", ""))

    board.other = note
    await page(forum, key(1))
    await listing(forum)
    assert seen == ["", ""]


async def test_a_board_that_hides_its_threads_is_no_empty_board(
    board: Board, opened: Callable[[str, str], Phpbb]
) -> None:
    """Some show their name to guests, and a login in place of the list: nothing would ever come, without a word."""
    text = drawing.forum_page(board.site.address, FORUM, "General", [], 0, 25, board.users, True)
    asks = '<form action="./ucp.php?mode=login" method="post"><input type="password" name="password" /></form>'

    async def hidden() -> web.Response:
        return web.Response(text=text.replace('<div class="panel">', asks), content_type="text/html")

    board.other = lambda request: hidden()
    with pytest.raises(NotAllowed, match="guests cannot read"):
        await opened("", "").listing(HERE, Bookmark())
