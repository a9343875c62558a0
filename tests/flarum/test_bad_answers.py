"""Answers that are none: each is an error of its reaction, and nothing is lost by it."""

from __future__ import annotations

import random
from collections.abc import Awaitable
from typing import Any, cast

import msgspec
import pytest
from aiohttp import web

from adapters.forums.flarum.client import FLOOD
from adapters.forums.flarum.forum import Flarum
from bot.errors import AdapterError, Gone, LoginRejected, NotAllowed, OutcomeUnknown, RateLimited, Unparsable
from bot.model import BoardKey, Bookmark, Draft, Opener, PostKey, PostState, ThreadKey
from bot.testing.forum_talk import follow, harmless, said
from tests.flarum.conftest import Opened
from tests.flarum.stand_in import KIND, StandIn
from tests.flarum.world import Post

BLOCKED = "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"
LOGIN = '<!DOCTYPE html><html><body><form action="/login"><input name="password"></form></body></html>'


@pytest.fixture
def op(site: StandIn) -> Post:
    """The first post of a discussion that was answered twice."""
    made = site.world.start(site.world.user("ann"), "Plain talk", "The opening words", 1, 2)
    for n in range(2):
        site.world.reply(site.world.user("ben"), made.discussion, f"Line {n}")
    return made


def answering(site: StandIn, body: str | bytes, status: int = 200, kind: str = "text/html", path: str = "") -> None:
    """From now on the forum answers so, where the path holds `path`."""
    raw = body.encode() if isinstance(body, str) else body

    def answer(request: web.Request) -> web.Response | None:
        if "/api/tags" in request.path or path not in request.path:
            return None
        return web.Response(body=raw, status=status, content_type=kind)

    site.answer = answer


@pytest.mark.parametrize(
    ("body", "status", "kind", "error"),
    [
        (LOGIN, 200, "text/html", Unparsable),
        (BLOCKED, 200, "text/html", Unparsable),
        (BLOCKED, 403, "text/html", NotAllowed),
        ('{"data":{"type":"discussions","id":"1","attri', 200, KIND, Unparsable),
        ('{"data":[]}', 200, KIND, Unparsable),
        ('{"data":{"type":"discussions","id":"x","attributes":{"title":"T"}}}', 200, KIND, Unparsable),
        ("[" * 100_000, 200, KIND, Unparsable),
        ('{"errors":[{"status":"404","code":"not_found"}]}', 404, KIND, Gone),
        ('{"errors":[{"status":"401","code":"not_authenticated"}]}', 401, KIND, LoginRejected),
        ('{"errors":[{"status":"403","code":"permission_denied"}]}', 403, KIND, NotAllowed),
        ('{"errors":[{"status":"429","code":"too_many_requests"}]}', 429, KIND, RateLimited),
        ('{"errors":[{"status":"500","code":"unknown"}]}', 500, KIND, AdapterError),
    ],
)
async def test_a_thread_that_is_none_has_an_error_of_its_own(
    site: StandIn, forum: Flarum, op: Post, body: str, status: int, kind: str, error: type[AdapterError]
) -> None:
    """What is done about it depends on the class alone; afterwards everything is there still."""
    follower = await follow(forum, ThreadKey(str(op.discussion)))
    answering(site, body, status, kind)
    with pytest.raises(error):
        await follower.read()
    site.answer = lambda request: None
    changes = await follower.read()
    assert (changes.added, changes.edited, changes.deleted) == ((), (), ())


@pytest.mark.parametrize("body", [LOGIN, BLOCKED, '{"data":[{"type":"disc', '{"data":{}}', "null"])
async def test_a_list_that_is_none_is_unparsable(site: StandIn, forum: Flarum, op: Post, body: str) -> None:
    """A board without threads would be believed."""
    listing = await forum.listing(BoardKey("all"), Bookmark())
    assert listing is not None
    answering(site, body)
    for bookmark in (Bookmark(), listing.bookmark):
        with pytest.raises(Unparsable):
            await forum.listing(BoardKey("all"), bookmark)


async def test_too_many_requests_without_a_time_are_waited_for(site: StandIn, forum: Flarum, op: Post) -> None:
    """Flarum names none; it takes a post in ten seconds."""
    answering(site, '{"errors":[{"status":"429","code":"too_many_requests"}]}', 429, KIND)
    with pytest.raises(RateLimited) as caught:
        await forum.listing(BoardKey("all"), Bookmark())
    assert caught.value.seconds == FLOOD


async def test_an_answer_to_a_post_that_is_none_leaves_its_fate_unknown(
    site: StandIn, opened: Opened, op: Post
) -> None:
    """It may stand there."""
    forum = opened("bot")
    for body in (LOGIN, '{"data":{"type":"posts"', '{"data":null}'):
        answering(site, body)
        with pytest.raises(OutcomeUnknown):
            await forum.submit(Draft(ThreadKey(str(op.discussion)), "words", "zoe"), "k")


async def test_an_answer_that_leads_elsewhere_leaves_its_fate_unknown(site: StandIn, opened: Opened, op: Post) -> None:
    """A write is not followed."""
    site.answer = lambda request: web.Response(status=302, headers={"Location": "/login"})
    with pytest.raises(OutcomeUnknown):
        await opened("bot").submit(Draft(ThreadKey(str(op.discussion)), "words", "zoe"), "k")


def changed(site: StandIn, op: Post, change: Any) -> None:
    """The discussion is answered with this change."""
    row = site._shown(site.world.discussions[op.discussion], None)
    change(row)
    answering(site, msgspec.json.encode(row), 200, KIND, "/api/discussions/")


async def test_an_id_that_is_a_number_is_the_same_id(site: StandIn, forum: Flarum, op: Post) -> None:
    """Extensions send numbers where the standard wants texts."""
    follower = await follow(forum, ThreadKey(str(op.discussion)))
    posts = dict(follower.posts)

    def change(row: Any) -> None:
        row["data"]["id"] = int(row["data"]["id"])
        for one in [*row["included"], *row["data"]["relationships"]["posts"]["data"]]:
            one["id"] = int(one["id"])

    changed(site, op, change)
    again = await follow(forum, ThreadKey(str(op.discussion)))
    assert again.posts == posts


async def test_one_broken_post_costs_nothing_but_itself(site: StandIn, forum: Flarum, op: Post) -> None:
    """Its bytes are kept, and it is not deleted."""
    follower = await follow(forum, ThreadKey(str(op.discussion)))

    def change(row: Any) -> None:
        row["included"][1]["attributes"]["createdAt"] = "yesterday"

    changed(site, op, change)
    changes = await follower.read()
    assert (changes.added, changes.edited, changes.deleted) == ((), (), ())
    assert follower.damaged == 1
    assert not follower.complete or follower.damaged, "damaged pages prove nothing"


async def test_half_a_character_costs_nothing(site: StandIn, forum: Flarum, op: Post) -> None:
    """PHP cuts texts where it likes."""
    row = msgspec.json.encode(site._shown(site.world.discussions[op.discussion], None))
    answering(site, row.replace(b"Line 1", b"Line \\ud83c"), 200, KIND, "/api/discussions/")
    page = await forum.thread(ThreadKey(str(op.discussion)), Bookmark())
    assert page is not None
    assert said(page.posts[-1].body) == "Line \ufffd"


async def test_a_post_of_a_megabyte_is_read(site: StandIn, forum: Flarum, op: Post) -> None:
    """What is too long for a message is cut where it is shown."""
    site.world.posts[op.id].content = "word " * 200_000
    page = await forum.thread(ThreadKey(str(op.discussion)), Bookmark())
    assert page is not None
    assert len(page.posts[0].body.text) > 900_000


async def test_a_date_in_the_future_is_now(site: StandIn, forum: Flarum, op: Post) -> None:
    """It would stand above everything else for years."""
    site.world.of(op.discussion)[2].created = site.world.now + 10**8
    page = await forum.thread(ThreadKey(str(op.discussion)), Bookmark())
    assert page is not None
    assert page.posts[2].created.latest == site.world.now * 1000


async def test_a_page_that_repeats_for_ever_ends(site: StandIn, forum: Flarum, op: Post) -> None:
    """A proxy answers every page with the first one and says that there is more."""
    for n in range(200):
        site.world.reply(site.world.user("ben"), op.discussion, f"More {n}")
    rows = [site._row(post, None, listed=True) for post in site.world.of(op.discussion)[:50]]
    body = msgspec.json.encode({"links": {"next": "/api/posts?page"}, "data": rows, "included": []})
    answering(site, body, 200, KIND, "/api/posts")
    bookmark = Bookmark()
    for _ in range(20):
        page = await forum.thread(ThreadKey(str(op.discussion)), bookmark)
        if page is None or not page.more:
            break
        bookmark = page.bookmark
    else:
        pytest.fail("it is read for ever")
    site.answer = lambda request: None
    page = await forum.thread(ThreadKey(str(op.discussion)), bookmark)
    seen = {post.key for post in page.posts if post.state is PostState.LIVE} if page else set()
    assert seen, "what was not shown then is read later"


async def test_a_list_that_repeats_for_ever_ends(site: StandIn, forum: Flarum, op: Post) -> None:
    """As for threads."""
    world = site.world
    listing = await forum.listing(BoardKey("all"), Bookmark())
    assert listing is not None
    for n in range(60):
        world.start(world.user("ann"), f"Thread {n}", "words", 1)
    rows = sorted(world.discussions.values(), key=lambda row: -row.created)[:50]
    body = {"links": {"next": "/api/discussions?page"}, "data": [site._head(row, None) for row in rows]}
    answering(site, msgspec.json.encode(body), 200, KIND)
    bookmark, count = listing.bookmark, 0
    while (page := await forum.listing(BoardKey("all"), bookmark)) is not None and page.more:
        bookmark, count = page.bookmark, count + 1
        assert count < 30
    assert page is not None
    assert page.gap


async def test_no_answer_makes_anything_but_an_adapter_error_escape(site: StandIn, opened: Opened, op: Post) -> None:
    """Whatever is asked, and whatever comes back; the seeds are fixed, so that a failure comes again."""
    forum, chance = opened("bot"), random.Random(7)
    login = await forum.connect("", f"dora\n{site.world.user('dora').password}")
    thread, post = ThreadKey(str(op.discussion)), PostKey(str(op.id))
    since = await follow(forum, thread)
    home, dora = site.world.discussions[op.discussion], site.world.user("dora")
    rows = [site._row(one, dora, listed=True) for one in site.world.of(op.discussion)]
    bodies = [
        msgspec.json.encode(one)
        for one in (
            site._shown(home, dora),
            {"links": {"next": "x"}, "data": rows, "included": [site._person(1)]},
            {"links": {}, "data": [site._head(home, dora)], "included": []},
            {"data": rows[0], "included": []},
            {"data": site._person(dora.id, full=True, own=True)},
            {"data": [site._tag(tag) for tag in site.world.tags.values()]},
            {"token": "x" * 40, "userId": 1},
            {"errors": [{"status": "422", "code": "validation_error", "detail": "No."}]},
        )
    ]
    bits = (b'"', b"{", b"}", b"[", b"null", b"-1", b"1e999", b"\\ud83c", b"\xff", b'"id":7', b'"x"', b"true", b"[[]]")
    for _ in range(40):

        def answer(request: web.Request) -> web.Response:
            body = chance.choice(bodies)
            for _ in range(chance.randint(0, 3)):
                start = chance.randint(0, len(body))
                body = body[:start] + chance.choice(bits) + body[start + chance.randint(0, 40) :]
            status = chance.choice((200, 200, 200, 200, 201, 204, 400, 403, 404, 422, 500))
            return web.Response(body=body, status=status, content_type=KIND)

        site.answer = answer
        draft = Draft(thread, "words", "zoe", "A title", post, login=chance.choice((None, login)))
        for what, act in (
            ("thread", forum.thread(thread, chance.choice((Bookmark(), since.bookmark)))),
            ("listing", forum.listing(BoardKey("all"), Bookmark())),
            ("locate", forum.locate(f"{site.address}/t/talk")),
            ("boards", forum.boards()),
            ("probe", forum.probe()),
            ("submit", forum.submit(draft, "k")),
            ("revise", forum.revise(post, draft, "k")),
            ("withdraw", forum.withdraw(thread, post, "k", login)),
            ("written", forum.written(thread, 0, login)),
            ("judged", forum.judged(thread, ("31", "u3-32"))),
            ("start", forum.start(Opener(BoardKey("all"), "A title", "words", "zoe"), "k")),
            ("started", forum.started(BoardKey("all"), 0)),
            ("connect", forum.connect("", "dora\npassword")),
            ("disconnect", forum.disconnect(login)),
            ("read_to", forum.read_to(login, thread, post)),
            ("marks", forum.marks(login, (thread,))),
        ):
            await harmless(what, cast(Awaitable[object], act))
