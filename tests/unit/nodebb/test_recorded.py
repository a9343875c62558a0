"""Answers of a real NodeBB 4.11 are read; and the stand-in of the other tests answers in their shape."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.forums.nodebb import adapter, parse
from adapters.forums.nodebb.client import pause
from adapters.forums.nodebb.posts import housed
from adapters.forums.nodebb.rows import Head, Made, Refusal, Single
from adapters.forums.nodebb.settings import Settings
from bot.model import ParentState, PostState
from bot.testing.clock import FakeClock
from tests.nodebb import drawn
from tests.nodebb.world import World

RECORDED = Path(__file__).parents[4] / "shared" / "fixtures" / "nodebb"
ROOT = "http://127.0.0.1:4567"


def recorded(name: str) -> bytes:
    found = sorted(RECORDED.glob(f"{name}-*"))
    if not found:
        pytest.skip(f"no recordings of a real NodeBB in {RECORDED}")
    return found[0].read_bytes()


def test_a_deleted_post_is_a_tombstone() -> None:
    """Guests are shown a phrase in its place, its author the words: neither is mirrored."""
    for name in ("020", "021"):
        posts = {post.key: post for post in parse.topic(recorded(name), ROOT).posts}
        gone = next(post for key, post in posts.items() if key == "3")
        assert (gone.state, gone.body.text) == (PostState.DELETED, "")
        assert len(posts) == 6


def test_parents_elsewhere_and_nowhere_are_unknown() -> None:
    topic = parse.topic(recorded("104"), ROOT)
    states = {post.key: post.parent.state for post in housed(topic.posts, topic.ids) if not post.event}
    assert {key for key, state in states.items() if state is ParentState.UNKNOWN} == {"79", "80"}
    assert states["5"] is ParentState.THREAD  # type: ignore[index]


def test_a_moved_thread_tells_what_befell_it() -> None:
    topic = parse.topic(recorded("104"), ROOT)
    assert [post.body.text for post in topic.posts if post.event] == [
        "closed the thread",
        "opened the thread",
        "moved the thread here from Bridge tests",
    ]
    assert topic.cid == "2"


def test_pages_together_are_the_thread() -> None:
    pages = [parse.topic(recorded(name), ROOT) for name in ("047", "048", "049")]
    ids = [id for page in pages for id in page.ids]
    assert (len(ids), len(set(ids)), pages[0].count, pages[0].pages) == (46, 46, 46, 3)
    past = parse.topic(recorded("050"), ROOT)
    assert (past.ids, past.pages) == ({}, 3)
    newest = parse.topic(recorded("051"), ROOT)
    assert [post.op for post in newest.posts] == [True, *[False] * 19]
    assert set(newest.ids) <= set(ids)


def test_lists_are_read() -> None:
    category, recent = parse.listing(recorded("054"), ROOT), parse.listing(recorded("057"), ROOT)
    assert category.board is not None
    assert (category.board.key, category.board.name, len(category.threads)) == ("c/5", "Bridge tests", 20)
    assert len(recent.threads) == 20
    assert recent.damaged == category.damaged == ()
    tokens = {thread.key: thread.token for thread in category.threads}
    assert all(tokens[thread.key] == thread.token for thread in recent.threads if thread.key in tokens)
    assert len(parse.boards(recorded("056"), ROOT)) == 5


def test_what_the_api_for_programs_answers_is_read() -> None:
    single = parse.response(recorded("028"), Single, "a post")
    assert (single.pid, single.tid, single.content) == (4, 2, "Alice replies to Bob, EDITED")
    assert parse.response(recorded("034"), Head, "a thread").main_pid == 2
    assert parse.response(recorded("009"), Made, "a reply").pid == 3
    started = parse.response(recorded("008"), Made, "a thread")
    assert (started.tid, started.main_pid) == (2, 2)


@pytest.mark.parametrize(("name", "seconds"), [("006", 10.0), ("007", 10.0), ("105", 10.0), ("085", 0.0), ("097", 0.0)])
def test_refusals_are_told_apart(name: str, seconds: float) -> None:
    assert pause(parse.decoded(recorded(name), Refusal, "a refusal").status.message) == seconds


@pytest.mark.parametrize("name", ["014", "020", "047", "054", "056", "057", "062", "015"])
def test_every_page_is_recognised(name: str) -> None:
    match = adapter.recognise("https://talk.example/", recorded(name))
    assert match is not None
    assert match.certainty > 0.9
    assert "NodeBB" in match.why
    assert match.settings == {"address": "https://talk.example"}


def test_a_saved_thread_is_read() -> None:
    page = adapter.saved(recorded("104"), f"{ROOT}/topic/2/first-topic", Settings())
    assert (page.complete, len(page.posts)) == (True, 10)


# ------------------------------------------------------------------------------------------- the stand-in


def shape(value: Any) -> object:
    return "number" if isinstance(value, int | float) else type(value).__name__


def lacks(ours: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    """Fields of ours that the real answer has not, or has with another type."""
    wrong = []
    for name, value in ours.items():
        if name not in theirs:
            wrong.append(f"{name} is not there")
        elif value is not None and theirs[name] is not None and shape(value) != shape(theirs[name]):
            wrong.append(f"{name} is {shape(theirs[name])}, not {shape(value)}")
    return wrong


@pytest.fixture
def world() -> World:
    made = World(FakeClock())
    made.category("Talk", 5)
    ann, mod = made.user("ann"), made.user("mod")
    op = made.start(ann, "Plain talk", "The opening words", 5)
    made.reply(mod, op.tid, "An answer", op.pid)
    made.move(made.topic(op), 5, mod)
    return made


DRAWN: dict[str, tuple[Callable[[World], dict[str, Any]], str, Callable[[Any], dict[str, Any]]]] = {
    "a thread's page": (lambda w: drawn.page(w, w.topics["1"], 1, "", None), "104", lambda t: t),
    "a reply": (lambda w: drawn.page(w, w.topics["1"], 1, "", None)["posts"][1], "104", lambda t: t["posts"][1]),
    "an event": (
        lambda w: drawn.page(w, w.topics["1"], 1, "", None)["posts"][1]["events"][0],
        "104",
        lambda t: t["posts"][-1]["events"][-1],
    ),
    "a list": (lambda w: drawn.listing(w, [*w.topics.values()], 1, None), "057", lambda t: t),
    "a row": (lambda w: drawn.row(w, w.topics["1"], None), "057", lambda t: t["topics"][0]),
    "a board": (lambda w: drawn.category(w, w.categories["5"]), "056", lambda t: t["categories"][0]),
    "a post for programs": (lambda w: drawn.single(w.posts["2"], None), "028", lambda t: t["response"]),
    "a thread for programs": (lambda w: drawn.head(w, w.topics["1"]), "034", lambda t: t["response"]),
    "what was posted": (lambda w: drawn.made(w, w.posts["2"]), "009", lambda t: t["response"]),
    "the settings": (lambda w: drawn.config(0), "062", lambda t: t),
}


@pytest.mark.parametrize("what", DRAWN)
def test_the_stand_in_answers_as_it_was_recorded(world: World, what: str) -> None:
    """What the tests of this adapter are about is what a real forum sends."""
    ours, name, found = DRAWN[what]
    wrong = lacks(ours(world), found(json.loads(recorded(name))))
    assert [one for one in wrong if one != "fromCid is number, not str"] == []
