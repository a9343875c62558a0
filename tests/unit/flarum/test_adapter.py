"""How a Flarum is recognised, and what of a saved page is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.forums.flarum import adapter
from adapters.forums.flarum.settings import Settings, checked
from bot.errors import SettingsError, Unparsable
from bot.model import ParentState
from bot.ports import Secret
from bot.testing.forum_talk import said

HERE = Path(__file__).parents[2] / "data" / "flarum"
PAGE, DISCUSSION = ((HERE / name).read_bytes() for name in ("page.html", "discussion.json"))
LINK = "https://bees.example/forum/d/41-which-hives-for-a-windy-hill"


@pytest.mark.parametrize(
    ("address", "least", "root"),
    [
        ("https://bees.example/d/41-which-hives", 0.6, "https://bees.example"),
        ("bees.example/d/41-which-hives/3", 0.6, "https://bees.example"),
        ("https://bees.example/forum/d/41-which-hives?x=1#y", 0.6, "https://bees.example/forum"),
        ("https://bees.example/d/41", 0.4, "https://bees.example"),
        ("https://bees.example/t/hives", 0.2, "https://bees.example"),
    ],
)
def test_an_address_is_recognised_by_its_form(address: str, least: float, root: str) -> None:
    """The surer, the more of it only Flarum has."""
    match = adapter.recognise(address)
    assert match is not None
    assert (match.certainty, match.settings, match.forum) == (least, {"address": root}, "bees.example")


@pytest.mark.parametrize(
    "address",
    ["", "https://bees.example/", "https://bees.example/t/hives/41", "https://bees.example/d/hives", "ftp://x/d/1-x"],
)
def test_other_addresses_are_not_recognised(address: str) -> None:
    """They may be anybody's."""
    assert adapter.recognise(address) is None


@pytest.mark.parametrize("address", ["https://bees.example/forum/", "https://bees.example/forum/u/ann", ""])
def test_any_page_of_a_site_tells_engine_and_root(address: str) -> None:
    """Whoever mirrors pastes what his browser shows."""
    match = adapter.recognise(address, PAGE)
    assert match is not None
    assert match.certainty >= 0.9
    assert match.settings == {"address": "https://bees.example/forum"}
    assert "Flarum" in match.why


def test_the_version_is_told_where_the_page_tells_it() -> None:
    """It does so to administrators alone."""
    match = adapter.recognise("", PAGE.replace(b'"title":"Bees"', b'"title":"Bees","version":"1.8.7"'))
    assert match is not None
    assert "Flarum 1.8.7" in match.why


def test_what_is_answered_to_programs_is_recognised() -> None:
    """A saved answer may be previewed."""
    match = adapter.recognise("", DISCUSSION)
    assert match is not None
    assert match.certainty >= 0.9
    site = b'{"data":{"type":"forums","id":"1","attributes":{"title":"B","apiUrl":"x","version":"1.8.7"}}}'
    match = adapter.recognise("https://bees.example/api", site)
    assert match is not None
    assert "Flarum 1.8.7" in match.why


@pytest.mark.parametrize(
    "page",
    [b"", b"<html>", b'{"data":{"type":"articles","id":"1"}}', b'{"data":[{"type":"posts","id":"1"}]}', b"[1]"],
)
def test_pages_of_others_are_not_recognised(page: bytes) -> None:
    """JSON:API is a standard that many use."""
    assert adapter.recognise("https://bees.example/x", page) is None


@pytest.mark.parametrize("page", [PAGE, DISCUSSION])
def test_a_saved_discussion_is_read(page: bytes) -> None:
    """With all that happened in it."""
    found = adapter.saved(page, LINK, Settings())
    assert (found.thread.key, found.thread.title, found.thread.closed) == ("41", "Which hives for a windy hill?", True)
    assert (found.complete, found.thread.replies, found.damaged) == (True, 3, ())
    op, low, why, never, *events = found.posts
    assert (op.op, op.title, op.author.name) == (True, found.thread.title, "Ann of the Hill")
    assert (low.parent.key, said(low.body), low.author.badge) == ("210", "Low ones, and a strap.", "Mod")
    assert (why.parent.key, why.author.name, why.number) == ("211", "deleted user", 4)
    assert (never.parent.state, never.parent.key) == (ParentState.KNOWN, "212")
    assert [said(event.body) for event in events] == [
        "renamed the discussion from “Hives?” to “Which hives for a windy hill?”",
        "changed the tags of the discussion",
        "locked the discussion",
    ]
    assert all(event.event and event.number is None for event in events)
    assert low.link == f"{LINK}/2"


def test_a_saved_page_without_an_address_is_read() -> None:
    """It tells where it is from."""
    assert adapter.saved(PAGE, "", Settings()).thread.link == LINK


@pytest.mark.parametrize("page", [b"", b"<html></html>", b"{}", b'{"data":[]}', PAGE[: len(PAGE) // 2]])
def test_what_is_no_discussion_is_unparsable(page: bytes) -> None:
    """The person is told what was looked for."""
    with pytest.raises(Unparsable) as caught:
        adapter.saved(page, "", Settings())
    assert caught.value.looked_for


def test_an_address_of_no_thread_is_not_left_out_without_a_word() -> None:
    """The page may be one of another discussion."""
    with pytest.raises(Unparsable):
        adapter.saved(PAGE, "https://bees.example/u/ann", Settings())


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        (Settings(), "address"),
        (Settings("https://bees.example", Secret("x")), "user_id"),
        (Settings("https://bees.example", Secret("x"), "ann"), "user_id"),
        (Settings("https://bees.example", Secret("a b"), "1"), "token"),
        (Settings("https://bees.example", Secret("a; userId=1"), "2"), "token"),
        (Settings("https://bees.example", min_interval=0.1), "min_interval"),
        (Settings("https://bees.example", requests=float("nan")), "requests"),
    ],
)
def test_a_wrong_setting_is_named(settings: Settings, word: str) -> None:
    """With what to write in its place."""
    with pytest.raises(SettingsError, match=word):
        checked(settings)
