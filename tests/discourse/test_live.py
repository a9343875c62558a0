"""What the forum says early makes sources due, and nothing else."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from adapters.forums.discourse import adapter, live
from adapters.forums.discourse.forum import HookedDiscourse
from adapters.forums.discourse.settings import Settings
from bot.model import Bookmark, ForumName, Hint, TargetKind, ThreadKey
from bot.ports import Secret
from bot.testing.context import context
from bot.testing.log import RecordingLog
from tests.discourse.conftest import Opened
from tests.discourse.stand_in import StandIn

SECRET = "a secret of some length"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pauses between two questions are for servers, not for tests."""
    for name in ("BREATH", "REST"):
        monkeypatch.setattr(live, name, 0.01)


async def heard(hints: AsyncIterator[Hint], wanted: Hint) -> None:
    async with asyncio.timeout(20):
        async for sign in hints:
            if sign == wanted:
                return


async def listening(site: StandIn) -> None:
    """Until the bus was asked once, so that what follows is news."""
    while not any(one.path.startswith("/message-bus/") for one in site.asked):
        await asyncio.sleep(0.01)


async def test_an_edit_of_a_thread_that_was_read_lately_is_heard(site: StandIn, opened: Opened) -> None:
    """No list tells of it."""
    op = site.world.start(site.world.user("ann"), "Plain talk", "words", 7)
    forum = opened()
    await forum.thread(ThreadKey(str(op.topic)), Bookmark())
    hints = forum.hints()
    waiting = asyncio.create_task(heard(hints, Hint(TargetKind.THREAD, str(op.topic))))
    await listening(site)
    site.world.edit(op, "other words")
    await site.stir()
    await waiting


async def test_a_new_thread_makes_its_boards_due(site: StandIn, opened: Opened) -> None:
    hints = opened().hints()
    wanted = {Hint(TargetKind.BOARD, "latest"), Hint(TargetKind.BOARD, "c/7"), Hint(TargetKind.BOARD, "tag/news")}
    found: set[Hint] = set()

    async def gathered() -> None:
        async for sign in hints:
            found.add(sign)
            if wanted <= found:
                return

    waiting = asyncio.create_task(gathered())
    await listening(site)
    site.world.start(site.world.user("ann"), "Plain talk", "words", 7, ("news",))
    await site.stir()
    async with asyncio.timeout(20):
        await waiting


async def test_a_bus_that_fails_is_asked_again(site: StandIn, opened: Opened) -> None:
    """Polling goes on without it; when it is back, it is heard."""
    site.stand.limited = {}
    hints = opened().hints()
    waiting = asyncio.create_task(heard(hints, Hint(TargetKind.BOARD, "latest")))
    await listening(site)
    path = next(one.path for one in site.asked if one.path.startswith("/message-bus/"))
    site.stand.answers[path] = web.Response(text="<title>Bad gateway</title>", status=502, content_type="text/html")
    await site.stir()
    while not any(one.path == path and one.status == 502 for one in site.asked):
        await site.stir()
        site.world.publish("/latest", {"topic_id": 1})
        await asyncio.sleep(0.01)
    del site.stand.answers[path]
    while not waiting.done():
        site.world.publish("/latest", {"topic_id": 1})
        await site.stir()
        await asyncio.sleep(0.01)
    await waiting


async def test_a_forum_without_guests_is_heard_with_the_key(site: StandIn, opened: Opened) -> None:
    site.stand.login_required = True
    hints = opened("bot").hints()
    waiting = asyncio.create_task(heard(hints, Hint(TargetKind.BOARD, "latest")))
    while not any("Api-Key" in one.headers for one in site.asked):
        await asyncio.sleep(0.01)
    while not waiting.done():
        site.world.publish("/latest", {"topic_id": 1})
        await site.stir()
        await asyncio.sleep(0.01)
    await waiting


async def test_closing_the_hints_ends_the_question(site: StandIn, opened: Opened) -> None:
    hints = opened().hints()
    first = asyncio.ensure_future(anext(hints))
    await listening(site)
    first.cancel()
    await asyncio.wait({first})
    await hints.aclose()  # type: ignore[attr-defined]


# ---------------------------------------------------------------------------------------------------------- webhooks


@pytest.fixture
async def hooked(site: StandIn, tmp_path: Path) -> AsyncIterator[tuple[HookedDiscourse, str, RecordingLog]]:
    """The adapter with a webhook, and where it is called."""
    log = RecordingLog()
    ours = context(tmp_path, "hooked", public="https://here.example", log=log)
    settings = Settings(address=site.address, webhook_secret=Secret(SECRET))
    forum = adapter.open(ForumName("talk"), settings, ours)
    assert isinstance(forum, HookedDiscourse)
    app = web.Application()
    app.add_routes(forum.routes())
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    place = web.TCPSite(runner, "127.0.0.1", 0)
    await place.start()
    yield forum, f"http://127.0.0.1:{runner.addresses[0][1]}/hook", log
    await runner.cleanup()
    await ours.net.close()


async def called(url: str, body: bytes, secret: str) -> int:
    signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"X-Discourse-Event-Signature": signature, "X-Discourse-Event": "post_created"}
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
        return answer.status


async def test_a_signed_call_is_a_hint(hooked: tuple[HookedDiscourse, str, RecordingLog]) -> None:
    forum, url, _ = hooked
    body = json.dumps({"post": {"id": 5, "topic_id": 77, "category_id": 7}}).encode()
    assert await called(url, body, SECRET) == 200
    await heard(forum.hints(), Hint(TargetKind.THREAD, "77"))


async def test_an_unsigned_call_is_nothing(hooked: tuple[HookedDiscourse, str, RecordingLog]) -> None:
    """And whoever made it is not told so."""
    forum, url, log = hooked
    body = json.dumps({"post": {"id": 5, "topic_id": 77}}).encode()
    assert await called(url, body, "another secret") == 200
    assert forum._live._signs == {}
    assert "webhook without a valid signature" in str(log.lines)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"post": 5}', b'{"ping": "OK"}', b"\xff", b"[" * 50_000])
def test_a_call_that_says_nothing_hints_at_nothing(body: bytes) -> None:
    assert live.hooked(body) == []


def test_a_call_about_a_thread_names_its_tags() -> None:
    body = json.dumps({"topic": {"id": 5, "category_id": 7, "tags": ["a", {"id": 1, "name": "b"}]}}).encode()
    assert live.hooked(body) == [
        Hint(TargetKind.BOARD, "latest"),
        Hint(TargetKind.BOARD, "c/7"),
        Hint(TargetKind.BOARD, "tag/a"),
        Hint(TargetKind.BOARD, "tag/b"),
        Hint(TargetKind.THREAD, "5"),
    ]
