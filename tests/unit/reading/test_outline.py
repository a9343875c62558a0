"""The tree of a discussion in rows."""

import pytest

from bot.reading.outline import Fold, Line, Row, fold, outline, page, page_of_news


def row(post, parent=None, **cells):
    return Row(post, **({"position": post, "n": post, "parent": parent} | cells))


OP = row(1, op=True)


def drawn(lines):
    return [(line.row.post, line.depth) if isinstance(line, Line) else line for line in lines]


def test_replies_stand_below_what_they_answer_in_the_forum_s_own_order():
    """Neither arrival nor the order in which rows come says anything."""
    rows = [row(4, 2), row(3), row(2, position=9), row(5, 4, n=1), OP, row(6, 2, position=3)]
    assert drawn(outline(rows)) == [(1, 0), (3, 1), (2, 1), (6, 2), (4, 2), (5, 3)]


def test_what_answers_the_op_and_what_answers_the_thread_stand_together():
    assert drawn(outline([OP, row(2), row(3, 1), row(4)])) == [(1, 0), (2, 1), (3, 1), (4, 1)]


def test_posts_of_one_position_keep_one_order():
    rows = [OP, row(3, position=5, n=2), row(2, position=5, n=7)]
    assert drawn(outline(rows)) == drawn(outline(rows[::-1])) == [(1, 0), (3, 1), (2, 1)]


def test_what_answers_somebody_who_is_not_here_stands_flat():
    assert drawn(outline([OP, row(2, 99), row(3, 2)])) == [(1, 0), (2, 1), (3, 2)]


def test_without_an_op_replies_begin_at_the_margin():
    assert drawn(outline([row(2), row(3, 2)])) == [(2, 0), (3, 1)]


@pytest.mark.parametrize("rows", [[OP, row(2, 3), row(3, 2)], [OP, row(2, 2)], [row(2, 3), row(3, 2)], []])
def test_a_circle_is_drawn_once(rows):
    """A forum's data are a stranger's."""
    assert sorted(line.row.post for line in outline(rows)) == sorted(each.post for each in rows)


def test_a_guess_is_marked():
    by_guess, flat = outline([OP, row(2, 1, guessed=True), row(3)])[1:]
    assert by_guess.guessed
    assert not flat.guessed


def test_deep_replies_stand_at_the_last_level_and_say_so():
    lines = outline([OP, *(row(n, n - 1) for n in range(2, 6))], deepest=2)
    assert [(line.depth, line.deeper) for line in lines] == [(0, False), (1, False), (2, False), (2, True), (2, True)]


def test_a_chain_of_thousands_is_drawn():
    lines = outline([OP, *(row(n, n - 1) for n in range(2, 5000))])
    assert (len(lines), lines[0].replies) == (4999, 4998)


def test_new_and_newest_are_different_things():
    """• is one reader's, ★ is everybody's."""
    lines = outline([OP, row(2), row(3)], new={2}, starred={3})
    assert [(line.new, line.starred) for line in lines] == [(False, False), (True, False), (False, True)]


def test_a_deleted_post_stands_as_long_as_something_alive_stands_below_it():
    rows = [OP, row(2, live=False), row(3, 2, live=False), row(4, 3), row(5, live=False), row(6, 5, live=False)]
    lines = outline(rows, new={2, 5})
    assert drawn(lines) == [(1, 0), (2, 1), (3, 2), (4, 3)]
    assert [line.replies for line in lines] == [1, 1, 1, 0]
    assert not any(line.new for line in lines)


def test_folding_leaves_what_is_new_and_what_it_answers():
    rows = [OP, row(2), row(3, 2), row(4, 2), row(5, 2), row(6), row(7), row(8)]
    assert drawn(fold(outline(rows, new={5}))) == [(1, 0), (2, 1), Fold(2, 2), (5, 2), Fold(1, 3)]


def test_a_single_row_is_not_folded():
    """Its count takes the same room."""
    assert drawn(fold(outline([OP, row(2), row(3), row(4)], new={3}))) == [(1, 0), (2, 1), (3, 1), (4, 1)]


def test_a_fold_counts_live_posts():
    rows = [OP, row(2, live=False), row(3, 2), row(4)]
    assert drawn(fold(outline(rows))) == [(1, 0), Fold(1, 2)]


def test_pages_hold_every_row_once():
    lines = outline([OP, *(row(n) for n in range(2, 8))])
    pages = [page(lines, number, size=3) for number in (1, 2, 3)]
    assert [line for each in pages for line in each.lines] == lines
    assert {each.pages for each in pages} == {3}


@pytest.mark.parametrize(("asked", "given"), [(-1, 1), (0, 1), (99, 3)])
def test_a_page_that_is_not_there_is_the_nearest_one(asked, given):
    lines = outline([OP, *(row(n) for n in range(2, 8))])
    assert page(lines, asked, size=3).number == given


def test_of_nothing_there_is_one_empty_page():
    assert (page([]).lines, page([]).pages) == ((), 1)


def test_news_are_found():
    lines = outline([OP, *(row(n) for n in range(2, 8))], new={6, 7})
    assert page_of_news(lines, size=3) == 2
    assert page_of_news(outline([OP])) == 1
