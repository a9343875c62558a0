"""What is read of boards, and who may read it."""

from __future__ import annotations

import pytest

from adapters.forums.flarum.forum import Flarum
from bot.errors import Gone, LoginRejected, NotAllowed, Unparsable
from bot.model import BoardKey, Bookmark, TargetKind, ThreadKey
from tests.flarum.conftest import Opened
from tests.flarum.stand_in import StandIn

ALL, TALK, TEAM = BoardKey("all"), BoardKey("t/2"), BoardKey("t/3")


def begin(site: StandIn, count: int, *tags: int) -> list[str]:
    """Some discussions; their keys, the newest first."""
    world = site.world
    made = [world.start(world.user("ann"), f"Thread {n}", "words", *tags).discussion for n in range(count)]
    return [str(id) for id in reversed(made)]


async def test_an_unchanged_board_is_one_question(site: StandIn, forum: Flarum) -> None:
    """And is not even read: its bytes are the same."""
    begin(site, 3, 1, 2)
    listing = await forum.listing(TALK, Bookmark())
    assert listing is not None
    site.asked.clear()
    assert await forum.listing(TALK, listing.bookmark) is None
    assert len(site.asked) == 1


async def test_a_tag_shows_what_carries_it_with_the_way_to_it(site: StandIn, forum: Flarum) -> None:
    """A tag under another one names both; other tags are told as such."""
    [one] = begin(site, 1, 1, 2, 4)
    begin(site, 1, 1)
    listing = await forum.listing(TALK, Bookmark())
    assert listing is not None
    assert (listing.board.path, listing.board.link) == (("Computers", "Talk"), f"{site.address}/t/talk")
    [thread] = listing.threads
    assert (thread.key, thread.board, thread.tags) == (one, listing.board, ("Solved",))


async def test_an_absence_is_made_up_for_page_by_page(site: StandIn, forum: Flarum) -> None:
    """A page shows fifty discussions; it goes on until it meets what was read before."""
    begin(site, 5, 1)
    listing = await forum.listing(ALL, Bookmark())
    assert listing is not None
    new, seen, bookmark = begin(site, 130, 1), [], listing.bookmark
    while True:
        page = await forum.listing(ALL, bookmark)
        assert page is not None
        seen += [thread.key for thread in page.threads]
        bookmark = page.bookmark
        if not page.more:
            break
    assert set(new) <= set(seen)
    assert page.gap == ""
    assert await forum.listing(ALL, bookmark) is None


async def test_a_board_that_was_empty_when_it_was_first_read_is_made_up_for_too(site: StandIn, forum: Flarum) -> None:
    """Everything that comes there is news, however much comes at once."""
    listing = await forum.listing(ALL, Bookmark())
    assert listing is not None
    new, seen, bookmark = begin(site, 70, 1), set[str](), listing.bookmark
    while (page := await forum.listing(ALL, bookmark)) is not None:
        seen |= {thread.key for thread in page.threads}
        bookmark = page.bookmark
        if not page.more:
            break
    assert seen == set(new)


async def test_threads_of_one_second_are_all_seen(site: StandIn, forum: Flarum) -> None:
    """Times are whole seconds: one that is as old as the newest known may be new."""
    begin(site, 2, 1)
    listing = await forum.listing(ALL, Bookmark())
    assert listing is not None
    new = begin(site, 60, 1)
    for post in site.world.posts.values():
        post.created = site.world.now
    bookmark, seen = listing.bookmark, []
    for _ in range(5):
        page = await forum.listing(ALL, bookmark)
        if page is None:
            break
        seen += [thread.key for thread in page.threads]
        bookmark = page.bookmark
    assert set(new) <= set(seen)


async def test_a_date_in_the_future_hides_nothing(site: StandIn, forum: Flarum) -> None:
    """What comes until then would look as if it had been read."""
    begin(site, 1, 1)
    site.world.posts[max(site.world.posts)].created = site.world.now + 10**8
    listing = await forum.listing(ALL, Bookmark())
    assert listing is not None
    new, seen, bookmark = begin(site, 70, 1), set[str](), listing.bookmark
    while (page := await forum.listing(ALL, bookmark)) is not None:
        seen |= {thread.key for thread in page.threads}
        bookmark = page.bookmark
        if not page.more:
            break
    assert set(new) <= seen


async def test_what_lies_behind_too_many_pages_is_told_as_a_gap(
    site: StandIn, forum: Flarum, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An import must not be read for hours, and nothing is passed over in silence."""
    monkeypatch.setattr("adapters.forums.flarum.boards.PAGES", 2)
    begin(site, 1, 1)
    listing = await forum.listing(ALL, Bookmark())
    assert listing is not None
    begin(site, 200, 1)
    first = await forum.listing(ALL, listing.bookmark)
    assert first is not None
    assert first.more
    last = await forum.listing(ALL, first.bookmark)
    assert last is not None
    assert (last.more, bool(last.gap)) == (False, True)


async def test_a_tag_that_is_no_more_is_gone(site: StandIn, forum: Flarum) -> None:
    """The forum answers with an empty list; the tags say that it is none."""
    begin(site, 1, 1)
    with pytest.raises(Gone):
        await forum.listing(BoardKey("t/77"), Bookmark())
    listing = await forum.listing(BoardKey("t/4"), Bookmark())
    assert listing is not None
    assert listing.threads == ()
    del site.world.tags[4]
    begin(site, 1, 1)
    site.world.now += 3600
    with pytest.raises(Gone):
        await forum.listing(BoardKey("t/4"), listing.bookmark)


async def test_a_site_without_tags_has_one_board(site: StandIn, forum: Flarum) -> None:
    """They are an extension."""
    site.world.tags.clear()
    begin(site, 1)
    assert [board.key for board in await forum.boards()] == ["all"]
    listing = await forum.listing(ALL, Bookmark())
    assert listing is not None
    assert len(listing.threads) == 1


async def test_boards_are_listed_in_the_forums_order_and_none_that_guests_do_not_see(
    site: StandIn, opened: Opened
) -> None:
    """Readers ask for them, too."""
    site.world.user("bot", insider=True)
    told = [(board.key, board.path) for board in await opened("bot").boards()]
    assert told == [
        ("all", ("All discussions",)),
        ("t/1", ("Computers",)),
        ("t/2", ("Computers", "Talk")),
        ("t/4", ("Solved",)),
    ]


# ----------------------------------------------------------------------------------------------------- who may read it


async def test_what_guests_cannot_read_is_read_with_the_token_and_is_not_public(site: StandIn, opened: Opened) -> None:
    """Whoever mirrors it is asked."""
    site.world.user("bot", insider=True)
    forum, guest = opened("bot"), opened()
    [one] = begin(site, 1, 3)
    found = await forum.locate(f"{site.address}/t/team")
    assert (found.kind, found.key, found.public) == (TargetKind.BOARD, TEAM, False)
    thread = await forum.locate(f"{site.address}/d/{one}-thread-0")
    assert (thread.kind, thread.key, thread.public) == (TargetKind.THREAD, one, False)
    listing = await forum.listing(TEAM, Bookmark())
    assert listing is not None
    assert [thread.key for thread in listing.threads] == [one]
    assert await forum.thread(ThreadKey(one), Bookmark()) is not None
    for address in ("t/team", f"d/{one}"):
        with pytest.raises(Gone):
            await guest.locate(f"{site.address}/{address}")


async def test_what_guests_can_read_is_read_as_a_guest(site: StandIn, opened: Opened) -> None:
    """Also where there is a token: nothing is shown in a channel that only its account may see."""
    forum = opened("bot")
    site.world.users[1].moderator = True
    [one] = begin(site, 1, 1, 2)
    site.world.reply(site.world.user("ben"), int(one), "Hidden words").hidden = True
    assert (await forum.locate(f"{site.address}/t/talk")).public
    page = await forum.thread(ThreadKey(one), Bookmark())
    assert page is not None
    assert len(page.posts) == 1


async def test_a_thread_that_moves_out_of_sight_is_not_followed_there(site: StandIn, opened: Opened) -> None:
    """It is not deleted, and its channel may not show what is said there now."""
    site.world.user("bot", insider=True)
    forum = opened("bot")
    [one] = begin(site, 1, 1)
    page = await forum.thread(ThreadKey(one), Bookmark())
    assert page is not None
    site.world.discussions[int(one)].tags = [3]
    with pytest.raises(NotAllowed):
        await forum.thread(ThreadKey(one), page.bookmark)
    site.world.discussions[int(one)].hidden = True
    with pytest.raises(Gone):
        await forum.thread(ThreadKey(one), page.bookmark)


async def test_a_thread_of_one_closed_tag_is_not_followed_to_another(site: StandIn, opened: Opened) -> None:
    """Who reads the channel may not be who reads the other tag."""
    site.world.user("bot", insider=True)
    forum = opened("bot")
    site.world.tag("Board of directors", "directors", position=3, restricted=True)
    [one] = begin(site, 1, 3)
    page = await forum.thread(ThreadKey(one), Bookmark())
    assert page is not None
    site.world.discussions[int(one)].tags = [5]
    with pytest.raises(NotAllowed):
        await forum.thread(ThreadKey(one), page.bookmark)


async def test_a_closed_forum_is_read_with_the_token_and_says_so_without(site: StandIn, opened: Opened) -> None:
    """To guests it shows empty lists, as if nobody had ever written."""
    site.world.private = True
    begin(site, 2, 1)
    with pytest.raises(NotAllowed, match="user_id"):
        await opened().locate(site.address)
    found = await opened("bot").locate(site.address)
    assert (found.key, found.public) == (ALL, False)
    listing = await opened("bot").listing(ALL, Bookmark())
    assert listing is not None
    assert len(listing.threads) == 2


async def test_an_empty_forum_is_a_board_all_the_same(forum: Flarum, site: StandIn) -> None:
    """Nobody wrote yet."""
    assert (await forum.locate(f"{site.address}/")).key == ALL
    listing = await forum.listing(ALL, Bookmark())
    assert listing is not None
    assert listing.threads == ()


async def test_what_is_hidden_or_waits_is_on_no_list(site: StandIn, opened: Opened) -> None:
    """Our account may be shown more than others."""
    site.world.approval = True
    site.world.user("bot", moderator=True)
    one, two, three = begin(site, 3, 3)
    site.world.discussions[int(one)].hidden = True
    site.world.discussions[int(two)].approved = False
    listing = await opened("bot").listing(TEAM, Bookmark())
    assert listing is not None
    assert [thread.key for thread in listing.threads] == [three]


async def test_the_probe_says_who_answers_and_who_we_are(site: StandIn, opened: Opened) -> None:
    """It is what `check` and `setup` show."""
    host = site.address.removeprefix("http://")
    assert await opened().probe() == f"{host} answers: Flarum"
    assert await opened("bot").probe() == f"{host} answers: Flarum, as @bot"
    site.world.user("mo", moderator=True)
    assert await opened("mo").probe() == f"{host} answers: Flarum 1.8.7, as @mo"


async def test_a_wrong_token_is_noticed_though_the_forum_answers(site: StandIn, opened: Opened) -> None:
    """It takes its bearer for a guest."""
    with pytest.raises(LoginRejected):
        await opened("bot", token="no-such-token").probe()


@pytest.mark.parametrize("address", ["/u/ann", "/d/x", "/t/", "/d/12/13/14", "/register"])
async def test_an_address_that_is_neither_thread_nor_board_is_not_taken(
    site: StandIn, forum: Flarum, address: str
) -> None:
    """The person is told what was looked for."""
    with pytest.raises(Unparsable) as caught:
        await forum.locate(f"{site.address}{address}")
    assert "/d/345" in caught.value.looked_for


async def test_what_is_read_with_a_token_is_not_deleted_because_the_token_is_dead(
    site: StandIn, opened: Opened
) -> None:
    """A forum takes its bearer for a guest, to whom neither tag nor thread nor post is there."""
    world = site.world
    forum = opened("bot", token=world.token(world.user("bot", insider=True)).value)
    [one] = begin(site, 1, 3)
    last = world.reply(world.user("ben"), int(one), "words")
    listing, page = await forum.listing(TEAM, Bookmark()), await forum.thread(ThreadKey(one), Bookmark())
    assert listing is not None
    assert page is not None
    world.delete(last.id)
    world.tokens.clear()
    with pytest.raises(LoginRejected):
        await forum.thread(ThreadKey(one), page.bookmark)
    with pytest.raises(LoginRejected):
        await forum.listing(TEAM, listing.bookmark)
    world.now += 3601  # and when the tags are asked for anew
    with pytest.raises(LoginRejected):
        await forum.listing(TEAM, listing.bookmark)
