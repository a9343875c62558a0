"""A pasted link, or a page that was fetched or saved, is recognised; nothing else is."""

from __future__ import annotations

import html
from pathlib import Path

import pytest

from adapters.forums.nodebb import adapter
from adapters.forums.nodebb.settings import Settings
from bot.errors import Unparsable

TOPIC = (Path(__file__).parents[2] / "data" / "nodebb" / "topic.json").read_bytes()
PAGE = (
    b'<!DOCTYPE html><html lang="en-GB"><head><title>Bread</title>'
    b'<link rel="stylesheet" href="/forum/assets/client-harmony.css">'
    b"<script>var config = JSON.parse('{&quot;relative_path&quot;:&quot;/forum&quot;}');</script></head>"
    b'<body class="page-topic page-topic-7 template-topic page-status-200 theme-harmony user-guest">'
    b'<script id="ajaxify-data" type="application/json">%s</script></body></html>'
)


@pytest.mark.parametrize(
    ("address", "root"),
    [
        ("https://talk.example/topic/7/bread", "https://talk.example"),
        ("talk.example/topic/7/bread/12", "https://talk.example"),
        ("https://example.org/forum/topic/7", "https://example.org/forum"),
        ("https://talk.example/category/5/kitchen", "https://talk.example"),
    ],
)
def test_the_form_of_an_address_is_a_likelihood(address: str, root: str) -> None:
    match = adapter.recognise(address)
    assert match is not None
    assert (match.certainty, match.settings) == (0.5, {"address": root})


@pytest.mark.parametrize(
    "address",
    ["", "https://talk.example/", "https://talk.example/topic/bread", "https://blog.example/category/news", "x"],
)
def test_other_addresses_tell_nothing(address: str) -> None:
    assert adapter.recognise(address) is None


def test_a_page_tells_engine_and_folder() -> None:
    match = adapter.recognise("https://example.org/forum/", PAGE % b"{}")
    assert match is not None
    assert match.certainty > 0.9
    assert "NodeBB 3 or later" in match.why
    assert (match.forum, match.settings) == ("example.org", {"address": "https://example.org/forum"})


@pytest.mark.parametrize(
    "page",
    [
        b"",
        b"{}",
        b"<html><body><p>We moved away from NodeBB: ajaxify-data, page-status-200</body></html>",
        b'{"relative_path": "x"}',
        b'<body class="' * 40_000,
        b'<script id="ajaxify" ' * 40_000,
    ],
)
def test_other_pages_tell_nothing(page: bytes) -> None:
    assert adapter.recognise("https://talk.example/", page) is None


@pytest.mark.parametrize("page", [TOPIC, PAGE % TOPIC, PAGE % html.escape(TOPIC.decode()).encode()])
def test_a_saved_page_is_read(page: bytes) -> None:
    found = adapter.saved(page, "https://talk.example/topic/7/bread-butter", Settings())
    assert (found.thread.title, len(found.posts), found.complete) == ("Bread & butter", 5, True)


def test_a_saved_page_needs_an_address_of_a_thread_or_none() -> None:
    found = adapter.saved(TOPIC, "", Settings())
    assert found.thread.link == "https://talk.example/topic/7/bread-butter", "the page tells where it is from"
    with pytest.raises(Unparsable):
        adapter.saved(TOPIC, "https://talk.example/user/ann", Settings())
