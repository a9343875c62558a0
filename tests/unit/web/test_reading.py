"""The reader's pages: what is new to whom, marks, highlights, and that nobody is shown what is not theirs."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from bot.indexer import Indexer
from bot.model import Author, Body, BodyState, Parent, ParentState, PostKey
from bot.ports import Fetches, Media, Missing, ShownIn
from bot.schedule import Schedule
from bot.store import open_store, run
from bot.store.communities import ensure_community
from bot.store.endings import conclude
from bot.store.hiding import hide_post
from bot.store.marks import unread_in
from bot.store.mirrors import keep_private
from bot.store.persons import ensure_person
from bot.store.sessions import sign_in
from bot.testing.clock import FakeClock
from bot.testing.store_rig import StoreRig, answer, op, post
from bot.web.pages import TemplatePages
from bot.web.reading.pages import ReaderPages
from bot.web.sessions import COOKIE, Sessions
from tests.unit.web.conftest import Serve, Site

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


PICTURE = "https://forum.example/cat.png"
GONE = "https://forum.example/gone.png"


class Shelf(Fetches):
    """Holds one image; notes what is asked for."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "cat.png"
        self.file.write_bytes(b"an image")
        self.asked: list[str] = []

    async def fetch(self, address: str, shown: ShownIn | None = None, within: float = 0) -> Media | Missing:
        self.asked.append(address)
        if address == PICTURE:
            return Media("d", "image", "image/png", 8, "cat.png", self.file)
        return Missing("It is not there.")


class Desk:
    """A server with the reader, a mirrored board, and who is signed in: Ann, Zoe, and Bo of another community."""

    def __init__(self, rig: StoreRig, clock: FakeClock, media: Shelf) -> None:
        self.media = media
        self.rig = rig
        self.clock = clock
        self.woken = 0

    async def open(self, serve: Serve) -> Desk:
        write = self.rig.store.write
        self.clock.jump(self.rig.now - self.clock.now())
        self.others = await write(ensure_community, "matrix", "!space", "Others")
        self.person = {
            name: await write(ensure_person, "web", name, name.title(), self.rig.now) for name in ("ann", "zoe", "bo")
        }
        for name in self.person:
            community = self.others if name == "bo" else self.rig.community
            await write(sign_in, "web", name, community, f"session-{name}", self.rig.now)
        pages = TemplatePages(now=self.clock.now)
        sessions = Sessions(self.rig.store, self.clock, pages)
        self.site: Site = await serve(ReaderPages(self.rig.store, self.clock, sessions, pages, self.media, self._wake))
        await self.rig.read_list()  # what comes from now on has arrived
        return self

    def _wake(self) -> None:
        self.woken += 1

    async def get(self, path: str, name: str = "ann") -> tuple[int, Any, str]:
        """A page as somebody sees it."""
        return await self.site.ask(path, headers={"Cookie": f"{COOKIE}=session-{name}"} if name else {})

    async def page(self, path: str, name: str = "ann") -> str:
        """The text of a page that is there."""
        status, headers, text = await self.get(path, name)
        assert status == 200, text
        assert headers["Cache-Control"] == "private, no-store"
        return text

    async def send(self, path: str, name: str = "ann", **fields: str) -> tuple[int, str]:
        """Send a form: the status, and where it leads, else the page that came."""
        headers = {"Cookie": f"{COOKIE}=session-{name}"}
        status, answered, text = await self.site.send(path, headers=headers, data=fields)
        return status, answered.get("Location", text)

    async def thread(self, key: str = "t") -> int:
        return int(await self.rig.value("SELECT id FROM thread WHERE key=$1", key))

    async def post(self, key: str) -> int:
        return int(await self.rig.value("SELECT id FROM post WHERE key=$1", key))

    async def new(self, name: str = "ann") -> list[str]:
        """The keys of the posts that a thread's page shows as new."""
        text = await self.page(f"/read/t/{await self.thread()}", name)
        ids = re.findall(r'<article class="post new" id="p(\d+)"', text)
        return [str(await self.rig.value("SELECT key FROM post WHERE id=$1", int(id))) for id in ids]


@pytest.fixture
async def desk(tmp_path: Path, serve: Serve) -> AsyncIterator[Desk]:
    store = await open_store(tmp_path / "threadline.db")
    rig = await StoreRig(store).furnish()
    await rig.mirror()
    yield await Desk(rig, FakeClock(), Shelf(tmp_path)).open(serve)
    await store.close()


async def test_who_is_not_signed_in_is_told_how_and_shown_nothing(desk: Desk) -> None:
    """Every page and every form is one person's own."""
    await desk.rig.arrive(op(), post("p1"))
    for path in ("/read/", "/read/b/1", "/read/t/1", "/read/search?q=words", "/read/live", "/read/t/1/live"):
        status, headers, text = await desk.get(path, "")
        assert (status, headers["Cache-Control"]) == (403, "private, no-store"), path
        assert "forum web" in text
        assert "A thread" not in text
    for path in ("/read/read", "/read/b/1/read", "/read/t/1/read", "/read/t/1/reply", "/read/p/1/read"):
        assert (await desk.site.send(path))[0] == 403, path


async def test_boards_with_something_new_stand_first_with_their_counts(desk: Desk) -> None:
    """It is what one comes for."""
    assert "You have read everything" in await desk.page("/read/")
    await desk.rig.arrive(op(), post("p1"), post("p2"))
    text = await desk.page("/read/")
    assert "3 new posts · 1 thread" in text
    assert text.index("Something new") < text.index("Lounge")


async def test_a_community_without_mirrors_is_told_what_will_stand_here(desk: Desk) -> None:
    """An empty page looks broken."""
    assert "No forum is mirrored in your community yet" in await desk.page("/read/", "bo")


async def test_each_reader_sees_their_own_news(desk: Desk) -> None:
    """Marks of one are nobody else's."""
    await desk.rig.arrive(op(), post("p1"), post("p2"))
    assert (await desk.new("ann"), await desk.new("zoe")) == (["p0", "p1", "p2"], ["p0", "p1", "p2"])
    status, where = await desk.send(f"/read/p/{await desk.post('p1')}/read")
    assert (status, where) == (303, f"/read/t/1?post={await desk.post('p1')}#p{await desk.post('p1')}")
    assert (await desk.new("ann"), await desk.new("zoe")) == (["p2"], ["p0", "p1", "p2"])


async def test_unread_from_here_brings_news_back(desk: Desk) -> None:
    """It is how one keeps something for later."""
    await desk.rig.arrive(op(), post("p1"), post("p2"))
    await desk.send(f"/read/p/{await desk.post('p2')}/read")
    await desk.send(f"/read/p/{await desk.post('p1')}/unread")
    assert await desk.new() == ["p1", "p2"]


async def test_marking_says_read_only_of_what_was_shown(desk: Desk) -> None:
    """What arrived between the page and the click was not seen."""
    await desk.rig.arrive(op(), post("p1"))
    text = await desk.page("/read/t/1")
    shown = re.search(r'name="shown" value="(\d+)"', text)
    boards = re.search(
        r'action="/read/read">\s*<input type="hidden" name="shown" value="([^"]+)"', await desk.page("/read/")
    )
    board = re.search(r'name="shown" value="(\d+)"', await desk.page(f"/read/b/{desk.rig.board}"))
    assert shown is not None
    assert boards is not None
    assert board is not None
    await desk.rig.arrive(op(), post("p1"), post("p2"))
    await desk.send("/read/t/1/read", shown=shown[1])
    assert await desk.new("ann") == ["p2"]
    await desk.send("/read/read", "zoe", shown=boards[1])
    assert await desk.new("zoe") == ["p2"]
    await desk.send(f"/read/p/{await desk.post('p0')}/unread")
    status, where = await desk.send(f"/read/b/{desk.rig.board}/read", shown=board[1], back="board")
    assert (status, where) == (303, f"/read/b/{desk.rig.board}")


async def test_a_marked_board_is_read_whole(desk: Desk) -> None:
    """One click, however many threads."""
    await desk.rig.arrive(op("a0"), post("a1"), key="a")
    await desk.rig.arrive(op("b0"), post("b1"), key="b")
    shown = await desk.rig.value("SELECT next_seq-1 FROM forum")
    assert await desk.send(f"/read/b/{desk.rig.board}/read", shown=str(shown)) == (303, "/read/")
    assert "You have read everything" in await desk.page("/read/")


async def test_a_board_lists_its_threads_and_on_request_only_those_with_news(desk: Desk) -> None:
    """The newest stand first, with how much is new in each."""
    await desk.rig.arrive(op("a0"), post("a1"), key="a")
    await desk.rig.arrive(op("b0"), post("b1"), key="b")
    await desk.send(f"/read/p/{await desk.post('a1')}/read")
    text = await desk.page(f"/read/b/{desk.rig.board}")
    assert re.findall(r'href="(/read/t/\d)', text) == ["/read/t/2", "/read/t/1"]
    assert "1 reply, 2 new" in text
    only = await desk.page(f"/read/b/{desk.rig.board}?show=new")
    assert re.findall(r'href="(/read/t/\d)', only) == ["/read/t/2"]


async def test_a_long_list_goes_on(desk: Desk) -> None:
    """Each thread stands on exactly one page."""
    for number in range(30):
        await desk.rig.arrive(op(f"k{number}0"), key=f"k{number}")
    found, path = [], f"/read/b/{desk.rig.board}"
    while path:
        text = await desk.page(path)
        found += re.findall(r'href="/read/t/(\d+)"', text)
        older = re.search(r'href="([^"]+)" rel="next"', text)
        path = older[1].replace("&amp;", "&") if older else ""
    assert len(found) == len(set(found)) == 30


async def test_the_outline_is_the_map_of_the_thread(desk: Desk) -> None:
    """A reply stands below what it answers; what is new carries the word, what is newest a star with a name."""
    await desk.rig.arrive(op(), post("p1", title="First"), answer("p2", "p1", title="Second", number=2))
    text = await desk.page("/read/t/1")
    rows = re.findall(r'data-depth="(\d)" data-post="\d+">(.*?)</li>', text, re.S)
    assert [depth for depth, _ in rows] == ["0", "1", "2"]
    assert [re.findall(r'dir="auto">(.*?)<', row)[0] for _, row in rows] == ["A thread", "First", "Second"]
    assert all('<span class="new-word">new</span>' in row for _, row in rows)
    assert 'aria-label="among the newest"' in rows[2][1]
    assert "#2" in rows[2][1]
    assert f'href="#p{await desk.post("p1")}">in reply to' in text
    assert "2 replies, 3 new" in text


async def test_a_guess_is_called_one(desk: Desk) -> None:
    """In the outline and at the post: the forum does not say whom it answers."""
    guess = Parent(ParentState.UNKNOWN, guess=PostKey("p1"))
    await desk.rig.arrive(op(), post("p1", number=1), post("p2", parent=guess))
    text = await desk.page("/read/t/1")
    assert "probably in reply to #1" in text
    assert text.count('aria-label="it is a guess whom this answers"') == 1


async def test_a_reply_without_a_title_is_called_by_its_first_words(desk: Desk) -> None:
    """Most forums have no titles on replies."""
    await desk.rig.arrive(op(), post("p1", "I am **not** so sure about this"))
    assert "I am **not** so sure about this</a>" in await desk.page("/read/t/1")


async def test_the_highlight_that_was_chosen_stays(desk: Desk) -> None:
    """It is a wish, and holds for every thread."""
    await desk.rig.arrive(op(), post("p1"))
    assert "★" in await desk.page("/read/t/1")
    assert (await desk.send("/read/t/1/highlight", stars="0"))[0] == 303
    text = await desk.page("/read/t/1")
    assert "★" not in text
    assert 'value="5">5 newest' in text
    assert "★" in await desk.page("/read/t/1", "zoe")
    await desk.send("/read/t/1/highlight", stars="5")
    assert "★" in await desk.page("/read/t/1")


async def test_a_long_thread_opens_where_the_news_begin(desk: Desk) -> None:
    """And renders the posts of one page, however long it is."""
    await desk.rig.arrive(op(), *(post(f"p{n}") for n in range(1, 121)))
    assert (await desk.page("/read/t/1")).count("<article") == 50
    await desk.send(f"/read/p/{await desk.post('p70')}/read")
    text = await desk.page("/read/t/1")
    assert "Page 2 of 3" in text
    assert f'id="p{await desk.post("p71")}"' in text
    assert f'id="p{await desk.post("p120")}"' in await desk.page(f"/read/t/1?post={await desk.post('p120')}")
    assert f'id="p{await desk.post("p1")}"' in await desk.page("/read/t/1?page=1")
    assert "Page 3 of 3" in await desk.page("/read/t/1?page=99")
    assert text.count('class="outline-row') == 121


async def test_foreign_words_are_words_wherever_they_stand(desk: Desk) -> None:
    """Titles, names and texts come from strangers."""
    hostile = Body(BodyState.PRESENT, f"{HOSTILE} [x](javascript:alert(3))", "markdown")
    await desk.rig.read_thread(
        op(title=HOSTILE, author=Author(HOSTILE, badge=HOSTILE), body=hostile),
        post("p1", title=HOSTILE, author=Author(HOSTILE), body=Body(BodyState.PRESENT, HOSTILE, "html")),
        title=HOSTILE,
    )
    await desk.rig.read_list()
    for path in ("/read/", f"/read/b/{desk.rig.board}", "/read/t/1", "/read/search?q=alert"):
        text = await desk.page(path)
        assert "<script>alert" not in text
        assert "<img" not in text
        assert 'href="javascript' not in text


async def test_another_communitys_threads_are_not_there(desk: Desk) -> None:
    """Law 12: and nothing tells them from what never was."""
    await desk.rig.arrive(op(), post("p1"))
    one = await desk.post("p1")
    for path in ("/read/t/1", f"/read/b/{desk.rig.board}", "/read/t/1/live", "/read/t/999"):
        status, _, text = await desk.get(path, "bo")
        assert status == 404, path
        assert "A thread" not in text
    assert "A thread" not in await desk.page("/read/search?q=thread", "bo")
    for path in (f"/read/p/{one}/read", f"/read/p/{one}/unread", "/read/t/1/read", "/read/t/1/highlight"):
        assert (await desk.send(path, "bo", shown="99"))[0] == 404, path
    assert (await desk.send("/read/t/1/reply", "bo", text="hi", form="f" * 20))[0] == 404
    assert await desk.rig.value("SELECT count(*) FROM thread_mark") == 0
    assert await desk.rig.value("SELECT count(*) FROM reply") == 0


async def test_what_guests_cannot_read_stays_in_its_channel(desk: Desk) -> None:
    """A browser is no channel: not everybody of the community reads there."""
    await desk.rig.arrive(op(), post("p1"))
    [[mirror]] = await desk.rig.rows("SELECT id FROM mirror")
    await desk.rig.store.write(keep_private, mirror)
    assert (await desk.get("/read/t/1"))[0] == 404
    assert "Lounge" not in await desk.page("/read/")


async def test_what_admins_hide_is_not_shown(desk: Desk) -> None:
    """Neither its words nor who wrote them; what answers it stays."""
    await desk.rig.arrive(op(), post("p1", "unspeakable", author=Author("Troll")), answer("p2", "p1"))
    await desk.rig.store.write(hide_post, await desk.post("p1"), desk.rig.community, "Ada", desk.rig.now)
    text = await desk.page("/read/t/1")
    assert "unspeakable" not in text
    assert "Troll" not in text
    assert f'id="p{await desk.post("p2")}"' in text
    assert await desk.new() == ["p0", "p2"]


async def test_a_deleted_post_leaves_its_place_to_its_answers(desk: Desk) -> None:
    """And a post whose text was not seen says so."""
    await desk.rig.arrive(
        op(), post("p1", "secret words"), answer("p2", "p1"), post("p3", body=Body(BodyState.UNKNOWN))
    )
    await desk.rig.read_thread(op(), answer("p2", "p1"), post("p3", body=Body(BodyState.UNKNOWN)))
    text = await desk.page("/read/t/1")
    assert "secret words" not in text
    assert "This post is not shown any more" in text
    assert "listed, text not seen yet" in text


async def test_images_come_from_our_own_address_and_only_such_as_are_shown(desk: Desk) -> None:
    """Nobody elsewhere learns who reads what, and nobody has anything fetched but what stands in a post."""
    said = Body(BodyState.PRESENT, f"![a cat]({PICTURE}) ![lost]({GONE})", "markdown")
    await desk.rig.arrive(op(body=said), post("p1", body=said))
    text = await desk.page("/read/t/1")
    cat, lost, *_ = re.findall(r'<img src="(/read/media/[^"]+)" alt="([^"]*)"', text)
    assert (cat[1], lost[1]) == ("a cat", "lost")
    assert "https://forum.example/cat.png" not in re.findall(r'src="([^"]+)"', text)
    status, headers, body = await desk.get(cat[0])
    assert (status, headers["Content-Type"], body) == (200, "image/png", "an image")
    assert "sandbox" in headers["Content-Security-Policy"]
    status, headers, body = await desk.get(lost[0])
    assert (status, headers["Content-Type"]) == (404, "image/svg+xml; charset=utf-8")
    assert "It is not there." in body
    desk.media.asked.clear()
    assert (await desk.get(cat[0], "bo"))[0] == 404
    assert (await desk.get(cat[0], ""))[0] == 403
    assert (await desk.get(f"/read/media/1/{'0' * 32}"))[0] == 404
    await desk.rig.store.write(hide_post, await desk.post("p0"), desk.rig.community, "Ada", desk.rig.now)
    assert (await desk.get(cat[0]))[0] == 404
    assert desk.media.asked == []


async def test_search_finds_what_the_community_sees(desk: Desk) -> None:
    """Each hit leads to its post in the thread."""
    await desk.rig.arrive(op(), post("p1", "a rare aardvark"))
    await Indexer(desk.rig.store, Schedule(), desk.site.log).catch_up()
    text = await desk.page("/read/search?q=aardvark")
    one = await desk.post("p1")
    assert f'href="/read/t/1?post={one}#p{one}"' in text
    assert "Nothing that your community mirrors holds" in await desk.page("/read/search?q=zzz")


async def test_signing_out_ends_it(desk: Desk) -> None:
    """The button stands on every page."""
    assert 'action="/read/out"' in await desk.page("/read/")
    await desk.send("/read/out")
    assert (await desk.get("/read/"))[0] == 403


async def test_marks_need_a_form_of_ours(desk: Desk) -> None:
    """Another site's page cannot mark or post in somebody's name."""
    await desk.rig.arrive(op(), post("p1"))
    headers = {"Cookie": f"{COOKIE}=session-ann", "Origin": "https://elsewhere.example"}
    status, _, _ = await desk.site.ask(f"/read/p/{await desk.post('p1')}/read", "POST", headers=headers)
    assert status == 403
    assert await desk.rig.store.read(unread_in, desk.person["ann"], 1) == 2


# ------------------------------------------------------------------------------------------------------------- replying


async def reply_form(desk: Desk) -> dict[str, str]:
    """The fields of the form as the page gives them."""
    text = await desk.page("/read/t/1")
    return dict(re.findall(r'<input type="hidden" name="(post|form)" value="([^"]*)"', text))


async def test_a_reply_is_owed_to_the_forum_once_however_often_it_is_sent(desk: Desk) -> None:
    """A double click, or a page that is sent again, posts nothing twice."""
    await desk.rig.arrive(op(), post("p1"))
    one = await desk.post("p1")
    form = await reply_form(desk) | {"post": str(one), "text": "I *agree*"}
    for _ in range(2):
        assert await desk.send("/read/t/1/reply", **form) == (303, "/read/t/1#mine")
    assert await desk.rig.rows("SELECT text, parent_post, identity_user, name, fate, paged FROM reply") == [
        ("I *agree*", one, "ann", "Ann", "pending", 1)
    ]
    assert await desk.rig.rows("SELECT act, state FROM delivery WHERE subject='reply'") == [("create", "pending")]
    assert desk.woken
    await desk.send("/read/t/1/reply", **(await reply_form(desk)), text="And more")
    assert await desk.rig.value("SELECT count(*) FROM reply") == 2


async def test_who_may_not_answer_reads_so_in_the_place_of_the_form(desk: Desk) -> None:
    """And whoever may, as whom: nobody types for nothing, or under a name that they did not mean."""
    await desk.rig.arrive(op(), post("p1"))

    async def says(answering: str) -> str:
        await desk.rig.store.write(run, "UPDATE mirror SET answering=$1", answering)
        return await desk.page("/read/t/1")

    among, own = await says('{"who": ["Helpers"]}'), await says('{"accounts": "own"}')
    assert "pages do not know who they are: Helpers" in among
    assert "Give the command forum connect" in own
    assert 'id="reply"' not in among + own
    assert "under your name in the chat, Ann" in await says("{}")
    await desk.rig.store.write(
        run,
        "INSERT INTO forum_account (forum, person, native, name) VALUES (1, $1, 'a1', 'annie')",
        desk.person["ann"],
    )
    assert "with your own account there, annie" in await says('{"accounts": "own"}')


async def test_the_page_says_what_becomes_of_a_reply_to_its_author_alone(desk: Desk) -> None:
    """With the words, for a forum that refuses them keeps none."""
    await desk.rig.arrive(op(), post("p1"))
    await desk.send("/read/t/1/reply", **(await reply_form(desk)), text="I *agree*")
    text = await desk.page("/read/t/1")
    assert "<em>agree</em>" in text
    assert "waits to be posted" in text
    assert "agree" not in await desk.page("/read/t/1", "zoe")
    [[delivery]] = await desk.rig.rows("SELECT id FROM delivery WHERE subject='reply'")
    await desk.rig.store.write(conclude, delivery, "refused", "you are banned here", desk.rig.now)
    text = await desk.page("/read/t/1")
    assert "refused, and not posted</strong>: you are banned here" in text
    assert "<em>agree</em>" in text


async def test_what_was_typed_is_not_lost_by_being_refused(desk: Desk) -> None:
    """The page comes again with it, and says why."""
    await desk.rig.arrive(op(), post("p1"))
    form = await reply_form(desk)
    status, text = await desk.send("/read/t/1/reply", **form, text="  ")
    assert (status, "the text is empty" in text) == (422, True)
    status, text = await desk.send("/read/t/1/reply", **form, text="x" * 30_001)
    assert (status, "30,001 characters" in text, "x" * 30_001 in text) == (422, True, True)
    await desk.rig.store.write(run, "UPDATE mirror SET replies='none'")
    status, text = await desk.send("/read/t/1/reply", **form, text="my words")
    assert (status, "takes no answers from here any more" in text, "my words" in text) == (422, True, True)
    assert await desk.rig.value("SELECT count(*) FROM reply") == 0


async def test_a_form_names_no_post_of_another_thread(desk: Desk) -> None:
    """Else it would answer what its writer does not see."""
    await desk.rig.arrive(op(), post("p1"))
    await desk.rig.arrive(op("q0"), key="q")
    form = await reply_form(desk) | {"post": str(await desk.post("q0")), "text": "hm"}
    await desk.send("/read/t/1/reply", **form)
    assert await desk.rig.rows("SELECT thread, parent_post FROM reply") == [(1, None)]


# ----------------------------------------------------------------------------------------------------- starting threads


async def new_form(desk: Desk) -> dict[str, str]:
    """The fields of the form of a new thread, as the page gives them."""
    text = await desk.page("/read/b/1/new")
    return dict(re.findall(r'<input type="hidden" name="(form)" value="([^"]*)"', text))


async def test_a_thread_is_owed_to_the_forum_once_however_often_its_form_is_sent(desk: Desk) -> None:
    """As with a reply: a double click starts nothing twice."""
    assert 'href="/read/b/1/new"' in await desk.page("/read/b/1")
    form = await new_form(desk) | {"title": "Who *comes*", "text": "On *Friday*"}
    for _ in range(2):
        assert await desk.send("/read/b/1/new", **form) == (303, "/read/b/1/new")
    assert await desk.rig.rows("SELECT title, text, identity_user, name, fate, channel FROM opener") == [
        ("Who *comes*", "On *Friday*", "ann", "Ann", "pending", "")
    ]
    assert await desk.rig.rows("SELECT act, state FROM delivery WHERE subject='opener'") == [("create", "pending")]
    assert desk.woken


async def test_the_page_says_what_becomes_of_a_thread_to_its_author_alone(desk: Desk) -> None:
    """What the forum refuses can be read there, and sent again."""
    await desk.send("/read/b/1/new", **(await new_form(desk)), title=HOSTILE, text="On *Friday*")
    text = await desk.page("/read/b/1/new")
    assert "<em>Friday</em>" in text
    assert "waits to be posted" in text
    assert HOSTILE not in text
    assert "Friday" not in await desk.page("/read/b/1/new", "zoe")
    [[delivery]] = await desk.rig.rows("SELECT id FROM delivery WHERE subject='opener'")
    await desk.rig.store.write(conclude, delivery, "refused", "you are banned here", desk.rig.now)
    assert "refused, and not posted</strong>: you are banned here" in await desk.page("/read/b/1/new")


async def test_a_thread_that_is_not_taken_is_not_lost(desk: Desk) -> None:
    """The page comes again with what was typed, and says why."""
    form = await new_form(desk)
    status, text = await desk.send("/read/b/1/new", **form, title="My title", text="  ")
    assert (status, "a title and a text" in text, "My title" in text) == (422, True, True)
    await desk.rig.store.write(run, "UPDATE mirror SET replies='none'")
    status, text = await desk.send("/read/b/1/new", **form, title="My title", text="my words")
    assert (status, "takes threads for this board" in text, "my words" in text) == (422, True, True)
    assert 'href="/read/b/1/new"' not in await desk.page("/read/b/1")
    assert (await desk.get("/read/b/1/new", "bo"))[0] == 404
    assert (await desk.send("/read/b/1/new", "bo", **form, title="My title", text="my words"))[0] == 404
    assert await desk.rig.value("SELECT count(*) FROM opener") == 0


# ----------------------------------------------------------------------------------------------------------------- live


class Listener:
    """A page that stays open."""

    def __init__(self, desk: Desk, answer: aiohttp.ClientResponse) -> None:
        self._desk = desk
        self._answer = answer

    async def until(self, there: Callable[[Any], bool]) -> Any:
        """What the page is told, once it is told what a test waits for; an empty one when the stream ends."""
        async with asyncio.timeout(30):
            async for line in self._answer.content:
                if line.startswith(b"data: {") and there(told := msgspec.json.decode(line[6:])):
                    return told
                if line.startswith(b"event: over"):
                    return {}
        return pytest.fail("the stream ended")


@asynccontextmanager
async def listening(desk: Desk, path: str, name: str = "ann") -> AsyncIterator[Listener]:
    headers = {"Cookie": f"{COOKIE}=session-{name}"}
    async with (
        aiohttp.ClientSession() as session,
        session.get(desk.site.address + path, headers=headers) as answer,
    ):
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "private, no-store"
        yield Listener(desk, answer)


async def test_a_mark_on_one_device_shows_on_the_other(desk: Desk) -> None:
    """And on nobody else's."""
    await desk.rig.arrive(op(), post("p1"), post("p2"))
    ids = [await desk.post(key) for key in ("p0", "p1", "p2")]
    async with listening(desk, "/read/t/1/live") as mine, listening(desk, "/read/t/1/live", "zoe") as other:
        assert (await mine.until(lambda told: True))["new"] == ids
        await desk.send(f"/read/p/{ids[1]}/read")
        assert (await mine.until(lambda told: len(told["new"]) == 1))["parts"]["counts"] == "2 replies, 1 new"
        assert (await other.until(lambda told: True))["new"] == ids
    async with listening(desk, "/read/live") as boards:
        assert "1 new post" in (await boards.until(lambda told: True))["parts"]["boards"]
        await desk.send(f"/read/p/{ids[2]}/read")
        assert await boards.until(lambda told: "You have read everything" in told["parts"]["boards"])


async def test_what_arrives_is_told_and_moves_nothing(desk: Desk) -> None:
    """A notice with a link: who reads is not pushed away."""
    await desk.rig.arrive(op(), post("p1"))
    shown = await desk.rig.value("SELECT next_seq-1 FROM forum")
    async with (
        listening(desk, f"/read/t/1/live?shown={shown}") as thread,
        listening(desk, f"/read/b/{desk.rig.board}/live?shown={shown}") as board,
    ):
        assert (await thread.until(lambda told: True))["parts"]["news"] == ""
        assert (await board.until(lambda told: True))["parts"]["news"] == ""
        await desk.rig.arrive(op(), post("p1"), post("p2"))
        told = await thread.until(lambda told: told["parts"]["news"])
        assert "1 new post since you came" in told["parts"]["news"]
        assert f"/read/t/1?post={await desk.post('p2')}" in told["parts"]["news"]
        assert await board.until(lambda told: "Something new arrived" in told["parts"]["news"])


async def test_a_page_of_who_left_hears_no_more(desk: Desk) -> None:
    """Signed out in one window is signed out in the other; what is not mirrored any more is not told either."""
    await desk.rig.arrive(op(), post("p1"))
    async with listening(desk, "/read/t/1/live") as page, listening(desk, "/read/t/1/live", "zoe") as other:
        await page.until(lambda told: True)
        await desk.send("/read/out")
        assert await page.until(lambda told: False) == {}
        await desk.rig.store.write(run, "UPDATE mirror SET state='removed'")
        assert await other.until(lambda told: False) == {}
