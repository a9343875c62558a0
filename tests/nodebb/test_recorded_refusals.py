"""What a real NodeBB refused, as it refused it, ends in the error that says what to do about it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.errors import AdapterError, Gone, LoginRejected, NotAllowed, RateLimited, Refused
from bot.model import BoardKey, Bookmark, Draft, Opener
from tests.nodebb.conftest import Opened
from tests.nodebb.stand_in import StandIn
from tests.nodebb.told import Told, key

RECORDED = Path(__file__).parents[3] / "shared" / "fixtures" / "nodebb"


def recorded(name: str) -> web.Response:
    if not RECORDED.exists():
        pytest.skip(f"no recordings of a real NodeBB in {RECORDED}")
    index: list[dict[str, Any]] = json.loads((RECORDED / "index.json").read_bytes())
    [one] = [one for one in index if one["file"].startswith(f"{name}-")]
    body = (RECORDED / one["file"]).read_bytes()
    return web.Response(
        status=one["status"], body=body, headers={"Content-Type": one["headers"].get("content-type", "")}
    )


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("006", RateLimited, "10 s"),
        ("007", RateLimited, "10 s"),
        ("105", RateLimited, "10 s"),
        ("084", Gone, "Topic does not exist"),
        ("085", Refused, "at least 8"),
        ("086", Refused, "can't be longer than 32767"),
        ("087", Refused, "content"),
        ("097", Refused, "Topic locked"),
        ("093", NotAllowed, "Forbidden"),
    ],
)
async def test_a_refused_reply_is_classed(
    site: StandIn, opened: Opened, name: str, error: type[AdapterError], words: str
) -> None:
    told = Told(site, 1)
    site.stand.answers[f"/api/v3/topics/{told.thread}"] = recorded(name)
    forum = opened("threadline")
    if error is Refused:
        site.stand.answers.clear()
        site.stand.once[f"POST /api/v3/topics/{told.thread}"] = recorded(name)
    with pytest.raises(error, match=words):
        await forum.submit(Draft(told.thread, "Hello", "zoe"), "k-1")


async def test_too_soon_for_a_thread_is_a_pause(site: StandIn, opened: Opened) -> None:
    site.stand.answers["/api/v3/topics"] = recorded("007")
    with pytest.raises(RateLimited):
        await opened("threadline").start(Opener(BoardKey("c/5"), "A title", "Words", "zoe"), "k-1")


async def test_an_account_without_the_right_is_told_from_a_wrong_token(site: StandIn, opened: Opened) -> None:
    """The same words, as recorded, stand for both."""
    told = Told(site, 1)
    forum = opened("threadline")
    for name in ("090", "091", "092"):
        site.stand.answers[f"/api/v3/topics/{told.thread}"] = recorded(name)
        with pytest.raises(NotAllowed):
            await forum.submit(Draft(told.thread, "Hello", "zoe"), "k-1")
    site.tokens.clear()
    with pytest.raises(LoginRejected):
        await forum.submit(Draft(told.thread, "Hello", "zoe"), "k-1")


async def test_a_refused_edit_is_told_its_author(site: StandIn, opened: Opened) -> None:
    """A board where edits are forbidden is not paused for it."""
    told = Told(site, 0)
    post = site.world.reply(site.world.user("threadline"), told.thread, "Ours")
    site.stand.once[f"PUT /api/v3/posts/{post.pid}"] = recorded("090")
    with pytest.raises(Refused, match="privileges"):
        await opened("threadline").revise(key(post), Draft(told.thread, "Other words", "zoe"), "k-1")


@pytest.mark.parametrize("name", ["094", "102", "099"])
async def test_a_missing_or_deleted_thread_is_gone(site: StandIn, opened: Opened, name: str) -> None:
    """Purged, never there, deleted: it was read before, and its board can be read still."""
    told = Told(site, 1)
    forum = opened()
    page = await forum.thread(told.thread, Bookmark())
    assert page is not None
    site.stand.answers[f"/api/topic/{told.thread}"] = recorded(name)
    with pytest.raises(Gone):
        await forum.thread(told.thread, page.bookmark)
