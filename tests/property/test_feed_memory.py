"""What holds for every feed, however its window moves: each entry is posted once."""

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.forums.feed.memory import KEPT, Known, Memory, cursor, remembered
from tests.unit.feed.written import Reader, ago, entry, posts, rss

WINDOWS = st.lists(st.lists(st.integers(0, 30), max_size=12, unique=True), min_size=1, max_size=12)


@given(WINDOWS, st.booleans(), st.booleans(), st.booleans())
@settings(max_examples=150)
def test_each_entry_is_posted_once_whatever_a_feed_shows_of_it(windows, with_ids, with_links, dated):
    """Whether it has ids, links or times; entries come, go, come back, and change their order."""
    reader = Reader()
    seen: dict[str, str] = {}
    for window in windows:
        feed = rss(
            *(
                entry(
                    f"id-{n}" if with_ids else "",
                    f"text {n}",
                    title=f"Title {n}",
                    link=f"https://site.example/{n}" if with_links else "",
                    at=ago(1000 - n) if dated else None,
                )
                for n in window
            )
        )
        for post in posts(reader.board(feed)):
            assert post.key not in seen, "posted a second time"
            seen[post.key] = post.body.text
    shown = {f"text {n}" for window in windows for n in window}
    assert sorted(seen.values()) == sorted(shown), "each once, and none is left out"


@given(st.integers(0, 50), st.integers(0, KEPT + 50))
@settings(max_examples=30)
def test_what_the_last_reading_showed_is_never_forgotten(here, gone):
    known = [Known(f"gone-{n}", f"gone-{n}", "", "", "", n, here=False) for n in range(gone)]
    known += [Known(f"here-{n}", f"here-{n}", "", "", "", n) for n in range(here)]
    kept = remembered(cursor(Memory(known=tuple(known)))).known
    assert sum(one.here for one in kept) == here
    assert [one.at for one in kept if not one.here] == list(range(max(0, gone - KEPT), gone))


@given(st.text())
def test_any_cursor_is_read(junk):
    assert isinstance(remembered(junk), Memory)
