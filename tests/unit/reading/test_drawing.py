"""An outline in plain text: its branches, its marks, the words of its rows, and pages that fit a message."""

from __future__ import annotations

import pytest

from bot.model import Body, BodyState, When
from bot.reading.drawing import draw, page_with_news, paged, worded
from bot.reading.outline import Fold, Line, Row, fold, outline

CHRISTMAS = 1_450_884_300_000


def row(post, parent=None, **cells):
    given = {"position": post, "n": post, "parent": parent, "title": f"Title {post}", "author": f"Author {post}"}
    return Row(post, **(given | {"number": post - 1} | cells))


OP = row(1, op=True, number=None)


def words(*rows):
    return {each.post: worded(each, None) for each in rows}


def drawn(rows, new=(), starred=(), deepest=6, folded=False):
    lines = outline(rows, new, starred, deepest)
    return draw(fold(lines) if folded else lines, words(*rows))


def test_replies_hang_on_branches_below_what_they_answer():
    """The eye follows a line further than it counts spaces."""
    rows = [OP, row(2), row(3, 2), row(4, 3), row(5, 2), row(6)]
    assert drawn(rows) == [
        "Title 1 · Author 1 · OP",
        "├ Title 2 · Author 2 · #1",
        "│ ├ Title 3 · Author 3 · #2",
        "│ │ └ Title 4 · Author 4 · #3",
        "│ └ Title 5 · Author 5 · #4",
        "└ Title 6 · Author 6 · #5",
    ]


def test_what_is_new_what_is_newest_and_what_is_guessed_is_marked():
    lines = drawn([OP, row(2), row(3, 2), row(4, 2, guessed=True)], new={3, 4}, starred={2, 3})
    assert lines[1:] == [
        "└★ Title 2 · Author 2 · #1",
        "  ├•★ Title 3 · Author 3 · #2",
        "  └•? Title 4 · Author 4 · #3",
    ]


def test_what_stands_deeper_than_rows_are_indented_says_whom_it_answers():
    rows = [OP, *(row(n, n - 1) for n in range(2, 6))]
    assert drawn(rows, deepest=2)[-2:] == [
        "  ├ ↳ #2 Title 4 · Author 4 · #3",
        "  └ ↳ #3 Title 5 · Author 5 · #4",
    ]


def test_where_the_forum_does_not_number_it_is_the_author_who_is_answered():
    rows = [OP, *(row(n, n - 1, number=None) for n in range(2, 5))]
    assert drawn(rows, deepest=1)[-1] == "└ ↳ Author 3 Title 4 · Author 4"


def test_what_is_folded_is_counted_where_it_stands():
    rows = [OP, row(2), row(3, 2), row(4, 2), row(5)]
    assert drawn(rows, new={5}, folded=True) == ["Title 1 · Author 1 · OP", "├ … 3 read", "└• Title 5 · Author 5 · #4"]


def test_the_newest_are_not_folded():
    """★ would stand nowhere."""
    rows = [OP, *(row(n) for n in range(2, 9))]
    lines = fold(outline(rows, new={2}, starred={8}))
    assert [line.row.post if isinstance(line, Line) else line for line in lines] == [1, 2, Fold(1, 5), 8]


def test_a_deleted_post_says_so_and_nothing_else():
    """Its author is not told, and neither is what it was called."""
    lines = drawn([OP, row(2, live=False), row(3, 2)])
    assert lines[1:] == ["└ (deleted) · #1", "  └ Title 3 · Author 3 · #2"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (Body(BodyState.PRESENT, "<p>The first <b>words</b></p><p>and more</p>", "html"), "The first words and more"),
        (Body(BodyState.EMPTY), "no text"),
        (Body(BodyState.UNKNOWN), "listed, text not seen yet"),
    ],
)
def test_a_post_without_a_title_is_shown_by_its_first_words(body, said):
    assert worded(row(2, title=""), body) == said


def test_a_row_is_one_line_whatever_it_holds():
    """Line ends, controls and long names are a stranger's."""
    long = row(2, title="A\nb\u202ec" * 60, author="n" * 300)
    [_, line] = draw(outline([OP, long]), words(OP, long))
    assert "\n" not in line
    assert "\u202e" not in line
    assert len(line) < 120
    assert "…" in line


def test_the_day_is_told_as_exactly_as_it_is_known():
    exact = row(2, created=When(CHRISTMAS, CHRISTMAS))
    month = row(3, created=When(1_448_928_000_000, 1_451_606_399_999))
    assert [line.split(" · ")[2] for line in drawn([OP, exact, month])[1:]] == ["23 Dec 2015", "Dec 2015"]


def test_pages_hold_every_line_once_and_fit_a_message():
    lines = drawn([OP, *(row(n, n - 1) for n in range(2, 400))])
    pages = paged(lines)
    assert [line for page in pages for line in page] == lines
    assert max(len("\n".join(page)) for page in pages) <= 1900


def test_the_page_of_what_is_new_is_found():
    rows = [OP, *(row(n) for n in range(2, 400))]
    lines = outline(rows, new={350})
    pages = paged(draw(lines, words(*rows)))
    number = page_with_news(lines, pages)
    assert any("• Title 350 " in line for line in pages[number - 1])
    assert page_with_news(outline(rows), pages) == 1
    assert page_with_news([], paged([])) == 1
