"""Files that go to a NodeBB with a post."""

from __future__ import annotations

import pytest
from aiohttp import web

from bot.errors import NotAllowed, OutcomeUnknown, Refused
from bot.model import Accepted, Draft
from bot.ports import TakesFiles
from bot.testing.forum_files import PNG
from bot.testing.forum_talk import follow, said
from tests.nodebb.conftest import Opened
from tests.nodebb.stand_in import StandIn
from tests.nodebb.told import Told

UPLOAD = "/api/post/upload"


async def given(opened: Opened, name: str, kind: str, content: bytes) -> str:
    forum = opened("threadline")
    assert isinstance(forum, TakesFiles)
    return await forum.upload(name, kind, content)


async def test_an_image_is_shown_and_any_other_file_is_linked(site: StandIn, opened: Opened) -> None:
    """By whole addresses, so that what we sent reads as what the page shows."""
    told = Told(site, 1)
    image = await given(opened, "cat_1.png", "image/png", PNG)
    other = await given(opened, "my notes.txt", "text/plain", b"words")
    first, second = site.world.files
    assert image == f"![cat_1.png]({site.address}{first})"
    assert other == f"[my notes.txt]({site.address}{second})"
    forum = opened("threadline")
    answer = await forum.submit(Draft(told.thread, f"Look\n\n{image}\n\n{other}", "zoe"), "k-1")
    assert isinstance(answer, Accepted)
    assert said((await follow(forum, told.thread)).post(answer.post).body) == "Look cat_1.png my notes.txt"


async def test_what_the_forum_does_not_take_is_refused_in_its_words(site: StandIn, opened: Opened) -> None:
    """It calls that an error of its own, which else would be looked into as one whose outcome is unknown."""
    site.world.endings = {"png"}
    with pytest.raises(Refused, match="Invalid file type"):
        await given(opened, "a.exe", "", b"MZ")
    with pytest.raises(Refused, match="maximum allowed file size"):
        await given(opened, "a.png", "image/png", PNG * 100_000)


async def test_a_forum_whose_editor_takes_no_tokens_allows_no_files(site: StandIn, opened: Opened) -> None:
    """Its posts link to them."""
    site.stand.answers[UPLOAD] = web.Response(status=403, text="Forbidden")
    with pytest.raises(NotAllowed):
        await given(opened, "cat.png", "image/png", PNG)


@pytest.mark.parametrize("images", [[], [{"url": "javascript:alert(1)"}], [{}], "none"])
async def test_an_answer_that_names_no_file_leaves_the_outcome_open(
    site: StandIn, opened: Opened, images: object
) -> None:
    site.stand.answers[UPLOAD] = site.told({"status": {"code": "ok"}, "response": {"images": images}})
    with pytest.raises(OutcomeUnknown):
        await given(opened, "cat.png", "image/png", PNG)


async def test_a_server_that_fails_leaves_the_outcome_open(site: StandIn, opened: Opened) -> None:
    """Nobody knows whether the file is there; it is given once more."""
    site.stand.answers[UPLOAD] = web.Response(status=500, text="<html>", content_type="text/html")
    with pytest.raises(OutcomeUnknown):
        await given(opened, "cat.png", "image/png", PNG)
