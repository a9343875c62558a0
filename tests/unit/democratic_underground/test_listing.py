"""A board's page gives its threads, and tokens that change only with the threads."""

import pytest

from adapters.forums.democratic_underground.listing import digest, listing
from adapters.forums.democratic_underground.settings import Settings, checked
from bot.errors import Unparsable
from bot.model import BoardKey

RULES = checked(Settings())
BOARD = BoardKey("1033")


@pytest.fixture
def page(data) -> bytes:
    return (data / "board.html").read_bytes()


def test_threads_come_in_the_order_of_the_page(page):
    """Newest activity stands first; a thread that is shown as deleted has nothing to read."""
    found = listing(page, BOARD, RULES)
    assert [(thread.key, thread.title, thread.replies) for thread in found.threads] == [
        ("10331234567", "The library on Elm & Oak", 4),
        ("10331234999", "Bus times", 12),
    ]
    assert found.board.name == "Elmsbury"
    assert found.board.link == "https://www.democraticunderground.com/?com=forum&id=1033"


def test_a_row_without_a_thread_is_reported(page):
    """One broken row must not cost the others."""
    assert [damaged.sample for damaged in listing(page, BOARD, RULES).damaged] == [
        b"No link here | moss | 0 | Friday | 3"
    ]


def test_views_are_not_taken_for_replies(page):
    """A board that hides its counts would else seem to have very busy threads."""
    found = listing(page.replace(b"<td>4</td>", b""), BOARD, RULES)
    assert found.threads[0].replies is None


def test_views_and_ages_are_not_activity(page):
    """Each would make every thread due at every poll."""
    later = page.replace(b"1,497", b"1,600").replace(b"2 hrs ago", b"3 hrs ago")
    assert digest(listing(later, BOARD, RULES)) == digest(listing(page, BOARD, RULES))


@pytest.mark.parametrize(("old", "new"), [(b"<td>4</td>", b"<td>5</td>"), (b">Friday<", b">Saturday<")])
def test_replies_and_their_time_are_activity(page, old, new):
    """They are all that a board says of what happened in a thread."""
    before, after = listing(page, BOARD, RULES), listing(page.replace(old, new), BOARD, RULES)
    assert before.threads[0].token != after.threads[0].token
    assert before.threads[1].token == after.threads[1].token
    assert digest(before) != digest(after)


@pytest.mark.parametrize("page", [b"", b"<table><tr><td>1</td></tr></table>", b"Elmsbury\n1\nDec 13\n"])
def test_a_page_without_threads_says_what_was_looked_for(page):
    """A changed page must not look like an empty board."""
    with pytest.raises(Unparsable, match=r"no threads found on the page of board 1033: looked for .*bg-dark"):
        listing(page, BOARD, RULES)
