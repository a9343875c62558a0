"""Whatever stands at an address instead of the forum, each call ends in an error that says what to do about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web

from adapters.engines.packing import REMEMBERED
from adapters.forums.nodebb.forum import NodeBB
from bot.errors import AdapterError, Gone, NotAllowed, OutcomeUnknown, RateLimited, Unparsable, Unreachable
from bot.model import BoardKey, Bookmark, Draft, Login, Opener, PostKey
from bot.testing.forum_talk import explained
from tests.nodebb.conftest import Opened
from tests.nodebb.stand_in import StandIn
from tests.nodebb.told import Told, key

HTML = "text/html; charset=utf-8"
JSON = "application/json; charset=utf-8"
LOGIN = "<!DOCTYPE html><html><head><title>Login</title></head><body><form action='/login'></form></body></html>"
BLOCKED = "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"


def page(status: int, text: str, kind: str, **headers: str) -> web.Response:
    return web.Response(status=status, body=text.encode(), headers={"Content-Type": kind, **headers})


ANSWERS: dict[str, tuple[web.Response, type[AdapterError]]] = {
    "a login page": (page(200, LOGIN, HTML), Unparsable),
    "a block page": (page(200, BLOCKED, HTML), Unparsable),
    "a refusing block page": (page(403, BLOCKED, HTML), NotAllowed),
    "a redirect for browsers": (page(200, '"/login"', JSON), Unparsable),
    "a cut answer": (page(200, '{"tid": 1, "posts": [{"pid": 1, "content": "<p>He', JSON), Unparsable),
    "an empty answer": (page(200, "", JSON), Unparsable),
    "a list": (page(200, "[1, 2]", JSON), Unparsable),
    "an overload": (page(429, "slow down", "text/plain", **{"Retry-After": "30"}), RateLimited),
    "maintenance": (page(503, '{"path": "/topic/1"}', JSON), Unreachable),
    "a broken proxy": (page(502, BLOCKED, HTML), Unreachable),
    "nothing": (page(404, "Not found", "text/plain; charset=utf-8"), Gone),
}


@pytest.mark.parametrize("what", ANSWERS)
async def test_a_bad_answer_to_a_reading_has_its_class(site: StandIn, opened: Opened, what: str) -> None:
    """What is no thread is never taken for an empty one: that would delete everything."""
    told = Told(site, 2)
    answer, error = ANSWERS[what]
    site.stand.answers[f"/api/topic/{told.thread}"] = answer
    site.stand.answers["/api/category/5"] = answer
    for act in (
        opened().thread(told.thread, Bookmark()),
        opened().listing(BoardKey("c/5"), Bookmark()),
        opened().locate(f"{site.address}/topic/{told.thread}"),
    ):
        with pytest.raises(error) as caught:
            await act
        explained(caught.value, what)


@pytest.mark.parametrize("what", ANSWERS)
async def test_a_bad_answer_to_a_later_page_loses_nothing(site: StandIn, opened: Opened, what: str) -> None:
    """The bookmark stays where it was, and the next reading finds all of it."""
    told = Told(site, 30)
    follower = await told.follow(opened)
    told.more(3)
    answer, _ = ANSWERS[what]
    site.stand.answers[f"/api/topic/{told.thread}"] = answer
    before = follower.bookmark
    with pytest.raises(AdapterError):
        await follower.read()
    assert follower.bookmark == before
    site.stand.answers.clear()
    assert len((await follower.read()).added) == 3


@pytest.mark.parametrize("what", ["a login page", "a block page", "a cut answer", "an empty answer", "a broken proxy"])
async def test_a_bad_answer_to_a_writing_leaves_its_outcome_open(site: StandIn, opened: Opened, what: str) -> None:
    """It was done, perhaps: whoever repeats it says it twice."""
    told = Told(site, 2)
    forum = opened("threadline")
    ours = await forum.submit(Draft(told.thread, "Ours", "zoe"), "k-0")
    post = PostKey(getattr(ours, "post", ""))
    answer, _ = ANSWERS[what]
    for path in (f"/topics/{told.thread}", "/topics", f"/posts/{post}", f"/posts/{post}/state"):
        site.stand.answers[f"/api/v3{path}"] = answer
    for act in (
        forum.submit(Draft(told.thread, "Hello", "zoe"), "k-1"),
        forum.start(Opener(BoardKey("c/5"), "A title", "Words", "zoe"), "k-2"),
    ):
        with pytest.raises(OutcomeUnknown) as caught:
            await act
        explained(caught.value, what)
    if what == "a broken proxy":
        with pytest.raises(OutcomeUnknown):
            await forum.revise(post, Draft(told.thread, "Hello", "zoe"), "k-3")
        with pytest.raises(OutcomeUnknown):
            await forum.withdraw(told.thread, post, "k-4")


CALLS: dict[str, Callable[[NodeBB, Told, Login], Awaitable[object]]] = {
    "boards": lambda forum, told, login: forum.boards(),
    "probe": lambda forum, told, login: forum.probe(),
    "written": lambda forum, told, login: forum.written(told.thread, 0),
    "started": lambda forum, told, login: forum.started(BoardKey("c/5"), 0),
    "judged": lambda forum, told, login: forum.judged(told.thread, ("q/1/reply-1",)),
    "connect": lambda forum, told, login: forum.connect("", "a-token-of-theirs"),
    "read_to": lambda forum, told, login: forum.read_to(login, told.thread, key(told.posts[0])),
    "marks": lambda forum, told, login: forum.marks(login, (told.thread,)),
}


@pytest.mark.parametrize("call", CALLS)
async def test_nothing_but_adapter_errors_leaves_whatever_is_answered(site: StandIn, opened: Opened, call: str) -> None:
    told = Told(site, 1)
    forum = opened("threadline")
    login = await forum.connect("", site.token("dora"))
    for what, (answer, _) in ANSWERS.items():
        site.stand.answers = Everything(answer)
        try:
            await CALLS[call](forum, told, login)
        except AdapterError as error:
            explained(error, f"{call}: {what}")


async def test_a_thread_of_more_posts_than_are_remembered_is_read_in_turns(site: StandIn, opened: Opened) -> None:
    """Each of them asks ten times at most and goes on where the last one stopped; what is remembered stays small."""
    site.stand.size = 240
    told = Told(site, REMEMBERED + 1999)
    forum, since, seen, turns = opened(), Bookmark(), set[str](), 0
    while True:
        asked = len(site.asked)
        page = await forum.thread(told.thread, since)
        assert page is not None
        assert len(site.asked) - asked <= 10
        assert len(page.bookmark.cursor) < 100_000
        seen |= {post.key for post in page.posts}
        since, turns = page.bookmark, turns + 1
        if not page.more:
            break
    assert (len(seen), turns) == (REMEMBERED + 2000, 5)
    told.more(1)
    page = await forum.thread(told.thread, since)
    assert page is not None
    assert key(told.posts[-1]) in {post.key for post in page.posts}


class Everything(dict[str, web.Response]):
    """The same answer at every path."""

    def __init__(self, answer: web.Response) -> None:
        super().__init__()
        self._answer = answer

    def __contains__(self, path: object) -> bool:
        return True

    def __getitem__(self, path: str) -> web.Response:
        return self._answer
