"""What is an edit of an entry and what is noise; what is said of gaps and of when to come again."""

import pytest

from adapters.forums.feed.memory import MOST_EDITS
from tests.unit.feed.written import NOW, Reader, ago, answer, atom, entry, posts, rss, texts


def one(text: str, **more: str) -> bytes:
    return rss(entry("id", text, at=ago(9), **more))


def test_other_words_are_an_edit_of_the_same_post():
    reader = Reader()
    [before] = posts(reader.board(one("words")))
    [after] = posts(reader.board(one("other words")))
    assert (after.key, after.body.text) == (before.key, "other words")
    assert after.version != before.version


def test_another_title_is_an_edit():
    reader = Reader()
    reader.board(one("words"))
    assert [post.title for post in posts(reader.board(one("words", title="Retitled")))] == ["Retitled"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("words, 12 comments", "words, 13 comments"),
        ("words\n<p>1,204 views</p>", "words <p>1,310 views</p>"),
        ("seen 5 minutes ago: words", "seen 2 hours ago: words"),
        ("words <i>Updated Nov. 23, 2026, 9:01 a.m.</i>", "words <i>Updated Nov. 24, 2026, 10:15 p.m.</i>"),
        (
            'words<p>Statistics: Posted by <a href="https://x/u">ann</a> — Mon — Replies 1 — Views 2</p><hr />',
            'words<p>Statistics: Posted by <a href="https://x/u">ann</a> — Mon — Replies 9 — Views 77</p><hr />',
        ),
    ],
)
def test_what_changes_by_itself_is_no_edit(before, after):
    reader = Reader()
    reader.board(one(before))
    assert posts(reader.board(one(after))) == []


def test_a_date_in_the_middle_of_a_text_is_its_authors():
    """A meeting that was moved has to be told."""
    rest = "and much more is said about it here. " * 20
    reader = Reader()
    reader.board(one(f"We meet on Nov 3, 2026 at 17:00, {rest}"))
    assert len(posts(reader.board(one(f"We meet on Nov 4, 2026 at 18:00, {rest}")))) == 1


def test_an_entry_that_changes_with_every_reading_is_left_alone_after_a_while():
    reader = Reader()
    reader.board(one("words"))
    told = [len(posts(reader.board(one(f"words {'x' * number}")))) for number in range(1, MOST_EDITS + 6)]
    assert told == [1] * MOST_EDITS + [0] * 5


def test_edits_that_the_feed_dates_do_not_end():
    """It says itself that they are edits."""
    reader = Reader()

    def edited(number: int) -> bytes:
        return atom(answer("urn:1", f"words {'x' * number}", updated=f"2026-11-23T09:{number:02}:00Z"))

    reader.board(edited(0))
    assert [len(posts(reader.board(edited(number)))) for number in range(1, 40)] == [1] * 39


def test_a_feed_that_says_the_same_in_other_bytes_brings_nothing():
    reader = Reader()
    reader.board(rss(entry("id", at=ago(9)), more="<lastBuildDate>Mon, 23 Nov 2026 09:00:00 GMT</lastBuildDate>"))
    page = reader.board(
        rss(entry("id", at=ago(9)), more="<lastBuildDate>Mon, 23 Nov 2026 10:00:00 GMT</lastBuildDate>")
    )
    assert (page.pages, page.gap) == ((), "")


# --------------------------------------------------------------------------------------------------- gaps and pauses


def window(*numbers: int) -> bytes:
    return rss(*(entry(f"id-{n}", f"text {n}", at=ago(1000 - n)) for n in numbers))


def test_a_window_that_shares_nothing_with_the_last_one_is_a_gap():
    reader = Reader()
    assert reader.board(window(3, 2, 1)).gap == ""
    assert reader.board(window(5, 4, 3)).gap == ""
    page = reader.board(window(12, 11, 10))
    assert "24 Nov 2026" in page.gap
    assert "may be missing" in page.gap
    assert len(posts(page)) == 3, "what is there is shown all the same"
    assert reader.board(window(13, 12, 11)).gap == ""


def test_no_gap_is_told_where_there_was_nothing_to_share():
    reader = Reader()
    reader.board(rss())
    assert reader.board(window(1, 2)).gap == ""
    assert reader.board(rss()).gap == "", "an empty feed shows nothing that could have been missed"


def test_a_partial_answer_is_no_gap_and_lets_nothing_leave():
    """It holds what is new and nothing else (RFC 3229)."""
    reader = Reader()
    reader.board(window(3, 2, 1))
    assert reader.board(window(4), partial=True).gap == ""
    assert reader.board(window(4, 3, 2)).gap == ""


def test_the_age_of_the_oldest_entry_is_the_window():
    page = Reader().board(rss(entry("a", at=ago(5)), entry("b", at=ago(60)), entry("c")))
    assert page.tempo.window == 61 * 60_000


def test_the_wait_that_a_feed_asks_for_is_told():
    assert Reader().board(rss(entry("a", at=ago(5)), more="<ttl>30</ttl>")).tempo.wait == 1800.0


# ------------------------------------------------------------------------------------------------------------- times


def test_a_time_in_the_future_is_now():
    reader = Reader()
    [post] = posts(reader.board(rss(entry("a", at=NOW + 10**9))))
    assert (post.created.earliest, post.created.latest) == (reader.now, reader.now)


def test_an_entry_without_a_time_stands_between_its_neighbours():
    page = Reader().board(rss(entry("a", "new", at=ago(5)), entry("b", "between"), entry("c", "old", at=ago(60))))
    assert texts(page) == ["new", "between", "old"]
    between = posts(page)[1].created
    assert (between.earliest, between.latest) == (ago(60), ago(5))


def test_an_entry_without_a_time_that_came_on_top_was_written_since_the_last_reading():
    reader = Reader()
    reader.board(rss(entry("a")))
    then = reader.now
    [post] = posts(reader.board(rss(entry("b"), entry("a"))))
    assert (post.created.earliest, post.created.latest) == (then, reader.now)


def test_a_feed_that_has_its_oldest_entry_first_is_read_newest_first():
    page = Reader().board(rss(*(entry(f"id-{n}", f"text {n}", at=ago(100 - n)) for n in range(4)), entry("x", "last")))
    assert texts(page) == ["last", "text 3", "text 2", "text 1", "text 0"]


def test_posts_keep_their_place_in_every_reading():
    reader = Reader()
    feed = [entry(f"id-{n}", f"text {n}") for n in range(3)]
    before = {post.key: post.position for post in posts(reader.board(rss(*feed)))}
    changed = [entry(f"id-{n}", f"changed {n}") for n in range(3)]
    assert {post.key: post.position for post in posts(reader.board(rss(*changed)))} == before
