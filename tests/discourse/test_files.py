"""Files that go to a Discourse with a post."""

from __future__ import annotations

import pytest
from aiohttp import web

from bot.errors import OutcomeUnknown, RateLimited, Refused
from bot.model import Accepted, Draft, ThreadKey
from bot.ports import TakesFiles
from bot.testing.forum_files import PNG
from bot.testing.forum_talk import follow, said
from tests.discourse.conftest import Opened
from tests.discourse.stand_in import StandIn


async def given(opened: Opened, name: str, kind: str, content: bytes) -> str:
    forum = opened("bot", staff=True)
    assert isinstance(forum, TakesFiles)
    return await forum.upload(name, kind, content)


async def test_an_image_is_shown_with_its_measures(site: StandIn, opened: Opened) -> None:
    """The page then keeps a place for it, as for those of the forum's own editor."""
    line = await given(opened, "cat.png", "image/png", PNG)
    [made] = site.world.uploads.values()
    assert line == f"![cat.png|2x2](upload://{made.short})"
    assert made.content == PNG


async def test_any_other_file_is_an_attachment(site: StandIn, opened: Opened) -> None:
    """It is linked by its name alone: that is what people read, and what the post is known by."""
    line = await given(opened, "my *notes*.txt", "text/plain", b"words")
    [made] = site.world.uploads.values()
    assert line == f"[my \\*notes\\*.txt|attachment](upload://{made.short})"
    ann = site.world.user("ann")
    op = site.world.start(ann, "Plain talk", "The opening words", 7)
    thread = ThreadKey(str(op.topic))
    forum = opened("bot", staff=True)
    answer = await forum.submit(Draft(thread, f"Look\n\n{line}", "zoe"), "k-1")
    assert isinstance(answer, Accepted)
    shown = (await follow(forum, thread)).post(answer.post)
    assert said(shown.body) == "Look my *notes*.txt"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [("cat.exe", b"MZ", "not authorized"), ("a.txt", b"x" * 5_000_000, "too big"), ("a.png", b"no image", "corrupted")],
)
async def test_what_the_forum_does_not_take_is_refused_in_its_words(
    opened: Opened, name: str, content: bytes, words: str
) -> None:
    """The post links to it then; an admin of the forum may allow more."""
    with pytest.raises(Refused, match=words):
        await given(opened, name, "application/octet-stream", content)


async def test_who_uploads_much_is_asked_to_wait(site: StandIn, opened: Opened) -> None:
    """The post waits with it, and is not refused."""
    site.stand.limited["/uploads.json"] = 30
    with pytest.raises(RateLimited) as caught:
        await given(opened, "cat.png", "image/png", PNG)
    assert caught.value.seconds == 30


async def test_an_answer_that_names_no_file_leaves_the_outcome_open(site: StandIn, opened: Opened) -> None:
    site.stand.answers["/uploads.json"] = _told(b"{}")
    with pytest.raises(OutcomeUnknown):
        await given(opened, "cat.png", "image/png", PNG)
    site.stand.answers["/uploads.json"] = _told(b'{"short_url": "javascript:alert(1)"}')
    with pytest.raises(OutcomeUnknown):
        await given(opened, "cat.png", "image/png", PNG)


def _told(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/json")
