"""A board's list as page text names no thread: what can be known of it is counted, and nothing is claimed."""

import pytest

from adapters.forums.democratic_underground import adapter, index_text, taxonomy
from adapters.forums.democratic_underground.listing import digest, listing
from adapters.forums.democratic_underground.parse import read_lines
from adapters.forums.democratic_underground.settings import Settings, checked
from bot.errors import Unparsable
from bot.model import BoardKey, Listing

RULES = checked(Settings())
BEFORE = "10331234567=4 10331234999=12 10331230000=0"


@pytest.fixture
def page(data) -> str:
    return (data / "board.txt").read_text(encoding="utf-8")


def read(page: str, cursor: str = BEFORE) -> Listing:
    return listing(page.encode(), taxonomy.board(BoardKey("1033"), RULES), RULES, cursor)


def rows(page: str) -> index_text.Index | None:
    return index_text.read(read_lines(page.encode(), RULES).lines)


def test_every_thread_has_its_five_lines(page):
    """The list ends where the site cuts it."""
    found = rows(page)
    assert found is not None
    assert found.name == "Elmsbury"
    assert [(row.replies, row.started, row.last, row.recommendations, row.views) for row in found.rows] == [
        (4, "Friday", "2 hrs ago", 2, 1497),
        (12, "Dec 3", "Friday", 0, 90),
        (0, "Oct 2025", "Nov 4", 11, 302),
    ]
    assert found.stray == ()


def test_a_line_too_few_or_too_many_costs_one_row_at_most(page):
    """The others are found again by their forms."""
    found = rows(page.replace("12\nDec 3\n", "12\n"))
    assert found is not None
    assert [row.replies for row in found.rows] == [4, 0]
    assert [line.text for line in found.stray] == ["12", "Friday", "0", "90"]
    found = rows(page.replace("12\nDec 3\n", "an advertisement\n12\nDec 3\n"))
    assert found is not None
    assert [row.replies for row in found.rows] == [4, 12, 0]


def test_the_same_counts_are_no_change_and_lose_nothing(page):
    """The next page with names goes on where the last one stopped; views and dates count as little as there."""
    found = read(page)
    assert (found.threads, found.gap, found.bookmark.cursor) == ((), "", BEFORE)
    assert digest(read(page.replace("1,497", "1,600").replace("2 hrs ago", "3 hrs ago"))) == digest(found)


@pytest.mark.parametrize(
    ("old", "new", "moved"), [("12\n", "13\n", 1), ("12\n", "11\n", 1), ("4\nF", "5\nF", 1), ("0\nO", "7\nO", 1)]
)
def test_other_counts_are_told_as_what_may_be_missing(page, old, new, moved):
    """Replies came or went, and nobody can say where: silence would be a claim."""
    gap = read(page.replace(old, new)).gap
    assert gap == f"the list came as text, which does not name its threads: replies came or went in {moved} of them"
    assert digest(read(page.replace(old, new))) != digest(read(page))


def test_a_board_of_which_no_names_are_known_is_not_mirrored_by_its_counts(page):
    """Its mirror would stay empty, and nobody would know why."""
    with pytest.raises(Unparsable, match="came as text, which counts the replies of 3 threads and names none"):
        read(page, "")


def test_a_saved_list_says_that_it_is_no_thread(data):
    """Whoever saved the wrong page is told which one to save."""
    with pytest.raises(Unparsable, match="this is the list of Elmsbury as text: it counts 3 threads and names none"):
        adapter.saved((data / "board.txt").read_bytes(), "", Settings())
