"""A board's page gives its threads, and tokens that change only with the threads."""

import pytest

from adapters.forums.democratic_underground import taxonomy
from adapters.forums.democratic_underground.listing import SLID, digest, listing
from adapters.forums.democratic_underground.settings import Settings, checked
from bot.errors import Unparsable
from bot.model import HOUR, BoardKey, Listing

RULES = checked(Settings())
BASE = "https://www.democraticunderground.com"


def read(page: bytes, cursor: str = "", board: str = "1033") -> Listing:
    return listing(page, taxonomy.board(BoardKey(board), RULES), RULES, cursor)


@pytest.fixture
def page(data) -> bytes:
    return (data / "board.html").read_bytes()


@pytest.fixture
def latest(data) -> Listing:
    return read((data / "latest.html").read_bytes(), board="latest_threads")


def test_threads_come_in_the_order_of_the_page(page):
    """Newest activity stands first; a thread that was deleted before anybody looked has nothing to read."""
    found = read(page)
    assert [(thread.key, thread.title, thread.replies) for thread in found.threads] == [
        ("10331234567", "The library on Elm & Oak", 4),
        ("10331234999", "Bus times", 12),
    ]
    assert found.board.name == "Elmsbury"
    assert found.board.link == f"{BASE}/?com=forum&id=1033"


def test_a_row_without_a_thread_is_reported(page):
    """One broken row must not cost the others."""
    assert [damaged.sample for damaged in read(page).damaged] == [b"No link here | moss | 0 | Friday | 3"]


def test_views_and_names_of_digits_are_not_taken_for_replies(page):
    """A board that hides its counts would else seem to have very busy threads."""
    assert read(page.replace(b"<td>4</td>", b"")).threads[0].replies is None
    assert read(page.replace(b"kettle", b"1776")).threads[0].replies == 4


@pytest.mark.parametrize(
    ("old", "new"), [(b"1,497", b"1,600"), (b"2 hrs ago", b"3 hrs ago"), (b">Friday<", b">Dec 12<")]
)
def test_views_and_dates_are_no_evidence(page, old, new):
    """Each would make threads due although nothing happened in them; dates are words that change by themselves."""
    assert digest(read(page.replace(old, new))) == digest(read(page))


@pytest.mark.parametrize("count", [b"5", b"3", b"1,004"])
def test_a_count_that_rose_or_fell_is_evidence(page, count):
    """A reply came, or one was deleted: that thread is read, and no other."""
    before, after = read(page), read(page.replace(b"<td>4</td>", b"<td>" + count + b"</td>"))
    assert before.threads[0].token != after.threads[0].token
    assert before.threads[1].token == after.threads[1].token
    assert digest(before) != digest(after)


def test_without_counts_the_dates_stand_in(page):
    """An empty token would have every thread read at every poll; an old one would hide every reply."""
    bare = page.replace(b"<td>4</td>", b"")
    assert read(bare).threads[0].token
    assert read(bare).threads[0].token != read(bare.replace(b">Friday<", b">Dec 12<")).threads[0].token


def test_a_thread_that_was_deleted_since_is_read_once_more(page):
    """That it is shown as deleted proves nothing: its own page does."""
    whole = read(page.replace(b"deleted-new", b"thread-new"))
    assert [thread.key for thread in whole.threads][2:] == ["10331230000"]
    after = read(page, whole.bookmark.cursor)
    assert [thread.key for thread in after.threads][2:] == ["10331230000"]
    assert after.threads[2].token != whole.threads[2].token
    assert len(read(page, after.bookmark.cursor).threads) == 2


def test_a_list_of_deleted_threads_alone_is_a_list(page):
    """Nothing is wrong with it."""
    assert read(page.replace(b"bg-lite", b"bg-lite deleted").replace(b"thread-new", b"deleted-new")).threads == ()


def test_a_list_that_has_slid_away_says_so(page):
    """What came and went between two readings was not seen, and nobody would know."""
    found = read(page)
    assert (found.gap, read(page, found.bookmark.cursor).gap) == ("", "")
    assert read(page, "10330000001=4 10330000002=0").gap == SLID
    assert read(page, "10330000001=4 10331234567=0").gap == ""


def test_threads_of_the_whole_site_carry_their_own_boards(latest):
    """Their posts are shown under the way to the board they stand on; what is not known replaces nothing."""
    assert (latest.board.key, latest.board.name) == ("latest_threads", "Latest Threads")
    assert latest.board.link == f"{BASE}/?com=latest_threads"
    boards = [thread.board for thread in latest.threads]
    assert [(board and board.key, board and board.name, board and board.path) for board in boards] == [
        ("1033", "Elmsbury", ()),
        ("1016", "Editorials & Other Articles", ("Issue Forums", "Editorials & Other Articles")),
        ("1777", "", ()),
    ]
    assert [thread.token for thread in latest.threads] == ["4", "0", "1"]


def test_a_list_of_ages_tells_how_far_back_it_reaches(latest, page):
    """A busy list slides: it has to be read again before half of it is gone."""
    assert latest.tempo.window == 3 * HOUR
    assert read(page.replace(b"2 hrs ago", b"Dec 3")).tempo.window is None


@pytest.mark.parametrize("page", [b"", b"<table><tr><td>1</td></tr></table>", b"Elmsbury\n1\nDec 13\n"])
def test_a_page_without_threads_says_what_was_looked_for(page):
    """A changed page must not look like an empty board."""
    with pytest.raises(Unparsable, match=r"no threads found on the page of board 1033: looked for .*bg-dark"):
        read(page)
