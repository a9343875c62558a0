"""Comments: which thread they belong to, what they answer, what of them is an engine's and not a person's."""

import pytest

from adapters.forums.feed import nouns
from adapters.forums.feed.nouns import Source
from bot.model import ParentState, PostState
from tests.unit.feed.written import ADDRESS, Reader, ago, answer, atom, entry, posts, rss, texts

PAGE = "https://site.example/t/1"


def comment(n: int, text: str, *, page: str = PAGE, title: str = "By: ann", author: str = "ann") -> str:
    return entry(
        f"{page}#comment-{n}",
        text,
        title=title,
        at=ago(100 - n),
        link=f"{page}#comment-{n}",
        more=f"<dc:creator>{author}</dc:creator>",
    )


def is_thread(body: bytes, address: str = ADDRESS) -> bool:
    return nouns.told(body, Source(address)).thread


# ------------------------------------------------------------------------------------------------- what a feed is of


def test_a_feed_of_entries_is_a_board():
    assert not is_thread(rss(entry("a", at=ago(1)), entry("b", at=ago(2))))


def test_a_feed_of_the_comments_on_one_page_is_a_thread():
    assert is_thread(rss(comment(1, "a"), comment(2, "b"), link=PAGE, title="Comments on: The page"))


def test_a_feed_of_the_comments_on_a_whole_site_is_a_board():
    """Also while only one of its pages was commented on."""
    two = rss(comment(1, "a"), comment(2, "b", page="https://site.example/t/2"))
    assert not is_thread(two)
    assert not is_thread(rss(comment(1, "a")))


def test_a_feed_whose_entries_answer_each_other_is_a_thread():
    assert is_thread(
        atom(answer("urn:1", "a", link=PAGE), answer("urn:2", "b", "urn:1"), answer("urn:3", "c", "urn:2"))
    )


@pytest.mark.parametrize(
    "address",
    [
        "https://forum.example/app.php/feed/topic/7",
        "https://forum.example/feed.php?t=7",
        "https://forum.example/topic/7.rss",
        "https://forum.example/t/a-title/7.rss",
        "https://www.reddit.com/r/x/comments/abc/.rss?limit=100",
    ],
)
def test_the_address_of_a_threads_feed_says_so(address):
    """Where entries do not, or there are none yet."""
    assert is_thread(rss(entry("a", at=ago(1))), address)
    assert is_thread(rss(), address)


def test_a_changelog_on_one_page_is_no_thread():
    """The addresses of its entries differ in their anchors alone, as those of comments do."""
    assert not is_thread(rss(*(entry(f"v{n}", link=f"https://site.example/changes#v{n}") for n in range(3))))


# ------------------------------------------------------------------------------------------------- comments as a board


def test_comments_on_a_whole_site_are_grouped_by_their_pages():
    other = "https://site.example/t/2"
    page = Reader().board(
        rss(
            comment(9, "newest", title="Comment on The page by ann"),
            comment(5, "other", page=other, title="Comment on Another by bo", author="bo"),
            comment(1, "oldest", title="Comment on The page by cleo", author="cleo"),
        )
    )
    assert [(leaf.thread.title, leaf.thread.link) for leaf in page.pages] == [("The page", PAGE), ("Another", other)]
    assert [post.body.text for post in page.pages[0].posts] == ["oldest", "newest"]
    assert not any(post.op for leaf in page.pages for post in leaf.posts)
    assert page.threads == (), "they stand in the list alone"


def test_a_later_comment_goes_to_the_thread_of_its_page():
    reader = Reader()
    first = reader.board(rss(comment(1, "one"), comment(2, "two", page="https://site.example/t/2")))
    later = reader.board(
        rss(comment(3, "three"), comment(1, "one"), comment(2, "two", page="https://site.example/t/2"))
    )
    assert [leaf.thread.key for leaf in later.pages] == [
        leaf.thread.key for leaf in first.pages if leaf.thread.link == PAGE
    ]
    assert texts(later) == ["three"]


# ------------------------------------------------------------------------------------- entries with comments of theirs


def test_an_entry_with_a_feed_of_comments_is_a_thread_that_is_read_by_itself():
    more = "<wfw:commentRss>https://site.example/t/1/feed/</wfw:commentRss><slash:comments>{}</slash:comments>"
    reader = Reader()
    alone = entry("b", "alone", at=ago(9))
    page = reader.board(rss(entry("a", "first", at=ago(5), link=PAGE, more=more.format(3)), alone))
    [thread] = page.threads
    assert (thread.key, thread.replies, thread.link) == ("https://site.example/t/1/feed/", 3, PAGE)
    [leaf, other] = page.pages
    assert (leaf.thread.key, leaf.posts[0].op) == (thread.key, True)
    assert other.thread.key not in {thread.key, leaf.thread.key}
    again = reader.board(rss(entry("a", "first", at=ago(5), link=PAGE, more=more.format(4)), alone))
    assert again.pages == ()
    assert again.threads[0].token != thread.token


def test_a_thread_keeps_its_key_when_its_comments_move():
    reader = Reader()
    more = "<wfw:commentRss>https://site.example/{}</wfw:commentRss>"
    [thread] = reader.board(rss(entry("a", at=ago(5), more=more.format("old")))).threads
    [moved] = reader.board(rss(entry("a", at=ago(5), more=more.format("new")))).threads
    assert moved.key == thread.key


def test_threads_are_listed_by_when_they_were_answered():
    def with_replies(id: str, updated: str, minute: int) -> str:
        replies = (
            f'<link rel="replies" type="application/atom+xml" href="https://site.example/{id}/feed" '
            f'thr:count="2" thr:updated="{updated}"/>'
        )
        return answer(id, id, updated=f"2026-11-23T09:{minute:02}:00Z", link=f"https://site.example/{id}", more=replies)

    page = Reader().board(
        atom(with_replies("newer", "2026-11-23T09:30:00Z", 20), with_replies("older", "2026-11-23T09:45:00Z", 10))
    )
    assert [thread.link for thread in page.threads] == ["https://site.example/older", "https://site.example/newer"]
    assert [leaf.posts[0].body.text for leaf in page.pages] == ["newer", "older"]


def test_categories_are_tags():
    page = Reader().board(
        rss(entry("a", at=ago(1), more="<category>News</category><category>Cats &amp; dogs</category>"))
    )
    assert page.pages[0].thread.tags == ("News", "Cats & dogs")


# ------------------------------------------------------------------------------------------------------------- parents


def parents(body: bytes) -> dict[str, tuple[ParentState, str]]:
    page = Reader().thread(body)
    told = {post.key: post.body.text for post in page.posts}
    return {post.body.text: (post.parent.state, told.get(post.parent.key, "")) for post in page.posts}


def test_a_comment_answers_what_it_says():
    assert parents(
        atom(
            answer("urn:1", "to the page", "urn:page"),
            answer("urn:2", "to the first", "urn:1"),
            answer("urn:3", "to the second", "urn:2"),
        )
    ) == {
        "to the page": (ParentState.THREAD, ""),
        "to the first": (ParentState.KNOWN, "to the page"),
        "to the second": (ParentState.KNOWN, "to the first"),
    }


def test_of_several_that_it_answers_the_newest_counts():
    """RFC 4685 lets an entry name the thread's first post besides; feedparser keeps the last one named."""
    found = parents(
        atom(
            answer("urn:1", "first", updated="2026-11-23T09:01:00Z", link=PAGE),
            answer("urn:2", "second", "urn:1", updated="2026-11-23T09:02:00Z"),
            answer("urn:3", "third", "urn:2", "urn:1", updated="2026-11-23T09:03:00Z"),
        )
    )
    assert found["third"] == (ParentState.KNOWN, "second")


def test_a_parent_is_known_after_it_left_the_feed():
    reader = Reader()
    first = answer("urn:1", "first", link=f"{PAGE}#comment-1", updated="2026-11-23T09:01:00Z")
    [before] = reader.thread(atom(first)).posts
    told = "<entry><id>urn:2</id><updated>2026-11-23T09:02:00Z</updated><content>second</content>"
    told += f'<thr:in-reply-to ref="urn:1" href="{PAGE}#comment-1"/></entry>'
    [post] = reader.thread(atom(told)).posts
    assert (post.parent.state, post.parent.key) == (ParentState.KNOWN, before.key)


def test_entries_that_answer_each_other_in_a_circle_are_read():
    assert len(parents(atom(answer("urn:1", "a", "urn:2"), answer("urn:2", "b", "urn:1")))) == 2


def test_the_first_line_of_wordpress_names_the_parent_and_is_no_part_of_the_text():
    line = f'<p>In reply to <a href="{PAGE}#comment-1">ann</a>.</p>\n<p>I agree</p>'
    assert parents(rss(comment(2, line), comment(1, "words"), link=PAGE)) == {
        "words": (ParentState.THREAD, ""),
        "<p>I agree</p>": (ParentState.KNOWN, "words"),
    }


def test_the_first_line_of_wordpress_stays_where_its_parent_is_not_known():
    """No word is lost."""
    line = f'<p>In reply to <a href="{PAGE}#comment-1">ann</a>.</p>\n<p>I agree</p>'
    [post] = Reader().thread(rss(comment(2, line), link=PAGE)).posts
    assert post.body.text == line
    assert post.parent.state is ParentState.THREAD


# ------------------------------------------------------------------------------------------------------------- engines


def test_the_title_of_a_comment_that_says_nothing_is_none():
    body = rss(
        comment(1, "a", title="By: ann"),
        comment(2, "b", title="Re: The page"),
        comment(3, "c", title="Something else"),
        link=PAGE,
        title="Comments on: The page",
    )
    page = Reader().thread(body)
    assert page.thread.title == "The page"
    assert [post.title for post in page.posts] == ["", "", "Something else"]


def isso(number: int, text: str, author: str = "ann", updated: str = "2026-11-23T09:00:00Z", parent: int = 0) -> str:
    ref = f"tag:site.example,2018:/isso/1/{parent}" if parent else ""
    return answer(
        f"tag:site.example,2018:/isso/1/{number}",
        text,
        *([ref] if ref else []),
        author=author,
        updated=updated,
        link=f"{PAGE}/#isso-{number}",
        title=f"Comment #{number}",
    )


def test_an_id_of_isso_that_is_used_again_is_another_comment():
    """The last row was deleted and another one written; the feed tells no time of writing beside that of editing."""
    reader = Reader()
    [first, last] = reader.thread(atom(isso(1, "one"), isso(2, "two", updated="2026-11-23T09:01:00Z"))).posts
    [other] = reader.thread(atom(isso(1, "one"), isso(2, "another", author="bo", updated="2026-11-23T09:05:00Z"))).posts
    assert other.key not in {first.key, last.key}
    reader.thread(atom(isso(1, "one")))
    [third] = reader.thread(atom(isso(1, "one"), isso(2, "a third", author="bo", updated="2026-11-23T09:09:00Z"))).posts
    assert third.key not in {first.key, last.key, other.key}
    assert (
        reader.thread(atom(isso(1, "one"), isso(2, "a third", author="bo", updated="2026-11-23T09:09:00Z"))).posts == ()
    )


def test_an_edit_in_isso_is_an_edit():
    reader = Reader()
    [first] = reader.thread(atom(isso(1, "one"), link="")).posts
    [edited] = reader.thread(atom(isso(1, "one, edited", updated="2026-11-23T09:07:00Z"), link="")).posts
    assert edited.key == first.key


def test_a_comment_of_isso_that_was_deleted_under_its_answers_is_a_tombstone():
    page = Reader().thread(
        atom(isso(1, "<p></p>", author="", updated="2026-11-22T09:00:00Z"), isso(2, "two", parent=1))
    )
    assert [post.state for post in page.posts] == [PostState.DELETED, PostState.LIVE]


def phpbb(number: int, title: str, text: str) -> str:
    trailer = (
        f'<p>Statistics: Posted by <a href="https://forum.example/memberlist.php?mode=viewprofile&amp;u={number}">ann</a>'
        " — Mon Nov 23, 2026 8:57 am</p><hr />"
    )
    return answer(
        f"https://forum.example/viewtopic.php?p={number}#p{number}",
        text + trailer,
        title=title,
        updated=f"2026-11-23T09:{number:02}:00Z",
        link=f"https://forum.example/viewtopic.php?p={number}#p{number}",
    ).replace("<title>", '<title type="html">')


def test_a_topic_of_phpbb_is_a_thread_with_its_first_post():
    reader = Reader("https://forum.example/app.php/feed/topic/7")
    page = reader.thread(
        atom(phpbb(3, "Re: A &lt;b&gt; topic", "three"), phpbb(1, "A &lt;b&gt; topic", "one"), title="The board")
    )
    assert (page.thread.title, page.thread.link) == ("A <b> topic", "https://forum.example/viewtopic.php?t=7")
    assert [(post.op, post.title, post.body.text) for post in page.posts] == [
        (True, "A <b> topic", "one"),
        (False, "", "three"),
    ]


def test_the_first_post_of_a_topic_that_left_the_feed_is_not_looked_for_in_a_reply():
    reader = Reader("https://forum.example/app.php/feed/topic/7")
    page = reader.thread(atom(phpbb(9, "Re: A topic", "nine"), phpbb(8, "Re: A topic", "eight")))
    assert not any(post.op for post in page.posts)
    page = reader.thread(
        atom(phpbb(11, "Re: A topic", "11"), phpbb(10, "Retitled", "10"), phpbb(9, "Re: A topic", "nine"))
    )
    assert not any(post.op for post in page.posts)


def test_the_last_reply_in_a_feed_of_machina_is_a_new_text_of_its_topic():
    """The id is that of the topic, the time that of its first post."""

    def topic(reply: str, author: str) -> bytes:
        trailer = f"\n<br /><br />\n\n\t<i>Posted by {author} - Nov. 23, 2026, 9:01 a.m.</i>"
        return rss(entry("https://forum.example/topic/1/", f"<p>{reply}</p>{trailer}", at=ago(50)))

    reader = Reader()
    [first] = posts(reader.board(topic("one", "ann")))
    [second] = posts(reader.board(topic("two", "bo")))
    assert (first.body.text, first.author.name) == ("<p>one</p>", "ann")
    assert (second.key, second.body.text) == (first.key, "<p>two</p>")
