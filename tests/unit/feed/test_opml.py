"""Lists of feeds from other readers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.forums.feed.opml import LARGEST, MOST, outline
from bot.errors import Unparsable


def listed(*outlines: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> bytes:
    return f'{head}<opml version="2.0"><head><title>Mine</title></head><body>{"".join(outlines)}</body></opml>'.encode()


def feed(address: str, key: str = "xmlUrl") -> str:
    return f'<outline type="rss" text="A &amp; B" {key}="{address}" htmlUrl="https://elsewhere.example/"/>'


def test_feeds_are_found_in_their_order_however_deep_they_stand() -> None:
    """Readers keep them in folders."""
    folders = "<outline text='News'><outline text='Far'>" + feed("https://b.example/rss") + "</outline></outline>"
    assert outline(listed(feed("https://a.example/rss"), folders, feed("https://c.example/rss"))) == (
        "https://a.example/rss",
        "https://b.example/rss",
        "https://c.example/rss",
    )


def test_a_feed_that_stands_in_two_folders_is_one() -> None:
    """Each would be mirrored."""
    twice = listed(feed("https://a.example/rss"), feed("feed://A.example/rss#top"), feed("https://a.example/rss"))
    assert outline(twice) == ("https://a.example/rss",)


@pytest.mark.parametrize("key", ["xmlUrl", "xmlurl", "XMLURL"])
def test_old_spellings_are_read(key: str) -> None:
    """OPML 1 did not say how it is written."""
    assert outline(listed(feed("http://a.example/rss", key), head="")) == ("http://a.example/rss",)


def test_ampersands_as_they_are_break_nothing() -> None:
    """Many readers write addresses without escaping them."""
    assert outline(listed(feed("https://a.example/?x=1&y=2&amp;z=3"), "<outline text='R&D &nbsp;'/>")) == (
        "https://a.example/?x=1&y=2&z=3",
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "windows-1251"])
def test_a_list_in_another_encoding_is_read(encoding: str) -> None:
    """Old readers on other systems wrote them so."""
    head = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>'
    text = listed("<outline text='Новости'/>", feed("https://a.example/rss"), head=head).decode()
    assert outline(text.encode(encoding)) == ("https://a.example/rss",)


def test_what_is_no_feed_of_the_web_is_passed_over() -> None:
    """A reader's own searches stand in its list too."""
    own = [feed("file:///etc/passwd"), feed("javascript:alert(1)"), feed("liferea://search"), feed("")]
    assert outline(listed(*own, feed("https://a.example/rss"))) == ("https://a.example/rss",)


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (b"", "broken"),
        (b"no list", "broken"),
        (b"<opml><body><outline xmlUrl='https://a.example/'/>", "broken"),
        (b"<rss version='2.0'><channel/></rss>", "begins with <rss>"),
        (listed("<outline text='A folder'/>"), "names no feed"),
        (listed(feed("file:///a")), "names no feed"),
    ],
)
def test_what_is_no_list_of_feeds_is_refused_saying_why(page: bytes, why: str) -> None:
    """Half a list that is taken for a whole one would be missed by nobody."""
    with pytest.raises(Unparsable, match=why) as refused:
        outline(page)
    assert "OPML" in refused.value.looked_for


@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE opml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE opml [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        f'<!DOCTYPE opml [<!ATTLIST outline xmlUrl CDATA "https://a.example/{"x" * 1000}">]>',
    ],
)
def test_a_list_that_declares_what_its_words_mean_is_refused(declared: str) -> None:
    """A short text could grow without bound, or hold a file of this computer."""
    with pytest.raises(Unparsable, match="declares"):
        outline(listed(feed("https://a.example/rss"), head=declared))


def test_a_doctype_alone_is_no_harm() -> None:
    """Some readers name one."""
    head = '<!DOCTYPE opml SYSTEM "http://www.opml.example/opml.dtd">'
    assert outline(listed(feed("https://a.example/rss"), head=head)) == ("https://a.example/rss",)


def test_more_feeds_than_can_be_mirrored_at_once_are_refused_and_not_cut() -> None:
    """Those that were left out would be missed by nobody."""
    assert len(outline(listed(*(feed(f"https://a.example/{n}") for n in range(MOST))))) == MOST
    with pytest.raises(Unparsable, match=f"{MOST + 1} feeds"):
        outline(listed(*(feed(f"https://a.example/{n}") for n in range(MOST + 1))))
    with pytest.raises(Unparsable, match="larger than"):
        outline(b" " * (LARGEST + 1))


def test_a_deep_list_is_read() -> None:
    """Nothing here calls itself."""
    deep = "<outline>" * 50_000 + feed("https://a.example/rss") + "</outline>" * 50_000
    assert outline(listed(deep)) == ("https://a.example/rss",)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_list_or_none(page: bytes) -> None:
    """Nothing but the one error leaves it."""
    for one in (page, listed().replace(b"<body>", b"<body>" + page)):
        try:
            outline(one)
        except Unparsable:
            continue
