"""What is asked is what Discourse describes, and what the stand-in answers too: else both would be wrong alike."""

from __future__ import annotations

from typing import cast

import pytest

from bot.model import Accepted, BoardKey, Bookmark, Draft, Opener, PostKey, Started, ThreadKey
from bot.testing.forum_files import PNG
from bot.testing.forum_talk import follow
from tests.discourse.conftest import Opened
from tests.discourse.description import Description, description
from tests.discourse.stand_in import Asked, StandIn

__all__ = ["description"]

OTHERWISE = ("reply_to_post_number", "bookmarked", "liked", "image_url")
"""Fields that recorded answers hold in another way than the description says: a number where it says words, and nothing
for guests, whom it does not know."""


@pytest.fixture
async def story(site: StandIn, opened: Opened) -> list[Asked]:
    """Everything that the adapter asks for: lists, threads, posts, what it writes, changes and takes back."""
    world = site.world
    ann, ben = world.user("ann"), world.user("ben")
    op = world.start(ann, "Plain talk", "The opening words", 7, ("news",))
    first = world.reply(ben, op.topic, "First answer")
    for n in range(45):
        world.reply(ann, op.topic, f"Reply {n}", first.number)
    thread = ThreadKey(str(op.topic))
    forum = opened("bot", staff=True)
    for board in ("latest", "c/7", "tag/news"):
        await forum.listing(BoardKey(board), Bookmark())
    follower = await follow(forum, thread)
    world.delete(first, world.users["system"])
    world.befall(world.topics[op.topic], ann, "closed.enabled")
    world.topics[op.topic].closed = False
    world.edit(world.stream(world.topics[op.topic])[30], "Changed")
    await follower.read()
    answer = cast(Accepted, await forum.submit(Draft(thread, "Hello", "zoe", parent=PostKey(str(op.id))), "k-1"))
    await forum.revise(answer.post, Draft(thread, "Hello again", "zoe"), "k-2")
    await forum.upload("cat.png", "image/png", PNG)
    await forum.written(thread, 0)
    await forum.withdraw(thread, answer.post, "k-3")
    started = cast(Started, await forum.start(Opener(BoardKey("c/7"), "A new beginning", "words", "zoe"), "k-4"))
    await forum.revise(started.post, Draft(started.thread, "other words", "zoe", title="Another title"), "k-5")
    await forum.started(BoardKey("c/7"), 0)
    await forum.withdraw(started.thread, started.post, "k-6")
    return site.asked


async def test_every_request_is_as_described(story: list[Asked], description: Description) -> None:
    wrong, seen = [], set[tuple[str, str]]()
    for one in story:
        if (path := description.path(one.method, one.path)) is not None:
            seen.add((one.method, path))
            wrong += [f"{one.method} {path}: {why}" for why in description.against_request(one.method, path, one.body)]
    assert wrong == []
    assert {
        ("POST", "/posts.json"),
        ("POST", "/uploads.json"),
        ("PUT", "/posts/{id}.json"),
        ("DELETE", "/posts/{id}.json"),
        ("GET", "/posts/{id}.json"),
        ("GET", "/t/{id}.json"),
        ("GET", "/t/{id}/posts.json"),
        ("PUT", "/t/-/{id}.json"),
        ("DELETE", "/t/{id}.json"),
        ("GET", "/latest.json"),
        ("GET", "/c/{slug}/{id}.json"),
        ("GET", "/tag/{name}.json"),
        ("GET", "/site.json"),
    } <= seen


async def test_every_answer_of_the_stand_in_is_as_described(story: list[Asked], description: Description) -> None:
    wrong = set()
    for one in story:
        if one.status == 200 and (path := description.path(one.method, one.path)) is not None:
            for why in description.against_answer(one.method, path, one.status, one.answer):
                if not any(f"/{field}:" in f"/{why}" for field in OTHERWISE):
                    wrong.add(f"{one.method} {path}: {why}")
    assert wrong == set()


async def test_what_is_not_described_is_known(story: list[Asked], description: Description) -> None:
    """What stands in Discourse's source alone: it may change without a word."""
    other = {one.path.split("/")[1] for one in story if description.path(one.method, one.path) is None}
    assert other <= {"message-bus", "posts", "topics", "session", "review", "user-api-key", "about.json"}


def test_the_description_refuses_what_it_does_not_name(description: Description) -> None:
    """Else the tests above would hold nothing."""
    wrong = description.against_request("POST", "/posts.json", b'{"raw": 5, "marker": "k"}')
    assert len(wrong) == 2
    assert description.against_answer("GET", "/posts/{id}.json", 200, b"{}")
