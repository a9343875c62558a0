"""Whatever a server answers to whatever is asked, nothing but an AdapterError leaves the adapter."""

from __future__ import annotations

import json

import pytest
from aiohttp import web

from adapters.forums.discourse.acting import kept_of
from adapters.forums.discourse.forum import Discourse
from bot.model import BoardKey, Bookmark, Draft, Login, Opener, PostKey, ThreadKey
from bot.testing.forum_talk import harmless
from tests.discourse.conftest import Opened
from tests.discourse.stand_in import StandIn

DEEP = b"[" * 50_000
ANSWERS = {
    "nothing": (200, b""),
    "a page": (200, b"<!DOCTYPE html><title>Just a moment...</title>"),
    "null": (200, b"null"),
    "a list": (200, b"[]"),
    "an object": (200, b"{}"),
    "a number": (200, b"5"),
    "half of it": (200, b'{"post_stream": {"posts": [{"id": 1'),
    "too deep": (200, DEEP),
    "no text": (200, b"\xff\xfe\x00\x80"),
    "a post that is none": (200, b'{"id": 1, "post_number": "x", "topic_id": null, "created_at": 5}'),
    "words for numbers": (200, json.dumps({"id": "x", "topic_id": "y", "current_user": {"id": "z"}}).encode()),
    "huge numbers": (200, json.dumps({"id": 10**40, "topic_id": 10**40, "post_number": 10**40}).encode()),
    "refused in words": (403, b'{"errors": ["No."], "error_type": "invalid_access"}'),
    "refused oddly": (403, b'{"errors": "No.", "error_type": 5}'),
    "refused by a firewall": (403, b"<title>Attention required</title>"),
    "invalid": (422, b'{"errors": ["Title is too short"]}'),
    "invalid oddly": (422, b'{"errors": [5, null]}'),
    "too many": (429, b'{"errors": ["Slow down"], "extras": {"wait_seconds": 1e400}}'),
    "too many oddly": (429, b'{"extras": {"wait_seconds": "soon"}}'),
    "gone": (410, b"{}"),
    "read only": (503, b'{"errors": ["read only"], "error_type": "read_only"}'),
    "broken": (500, b"{}"),
    "a teapot": (418, b"short and stout"),
    "sent elsewhere": (302, b""),
}


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("user_key", [False, True], ids=["an administrators' key", "a person's key"])
async def test_any_answer_is_survived(site: StandIn, opened: Opened, name: str, user_key: bool) -> None:
    op = site.world.start(site.world.user("ann"), "Plain talk", "words", 7)
    thread = ThreadKey(str(op.topic))
    forum = opened("bot", user_key=user_key)
    first, listed = await forum.thread(thread, Bookmark()), await forum.listing(BoardKey("c/7"), Bookmark())
    assert first is not None
    assert listed is not None
    status, body = ANSWERS[name]
    kind = "application/json" if body[:1] in (b"{", b"[", b"n", b"5", b"\xff") else "text/html"
    site.stand.answers["*"] = web.Response(body=body, status=status, content_type=kind)
    await everything(forum, thread, PostKey(str(op.id)), first.bookmark, listed.bookmark)


async def everything(forum: Discourse, thread: ThreadKey, post: PostKey, read: Bookmark, listed: Bookmark) -> None:
    """Ask and say all that can be asked and said."""
    login = Login("5", "dora", kept_of("0" * 32))
    for address in ("", "/t/a/5", "/c/talk/7", "/tag/news", "/p/9"):
        await harmless(f"locate {address}", forum.locate(f"{forum._rules.root}{address}"))
    for board in ("latest", "c/7", "tag/news"):
        await harmless(f"listing {board}", forum.listing(BoardKey(board), Bookmark()))
    await harmless("listing again", forum.listing(BoardKey("c/7"), listed))
    await harmless("thread", forum.thread(thread, Bookmark()))
    await harmless("thread again", forum.thread(thread, read))
    await harmless("boards", forum.boards())
    await harmless("probe", forum.probe())
    for n, who in enumerate((None, login)):
        mine = Draft(thread, "words", "zoe", parent=post, login=who)
        await harmless("submit", forum.submit(mine, f"a-{n}"))
        await harmless("submit", forum.submit(Draft(thread, "words", "zoe", login=who), f"b-{n}"))
        await harmless("submit again", forum.submit(Draft(thread, "words", "zoe", login=who), f"b-{n}"))
        await harmless("revise", forum.revise(post, Draft(thread, "words", "zoe", "title", login=who), "k"))
        await harmless("withdraw", forum.withdraw(thread, post, "k", who))
        await harmless("written", forum.written(thread, 0, who))
        await harmless("start", forum.start(Opener(BoardKey("c/7"), "A title", "words", "zoe", login=who), f"c-{n}"))
        await harmless(
            "start again", forum.start(Opener(BoardKey("c/7"), "A title", "words", "zoe", login=who), f"c-{n}")
        )
        await harmless("started", forum.started(BoardKey("c/7"), 0, who))
    await harmless("judged", forum.judged(thread, ("q5", "q6")))
    await harmless("read_to", forum.read_to(login, thread, post))
    await harmless("marks", forum.marks(login, (thread,)))
    await harmless("disconnect", forum.disconnect(login))
