"""Answers of a real Flarum (1.8.7) read as what was done there, and the stand-in answers in the same form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.forums.flarum import adapter, parse
from adapters.forums.flarum.client import refuse
from adapters.forums.flarum.parse import Tags
from adapters.forums.flarum.posts import Around
from adapters.forums.flarum.rows import UserPage
from adapters.forums.flarum.settings import Settings
from bot.errors import AdapterError, Gone, LoginRejected, NotAllowed, RateLimited, Refused
from bot.model import ParentState
from bot.net import Answer
from bot.testing.forum_talk import said
from tests.flarum.stand_in import StandIn

RECORDED = Path(__file__).parents[4] / "shared" / "fixtures" / "flarum"
ROOT = "http://127.0.0.1:8087"

pytestmark = pytest.mark.skipif(not (RECORDED / "index.json").exists(), reason="the recordings of Flarum are not here")


def recorded(name: str) -> bytes:
    [file] = RECORDED.glob(f"{name}-*")
    return file.read_bytes()


def told(name: str) -> dict[str, Any]:
    index: list[dict[str, Any]] = json.loads((RECORDED / "index.json").read_text("utf-8"))
    return next(one for one in index if str(one["file"]).startswith(name))


def test_a_discussion_is_read_as_it_was_written() -> None:
    """Titles with everything in them, what answers what, exact times."""
    topic = parse.topic(recorded("010"), ROOT, Tags())
    assert topic.thread.title == 'First <topic> & "quotes" 🎉'
    assert (topic.thread.key, topic.thread.replies, topic.stream) == ("3", 2, (30, 31, 32))
    op, one, two = topic.chunk.posts
    assert (op.op, op.author.name, op.created.latest) == (True, "alice", 1_795_425_012_000)
    assert (one.parent.key, said(one.body), one.number) == ("30", "Bob replies by mention", 2)
    assert (two.parent.key, said(two.body)) == ("31", "Alice answers Bob ☃ 漢字")
    assert two.link == f"{ROOT}/d/3-first-topic-quotes/3"
    assert topic.read == 2


def test_a_page_of_posts_is_read() -> None:
    """Included posts that mention others of it are none of it."""
    chunk = parse.posts(recorded("017"), Around(ROOT, "3"))
    assert [(post.key, post.parent.state) for post in chunk.posts] == [
        ("30", ParentState.NONE),
        ("31", ParentState.KNOWN),
        ("32", ParentState.KNOWN),
    ]
    assert (chunk.count, chunk.first, chunk.more) == (3, 1, False)
    first, last = parse.posts(recorded("025"), Around(ROOT, "4")), parse.posts(recorded("027"), Around(ROOT, "4"))
    assert (first.count, first.more, last.count, last.more) == (20, True, 0, False)
    assert parse.posts(recorded("030"), Around(ROOT, "4")).count == 26


def test_what_befell_a_discussion_is_an_event() -> None:
    """The answer to a change tells it."""
    topic = parse.topic(recorded("021"), ROOT, Tags())
    [event] = topic.chunk.posts
    assert (event.event, event.number, event.author.name) == (True, None, "alice")
    assert said(event.body) == 'renamed the discussion from “First <topic> & "quotes" 🎉” to “Retitled”'


def test_a_list_of_discussions_is_read() -> None:
    """With what changes when something happens in them."""
    tags = parse.tags(recorded("004"), ROOT)
    assert [(board.key, board.name, board.link) for board in tags.boards] == [("t/1", "General", f"{ROOT}/t/general")]
    before, after = parse.listing(recorded("013"), ROOT, tags), parse.listing(recorded("029"), ROOT, tags)
    assert [(thread.key, thread.replies) for thread in after.threads] == [("4", 25), ("3", 1)]
    assert after.threads[1].board == tags.boards[0]
    assert before.threads[0].token != after.threads[1].token


def test_a_token_is_the_same_in_the_list_and_on_the_page() -> None:
    """Else every thread would be read twice."""
    tags = parse.tags(recorded("004"), ROOT)
    [listed] = parse.listing(recorded("013"), ROOT, tags).threads
    assert parse.topic(recorded("010"), ROOT, tags).thread.token == listed.token


def test_an_account_tells_more_to_itself() -> None:
    """By that a wrong token is noticed."""
    page = parse.decoded(recorded("002"), UserPage, "an account")
    assert page.data.attributes.unreadNotificationCount == 0


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("008", RateLimited),
        ("014", NotAllowed),
        ("016", NotAllowed),
        ("023", Gone),
        ("033", LoginRejected),
        ("034", LoginRejected),
        ("035", Refused),
        ("036", Gone),
        ("037", Gone),
    ],
)
def test_a_refusal_is_classed(name: str, error: type[AdapterError]) -> None:
    """By what is to be done about it."""
    asked = told(name)
    answer = Answer(asked["status"], f"{ROOT}{asked['path']}", asked["headers"], recorded(name))
    with pytest.raises(error) as caught:
        refuse(answer, "it", write=asked["method"] != "GET")
    if error is Refused:
        assert str(caught.value) == "The content field is required."


@pytest.mark.parametrize("name", ["006", "010", "017", "018", "025", "028", "029", "030"])
def test_a_recorded_page_is_recognised(name: str) -> None:
    """As what Flarum answers."""
    match = adapter.recognise(f"{ROOT}{told(name)['path']}", recorded(name))
    assert match is not None
    assert match.certainty >= 0.9


@pytest.mark.parametrize("name", ["006", "010", "015", "017", "025", "028"])
def test_a_recorded_page_is_previewed(name: str) -> None:
    """Posts of a discussion, however they were asked for."""
    page = recorded(name)
    if name == "015":
        page = b'{"data":[' + json.dumps(json.loads(page)["data"]).encode() + b"]}"
    assert adapter.saved(page, "", Settings()).posts


# ----------------------------------------------------------------------------------------------------- the stand-in


def shape(found: Any) -> Any:
    """The names of fields, for lists those of their first item."""
    if isinstance(found, dict):
        return {key: shape(value) for key, value in found.items()}
    if isinstance(found, list):
        return [shape(found[0])] if found else []
    return type(found).__name__ if found is not None else "nothing"


def included(found: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(one for one in found["included"] if one["type"] == kind)


async def asked(site: StandIn, path: str) -> dict[str, Any]:
    import aiohttp

    async with aiohttp.ClientSession() as session, session.get(f"{site.address}/api/{path}") as answer:
        answered: dict[str, Any] = await answer.json(content_type=None)
        return answered


async def test_the_stand_in_answers_in_the_form_of_the_real_one() -> None:
    """What is tested with it holds for the other."""
    site = StandIn()
    world = site.world
    world.tag("General", "general")
    op = world.start(world.user("alice"), "First", "The opening words", 1)
    world.answer(world.user("bob"), op.id, "Bob replies by mention")
    async with site.site:
        ours = await asked(site, "discussions/1")
        theirs = json.loads(recorded("028"))
        assert shape(ours["data"]) == shape(theirs["data"])
        assert {*shape(included(theirs, "posts"))["attributes"]} == {*shape(included(ours, "posts"))["attributes"]}
        assert {*shape(included(theirs, "users"))["attributes"]} == {*shape(included(ours, "users"))["attributes"]}
        assert {*shape(included(theirs, "tags"))["attributes"]} == {*shape(included(ours, "tags"))["attributes"]}
        ours, theirs = await asked(site, "discussions?sort=-lastPostedAt"), json.loads(recorded("029"))
        assert shape(ours["data"]) == shape(theirs["data"])
        assert {*ours["links"]} == {*theirs["links"]}
        ours, theirs = await asked(site, "posts?filter[discussion]=1"), json.loads(recorded("017"))
        assert {*ours["data"][0]["relationships"]} == {*theirs["data"][0]["relationships"]}
        assert shape(ours["data"][0]["attributes"]) == shape(theirs["data"][0]["attributes"])
        assert await asked(site, "posts/9999") == json.loads(recorded("023"))
        assert shape(await asked(site, "tags"))["data"][0]["attributes"].keys() == (
            shape(json.loads(recorded("004")))["data"][0]["attributes"].keys()
        )
