"""The one recorded thread page: everything that it says, and nothing that it does not say."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.model import BodyState, ParentState, Thread, ThreadPage

SEED = Path(__file__).parents[4] / "shared" / "seed" / "du-thread.txt"
EAST = ZoneInfo("America/New_York")

pytestmark = pytest.mark.skipif(not SEED.is_file(), reason=f"the recorded page {SEED} is not on this machine")


@pytest.fixture
def page(read) -> ThreadPage:
    return read(SEED.read_bytes())


def local(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=EAST).timestamp()) * 1000  # type: ignore[arg-type,misc]


def test_the_thread_has_its_title_board_and_count(page):
    """They come from three different lines of the page."""
    thread: Thread = page.thread
    assert thread.title == "China moves toward universal self-censorship"
    assert thread.board is not None
    assert thread.board.path == ("Issue Forums", "Editorials & Other Articles")
    assert thread.board.name == "Editorials & Other Articles"
    assert thread.replies == 6
    assert page.complete
    assert page.damaged == ()


def test_every_post_has_its_author_title_and_body_state(page):
    """#3 and #4 stand in the outline alone: their text exists and has not been seen."""
    assert [(post.number, post.author.name, post.title, post.body.state.value) for post in page.posts] == [
        (None, "pscot", "China moves toward universal self-censorship", "present"),
        (1, "villager", '"Free" trade will bring it here, as well', "present"),
        (2, "pscot", "Well, not 'required' exactly", "present"),
        (3, "villager", "Yes -- the rats for her, not me!", "unknown"),
        (4, "cprise", "Contentious reddit thread here...", "unknown"),
        (5, "pscot", "I love Reddit comment threads", "present"),
        (6, "cprise", "Hmmm...", "present"),
    ]
    assert [post.position for post in page.posts] == list(range(7))
    assert [post.op for post in page.posts] == [True] + [False] * 6


def test_times_are_exact_where_the_page_has_them_and_bounded_where_it_has_a_month(page):
    """#3 and #4 were written after #2 and before #5."""
    exact = {
        0: local(2015, 12, 22, 15, 24),
        1: local(2015, 12, 22, 15, 29),
        2: local(2015, 12, 22, 17, 45),
        5: local(2015, 12, 25, 12, 12),
        6: local(2015, 12, 25, 18, 21),
    }
    for index, moment in exact.items():
        assert (page.posts[index].created.earliest, page.posts[index].created.latest) == (moment, moment)
    for index in (3, 4):
        assert (page.posts[index].created.earliest, page.posts[index].created.latest) == (exact[2], exact[5])


def test_bodies_are_whole_and_hold_nothing_of_the_page_around_them(page):
    """The lengths were counted on the page; #5 quotes a line that looks like a header."""
    assert [len(post.body.text) for post in page.posts] == [3397, 74, 132, 0, 0, 597, 1765]
    assert "[–]ShrimpCrackers 1 point 2 days ago\n\n" in page.posts[5].body.text
    assert "What" not in page.posts[0].body.text[:5]
    assert page.posts[0].body.text.startswith("(ANTIMEDIA) Oceania, China")
    assert page.posts[0].body.text.endswith("This is open source, free use granted.")
    for post in page.posts:
        assert "posts)" not in post.body.text
        assert page.thread.title not in post.body.text
        assert post.body.format == "plain" or post.body.state is BodyState.UNKNOWN


def test_parents_are_guessed_at_most(page):
    """The page text lost the outline's indents."""
    assert [post.parent.state for post in page.posts] == [ParentState.NONE] + [ParentState.UNKNOWN] * 6
    assert all(not post.parent.key for post in page.posts)
    guesses = [post.parent.guess.rpartition("#")[2] for post in page.posts]
    assert guesses == ["", "", "1", "2", "", "4", "5"]


def test_without_an_address_there_are_no_links_and_the_key_is_a_hash(page):
    """It must not meet the key of a fetched thread."""
    assert page.thread.key.startswith("saved-")
    assert page.thread.link == ""
    assert {post.link for post in page.posts} == {""}
    assert page.posts[0].key == f"{page.thread.key}#OP"
    assert page.posts[3].key == f"{page.thread.key}#3"


def test_with_an_address_the_posts_have_links(read):
    """The number is the anchor."""
    page = read(SEED.read_bytes(), "http://ww.democraticunderground.org/10161234567#post2")
    assert page.thread.key == "10161234567"
    assert page.thread.board is not None
    assert page.thread.board.key == "1016"
    assert page.posts[0].link == "https://www.democraticunderground.com/10161234567"
    assert page.posts[6].link == "https://www.democraticunderground.com/10161234567#post6"


@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_line_ends_of_other_systems_change_nothing(read, page, ends):
    """Saved pages come from every system."""
    assert read(SEED.read_bytes().replace(b"\n", ends.encode())) == page


def test_windows_bytes_change_nothing(read, page):
    """The site declares an encoding that it does not keep to; curly quotes come in either."""
    assert read(SEED.read_text(encoding="utf-8").encode("cp1252")) == page


@pytest.mark.parametrize("divider", ["", "\n", " \n", "\xa0\n", "\t \n\n"])
def test_the_line_behind_the_outline_may_be_damaged(read, page, divider):
    """Text tools trim no-break spaces, and lines that hold nothing else."""
    assert read(SEED.read_text(encoding="utf-8").replace(" \xa0\n", divider)) == page
