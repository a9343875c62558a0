"""How far a thread is read, and what is unread in it: from numbers alone."""

import pytest
from msgspec.structs import replace

from bot.reading.marks import (
    Mark,
    Stand,
    collapsed,
    has_news,
    joined,
    known_n,
    lowered,
    mark_at,
    raised,
    read_to,
    settled,
    under_board,
    unread,
)

THREAD = Stand(thread=1, last=10, dead=0, live_seq=100, floor=0, board=0, top=120)
"""Ten posts arrived; the newest has the seq 100, and 20 more came elsewhere in the forum since."""


def with_mark(seq, n, forced=False, **cells):
    return replace(THREAD, mark=Mark(seq, n, forced), **cells)


# ---------------------------------------------------------------------------------------------------------- how far


@pytest.mark.parametrize(
    ("stand", "seq"),
    [
        (THREAD, 0),
        (replace(THREAD, board=30), 30),
        (replace(THREAD, floor=40, board=30), 40),
        (with_mark(50, 5, board=30), 50),
        (with_mark(20, 2, board=30), 30),
    ],
)
def test_the_highest_of_what_is_said_counts(stand, seq):
    """Marks are joined by the greatest: their order and repetition mean nothing."""
    assert read_to(stand) == seq


def test_a_mark_of_unread_beats_that_of_the_board():
    assert read_to(with_mark(20, 2, forced=True, board=90)) == 20


def test_nothing_below_the_floor_is_unread():
    """It is for everybody, whatever they mark."""
    assert read_to(with_mark(20, 2, forced=True, board=90, floor=50)) == 50


def test_the_number_is_known_where_the_thread_s_own_mark_says_how_far_it_is_read():
    assert known_n(with_mark(50, 5, board=30)) == 5
    assert known_n(with_mark(20, 2, board=30)) is None
    assert known_n(THREAD) is None


# ------------------------------------------------------------------------------------------------------ what is new


def test_unread_is_what_arrived_behind_but_for_the_dead_and_what_was_read_alone():
    assert unread(with_mark(50, 5), n=5, dead=2, singly=1) == 2


def test_whoever_has_read_the_newest_live_post_has_nothing_new():
    """A tombstone behind it is nobody's news."""
    assert not has_news(with_mark(100, 9))
    assert unread(with_mark(100, 9), n=9, dead=1, singly=0) == 0


# ---------------------------------------------------------------------------------------------------------- marking


def test_a_mark_that_the_board_covers_is_not_kept():
    assert mark_at(replace(THREAD, board=50), 50, 5) is None
    assert mark_at(replace(THREAD, board=50), 60, 6) == Mark(60, 6)
    assert mark_at(replace(THREAD, board=50), 40, 4) == Mark(40, 4, forced=True)


def test_a_mark_never_falls():
    stand = with_mark(50, 5)
    assert raised(stand, 40, 4) == Mark(50, 5)
    assert raised(stand, 60, 6) == Mark(60, 6)


def test_what_is_not_there_yet_cannot_be_read():
    """A forged or broken button would hide everything that is still to come."""
    assert raised(THREAD, 10**9, 10) == Mark(120, 10)


def test_where_nothing_had_arrived_nothing_is_noted():
    assert raised(THREAD, 30, 0) is None


def test_mark_unread_makes_nothing_read():
    """Who has read to 3 and marks 8 unread has not read what lies between."""
    stand = with_mark(30, 3)
    assert lowered(stand, reached=3, n=8, before=70) == Mark(30, 3)
    assert lowered(stand, reached=3, n=2, before=10) == Mark(10, 1)


def test_mark_unread_from_a_back_filled_post_means_from_the_first_that_arrived():
    assert lowered(with_mark(30, 3), reached=3, n=-4, before=0) is None
    assert lowered(replace(THREAD, board=90), reached=9, n=-4, before=0) == Mark(0, 0, forced=True)


def test_a_board_s_mark_ends_what_was_marked_unread_before():
    stand = with_mark(20, 2, forced=True, board=90)
    assert under_board(stand, 90, 9) is None


def test_an_older_board_s_mark_raises_what_was_marked_unread_as_far_as_it_goes():
    """It comes late, from a page that was shown before: what it showed is read, and no more."""
    stand = with_mark(20, 2, forced=True, board=90)
    assert under_board(stand, 60, 6) == Mark(60, 6, forced=True)
    assert under_board(stand, 10, 1) == Mark(20, 2, forced=True)


# ------------------------------------------------------------------------------------------------- moves and people


def test_what_was_read_of_a_thread_stays_read_in_another_board_and_nothing_else():
    """The mark of the new board was set by somebody who did not see it there."""
    assert settled(replace(THREAD, board=50), replace(THREAD, board=90), 5) == Mark(50, 5, forced=True)
    assert settled(replace(THREAD, board=50), THREAD, 5) == Mark(50, 5)
    assert settled(replace(THREAD, board=50), replace(THREAD, board=50), 5) is None


def test_two_who_are_one_have_read_what_either_has():
    here, there = with_mark(20, 2, forced=True, board=90), with_mark(60, 6)
    for both, seq, n in (joined(here, there), joined(there, here)):
        assert (both.board, seq, n) == (90, 60, 6)
        assert mark_at(both, seq, 6) == Mark(60, 6, forced=True)


def test_what_is_put_together_ends_below_the_first_unread_post():
    assert collapsed(120, [70, 30, 90]) == 29
    assert collapsed(120, []) == 120
