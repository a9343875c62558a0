"""What the adapter takes for its own, and what it makes of saved files."""

import pytest

from adapters.forums.feed import adapter
from adapters.forums.feed.settings import Settings
from bot.errors import Unparsable
from bot.registry import Registry
from tests.unit.feed.written import answer, atom, entry, rss

OPML = b'<?xml version="1.0"?><opml version="2.0"><body><outline xmlUrl="https://a.example/feed"/></body></opml>'


@pytest.mark.parametrize(
    "address",
    [
        "https://blog.example/2026/11/a-post/",
        "http://blog.example:8080/",
        "blog.example/feed.xml",
        "blog.example",
        "feed://blog.example/rss",
    ],
)
def test_an_address_of_the_web_is_taken_where_nobody_is_surer(address):
    match = adapter.recognise(address)
    assert match is not None
    assert 0 < match.certainty <= 0.5
    assert match.settings["address"] in {"https://blog.example", "http://blog.example:8080"}


@pytest.mark.parametrize(
    "address",
    ["", "feed.xml", "a thread", "sandbox:garden", "ftp://blog.example/", "https://", "notes.html", "./a.b/c"],
)
def test_what_is_no_address_of_the_web_is_not_taken(address):
    """`preview FILE` says then that there is no such file."""
    assert adapter.recognise(address) is None


def test_what_looks_like_a_feed_is_taken_with_more_certainty():
    plain = adapter.recognise("https://blog.example/a-page")
    feed = adapter.recognise("https://blog.example/feed/")
    thread = adapter.recognise("https://forum.example/viewtopic.php?t=7")
    assert plain is not None
    assert feed is not None
    assert thread is not None
    assert plain.certainty < thread.certainty < feed.certainty


def test_an_adapter_that_knows_the_site_comes_first():
    adapter, _ = Registry().recognise("https://www.democraticunderground.com/10142016684")
    assert adapter.name == "democratic_underground"


@pytest.mark.parametrize(
    ("host", "name"),
    [("blog.example", "blog.example"), ("blog.example:8080", "blog.example-8080"), ("[::1]:80", "1-80")],
)
def test_a_forum_is_named_by_its_host(host, name):
    match = adapter.recognise(f"https://{host}/")
    assert match is not None
    assert match.forum == name


def test_a_long_host_makes_a_name_that_is_short_enough():
    match = adapter.recognise(f"https://{'a' * 60}.{'b' * 60}.example/")
    other = adapter.recognise(f"https://{'a' * 60}.{'c' * 60}.example/")
    assert match is not None
    assert other is not None
    assert len(match.forum) <= 64
    assert match.forum != other.forum


@pytest.mark.parametrize("page", [rss(), atom(), b'{"version": "https://jsonfeed.org/version/1", "items": []}', OPML])
def test_a_saved_feed_is_taken(page):
    match = adapter.recognise("", page)
    assert match is not None
    assert match.certainty > 0.7


def test_a_saved_page_is_not_taken():
    """A browser saves pages; their feeds are not in them."""
    assert adapter.recognise("https://blog.example/", b"<!DOCTYPE html><title>x</title>") is None


def test_a_saved_feed_is_shown_as_one_page():
    page = adapter.saved(rss(entry("a", "newer"), entry("b", "older"), title="A site"), "", Settings())
    assert page.thread.title == "A site"
    assert [post.body.text for post in page.posts] == ["older", "newer"]
    assert len({post.key for post in page.posts}) == 2


def test_a_saved_feed_of_comments_is_shown_as_its_thread():
    page = adapter.saved(
        atom(answer("urn:1", "one", link="https://site.example/t/1"), answer("urn:2", "two", "urn:1")), "", Settings()
    )
    assert {post.body.text: post.parent.state.value for post in page.posts} == {"one": "none", "two": "known"}


def test_a_saved_list_of_feeds_is_no_thread():
    with pytest.raises(Unparsable, match="list of feeds"):
        adapter.saved(OPML, "", Settings())
