"""How readers of feeds lose or repeat posts: what a feed itself may do to that end, and does not.

The numbers go with those of `tests/unit/test_eleven_failures.py`, which tries the same on the whole program.
"""

import pytest

from tests.unit.feed.written import Reader, ago, entry, posts, rss, texts


def old(count: int, **changed: str) -> list[str]:
    return [
        entry(
            changed.get("id", "id-{}").format(number),
            f"text {number}",
            title=changed.get("title", "Title {}").format(number),
            at=ago(100 + number),
            link=changed.get("link", "https://site.example/{}").format(number),
        )
        for number in range(count)
    ]


@pytest.mark.parametrize(
    "renumbered",
    [
        {"id": "new-{}"},
        {"id": "new-{}", "link": "https://moved.example/x/{}"},
        {"id": "new-{}", "title": "Retitled {}"},
    ],
    ids=["ids", "ids and links", "ids and titles"],
)
def test_3_a_feed_that_renumbers_its_entries_brings_no_news(renumbered):
    """Zero posts, also afterwards; and what is changed later is an edit of the same post."""
    reader = Reader()
    before = posts(reader.board(rss(*old(8))))
    again = reader.board(rss(*old(8, **renumbered)))
    if "title" not in renumbered:
        assert posts(again) == []
    assert {post.key for post in posts(again)} <= {post.key for post in before}
    assert again.gap == ""
    assert posts(reader.board(rss(*old(8, **renumbered)))) == []
    changed = entry("new-3", "other words", title=renumbered.get("title", "Title {}").format(3), at=ago(103))
    edited = posts(reader.board(rss(changed)))
    assert [post.key for post in edited] == [before[3].key]


def test_3_entries_that_only_look_alike_are_news():
    """Half of them must be known, and five of them: a daily "Open thread" is none of that."""
    reader = Reader()
    reader.board(rss(*old(8)))
    new = [
        entry(f"new-{n}", "new", title="Open thread", at=ago(n), link=f"https://site.example/new/{n}") for n in range(6)
    ]
    assert len(posts(reader.board(rss(*new, *old(8))))) == 6


def test_3_how_entries_are_told_apart_is_chosen_once():
    """A feed that gets ids one day would else be posted once more."""
    reader = Reader()
    bare = [entry("", f"text {n}", title=f"T{n}", at=ago(10 + n), link=f"https://site.example/{n}") for n in range(3)]
    reader.board(rss(*bare))
    with_ids = [
        entry(f"id-{n}", f"text {n}", title=f"T{n}", at=ago(10 + n), link=f"https://site.example/{n}") for n in range(3)
    ]
    assert posts(reader.board(rss(*with_ids))) == []


def test_4_two_entries_with_one_id_are_both_posted_once():
    reader = Reader()
    one = entry("same", "one", title="One", at=ago(2), link="https://site.example/1")
    two = entry("same", "two", title="Two", at=ago(1), link="https://site.example/2")
    rest = [entry("other", "three", at=ago(5)), entry("another", "four", at=ago(6))]
    first = reader.board(rss(two, one, *rest))
    assert texts(first) == ["two", "one", "three", "four"]
    assert len({post.key for post in posts(first)}) == 4
    assert posts(reader.board(rss(two, one, *rest))) == []


def test_4_a_second_entry_with_a_known_id_is_new_and_the_first_stays():
    reader = Reader()
    one = entry("same", "one", title="One", at=ago(2), link="https://site.example/1")
    two = entry("same", "two", title="Two", at=ago(1), link="https://site.example/2")
    rest = [entry("other", "three", at=ago(5)), entry("another", "four", at=ago(6))]
    [key] = [post.key for post in posts(reader.board(rss(one, *rest))) if post.body.text == "one"]
    assert texts(reader.board(rss(two, one, *rest))) == ["two"]
    changed = entry("same", "one, changed", title="One", at=ago(2), link="https://site.example/1")
    assert [post.key for post in posts(reader.board(rss(two, changed, *rest)))] == [key]
    assert posts(reader.board(rss(two, *rest))) == [], "alone it is still itself"


@pytest.mark.parametrize("link", ["https://site.example/{}", ""])
def test_4_entries_without_ids_are_posted_once(link):
    reader = Reader()
    feed = rss(*(entry("", f"text {n}", title=f"T{n}", at=ago(n), link=link.format(n)) for n in range(3)))
    assert len(posts(reader.board(feed))) == 3
    assert posts(reader.board(feed)) == []


def test_4_an_entry_that_repeats_another_to_the_letter_is_one():
    reader = Reader()
    same = entry("", "text", at=ago(1))
    assert len(posts(reader.board(rss(same, same)))) == 1


def test_5_old_entries_that_slide_back_are_no_news():
    """When newer ones are deleted upstream, the window is filled up with what was never seen."""
    reader = Reader()
    feed = [entry(f"id-{n}", f"text {n}", at=ago(10 * n)) for n in range(6)]
    assert not any(page.resurfaced for page in reader.board(rss(*feed[:3])).pages)
    slid = reader.board(rss(*feed[2:5]))
    assert [page.resurfaced for page in slid.pages] == [True, True]
    assert reader.board(rss(*feed[2:5])).pages == (), "they are known from then on"


def test_5_undated_entries_behind_known_ones_are_no_news():
    reader = Reader()
    feed = [entry(f"id-{n}", f"text {n}") for n in range(6)]
    reader.board(rss(*feed[1:4]))
    page = reader.board(rss(feed[0], *feed[2:6]))
    assert {leaf.posts[0].body.text: leaf.resurfaced for leaf in page.pages} == {
        "text 0": False,
        "text 4": True,
        "text 5": True,
    }


def test_5_undated_entries_at_the_end_are_news_where_nothing_left():
    """Some feeds have their newest entry last and no times: all that they ever write would be kept back."""
    reader = Reader()
    feed = [entry(f"id-{n}", f"text {n}") for n in range(5)]
    reader.board(rss(*feed[:3]))
    assert [leaf.resurfaced for leaf in reader.board(rss(*feed)).pages] == [False, False]


def test_6_what_comes_into_an_empty_feed_is_news():
    """An empty feed is a first reading too."""
    reader = Reader()
    first = reader.board(rss())
    assert (posts(first), first.gap) == ([], "")
    page = reader.board(rss(entry("id-1", "the first", at=ago(5_000))))
    assert texts(page) == ["the first"]
    assert not page.pages[0].resurfaced


def test_7_what_left_the_feed_and_comes_back_is_known():
    """Nothing is forgotten that the feed may still show."""
    reader = Reader()
    feed = [entry(f"id-{n}", f"text {n}", at=ago(3_000 - n)) for n in range(2_500)]
    reader.board(rss(*feed[:100]))
    for start in range(0, 2_000, 100):
        reader.board(rss(*feed[start : start + 200]))
    assert posts(reader.board(rss(*feed[150:350]))) == []


def test_7_what_is_forgotten_left_the_feed_two_thousand_entries_ago():
    reader = Reader()
    for start in range(0, 5_000, 500):
        reader.board(rss(*(entry(f"id-{n}", "text", at=ago(9_000 - n)) for n in range(start, start + 500))))
    assert len(reader.bookmark.cursor) < 400_000


def test_7_what_was_deleted_and_made_anew_is_posted():
    """Its id is used again: another time of publishing and other words, after it was not there."""
    reader = Reader()
    others = [entry(f"id-{n}", f"text {n}", at=ago(50 + n)) for n in range(3)]
    first = posts(reader.board(rss(entry("again", "one", at=ago(20)), *others)))
    reader.board(rss(*others))
    second = posts(reader.board(rss(entry("again", "two", at=ago(1)), *others)))
    assert [post.body.text for post in second] == ["two"]
    assert second[0].key not in {post.key for post in first}
    assert posts(reader.board(rss(entry("again", "two", at=ago(1)), *others))) == []


def test_7_an_old_entry_that_was_changed_meanwhile_is_an_edit():
    reader = Reader()
    others = [entry(f"id-{n}", f"text {n}", at=ago(50 + n)) for n in range(3)]
    first = posts(reader.board(rss(entry("again", "one", at=ago(20)), *others)))
    reader.board(rss(*others))
    second = posts(reader.board(rss(entry("again", "two", at=ago(20)), *others)))
    assert [post.key for post in second] == [first[0].key]


def test_10_one_bad_entry_does_not_stop_the_others():
    """One has no date, one a date that is none, one nothing at all."""
    reader = Reader()
    page = reader.board(
        rss(
            entry("dated", "dated", at=ago(1)),
            entry("undated", "undated"),
            entry("odd", "odd", more="<pubDate>the day after tomorrow, 25:61</pubDate>"),
            "<item></item>",
            entry("naive", "naive", more="<pubDate>Mon, 23 Nov 2026 09:05:05</pubDate>"),
        )
    )
    assert set(texts(page)) >= {"dated", "undated", "odd", "naive"}
