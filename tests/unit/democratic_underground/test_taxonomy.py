"""The boards of the site under the groups they stand in, as far as a page says so."""

import pytest

from adapters.forums.democratic_underground import taxonomy
from adapters.forums.democratic_underground.settings import Settings, checked
from bot.model import BoardKey

RULES = checked(Settings())


@pytest.fixture
def page(data) -> bytes:
    return (data / "forums.html").read_bytes()


def test_boards_stand_under_their_groups(page):
    """A name alone tells little of where a board is; archives and threads are no boards."""
    assert [(board.key, board.name, board.path) for board in taxonomy.boards(page, RULES)] == [
        ("1002", "General Discussion", ("Issue Forums", "General Discussion")),
        ("1127", "Environment & Energy", ("Issue Forums", "Environment & Energy")),
        ("1256", "Help", ()),
        ("1033", "Elmsbury", ("Region Forums", "Elmsbury")),
    ]


def test_a_menu_of_groups_files_no_board(page):
    """It stands above whatever follows it on the page."""
    menu = page[: page.index(b"<h2>")]
    assert [(board.key, board.path) for board in taxonomy.boards(menu, RULES)] == [("1002", ()), ("1256", ())]


def test_every_board_has_its_address(page):
    """It is mirrored by that."""
    for board in taxonomy.boards(page, RULES):
        assert board.link == f"https://www.democraticunderground.com/?com=forum&id={board.key}"


def test_a_page_that_names_no_board_leaves_those_that_are_known():
    """The site may draw its page otherwise tomorrow; its largest boards stay where they are."""
    found = {board.key: board for board in taxonomy.boards(b"<html>Sign in</html>", RULES)}
    assert list(found)[:3] == ["1002", "1014", "1016"]
    assert found[BoardKey("1016")].path == ("Issue Forums", "Editorials & Other Articles")
    assert found[BoardKey("1002")].path == ()


def test_nothing_is_made_up_about_an_unknown_board():
    """An empty name and path replace nothing that another page told."""
    assert (taxonomy.board(BoardKey("1777"), RULES).name, taxonomy.board(BoardKey("1777"), RULES).path) == ("", ())


@pytest.mark.parametrize(
    "unit", ['<a href="/?com=forum&id=1002">x</a>', "<li>Issue Forums</li>", "<a ", "Issue Forums"]
)
def test_a_page_of_one_thing_repeated_is_read_in_time(unit):
    """Pages of strangers are as long as they may be."""
    assert taxonomy.boards((unit * (1024 * 1024 // len(unit))).encode(), RULES)
