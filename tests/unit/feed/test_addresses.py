"""What the form of an address tells: the feeds that it leads to, and what those cannot give."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.forums.feed.addresses import meant, whole
from adapters.forums.feed.engines import DELETIONS, PARENTS, REPLIES, THREADS_ALONE, described, joined
from bot.errors import Unparsable

REDDIT = "https://www.reddit.com"


@pytest.mark.parametrize(
    ("typed", "full"),
    [
        ("blog.example", "https://blog.example/"),
        ("  blog.example/a?b=1#c ", "https://blog.example/a?b=1"),
        ("//blog.example/a", "https://blog.example/a"),
        ("feed://blog.example/rss", "https://blog.example/rss"),
        ("feed:http://blog.example/rss", "http://blog.example/rss"),
        ("HTTP://Blog.Example:80/A", "http://blog.example/A"),
        ("blog.example:8443/a", "https://blog.example:8443/a"),
        ("localhost:8000/feed", "https://localhost:8000/feed"),
        ("http://[2001:DB8::1]:443/a", "http://[2001:db8::1]:443/a"),
        ("https://bücher.example/ä b", "https://xn--bcher-kva.example/%C3%A4%20b"),
        ("https://blog.example/%C3%A4", "https://blog.example/%C3%A4"),
        ("https://blog.example./a", "https://blog.example/a"),
    ],
)
def test_an_address_is_taken_as_people_type_it(typed: str, full: str) -> None:
    """One feed under two spellings would be mirrored twice."""
    assert whole(typed) == full
    assert whole(full) == full


@pytest.mark.parametrize(
    "typed",
    [
        *("", " ", "two words", "ftp://a.example/", "javascript:alert(1)", "file:///etc/passwd", "https://"),
        *("https://a b/", "https://user:word@a.example/", "https://a.example:port/", "https://[1/"),
        f"https://a.example/{'x' * 3000}",
    ],
)
def test_what_is_no_address_of_the_web_is_refused_saying_what_one_looks_like(typed: str) -> None:
    """The answer is read by whoever typed it."""
    with pytest.raises(Unparsable, match=r"https://blog\.example/feed\.xml"):
        whole(typed)


@given(st.text(max_size=300))
def test_any_text_is_an_address_or_none(typed: str) -> None:
    """It comes from commands, pages and lists of feeds."""
    try:
        found = meant(typed)
    except Unparsable:
        return
    assert whole(found.address) == found.address


@pytest.mark.parametrize(
    ("address", "feed", "engine"),
    [
        ("reddit.com/r/python", f"{REDDIT}/r/python/new/.rss?limit=100", "Reddit"),
        ("https://old.reddit.com/r/a+b/top/", f"{REDDIT}/r/a+b/new/.rss?limit=100", "Reddit"),
        (f"{REDDIT}/r/a/comments/1xyz/title/abc/", f"{REDDIT}/comments/1xyz/.rss?limit=100&sort=new", "Reddit"),
        ("https://redd.it/1xyz", f"{REDDIT}/comments/1xyz/.rss?limit=100&sort=new", "Reddit"),
        (f"{REDDIT}/r/a/comments/", f"{REDDIT}/r/a/comments/.rss?limit=100", "Reddit"),
        (f"{REDDIT}/user/ann/m/news/", f"{REDDIT}/user/ann/m/news/new/.rss?limit=100", "Reddit"),
        (f"{REDDIT}/u/ann", f"{REDDIT}/user/ann/.rss?limit=100", "Reddit"),
        ("https://news.ycombinator.com/", "https://news.ycombinator.com/rss", "Hacker News"),
        (
            "https://www.youtube.com/channel/UC0123456789012345678901/videos",
            "https://www.youtube.com/feeds/videos.xml?channel_id=UC0123456789012345678901",
            "YouTube",
        ),
        (
            "https://www.youtube.com/playlist?list=PL0123456789",
            "https://www.youtube.com/feeds/videos.xml?playlist_id=PL0123456789",
            "YouTube",
        ),
        ("https://l.example/c/books", "https://l.example/feeds/c/books.xml?sort=New", "Lemmy"),
        ("https://l.example/c/books@m.example", "https://m.example/feeds/c/books.xml?sort=New", "Lemmy"),
        ("https://d.example/latest", "https://d.example/latest.rss", "Discourse"),
        ("https://d.example/c/help/installing/7", "https://d.example/c/help/installing/7.rss", "Discourse"),
        ("https://d.example/f/t/any-title/42/7", "https://d.example/f/t/-/42.rss", "Discourse"),
        ("https://d.example/u/ann/summary", "https://d.example/u/ann/activity.rss", "Discourse"),
        ("https://n.example/topic/3/title/9", "https://n.example/topic/3.rss", "NodeBB"),
        ("https://n.example/category/2/name", "https://n.example/category/2.rss", "NodeBB"),
        ("https://p.example/b/viewtopic.php?f=2&t=5", "https://p.example/b/app.php/feed/topic/5", "phpBB"),
        ("https://p.example/viewforum.php?f=2", "https://p.example/app.php/feed/forum/2", "phpBB"),
        (
            "https://m.example/forumdisplay.php?fid=2",
            "https://m.example/syndication.php?type=atom1.0&fid=2&limit=50",
            "MyBB",
        ),
        ("https://v.example/forumdisplay.php?f=2", "https://v.example/external.php?type=RSS2&forumids=2", "vBulletin"),
        (
            "https://s.example/index.php?board=2.20",
            "https://s.example/index.php?action=.xml;type=rss2;sa=recent;board=2;limit=100",
            "SMF",
        ),
        ("https://x.example/forums/any-name.12/", "https://x.example/forums/any-name.12/index.rss", "XenForo"),
        (
            "https://m.example/forum/forum/garden-1/",
            "https://m.example/forum/feeds/forum/garden-1/topics/",
            "machina",
        ),
        ("https://w.example/2024/05/a-post/", "https://w.example/2024/05/a-post/feed/atom/", "WordPress"),
        ("https://w.example/?p=12", "https://w.example/?feed=atom&p=12", "WordPress"),
    ],
)
def test_an_address_that_an_engine_made_leads_to_that_engine_s_feed(address: str, feed: str, engine: str) -> None:
    """People copy the address of the page that they look at."""
    first = meant(address).feeds[0]
    assert (first.address, first.engine) == (feed, engine)
    again = meant(feed)
    assert [one.address for one in again.feeds] == [feed]
    assert again.sure


@pytest.mark.parametrize(
    ("address", "pause"),
    [
        ("https://www.reddit.com/r/a", 50),
        ("https://l.example/c/books", 3600),
        ("https://d.example/latest", 60),
        ("https://s.example/index.php?board=2.0", 240),
        ("https://blog.example/feed.xml", 60),
    ],
)
def test_no_feed_is_read_more_often_than_its_engine_bears(address: str, pause: float) -> None:
    """Reddit blocks who asks more often; the others would send the same page again."""
    found = meant(address)
    assert (found.feeds[0] if found.feeds else described(found.address)).pause == pause


@pytest.mark.parametrize(
    ("feed", "line"),
    [
        ("https://www.reddit.com/r/a/new/.rss?limit=100", REPLIES),
        ("https://www.reddit.com/comments/1xyz/.rss?limit=100&sort=new", PARENTS),
        ("https://l.example/feeds/c/books.xml?sort=New", THREADS_ALONE),
        ("https://d.example/t/-/42.rss", PARENTS),
        ("https://p.example/app.php/feed/topic/5", PARENTS),
        ("https://p.example/app.php/feed/topics", REPLIES),
        ("https://m.example/syndication.php?type=atom1.0&fid=2&limit=50", THREADS_ALONE),
    ],
)
def test_what_a_feed_cannot_give_is_known_before_it_is_read(feed: str, line: str) -> None:
    """Whoever mirrors it must not wait for replies that never come."""
    assert line in described(feed).lacks


def test_each_thing_that_is_lacking_is_told_once() -> None:
    """What the address tells and what the feed itself shows are often the same; the first says more."""
    assert joined(REPLIES, DELETIONS, THREADS_ALONE, PARENTS) == (REPLIES, DELETIONS, PARENTS)


@given(st.text(max_size=200))
def test_no_feed_tells_what_was_deleted(tail: str) -> None:
    """An entry that left the window may be old or gone."""
    assert DELETIONS in described(f"https://blog.example/{tail}").lacks


@pytest.mark.parametrize("path", ["newest", "item?id=1", "ask"])
def test_hacker_news_has_a_feed_of_its_front_page_alone(path: str) -> None:
    """Threads of it are not in any feed, and no other site's copy is taken for them."""
    found = meant(f"https://news.ycombinator.com/{path}")
    assert (found.feeds, found.sure) == ((), True)
    assert "front page alone" in found.missing


@pytest.mark.parametrize(
    ("address", "engine"),
    [
        ("https://l.example/post/12", "Lemmy"),
        ("https://m.example/showthread.php?tid=5", "MyBB"),
        ("https://v.example/showthread.php?t=5", "vBulletin"),
        ("https://s.example/index.php?topic=5.msg10", "SMF"),
        ("https://x.example/threads/title.5/page-2", "XenForo"),
        ("https://p.example/viewtopic.php?p=7", "phpBB"),
        ("https://m.example/forum/forum/garden-1/topic/title-5/", "machina"),
        ("https://f.example/d/12-title/3", "Flarum"),
    ],
)
def test_a_thread_of_an_engine_without_feeds_of_threads_is_told_so(address: str, engine: str) -> None:
    """The feed of the whole site would be mirrored in its place."""
    found = meant(address)
    assert found.feeds == ()
    assert engine in found.missing


@pytest.mark.parametrize(
    "address", ["https://blog.example/", "https://blog.example/about", "https://www.reddit.com/wiki/"]
)
def test_any_other_address_is_to_be_looked_at(address: str) -> None:
    """Its page may name a feed."""
    assert meant(address).feeds == ()
    assert meant(address).missing == ""


@pytest.mark.parametrize("piece", ["a", "/", "a/", "/c", ".", "[", "%", "1", "/t/1"])
def test_long_addresses_take_no_time(piece: str) -> None:
    """A pattern that looks back again and again would stop the program."""
    for start in ("", "https://a.example/"):
        try:
            meant(start + piece * (2000 // len(piece)))
        except Unparsable:
            continue
