"""Recorded feeds of real engines: whole threads, their parents, and nothing of what engines put around words."""

from pathlib import Path

import pytest

from adapters.forums.feed import nouns
from adapters.forums.feed.nouns import Source
from bot.errors import Unparsable
from bot.model import Listing, ParentState, PostState, ThreadPage
from tests.unit.feed.written import posts

RECORDED = Path(__file__).parents[4] / "shared" / "fixtures"
NOW = 1_795_500_000_000

pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason=f"the recordings in {RECORDED} are not here")


def board(name: str, before: str = "") -> Listing:
    return nouns.listing((RECORDED / name).read_bytes(), Source("http://feed.example/"), before, NOW).page


def thread(name: str, address: str = "http://feed.example/", before: str = "") -> ThreadPage:
    return nouns.thread_page((RECORDED / name).read_bytes(), Source(address), before, NOW).page


def test_isso_tells_what_a_comment_answers_and_which_one_was_deleted():
    [first, reply] = thread("isso/012-feed.xml").posts
    assert first.state is PostState.DELETED
    assert (reply.author.name, reply.parent.state, reply.parent.key) == ("bob", ParentState.KNOWN, first.key)
    assert nouns.told((RECORDED / "isso/012-feed.xml").read_bytes(), Source("http://feed.example/")).thread


@pytest.mark.parametrize("name", ["wordpress/013-feed-post-comments.xml", "wordpress/015-feed-atom.xml"])
def test_wordpress_tells_what_a_comment_answers(name):
    page = thread(name)
    by_author = {post.author.name: post for post in page.posts}
    assert by_author["bob"].parent.key == by_author["alice"].key
    assert by_author["bob"].body.text.strip() == "<p>Bob EDITED by admin</p>"
    assert by_author["alice"].parent.state is ParentState.THREAD
    assert not any(post.title for post in page.posts)


def test_the_comments_on_a_blog_stand_under_their_posts():
    page = board("wordpress/011-feed-comments.xml")
    assert [(leaf.thread.title, len(leaf.posts)) for leaf in page.pages] == [("Hello world!", 3)]
    after = board("wordpress/022-feed-after-trash.xml", page.bookmark.cursor)
    assert (after.pages, after.gap) == ((), ""), "a comment that left the feed is not deleted by that"


def test_a_post_of_wordpress_is_a_thread_with_comments_of_its_own():
    page = board("wordpress/017-feed-posts.xml")
    [one] = page.threads
    assert (one.title, one.replies, one.tags) == ("Hello world!", 3, ("Uncategorized",))
    assert page.pages[0].posts[0].op


def test_a_topic_of_phpbb_is_read_without_its_trailers():
    page = thread("phpbb/038-feed-topic.xml", "http://127.0.0.1:8088/app.php/feed/topic/3")
    assert [post.op for post in page.posts] == [True, False, False]
    assert page.thread.title == 'First <topic> & "quotes" 🎉'
    assert not any("Statistics" in post.body.text for post in page.posts)


def test_an_edit_that_phpbb_dates_is_an_edit():
    address = "http://127.0.0.1:8088/app.php/feed/topic/3"
    before = thread("phpbb/extra/001-before-edit.xml", address)
    after = thread("phpbb/extra/002-after-edit-not-last.xml", address, before.bookmark.cursor)
    assert len(after.posts) == 1
    assert after.posts[0].key in {post.key for post in before.posts}


def test_topics_of_phpbb_are_called_without_their_board():
    page = board("phpbb/040-feed-topics.xml")
    assert [leaf.thread.title for leaf in page.pages][:2] == ["Long topic", 'First <topic> & "quotes" 🎉']


def test_posts_of_discourse_stand_in_their_topics():
    page = board("discourse/posts.rss")
    assert len(posts(page)) == 50
    titles = [leaf.thread.title for leaf in page.pages]
    assert len(titles) == len(set(titles)) < 50


def test_a_topic_of_discourse_is_a_thread():
    page = thread("discourse/t_2108.rss")
    assert len(page.posts) == 25
    assert not any(post.op for post in page.posts), "its first post left the feed long ago"


def test_a_topic_of_nodebb_is_a_thread_without_its_first_post():
    page = thread("nodebb/072-feed-topic.xml")
    assert [post.author.name for post in page.posts] == ["bob", "alice", "Zoë K", "bridgebot"]
    assert not any(post.title for post in page.posts)
    assert page.tempo.wait == 3600.0


@pytest.mark.parametrize("name", ["machina/014-feed-topics.xml", "machina/015-feed-forum.xml"])
def test_topics_of_machina_are_read_without_their_trailers(name):
    page = board(name)
    assert [post.body.text for post in posts(page)] == ["<p>long reply 17</p>"] * 2
    assert {post.author.name for post in posts(page)} == {"alice"}


def test_encodings_are_found():
    assert "Цитата" in posts(board("feeds/miniflux_encoding_WINDOWS-1251.xml"))[0].title
    with pytest.raises(Unparsable):
        board("feeds/miniflux_iso88591_utf8_mismatch.xml")


@pytest.mark.parametrize("name", ["feeds/reader_full.atom", "feeds/reader_full.rss", "feeds/example.json"])
def test_every_entry_of_a_full_feed_is_read(name):
    page = board(name)
    assert len(posts(page)) == {"feeds/example.json": 2}.get(name, 5)
    assert page.damaged == ()


@pytest.mark.parametrize("name", ["feeds/reader_10.json", "feeds/atomthreading.xml"])
def test_a_feed_without_entries_is_one(name):
    assert board(name).pages == ()


FEEDS = [
    *("isso/012-feed.xml", "wordpress/011-feed-comments.xml", "wordpress/017-feed-posts.xml"),
    *("machina/014-feed-topics.xml", "phpbb/036-feed-overall.xml", "phpbb/039-feed-topic-long.xml"),
    *("nodebb/073-feed-topic-long.xml", "nodebb/077-feed-recentposts.xml", "discourse/posts.rss"),
    "feeds/atomthreadingwithentry.xml",
]


@pytest.mark.parametrize("name", FEEDS)
def test_a_second_reading_of_the_same_brings_nothing(name):
    first = board(name)
    assert posts(first)
    again = board(name, first.bookmark.cursor)
    assert (again.pages, again.gap) == ((), "")
    page = thread(name)
    assert page.posts
    assert thread(name, before=page.bookmark.cursor).posts == ()
