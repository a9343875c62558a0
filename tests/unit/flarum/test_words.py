"""Addresses, mentions and events: small words, read and written."""

from __future__ import annotations

import pytest

from adapters.forums.flarum import addresses, events, mentions
from adapters.forums.flarum.addresses import Place
from bot.model import BoardKey, ThreadKey

ROOT = "https://bees.example/forum"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("", Place(BoardKey("all"))),
        ("/", Place(BoardKey("all"))),
        ("/all?sort=newest", Place(BoardKey("all"))),
        ("/tags", Place(BoardKey("all"))),
        ("/t/hives", Place(tag="hives")),
        ("/t/b%C3%A4ume", Place(tag="bäume")),
        ("/d/41-which-hives", Place(thread=ThreadKey("41"))),
        ("/d/41-which-hives/3", Place(thread=ThreadKey("41"), number=3)),
        ("/d/41/reply", Place(thread=ThreadKey("41"))),
        ("/d/41", Place(thread=ThreadKey("41"))),
        ("/api/discussions/41", Place(thread=ThreadKey("41"))),
    ],
)
def test_an_address_of_the_site_is_read(path: str, place: Place) -> None:
    """Whatever of it people copy."""
    assert addresses.read(ROOT + path, ROOT) == place


@pytest.mark.parametrize(
    "address",
    ["", "https://bees.example/d/41", "https://else.example/forum/d/41", "http://[", f"{ROOT}/d/0", f"{ROOT}x", "d/41"],
)
def test_an_address_of_elsewhere_is_none(address: str) -> None:
    """Another folder of the same host is another site."""
    assert addresses.read(address, ROOT) is None


HEAD = '<a href="https://bees.example/d/41-x/2" class="PostMention" data-id="211">ben</a>'


def test_the_first_mention_of_the_same_thread_counts() -> None:
    """A person may name posts of others besides."""
    elsewhere = '<a href="https://bees.example/d/7-y/1" class="PostMention" data-id="9">cleo</a>'
    html = f"<p>{elsewhere} and {HEAD}</p>"
    assert mentions.first(html, "41") == mentions.Mention("211", "41")
    assert mentions.first(f"<p>{elsewhere}</p>", "41") is None
    assert mentions.first("<p>PostMention</p>", "41") is None


@pytest.mark.parametrize(
    ("html", "left"),
    [
        (f"<p>{HEAD} I agree</p>", "<p>I agree</p>"),
        (f"<p>{HEAD}<br>\nI agree</p>", "<p>I agree</p>"),
        (f"<p>{HEAD}: I agree</p>\n<p>More</p>", "<p>I agree</p>\n<p>More</p>"),
        (f"<p>As {HEAD} says</p>", f"<p>As {HEAD} says</p>"),
        (f"<p>{HEAD}</p>", f"<p>{HEAD}</p>"),
        ('<p><a href="x">y</a> z</p>', '<p><a href="x">y</a> z</p>'),
    ],
)
def test_a_mention_at_the_head_is_taken_off(html: str, left: str) -> None:
    """Where something else is said."""
    assert mentions.without_head(html, "211") == left


@pytest.mark.parametrize("name", ["ben", 'the "bee" man', "“Ben”", "", "x" * 500, "two\nlines"])
def test_a_typed_mention_is_read_back(name: str) -> None:
    """Whatever an author is called."""
    head = mentions.typed("211", name)
    assert mentions.typed_head(f"{head}I agree") == head
    assert mentions.typed_head(f"I agree {head}") == ""


def test_a_mention_says_the_same_whatever_its_author_is_called_now() -> None:
    """Its words are the forum's."""
    other = HEAD.replace("ben", "Benjamin").replace("41-x", "41-another-title")
    assert mentions.plain(f"<p>{HEAD} yes</p>") == mentions.plain(f"<p>{other} yes</p>")
    assert mentions.plain(f"<p>{HEAD} yes</p>") != mentions.plain(f"<p>{HEAD} no</p>")


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        ("discussionRenamed", ["A", "B"], "renamed the discussion from “A” to “B”"),
        ("discussionLocked", {"locked": True}, "locked the discussion"),
        ("discussionLocked", {"locked": False}, "unlocked the discussion"),
        ("discussionStickied", {"sticky": True}, "stickied the discussion"),
        ("discussionTagged", [["1"], ["2", "3"]], "added the tags Two, Three and removed the tag One"),
        ("discussionTagged", [[], [9]], "changed the tags of the discussion"),
        ("discussionMerged", {"count": 3}, "merged other discussions into this one"),
        ("someNewThing", None, "some new thing"),
        ("", None, "changed the discussion"),
        ("discussionRenamed", 7, "discussion renamed"),
    ],
)
def test_an_event_is_said_in_words(kind: str, content: object, said: str) -> None:
    """One of an extension that nobody knows is said as it is called."""
    assert events.words(kind, content, {"1": "One", "2": "Two", "3": "Three"}) == said
