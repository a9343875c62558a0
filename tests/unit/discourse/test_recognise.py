"""A pasted link, or a page that was fetched or saved, is recognised; nothing else is."""

import html
import json

import pytest

from adapters.forums.discourse import adapter
from adapters.forums.discourse.settings import Settings
from bot.errors import Unparsable

HTML = (
    b"<!DOCTYPE html><html><head><title>Plain talk</title>"
    b'<meta name="generator" content="Discourse 3.6.0.beta1-latest - https://github.com/discourse/discourse">'
    b'<meta id="data-discourse-setup" data-base-uri="%s" data-environment="production"></head><body></body></html>'
)
THREAD = (
    b'{"id": 345, "title": "Plain talk", "slug": "plain-talk", "posts_count": 1, "post_stream": {"posts": '
    b'[{"id": 9, "post_number": 1, "created_at": "2026-01-01T10:00:00.000Z", "username": "ann", "topic_id": 345, '
    b'"cooked": "<p>Hello</p>"}], "stream": [9]}}'
)


@pytest.mark.parametrize(
    ("address", "root"),
    [
        ("https://talk.example/t/a-title/345/6", "https://talk.example"),
        ("talk.example/t/a-title/345", "https://talk.example"),
        ("https://example.org/forum/t/a-title/345", "https://example.org/forum"),
        ("https://talk.example/c/support/12", "https://talk.example"),
        ("https://talk.example/tag/news", "https://talk.example"),
        ("https://talk.example/p/7890", "https://talk.example"),
    ],
)
def test_the_form_of_an_address_is_a_likelihood(address: str, root: str) -> None:
    match = adapter.recognise(address)
    assert match is not None
    assert (match.certainty, match.settings) == (0.6, {"address": root})


@pytest.mark.parametrize(
    "address",
    [
        "",
        "https://talk.example/",
        "https://talk.example/u/ann",
        "https://talk.example/t/a-title/345.rss",
        "https://blog.example/2024/a-title",
        "t",
        "/t/5",
    ],
)
def test_other_addresses_tell_nothing(address: str) -> None:
    assert adapter.recognise(address) is None


def test_a_page_names_engine_and_version() -> None:
    match = adapter.recognise("https://talk.example/", HTML % b"")
    assert match is not None
    assert match.certainty > 0.95
    assert "Discourse 3.6.0.beta1-latest" in match.why
    assert (match.forum, match.settings) == ("talk.example", {"address": "https://talk.example"})


def test_a_page_names_the_folder_that_the_forum_stands_in() -> None:
    match = adapter.recognise("https://example.org/forum/categories", HTML % b"/forum")
    assert match is not None
    assert match.settings == {"address": "https://example.org/forum"}


def test_what_programs_are_answered_is_recognised() -> None:
    match = adapter.recognise("", THREAD)
    assert match is not None
    assert match.certainty > 0.9


@pytest.mark.parametrize(
    "page",
    [b"", b"<html><body>Discourse is a word</body></html>", b"{}", b'{"post_stream": 5}', b"\x89PNG", b"<rss></rss>"],
)
def test_other_pages_are_not_taken(page: bytes) -> None:
    assert adapter.recognise("https://talk.example/t/a-title/345", page) is None


def test_a_saved_thread_is_read_with_and_without_its_address() -> None:
    for address in ("", "https://talk.example/t/plain-talk/345"):
        page = adapter.saved(THREAD, address, Settings())
        assert (page.thread.key, page.thread.title, len(page.posts), page.complete) == ("345", "Plain talk", 1, True)


def test_a_page_of_html_brings_its_thread_along() -> None:
    quoted = html.escape(json.dumps({"topic_345": THREAD.decode()}))
    page = adapter.saved(
        f'<html><div id="data-preloaded" data-preloaded="{quoted}"></div></html>'.encode(), "", Settings()
    )
    assert page.thread.title == "Plain talk"


def test_the_address_of_something_else_is_refused() -> None:
    with pytest.raises(Unparsable, match="no address of a thread"):
        adapter.saved(THREAD, "https://talk.example/c/support/12", Settings())
