"""The forum over HTTP: what it fetches, what it says when nothing changed, and which errors leave it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.forums.democratic_underground import adapter
from adapters.forums.democratic_underground.settings import Settings
from bot.errors import Gone, RateLimited, SettingsError, Unparsable, Unreachable
from bot.model import BoardKey, Bookmark, ForumName, TargetKind, ThreadKey
from bot.net import Net
from bot.ports import Context, Forum, ListsBoards, Probes

THREAD = ThreadKey("10331234567")


class Site:
    """Answers every request with what it was told last, and remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[web.Request] = []
        self.answer: Callable[[], web.Response] = lambda: web.Response(status=404)

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        return self.answer()

    def page(self, body: str, **headers: str) -> None:
        self.answer = lambda: web.Response(text=body, content_type="text/html", headers=headers)


@pytest.fixture
async def site() -> AsyncIterator[tuple[Site, TestServer]]:
    site = Site()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", site.handle)
    server = TestServer(app)
    await server.start_server()
    yield site, server
    await server.close()


async def _work(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return await asyncio.to_thread(function, *args, **kwargs)


@pytest.fixture
async def forum(site: tuple[Site, TestServer], tmp_path: Path) -> AsyncIterator[Forum]:
    _, server = site
    net = Net(allow=[f"{server.host}:{server.port}"])
    context = Context(
        name="du",
        net=net,
        now=lambda: 1_450_000_000_000,
        work=_work,
        log=structlog.get_logger(),
        folder=tmp_path / "du",
    )
    yield adapter.open(ForumName("du"), Settings(address=f"http://{server.host}:{server.port}"), context)
    await net.close()


async def test_a_thread_is_read_with_its_bookmark(site, forum, text):
    """The next reading starts from it."""
    site[0].page(text, ETag='"1"', **{"Last-Modified": "Fri, 06 Nov 2015 10:00:00 GMT"})
    page = await forum.thread(THREAD, Bookmark())
    assert page.thread.key == THREAD
    assert page.thread.board.key == "1033"
    assert page.complete
    assert (page.bookmark.etag, page.bookmark.last_modified) == ('"1"', "Fri, 06 Nov 2015 10:00:00 GMT")
    assert page.posts[2].link.endswith("/10331234567#post2")
    assert site[0].asked[0].path == "/10331234567"


async def test_validators_are_sent_back_and_304_is_no_change(site, forum, text):
    """The polite way to ask."""
    site[0].answer = lambda: web.Response(status=304)
    assert await forum.thread(THREAD, Bookmark(etag='"1"', last_modified="then")) is None
    assert site[0].asked[0].headers["If-None-Match"] == '"1"'
    assert site[0].asked[0].headers["If-Modified-Since"] == "then"
    assert "Cookie" not in site[0].asked[0].headers


async def test_a_page_that_says_the_same_is_no_change(site, forum, text):
    """Counts of posts change with every page."""
    site[0].page(text)
    first = await forum.thread(THREAD, Bookmark())
    site[0].page(text.replace("(1,203 posts)", "(1,204 posts)"))
    assert await forum.thread(THREAD, first.bookmark) is None
    site[0].page(text.replace("new roof", "new door"))
    assert (await forum.thread(THREAD, first.bookmark)).posts[0].body.text.endswith("new door.")


async def test_a_board_is_listed_until_nothing_changes(site, forum, data):
    """Only its first page is read: activity stands there."""
    board = (data / "board.html").read_text(encoding="utf-8")
    site[0].page(board)
    found = await forum.listing(BoardKey("1033"), Bookmark())
    assert [thread.key for thread in found.threads] == ["10331234567", "10331234999"]
    assert site[0].asked[0].path_qs == "/?com=forum&id=1033"
    assert await forum.listing(BoardKey("1033"), found.bookmark) is None
    site[0].page(board.replace("<td>4</td>", "<td>5</td>"))
    assert await forum.listing(BoardKey("1033"), found.bookmark) is not None
    site[0].answer = lambda: web.Response(status=304)
    assert await forum.listing(BoardKey("1033"), found.bookmark) is None


async def test_an_address_of_a_thread_is_located_with_its_title(site, forum, text):
    """The title tells a person that the right thread was found."""
    site[0].page(text)
    target = await forum.locate("https://upload.democraticunderground.net/?com=view_post&forum=1033&pid=1234567")
    assert (target.kind, target.key) == (TargetKind.THREAD, THREAD)
    assert target.title == "The library on Elm Street reopens"
    assert site[0].asked[0].path == "/10331234567"


async def test_an_address_of_a_board_is_located_without_asking_the_site(site, forum):
    """The address says it all."""
    target = await forum.locate("https://www.democraticunderground.com/?com=forum&id=1002")
    assert (target.kind, target.key, target.title) == (TargetKind.BOARD, "1002", "General Discussion")
    assert (await forum.locate("/?com=forum&id=1777")).title == "Forum 1777"
    assert site[0].asked == []


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("/?com=latest_threads", "Latest Threads"),
        ("democraticunderground.org/?com=greatest_threads", "Greatest Threads"),
    ],
)
async def test_a_list_of_the_whole_site_is_a_board(site, forum, data, address, title):
    """Whoever wants everything mirrors that."""
    target = await forum.locate(address)
    assert (target.kind, target.title) == (TargetKind.BOARD, title)
    site[0].page((data / "latest.html").read_text(encoding="utf-8"))
    found = await forum.listing(BoardKey(target.key), Bookmark())
    assert [thread.board.key for thread in found.threads] == ["1033", "1016", "1777"]
    assert site[0].asked[0].path_qs == f"/?com={target.key}"


async def test_boards_are_listed_with_one_request_and_not_again_for_a_while(site, forum, data):
    """Readers may ask as often as they like; the site is not to feel it."""
    assert isinstance(forum, ListsBoards)
    site[0].page((data / "forums.html").read_text(encoding="utf-8"))
    found = await forum.boards()
    assert [(board.name, board.path) for board in found] == [
        ("General Discussion", ("Issue Forums", "General Discussion")),
        ("Environment & Energy", ("Issue Forums", "Environment & Energy")),
        ("Help", ()),
        ("Elmsbury", ("Region Forums", "Elmsbury")),
    ]
    assert await forum.boards() == found
    assert [request.path_qs for request in site[0].asked] == ["/?com=forums"]


async def test_a_board_keeps_the_name_and_the_way_that_the_list_gave_it(site, forum, data):
    """Its own page may tell neither."""
    assert (await forum.locate("/?com=forum&id=1033")).title == "Forum 1033"
    site[0].page((data / "forums.html").read_text(encoding="utf-8"))
    await forum.boards()
    assert (await forum.locate("/?com=forum&id=1033")).title == "Elmsbury"
    site[0].page((data / "board.html").read_text(encoding="utf-8").replace("Related:", ""))
    found = await forum.listing(BoardKey("1033"), Bookmark())
    assert (found.board.name, found.board.path) == ("Elmsbury", ("Region Forums", "Elmsbury"))


@pytest.mark.parametrize(
    "address",
    ["https://www.democraticunderground.com/", "democraticunderground.org", "OWN", "OWN/?com=forums"],
)
async def test_the_site_itself_names_its_boards(site, forum, address):
    """Whoever sets a forum up knows its front door; that is read, so that a dead site is found out."""
    site[0].page(
        '<a href="/?com=forum&amp;id=1777">A corner</a> <a href="/?com=mysubs">Subscriptions</a>'
        '<a href="https://www.democraticunderground.com/?com=forum&id=1002">General <b>Discussion</b></a>'
        '<a href="/10142016684">A thread</a> <a href="/discuss/duboard.php?az=show_topics&forum=389">Old</a>'
    )
    base = f"http://{site[1].host}:{site[1].port}"
    target = await forum.locate(address.replace("OWN", base))
    assert (target.kind, target.title) == (TargetKind.SITE, "Democratic Underground")
    assert [(board.name, board.link) for board in target.boards] == [
        ("General Discussion", f"{base}/?com=forum&id=1002"),
        ("A corner", f"{base}/?com=forum&id=1777"),
        ("Latest Threads", f"{base}/?com=latest_threads"),
    ]
    site[0].page("nothing")
    assert [board.key for board in (await forum.locate(address.replace("OWN", base))).boards][:2] == ["1002", "1014"]


async def test_it_says_who_answers_when_it_is_probed(site, forum):
    """`check` asks for one page, and for nothing that marks anything read."""
    site[0].page("here")
    assert isinstance(forum, Probes)
    assert await forum.probe() == f"http://{site[1].host}:{site[1].port} answers"
    assert [request.path_qs for request in site[0].asked] == ["/"]
    site[0].answer = lambda: web.Response(status=500)
    with pytest.raises(Unreachable):
        await forum.probe()


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://example.org/10142016684", "is no thread or board here: looked for '/10142016684'"),
        ("/?com=mysubs", "is no thread or board here"),
        ("/?com=rss&forum=latest", r"is a feed, which has no replies; give a board, or '/\?com=latest_threads'"),
        ("/discuss/duboard.php?az=show_topics&forum=389", "archive from before 2011"),
    ],
)
async def test_other_addresses_are_refused_with_what_would_do(site, forum, address, told):
    """The answer goes to who typed it."""
    with pytest.raises(Unparsable, match=told):
        await forum.locate(address)
    assert site[0].asked == []


async def test_a_saved_thread_cannot_be_fetched(site, forum):
    """Its key says nothing of where it is."""
    with pytest.raises(Unparsable, match="known from a saved page only"):
        await forum.thread(ThreadKey("saved-0123456789abcdef01234567"), Bookmark())


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda: web.Response(status=404), Gone),
        (lambda: web.Response(status=503), Unreachable),
        (lambda: web.Response(status=429, headers={"Retry-After": "7"}), RateLimited),
        (lambda: web.Response(body=b"GIF89a", content_type="image/gif"), Unparsable),
        (lambda: web.Response(text="<html>Welcome</html>", content_type="text/html"), Unparsable),
        (lambda: web.Response(status=304), Unparsable),
    ],
)
async def test_what_went_wrong_leaves_as_what_to_do(site, forum, answer, error):
    """The core knows reactions, not status codes."""
    site[0].answer = answer
    with pytest.raises(error):
        await forum.locate("/10331234567")


async def test_wrong_settings_stop_it_before_it_starts(forum):
    """A forum in the wrong zone would date every post wrongly."""
    with pytest.raises(SettingsError, match="timezone"):
        adapter.open(ForumName("du"), Settings(timezone="Mars"), forum._context)


def test_it_declares_what_it_can_do(forum):
    """The core adapts to these, never to the name."""
    caps = forum.caps
    assert (caps.parents, caps.edits, caps.deletes, caps.write_identity) == ("outline", "hash", "probe", "none")
    assert caps.numbered
    assert caps.titled_replies
    assert (caps.min_interval, caps.max_interval) == (60, 900)


def test_a_longer_interval_that_was_set_is_kept_for_quiet_boards_too(forum):
    """Who asks for half an hour means it."""
    slow = adapter.open(ForumName("du"), Settings(min_interval=1800), forum._context)
    assert (slow.caps.min_interval, slow.caps.max_interval) == (1800, 1800)
