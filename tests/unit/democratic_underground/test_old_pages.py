"""Pages from before 2011 name every parent and every edit."""

import pytest

from bot.errors import Unparsable
from bot.model import BodyState, ParentState

ADDRESS = "https://upload.democraticunderground.com/discuss/duboard.php?az=view_all&address=246x1234"


@pytest.fixture
def old(data) -> str:
    return (data / "old.txt").read_text(encoding="utf-8")


def test_parents_are_known(read, old):
    """The page says what each reply answers."""
    page = read(old, ADDRESS)
    assert [(post.parent.state, post.parent.key) for post in page.posts] == [
        (ParentState.NONE, ""),
        (ParentState.KNOWN, "246x1234#OP"),
        (ParentState.KNOWN, "246x1234#1"),
    ]


def test_an_edit_is_a_version_and_no_part_of_the_text(read, old):
    """Its line stands where the text begins."""
    post = read(old).posts[0]
    assert post.version == "Mon Jan-04-10 10:02 AM"
    assert post.body.text == "The beans are gone.\n\nAll of them."


def test_authors_titles_and_bodies_are_read(read, old):
    """Names hold spaces; a membership is no part of a name."""
    page = read(old, ADDRESS)
    assert [(post.number, post.author.name, post.title, post.body.text) for post in page.posts[1:]] == [
        (1, "moss", "Cover them n/t", ""),
        (2, "tall fern", "Too late", "There were twelve."),
    ]
    assert page.posts[1].body.state is BodyState.EMPTY
    assert all(post.created.exact for post in page.posts)
    assert page.thread.closed
    assert page.thread.board is not None
    assert page.thread.board.path == ("Home", "Discuss", "Topic Forums", "Gardens")
    assert page.thread.board.key == "246"


def test_nothing_proves_the_page_complete(read, old):
    """It has no outline to count by."""
    assert not read(old).complete


def test_name_and_date_may_stand_in_two_cells(read, old):
    """So they do in HTML."""
    html = "<html><body>" + "".join(
        f"<div>{line}</div>" for line in old.replace("Ignore ", "Ignore</div><div>").split("\n")
    )
    page = read(html)
    assert [post.author.name for post in page.posts] == ["tall fern", "moss", "tall fern"]
    assert page.posts[2].body.text == "<p>There were twelve.</p>"
    assert page.posts[0].body.text == "<p>The beans are gone.<br>All of them.</p>"


def test_a_damaged_header_is_reported_and_its_neighbours_go_on(read, old):
    """Its text is not taken for another's."""
    page = read(old.replace("1. Cover them n/t", "Cover them n/t"))
    assert [post.number for post in page.posts] == [None, 2]
    assert b"Cover them" in page.damaged[0].sample


def test_two_replies_with_one_number_are_reported(read, old):
    """A body may quote a whole reply."""
    page = read(old.replace("2. Too late", "1. Too late"))
    assert [post.number for post in page.posts] == [None, 1]
    assert "#1" in page.damaged[0].why


def test_without_an_op_it_is_no_thread(read, old):
    """There would be no title."""
    with pytest.raises(Unparsable):
        read(old.replace("\nOriginal message\n", "\n"))
