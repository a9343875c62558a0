"""What guests read is read as a guest, what they cannot read with our key, and neither becomes the other."""

from __future__ import annotations

import pytest

from bot.errors import Gone, LoginRejected, NotAllowed, RateLimited, Unparsable
from bot.model import BoardKey, Bookmark, Draft, ThreadKey
from bot.ports import Secret
from bot.testing.forum_talk import follow
from tests.discourse.conftest import Opened
from tests.discourse.stand_in import StandIn


def with_key(site: StandIn) -> list[str]:
    """The paths that were asked for with a key."""
    return [one.path for one in site.asked if {"Api-Key", "User-Api-Key"} & set(one.headers)]


async def test_what_guests_can_read_is_read_without_the_key(site: StandIn, opened: Opened) -> None:
    op = site.world.start(site.world.user("ann"), "Plain talk", "words", 7)
    forum = opened("bot", staff=True)
    assert (await forum.locate(f"{site.address}/c/talk/7")).public
    assert (await forum.locate(f"{site.address}/t/{op.topic}")).public
    await forum.listing(BoardKey("c/7"), Bookmark())
    await follow(forum, ThreadKey(str(op.topic)))
    assert with_key(site) == []


async def test_what_guests_cannot_read_is_said_to_be_so(site: StandIn, opened: Opened) -> None:
    """Whoever mirrors it confirms that the channel may show it."""
    op = site.world.start(site.world.users["system"], "Among ourselves", "words", 9)
    forum = opened("bot", staff=True)
    board, thread = await forum.locate(f"{site.address}/c/team/9"), await forum.locate(f"{site.address}/t/{op.topic}")
    assert (board.public, thread.public) == (False, False)
    listing = await forum.listing(BoardKey("c/9"), Bookmark())
    assert listing is not None
    assert [one.key for one in listing.threads] == [str(op.topic)]
    assert listing.board.name == "Team"
    follower = await follow(forum, ThreadKey(str(op.topic)))
    late = site.world.reply(site.world.users["system"], op.topic, "More")
    assert [post.key for post in (await follower.read()).added] == [str(late.id)]


@pytest.mark.parametrize("detailed", [True, False], ids=["it says so", "it hides it"])
async def test_a_closed_board_is_not_read_without_a_key(site: StandIn, opened: Opened, detailed: bool) -> None:
    site.stand.detailed_404 = detailed
    op = site.world.start(site.world.users["system"], "Among ourselves", "words", 9)
    forum = opened()
    with pytest.raises((Gone, NotAllowed)):
        await forum.listing(BoardKey("c/9"), Bookmark())
    with pytest.raises((Gone, NotAllowed)):
        await forum.thread(ThreadKey(str(op.topic)), Bookmark())


async def test_a_forum_without_guests_asks_for_a_key(site: StandIn, opened: Opened) -> None:
    site.stand.login_required = True
    with pytest.raises(NotAllowed, match="set a key"):
        await opened().listing(BoardKey("latest"), Bookmark())
    assert await opened("bot").listing(BoardKey("latest"), Bookmark()) is not None


async def test_a_thread_that_leaves_the_public_is_not_followed_with_the_key(site: StandIn, opened: Opened) -> None:
    """Its channel was never meant to read what the team says; and nobody deleted anything."""
    op = site.world.start(site.world.user("ann"), "Plain talk", "words", 7)
    forum = opened("bot", staff=True)
    follower = await follow(forum, ThreadKey(str(op.topic)))
    site.world.topics[op.topic].category = 9
    site.world.reply(site.world.users["system"], op.topic, "Among ourselves")
    for _ in range(2):
        with pytest.raises(NotAllowed, match="guests cannot read it any more"):
            await forum.thread(follower.key, follower.bookmark)


async def test_a_thread_that_a_public_list_names_is_read_as_a_guest_alone(site: StandIn, opened: Opened) -> None:
    """It was moved between the two readings."""
    op = site.world.start(site.world.user("ann"), "Plain talk", "words", 7)
    forum = opened("bot", staff=True)
    await forum.listing(BoardKey("c/7"), Bookmark())
    site.world.topics[op.topic].category = 9
    site.world.tick()
    with pytest.raises((Gone, NotAllowed)):
        await forum.thread(ThreadKey(str(op.topic)), Bookmark())


async def test_a_closed_thread_that_moves_to_another_closed_board_is_not_followed(
    site: StandIn, opened: Opened
) -> None:
    """Our key reads both; those who read the channel were let into one of them."""
    site.world.category("Admins", "admins", readers=set(), id=10)
    op = site.world.start(site.world.users["system"], "Among ourselves", "words", 9)
    forum = opened("bot", staff=True)
    follower = await follow(forum, ThreadKey(str(op.topic)))
    site.world.topics[op.topic].category = 10
    site.world.tick()
    with pytest.raises(NotAllowed, match="moved to another category"):
        await forum.thread(follower.key, follower.bookmark)


async def test_without_its_key_a_reading_under_way_calls_nothing_deleted(site: StandIn, opened: Opened) -> None:
    """To a guest none of what is left to be read would be there."""
    team = site.world.users["system"]
    op = site.world.start(team, "Among ourselves", "words", 9)
    for n in range(250):
        site.world.reply(team, op.topic, f"Reply {n}")
    page = await opened("bot", staff=True).thread(ThreadKey(str(op.topic)), Bookmark())
    assert page is not None
    assert page.more
    with pytest.raises(NotAllowed, match="no key any more"):
        await opened().thread(ThreadKey(str(op.topic)), page.bookmark)


async def test_a_wrong_key_is_a_rejected_login(site: StandIn, opened: Opened) -> None:
    """Discourse refuses it with 403, and in the words that stand for a closed place."""
    op = site.world.start(site.world.user("ann"), "Plain talk", "words", 7)
    forum = opened(api_key=Secret("0" * 64), username="bot")
    with pytest.raises(LoginRejected, match="refuses the key"):
        await forum.submit(Draft(ThreadKey(str(op.topic)), "words", "zoe"), "k")
    with pytest.raises(LoginRejected):
        await forum.listing(BoardKey("c/9"), Bookmark())
    with pytest.raises(LoginRejected):
        await forum.probe()
    listing = await forum.listing(BoardKey("c/7"), Bookmark())
    assert listing is not None, "what guests can read needs no key"


async def test_a_place_that_is_closed_to_a_good_key_is_not_allowed(site: StandIn, opened: Opened) -> None:
    """The login is good: others go on."""
    with pytest.raises(NotAllowed):
        await opened("bot").listing(BoardKey("c/9"), Bookmark())


async def test_the_wait_that_the_forum_names_is_kept(site: StandIn, opened: Opened) -> None:
    """It stands in the answer, not in a header."""
    site.stand.limited["/latest.json"] = 37
    with pytest.raises(RateLimited) as caught:
        await opened().listing(BoardKey("latest"), Bookmark())
    assert caught.value.seconds == 37


async def test_a_login_page_is_no_empty_board(site: StandIn, opened: Opened) -> None:
    """Some sites send whoever is not logged in to a page, with 200."""
    from aiohttp import web

    page = web.Response(text="<!DOCTYPE html><title>Log in</title><form></form>", content_type="text/html")
    site.stand.answers["/latest.json"] = page
    site.stand.answers["/t/5.json"] = page
    forum = opened()
    with pytest.raises(Unparsable) as caught:
        await forum.listing(BoardKey("latest"), Bookmark())
    assert caught.value.looked_for
    with pytest.raises(Unparsable):
        await forum.thread(ThreadKey("5"), Bookmark())


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b'{"post_stream": {"posts": [', id="half of an answer"),
        pytest.param(b'{"id": "5", "title": "t", "post_stream": {"posts": []}}', id="an id that is words"),
        pytest.param(b'{"id": 5, "title": "t", "post_stream": []}', id="no posts"),
        pytest.param(b"[" * 100_000, id="nested for ever"),
        pytest.param(b"\xff\xfe\x00", id="no text"),
    ],
)
async def test_an_answer_that_is_none_is_unparsable(site: StandIn, opened: Opened, body: bytes) -> None:
    from aiohttp import web

    site.stand.answers["/t/5.json"] = web.Response(body=body, content_type="application/json")
    with pytest.raises(Unparsable):
        await opened().thread(ThreadKey("5"), Bookmark())


@pytest.mark.parametrize(
    ("status", "error"),
    [pytest.param(403, NotAllowed, id="a firewall refuses"), pytest.param(410, Gone, id="it is said to be deleted")],
)
async def test_a_page_instead_of_a_refusal_is_classed_by_its_status(
    site: StandIn, opened: Opened, status: int, error: type[Exception]
) -> None:
    from aiohttp import web

    page = web.Response(text="<title>Just a moment...</title>", status=status, content_type="text/html")
    site.stand.answers["/t/5.json"] = page
    with pytest.raises(error):
        await opened().thread(ThreadKey("5"), Bookmark())
    with pytest.raises(error):
        await opened("bot").thread(ThreadKey("5"), Bookmark())


async def test_a_post_of_a_megabyte_is_read(site: StandIn, opened: Opened) -> None:
    ann = site.world.user("ann")
    op = site.world.start(ann, "Plain talk", "words", 7)
    long = site.world.reply(ann, op.topic, "word " * 200_000)
    follower = await follow(opened(), ThreadKey(str(op.topic)))
    assert len(follower.posts[next(k for k in follower.posts if k == str(long.id))].body.text) > 900_000


async def test_a_post_from_the_future_was_written_now(site: StandIn, opened: Opened) -> None:
    ann = site.world.user("ann")
    op = site.world.start(ann, "Plain talk", "words", 7)
    late = site.world.reply(ann, op.topic, "Tomorrow")
    late.created += 86_400_000
    follower = await follow(opened(), ThreadKey(str(op.topic)))
    [when] = [post.created for post in follower.posts.values() if post.key == str(late.id)]
    assert when.latest <= site.clock.now()
