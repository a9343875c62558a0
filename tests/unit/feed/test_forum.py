"""A site's feeds over HTTP: what is asked, what is remembered, which errors leave it."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.forums.feed import adapter
from adapters.forums.feed.forum import LARGE, PushedFeedForum
from adapters.forums.feed.settings import Settings
from adapters.forums.feed.subscriptions import Offer
from bot.errors import Gone, LoginRejected, NotAllowed, RateLimited, SettingsError, Unparsable, Unreachable
from bot.model import BoardKey, Bookmark, ForumName, Hint, Listing, TargetKind, ThreadKey
from bot.ports import Forum, Pushes, Serves
from bot.testing.context import context
from bot.workshop import Workshop
from tests.unit.feed.written import NOW, ago, answer, atom, entry, posts, rss


class Site:
    """Answers as it was told last, at each path, and remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[web.Request] = []
        self.pages: dict[str, tuple[int, bytes, dict[str, str]]] = {}
        self.server = TestServer(self._app())

    def _app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.handle)
        return app

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        status, body, headers = self.pages.get(request.path, (404, b"", {}))
        return web.Response(status=status, body=body, headers=headers)

    def put(
        self, path: str, body: bytes = b"", *, status: int = 200, type: str = "application/xml", **more: str
    ) -> None:
        headers = {"Content-Type": type} | {name.replace("_", "-"): value for name, value in more.items()}
        self.pages[path] = status, body, headers

    def address(self, path: str = "/feed") -> str:
        return str(self.server.make_url(path))


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    await site.server.start_server()
    yield site
    await site.server.close()


@pytest.fixture
async def forum(site: Site, tmp_path: Path) -> AsyncIterator[Forum]:
    given = context(tmp_path, "feed", now=lambda: NOW)
    yield adapter.open(ForumName("feed"), Settings(address=site.address("/")), given)
    await given.net.close()


async def read(forum: Forum, site: Site, since: Bookmark = Bookmark(), path: str = "/feed") -> Listing | None:  # noqa: B008
    return await forum.listing(BoardKey(site.address(path)), since)


async def test_a_feed_is_read_with_its_validators_verbatim(site, forum):
    site.put("/feed", rss(entry("a", at=ago(1))), ETag='W/"x y"', Last_Modified="yesterday, perhaps")
    page = await read(forum, site)
    assert page is not None
    assert (page.bookmark.etag, page.bookmark.last_modified) == ('W/"x y"', "yesterday, perhaps")
    await read(forum, site, page.bookmark)
    headers = site.asked[-1].headers
    assert (headers["If-None-Match"], headers["If-Modified-Since"]) == ('W/"x y"', "yesterday, perhaps")


async def test_an_unchanged_feed_is_not_parsed(site, forum, monkeypatch):
    """Neither where the site says so nor where its body is the same to the byte."""
    site.put("/feed", rss(entry("a", at=ago(1))))
    page = await read(forum, site)
    assert page is not None
    monkeypatch.setattr("adapters.forums.feed.nouns.listing", None)
    assert await read(forum, site, page.bookmark) is None
    site.put("/feed", status=304)
    assert await read(forum, site, page.bookmark) is None


async def test_what_changed_is_read_from_where_it_stopped(site, forum):
    site.put("/feed", rss(entry("a", at=ago(9))))
    first = await read(forum, site)
    assert first is not None
    site.put("/feed", rss(entry("b", at=ago(1)), entry("a", at=ago(9))))
    second = await read(forum, site, first.bookmark)
    assert second is not None
    assert [page.thread.key for page in second.pages] != [page.thread.key for page in first.pages]
    assert len(second.pages) == 1
    again = await read(forum, site)
    assert again is not None
    assert {page.thread.key for page in first.pages + second.pages} == {page.thread.key for page in again.pages}


async def test_a_bookmark_that_makes_no_sense_is_none(site, forum):
    site.put("/feed", rss(entry("a", at=ago(9))))
    for cursor in ("nonsense", "[1, 2]", '{"known": 7}', "{" * 10_000):
        page = await read(forum, site, Bookmark(cursor=cursor))
        assert page is not None
        assert len(page.pages) == 1


async def test_the_pause_that_an_answer_asks_for_is_told(site, forum):
    site.put("/feed", rss(entry("a", at=ago(9))), Cache_Control="public, max-age=900")
    page = await read(forum, site)
    assert page is not None
    assert page.tempo.wait == 900.0


@pytest.mark.parametrize(
    ("status", "headers", "error"),
    [
        (404, {}, Gone),
        (410, {}, Gone),
        (401, {}, LoginRejected),
        (403, {}, NotAllowed),
        (429, {"Retry_After": "120"}, RateLimited),
        (503, {"Retry_After": "120"}, RateLimited),
        (500, {}, Unreachable),
        (400, {}, Unparsable),
    ],
)
async def test_a_status_is_the_error_of_its_reaction(site, forum, status, headers, error):
    site.put("/feed", rss(entry("a")), status=status, **headers)
    with pytest.raises(error):
        await read(forum, site)


@pytest.mark.parametrize("body", [b"<!DOCTYPE html><p>Back soon", b"", b"{}", b"\xff\xfe\x00"])
async def test_an_answer_that_is_no_feed_is_an_error_and_no_empty_feed(site, forum, body):
    site.put("/feed", body, type="text/html")
    with pytest.raises(Unparsable) as caught:
        await read(forum, site)
    assert caught.value.looked_for
    assert site.address() in str(caught.value)


async def test_a_redirect_that_ends_nowhere_is_unreachable(site, forum):
    site.put("/feed", status=302, Location="/feed")
    with pytest.raises(Unreachable, match="redirects"):
        await read(forum, site)


async def test_an_answer_that_grows_without_end_is_not_read(site, forum):
    site.put("/feed", gzip.compress(b" " * 64 * 2**20), Content_Encoding="gzip")
    with pytest.raises(Unparsable, match="larger"):
        await read(forum, site)


async def test_an_address_that_is_none_is_unparsable(site, forum):
    for key in ("", "ftp://site.example/feed", "/etc/passwd", "http://["):
        with pytest.raises(Unparsable):
            await forum.listing(BoardKey(key), Bookmark())
        with pytest.raises(Unparsable):
            await forum.thread(ThreadKey(key), Bookmark())


async def test_a_thread_that_stands_in_its_board_alone_is_not_read(site, forum):
    """It is not gone, which would delete it."""
    site.put("/feed", rss(entry("a", at=ago(9))))
    page = await read(forum, site)
    assert page is not None
    asked = len(site.asked)
    with pytest.raises(Unparsable, match="mirror that feed"):
        await forum.thread(page.pages[0].thread.key, Bookmark())
    assert len(site.asked) == asked


# ---------------------------------------------------------------------------------------------------------------- moved


async def test_a_feed_that_moved_for_good_is_asked_there_after_it_said_so_three_times(site, forum):
    """Its key stays, for what was posted is kept under it."""
    bookmark, keys = Bookmark(), []
    for number in range(4):
        site.put("/feed", status=301, Location="/new")
        site.put("/new", rss(*(entry(f"id-{n}", at=ago(50 - n)) for n in range(number + 1))))
        page = await read(forum, site, bookmark)
        assert page is not None
        bookmark = page.bookmark
        keys.append(page.board.key)
        assert len(posts(page)) == 1
    assert set(keys) == {site.address()}
    assert [request.path for request in site.asked] == ["/feed", "/new"] * 3 + ["/new"]


async def test_a_feed_that_is_elsewhere_for_a_while_is_asked_at_home(site, forum):
    site.put("/feed", status=302, Location="/new")
    bookmark = Bookmark()
    for number in range(5):
        site.put("/new", rss(entry(f"id-{number}", at=ago(50 - number))))
        page = await read(forum, site, bookmark)
        assert page is not None
        bookmark = page.bookmark
    assert site.asked[-2].path == "/feed"


async def test_where_a_feed_moved_to_is_forgotten_when_nothing_is_there(site, forum):
    site.put("/feed", rss(entry("a", at=ago(9))))
    page = await read(forum, site, Bookmark(cursor=f'{{"address": "{site.address("/new")}"}}'))
    assert page is not None
    assert [request.path for request in site.asked] == ["/new", "/feed"]


# ---------------------------------------------------------------------------------------------------------------- large


async def test_a_large_feed_is_read_in_a_process_of_its_own(site, tmp_path):
    workshop = Workshop()
    calls: list[object] = []

    async def toil(function, *args):
        calls.append(function)
        return await workshop.do(function, *args)

    given = context(tmp_path, "feed", now=lambda: NOW)
    given._toil = toil
    forum = adapter.open(ForumName("feed"), Settings(), given)
    try:
        site.put("/feed", rss(*(entry(f"id-{n}", "words " * 500, at=ago(n)) for n in range(200))))
        assert len(site.pages["/feed"][1]) > LARGE
        page = await read(forum, site)
        assert page is not None
        assert (len(page.pages), len(calls)) == (200, 1)
        site.put("/feed", b"<!DOCTYPE html>" + b" " * LARGE)
        with pytest.raises(Unparsable, match="an HTML page"):
            await read(forum, site)
        site.put("/feed", rss(entry("a")))
        await read(forum, site)
        assert len(calls) == 2
    finally:
        await workshop.close()
        await given.net.close()


async def test_a_feed_of_five_megabytes_is_read(site, forum):
    site.put("/feed", rss(*(entry(f"id-{n}", "many words " * 200, at=ago(n)) for n in range(2_300))))
    assert len(site.pages["/feed"][1]) > 5_000_000
    page = await read(forum, site)
    assert page is not None
    assert len(page.pages) == 2_300


# ------------------------------------------------------------------------------------------------------------ addresses


async def test_the_address_of_a_feed_is_a_board(site, forum):
    site.put("/feed", rss(entry("a", at=ago(1)), title="A site"))
    found = await forum.locate(site.address())
    assert (found.kind, found.key, found.title) == (TargetKind.BOARD, site.address(), "A site")
    assert any("no replies" in line for line in found.lacks)


async def test_the_address_of_a_feed_of_comments_is_a_thread(site, forum):
    site.put("/feed", atom(answer("urn:1", "a", link="https://site.example/t/1"), answer("urn:2", "b", "urn:1")))
    found = await forum.locate(site.address())
    assert (found.kind, found.key) == (TargetKind.THREAD, site.address())
    page = await forum.thread(ThreadKey(found.key), Bookmark())
    assert page is not None
    assert len(page.posts) == 2


async def test_the_address_of_a_page_is_the_board_of_its_feed(site, forum):
    link = '<link rel="alternate" type="application/rss+xml" href="/feed">'
    site.put("/", f"<!DOCTYPE html><head>{link}</head>".encode(), type="text/html")
    site.put("/feed", rss(entry("a", at=ago(1))))
    assert (await forum.locate(site.address("/"))).key == site.address()


async def test_an_address_elsewhere_is_not_taken(site, forum):
    with pytest.raises(Unparsable, match="not on this site"):
        await forum.locate("https://elsewhere.example/feed")


async def test_what_a_feed_lacks_is_said_once(site, forum):
    """By its address or by what it shows."""
    site.put("/recent.rss", rss(entry("a", at=ago(1))))
    lacks = (await forum.locate(site.address("/recent.rss"))).lacks
    assert sum(line.startswith("no replies") for line in lacks) == 1


async def test_hubs_are_asked_where_they_can_reach_us(site, tmp_path):
    """Else nobody waits for what cannot come."""
    given = context(tmp_path, "feed", now=lambda: NOW)
    alone = adapter.open(ForumName("feed"), Settings(), given)
    assert not isinstance(alone, Pushes)
    await given.net.close()
    given = context(tmp_path, "feed", now=lambda: NOW, public="https://bot.example")
    forum = adapter.open(ForumName("feed"), Settings(), given)
    assert isinstance(forum, PushedFeedForum)
    assert isinstance(forum, Pushes)
    assert isinstance(forum, Serves)
    told: list[object] = []
    forum._hubs.tend = lambda target, offer, news: told.append((target, offer, news))  # type: ignore[method-assign]
    hub = '<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="https://hub.example/"/>'
    site.put("/feed", rss(entry("a", at=ago(1)), more=hub))
    page = await read(forum, site)
    assert page is not None
    target = Hint(TargetKind.BOARD, site.address())
    assert told == [(target, Offer("https://hub.example/", site.address()), True)]
    await read(forum, site, page.bookmark)
    assert told[1:] == [(target, None, False)]
    await given.net.close()


def test_a_setting_that_makes_no_sense_is_named(tmp_path):
    with pytest.raises(SettingsError, match="address: 'nowhere'") as caught:
        adapter.open(ForumName("x"), Settings(address="nowhere", min_interval=0.0), context(tmp_path))
    assert "min_interval: 0.0" in str(caught.value)
