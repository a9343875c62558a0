"""The sandbox's pages, as a browser without scripts uses them."""

import asyncio
import re
from collections.abc import AsyncIterator
from html import unescape

import aiohttp
import pytest

from adapters.forums.sandbox import drawing
from bot.model import Bookmark, ThreadKey

THREAD = ThreadKey("t1")


class Browser:
    """Follows links, fills in forms, keeps cookies; runs no scripts."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session
        self.status = 0
        self.place = ""
        self.page = ""

    async def get(self, path: str) -> str:
        return await self._read(self.session.get("/forum" + path))

    async def post(self, path: str, **form: str) -> str:
        return await self._read(self.session.post("/forum" + path, data=form))

    async def _read(self, request) -> str:
        async with request as answer:
            self.page = await answer.text()
            self.status = answer.status
            if answer.history:
                self.place = answer.history[-1].headers["Location"]
        return self.page

    def field(self, name: str) -> str:
        """What stands in a field of the last page's form."""
        found = re.search(rf'<input[^>]* name="{name}"[^>]*>', self.page)
        assert found, name
        value = re.search(r'value="([^"]*)"', found[0])
        assert value, found[0]
        return unescape(value[1])


@pytest.fixture
async def forum(bench):
    return bench.open(bench.pages, opening=True)


@pytest.fixture
async def browser(serve) -> AsyncIterator[Browser]:
    address = await serve()
    jar = aiohttp.CookieJar(unsafe=True)  # which keeps the cookies of plain numbers, as browsers do
    async with aiohttp.ClientSession(address, headers={"Origin": address}, cookie_jar=jar) as session:
        yield Browser(session)


def visible(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def rows(page: str) -> list[str]:
    return [visible(row) for row in re.findall(r'<li class="outline-row.*?</li>', page, re.S)]


async def test_every_page_is_reached_by_links(browser):
    """From the start page on, no link leads nowhere."""
    seen, waiting = set(), ["/"]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        page = await browser.get(path)
        assert browser.status == 200, path
        waiting += [unescape(link).split("#")[0] for link in re.findall(r'(?:href|src)="/forum([^"]*)"', page)]
    assert {"/", "/b/b1", "/b/b2", "/t/t1", "/t/t2", "/t/t3", "/moderation", "/static/sandbox.js"} <= seen


async def test_a_thread_shows_its_outline_and_its_posts(browser):
    page = await browser.get("/t/t1")
    assert "8 replies" in visible(page)
    shown = rows(page)
    assert len(shown) == 9
    assert "· OP" in shown[0]
    assert [re.search(r"#(\d)$", row)[1] for row in shown[1:]] == list("12345678")  # type: ignore[index]
    assert re.findall(r'data-depth="(\d)"', page) == list("012341211")
    assert "Thank you, that is what I hoped (n/t)" in shown[4]
    assert "in reply to #5" in visible(page)
    assert "in reply to the OP" in visible(page)


async def test_stars_mark_the_five_newest_only_when_asked_for(browser):
    assert "★" not in await browser.get("/t/t1")
    page = await browser.get("/t/t1?highlight=newest")
    assert ["★" in row for row in rows(page)] == [False, False, False, False, True, True, True, True, True]


async def test_a_deep_reply_names_what_it_answers(browser, forum):
    """The indent ends at a depth that fits a phone."""
    parent = ""
    for _ in range(9):
        parent = await forum.board.post("t3", parent, "Deep", "", "deeper")
    shown = rows(await browser.get("/t/t3"))
    assert [row.split(" ")[0] for row in shown[-4:]] == ["deeper", "↳", "↳", "↳"]
    assert "↳ #7" in shown[-3]


async def test_a_reply_without_title_is_listed_by_its_first_words(browser, forum):
    await forum.board.post("t3", "", "Ada", "", "These are the first words")
    assert "These are the first words" in rows(await browser.get("/t/t3"))[-1]


async def test_the_reply_form_offers_title_and_parent(browser):
    await browser.get("/t/t1")
    assert browser.field("title") == "Re: Start here: what you can try in this sandbox"
    assert browser.field("parent") == ""
    page = await browser.get("/t/t1?reply=p4")
    assert browser.field("title") == "Re: Yes, under the very post"
    assert browser.field("parent") == "p4"
    assert "To #3, by Brook" in visible(page)


async def test_a_reply_stands_at_its_own_address(browser, forum):
    await browser.get("/t/t1?reply=p3")
    page = await browser.post(
        "/t/t1",
        once=browser.field("once"),
        parent=browser.field("parent"),
        title=browser.field("title"),
        author="Frieda",
        text="An **answer** <script>alert(1)</script>",
    )
    state = await forum.board.state()
    new = state.threads[THREAD].posts[-1]
    assert browser.place == f"/forum/t/t1#{new}"
    assert state.posts[new].parent == "p3"
    assert "<script>alert" not in page
    assert "Frieda" in rows(page)[3] or "Frieda" in "".join(rows(page))
    assert browser.field("author") == "Frieda"  # the cookie remembers the name


async def test_a_form_sent_twice_posts_once(browser, forum):
    """A double click, or going back and sending again."""
    await browser.get("/t/t1")
    form = {"once": browser.field("once"), "author": "A", "title": "", "text": "x"}
    await browser.post("/t/t1", **form)
    await browser.post("/t/t1", **form)
    page = await forum.thread(THREAD, Bookmark())
    assert len(page.posts) == 10
    assert page.posts[-1].marker == ""


async def test_a_refused_form_says_why_and_loses_nothing(browser):
    page = await browser.post("/t/t1", once="o", author="", title="My title", text="My long text", parent="p2")
    assert browser.status == 422
    assert "Write a name" in visible(page)
    assert "My long text" in page
    assert (browser.field("title"), browser.field("parent")) == ("My title", "p2")
    page = await browser.post("/b/b1", once="o", author="A", title="", text="My long text")
    assert browser.status == 422
    assert "needs a title" in visible(page)
    assert "My long text" in page


async def test_a_reply_to_a_post_that_went_away_is_not_lost(browser):
    page = await browser.post("/t/t1", author="A", text="My long text", parent="p999")
    assert browser.status == 404
    assert "My long text" in page


async def test_a_thread_is_started(browser):
    await browser.get("/b/b2")
    page = await browser.post("/b/b2", once=browser.field("once"), author="A", title="<New>", text="x")
    assert browser.place == "/forum/t/t4"
    assert "<h1>&lt;New&gt;" in page
    assert "No replies yet" in page


async def test_a_name_may_hold_anything_that_can_be_seen(browser):
    name = 'Zoë "the <b>" Ünal; ☃'
    await browser.post("/name", author=name)
    await browser.get("/")
    assert browser.field("author") == name


async def test_own_posts_are_edited_and_deleted_and_others_are_not(browser, forum):
    await browser.post("/t/t3", author="Frieda", title="Mine", text="x")
    post = (await forum.board.state()).threads[ThreadKey("t3")].posts[-1]
    page = await browser.get("/t/t3")
    assert page.count(">Edit</a>") == 1
    page = await browser.get(f"/p/{post}/edit")
    assert browser.field("title") == "Mine"
    page = await browser.post(f"/p/{post}/edit", title="Mine", text="changed")
    assert browser.place == f"/forum/t/t3#{post}"
    assert "changed" in page
    assert "edited" in visible(page)
    page = await browser.post(f"/p/{post}/edit", title="", text="")
    assert browser.status == 422
    page = await browser.post(f"/p/{post}/delete")
    assert "This post was deleted." in page
    assert "changed" not in page
    await browser.get(f"/p/{post}/edit")
    assert browser.status == 404
    for path in ("/p/p1/edit", "/p/p1/delete"):
        page = await browser.post(path, title="Hacked", text="x")
        assert browser.status == 422
        assert "Only Ada Quill" in visible(page)


async def test_moderation_from_writing_to_approval(browser, forum):
    page = await browser.get("/moderation")
    assert "Moderation is off" in visible(page)
    page = await browser.post("/moderation", on="yes")
    assert "Moderation is on" in visible(page)
    page = await browser.post("/t/t3", author="Frieda", text="waits for you")
    assert "Your reply waits for a moderator" in page
    assert "waits for you" not in page
    assert "1 waiting" in visible(page)
    page = await browser.post("/b/b2", author="Frieda", title="A thread that waits", text="x")
    assert "waits for a moderator" in page
    page = await browser.get("/moderation")
    assert "waits for you" in page
    first, second = (await forum.board.state()).waiting
    await browser.post(f"/moderation/{first}", decision="approve")
    page = await browser.post(f"/moderation/{second}", decision="reject", why="Not here.")
    assert "Nothing waits" in page
    assert (await forum.board.state()).posts[second].why == "Not here."
    assert "waits for you" in await browser.get("/t/t3")
    assert "A thread that waits" not in await browser.get("/b/b2")
    await browser.post(f"/moderation/{first}")
    assert browser.status == 422


async def test_a_thread_is_closed_and_opened_again(browser):
    page = await browser.post("/t/t3/closed", closed="yes")
    assert "takes no more replies" in page
    assert 'id="reply"' not in page
    page = await browser.post("/t/t3", author="A", text="x")
    assert browser.status == 422
    page = await browser.post("/t/t3/closed", closed="no")
    assert 'id="reply"' in page


@pytest.mark.parametrize("path", ["/b/b9", "/t/t9", "/p/p99", "/p/p99/edit", "/t/t9/live", "/static/../pages.py"])
async def test_what_is_not_there_says_so(browser, path):
    await browser.get(path)
    assert browser.status == 404


async def test_a_post_is_found_by_its_key_alone(browser):
    await browser.get("/p/p3")
    assert browser.place == "/forum/t/t1#p3"


async def test_a_page_has_no_inline_script_or_style(browser):
    for path in ("/", "/b/b1", "/t/t1", "/moderation"):
        page = await browser.get(path)
        assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=|javascript:", page), path


async def line(stream) -> str:
    return (await stream.readline()).decode().strip()


async def test_an_open_page_is_told_when_it_is_not_the_newest_any_more(browser, forum):
    token = re.search(r'data-token="([^"]+)"', await browser.get("/t/t3"))
    assert token is not None
    async with browser.session.get(f"/forum/t/t3/live?since={token[1]}") as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        assert await line(stream.content) == "retry: 2000"
        await forum.board.post("t1", "", "A", "", "in another thread")
        await forum.board.post("t3", "", "A", "", "here")
        assert await line(stream.content) == ""
        assert (await line(stream.content)).startswith("id: ")
        assert await line(stream.content) == "event: changed"
        data = await line(stream.content)
    assert data.removeprefix("data: ") in await browser.get("/t/t3")


async def test_a_page_that_missed_a_change_is_told_at_once(browser, forum):
    """Between the page and its stream, or while the network was away."""
    for path in ("/t/t3/live", "/b/b1/live", "/moderation/live"):
        async with browser.session.get(f"/forum{path}?since=old") as stream:
            assert [await line(stream.content) for _ in range(4)][3] == "event: changed"


async def test_live_pages_end_with_the_forum(browser, forum):
    async with browser.session.get("/forum/moderation/live") as stream:
        await line(stream.content)
        await forum.close()
        async with asyncio.timeout(10):
            await stream.content.read()


async def test_an_opened_forum_without_a_web_server_has_no_routes(bench):
    assert bench.open().routes() == ()


async def test_beyond_this_computer_the_pages_are_for_reading_only(serve, forum):
    """Nobody signs in here, so whoever reaches the pages could write as anybody."""
    address = await serve(hosts=("forum.example",))
    async with aiohttp.ClientSession(address, headers={"Origin": address}) as session:
        browser = Browser(session)
        for path in ("/", "/b/b1", "/t/t1"):
            page = await browser.get(path)
            assert browser.status == 200
            assert "<form" not in page
            assert "for reading only" in page
            assert "moderation" not in re.sub("<article.*</article>", "", page, flags=re.S)
        acts = forum.board.loaded.acts
        for path in ("/t/t1", "/b/b1", "/p/p1/edit", "/p/p1/delete", "/t/t1/closed", "/moderation", "/name"):
            page = await browser.post(path, author="Ada Quill", title="t", text="x", on="yes", closed="yes")
            assert browser.status == 403, path
            assert "Nothing was changed" in page
        for path in ("/moderation", "/moderation/live", "/p/p1/edit"):
            await browser.get(path)
            assert browser.status == 403, path
        assert forum.board.loaded.acts == acts


@pytest.mark.parametrize(
    ("title", "offered"),
    [("", ""), ("A", "Re: A"), ("Re: A", "Re: A"), ("RE: A", "RE: A"), ("x" * 200, "Re: " + "x" * 196)],
)
def test_a_reply_is_offered_a_title_that_will_be_taken(title, offered):
    assert drawing.reply_title(title) == offered
