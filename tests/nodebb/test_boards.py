"""Boards are read gap-free and cheaply: one request where nothing changed, and none of it parsed."""

from __future__ import annotations

import pytest

from adapters.forums.nodebb import boards, parse
from bot.errors import Gone, LoginRejected, NotAllowed, Unparsable
from bot.model import BoardKey, Bookmark, TargetKind
from bot.ports import Secret
from tests.nodebb.conftest import Opened
from tests.nodebb.stand_in import StandIn
from tests.nodebb.told import Told, key

TALK, RECENT = BoardKey("c/5"), BoardKey("recent")


async def read(forum: object, board: BoardKey, since: Bookmark) -> tuple[list[str], Bookmark, int]:
    """The threads that a poller reads from a bookmark on, the new bookmark, and how many readings it took."""
    threads: list[str] = []
    for count in range(100):
        page = await forum.listing(board, since)  # type: ignore[attr-defined]
        if page is None:
            return threads, since, count
        threads += [thread.key for thread in page.threads]
        since = page.bookmark
        if not page.more:
            return threads, since, count + 1
    pytest.fail("a list that never ends")


async def test_an_unchanged_board_costs_one_request_and_is_not_parsed(
    site: StandIn, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand boards that nobody writes to are polled all day."""
    Told(site, 1)
    forum = opened()
    first = await forum.listing(TALK, Bookmark())
    assert first is not None
    assert first.bookmark.etag
    asked = len(site.asked)
    monkeypatch.setattr(parse, "listing", lambda *_: pytest.fail("parsed"))
    assert await forum.listing(TALK, first.bookmark) is None
    bare = Bookmark(first.bookmark.cursor, digest=first.bookmark.digest)
    assert await forum.listing(TALK, bare) is None
    assert len(site.asked) == asked + 2


async def test_counters_of_a_list_are_no_news(site: StandIn, opened: Opened) -> None:
    told = Told(site, 1)
    forum = opened()
    first = await forum.listing(TALK, Bookmark())
    assert first is not None
    told.topic.views += 7
    assert await forum.listing(TALK, first.bookmark) is None


async def test_all_threads_that_changed_are_listed(site: StandIn, opened: Opened) -> None:
    """More of them than fit on a page, after a night without a poll."""
    told = [Told(site, 1) for _ in range(70)]
    forum = opened()
    for board in (TALK, RECENT):
        _, since, _ = await read(forum, board, Bookmark())
        for one in told[:50]:
            one.more(1)
        threads, since, _ = await read(forum, board, since)
        assert {one.thread for one in told[:50]} <= set(threads)
        assert (await read(forum, board, since))[0] == []


async def test_pinned_threads_hide_nothing(site: StandIn, opened: Opened) -> None:
    """They stand first however old they are, and may fill a page."""
    pinned = [Told(site, 0) for _ in range(25)]
    for one in pinned:
        one.topic.pinned = True
    told = [Told(site, 1) for _ in range(30)]
    forum = opened()
    threads, since, _ = await read(forum, TALK, Bookmark())
    assert told[-1].thread in threads
    for one in told[:5]:
        one.more(1)
    assert {one.thread for one in told[:5]} <= set((await read(forum, TALK, since))[0])


async def test_a_list_that_cannot_be_followed_back_says_so(
    site: StandIn, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boards, "PAGES", 2)
    told = [Told(site, 1) for _ in range(70)]
    forum = opened()
    _, since, _ = await read(forum, TALK, Bookmark())
    for one in told:
        one.more(1)
    first = await forum.listing(TALK, since)
    assert first is not None
    assert (first.more, first.gap) == (True, "")
    second = await forum.listing(TALK, first.bookmark)
    assert second is not None
    assert not second.more
    assert "not read" in second.gap


async def test_a_list_that_repeats_itself_ends(site: StandIn, opened: Opened) -> None:
    told = [Told(site, 1) for _ in range(70)]
    forum = opened()
    _, since, _ = await read(forum, TALK, Bookmark())
    for one in told:
        one.more(1)
    topics = site.world.listed(None, "5")
    site.stand.answers["/api/category/5"] = site.told({**site.listed(topics), "cid": 5, "name": "Talk"})
    _, _, readings = await read(forum, TALK, since)
    assert readings <= boards.PAGES


async def test_a_list_with_fewer_pages_than_a_moment_ago_ends(site: StandIn, opened: Opened) -> None:
    site.stand.paged = True
    told = [Told(site, 1) for _ in range(30)]
    forum = opened()
    _, since, _ = await read(forum, TALK, Bookmark())
    for one in told:
        one.more(1)
    first = await forum.listing(TALK, since)
    assert first is not None
    assert first.more
    for one in told[:20]:
        one.topic.deleted = True
    last = await forum.listing(TALK, first.bookmark)
    assert last is not None
    assert (last.threads, last.more) == ((), False)


@pytest.mark.parametrize("change", ["lock", "rename", "move", "edit", "delete"])
async def test_a_token_changes_with_whatever_a_list_can_tell(site: StandIn, opened: Opened, change: str) -> None:
    told = Told(site, 2)
    forum = opened()
    first = await forum.listing(RECENT, Bookmark())
    assert first is not None
    match change:
        case "lock":
            told.topic.locked = True
        case "rename":
            told.topic.title = "Another title"
        case "move":
            told.topic.cid = 6
        case "edit":
            site.world.edit(told.posts[-1], "Other words")
        case "delete":
            site.world.delete(told.posts[-1])
    second = await forum.listing(RECENT, first.bookmark)
    assert second is not None
    assert second.threads[0].token != first.threads[0].token


async def test_a_board_tells_the_way_to_it(site: StandIn, opened: Opened) -> None:
    Told(site, 1, cid=6)
    listing = await opened().listing(BoardKey("c/6"), Bookmark())
    assert listing is not None
    assert (listing.board.name, listing.board.path) == ("Small talk", ("Talk", "Small talk"))


async def test_a_board_from_elsewhere_is_read(site: StandIn, opened: Opened) -> None:
    """With federation its id is an address."""
    site.world.category("News", "https://elsewhere.example/c/news?a=b")
    told = Told(site, 1)
    told.topic.cid = "https://elsewhere.example/c/news?a=b"
    forum = opened()
    [board] = [board for board in await forum.boards() if board.name == "News"]
    assert (await forum.locate(board.link)).key == board.key
    listing = await forum.listing(board.key, Bookmark())
    assert listing is not None
    assert [thread.key for thread in listing.threads] == [told.thread]


async def test_boards_are_listed_in_one_request(site: StandIn, opened: Opened) -> None:
    """All threads first; headings and mere links are no boards."""
    site.world.category("Heading", 11, section=True)
    site.world.category("Under it", 12, parent=11)
    site.world.category("Elsewhere", 13, link="https://elsewhere.example")
    forum = opened()
    told = [(board.key, board.path) for board in await forum.boards()]
    assert told == [
        ("recent", ()),
        ("c/5", ("Talk",)),
        ("c/6", ("Talk", "Small talk")),
        ("c/12", ("Heading", "Under it")),
    ]
    await forum.boards()
    assert site.paths() == ["/api/categories"]


async def test_a_board_for_members_is_found_with_our_token_and_said_so(site: StandIn, opened: Opened) -> None:
    """Whoever mirrors it into a channel that others read is asked first."""
    told = Told(site, 1, cid=9)
    for address, kind in ((f"{site.address}/category/9/team", TargetKind.BOARD), (told_link(told), TargetKind.THREAD)):
        target = await opened("threadline").locate(address)
        assert (target.kind, target.public) == (kind, False)
        with pytest.raises((NotAllowed, Gone)):
            await opened().locate(address)
    public = Told(site, 1)
    assert (await opened("threadline").locate(told_link(public))).public


async def test_a_board_that_was_public_is_never_read_with_our_token(site: StandIn, opened: Opened) -> None:
    Told(site, 1)
    forum = opened("threadline")
    first = await forum.listing(TALK, Bookmark())
    assert first is not None
    site.world.categories["5"].readers = {"threadline"}
    with pytest.raises(NotAllowed):
        await forum.listing(TALK, first.bookmark)


async def test_a_forum_for_members_alone_is_read_with_our_token(site: StandIn, opened: Opened) -> None:
    """Guests are not refused its list of all threads: they are shown an empty one."""
    for category in site.world.categories.values():
        category.readers = {"threadline"}
    told = Told(site, 1)
    forum = opened("threadline")
    target = await forum.locate(site.address)
    assert (target.key, target.public) == (RECENT, False)
    listing = await forum.listing(RECENT, Bookmark())
    assert listing is not None
    assert [thread.key for thread in listing.threads] == [told.thread]
    assert len(await forum.boards()) == 4
    told.more(1)
    assert (await read(forum, RECENT, listing.bookmark))[0] == [told.thread]


async def test_a_wrong_token_is_a_rejected_login_and_no_missing_thread(site: StandIn, opened: Opened) -> None:
    """It makes a guest of us, and guests are told that nothing is there: that would delete everything."""
    told = Told(site, 1, cid=9)
    forum = opened("threadline")
    page = await forum.thread(told.thread, Bookmark())
    assert page is not None
    for hidden in (False, True):
        site.stand.hidden = hidden
        site.tokens.clear()
        with pytest.raises(LoginRejected):
            await forum.thread(told.thread, page.bookmark)


async def test_a_post_is_found_by_its_link(site: StandIn, opened: Opened) -> None:
    """People paste what their browser shows, and what the forum's own button copies."""
    told = Told(site, 3)
    forum = opened()
    for address in (
        f"{site.address}/post/{told.posts[1].pid}",
        f"{site.address}/topic/{told.thread}/plain-talk/3",
        f"{site.address}/topic/{told.thread}/plain-talk/3?page=1#content",
        f"{site.address}/topic/{told.thread}.rss",
    ):
        assert (await forum.locate(address)).key == told.thread
    await forum.thread(told.thread, Bookmark())
    assert forum.named(f"{site.address}/topic/{told.thread}/plain-talk/3") == key(told.posts[1])
    assert forum.named(f"{site.address}/post/{told.posts[1].pid}") == key(told.posts[1])


async def test_whoever_checks_is_told_the_engine_and_who_we_are(site: StandIn, opened: Opened) -> None:
    host = site.address.removeprefix("http://")
    assert await opened("threadline").probe() == f"{host} answers: NodeBB 4 or later, as threadline"
    site.stand.answers["/api/config"] = site.told({"hello": "world"})
    with pytest.raises(Unparsable):
        await opened().probe()


async def test_a_master_token_needs_its_account(site: StandIn, opened: Opened) -> None:
    token = Secret(site.token(""))
    with pytest.raises(LoginRejected, match="uid"):
        await opened(token=token).probe()
    uid = site.world.user("threadline").uid
    assert "as threadline" in await opened(token=token, uid=uid).probe()


def told_link(told: Told) -> str:
    return f"{told.site.address}/topic/{told.topic.slug}"
