"""How far a list was read: every thread whose line changed is told, also after a long absence."""

from __future__ import annotations

from adapters.engines.bookmarks import remembered
from adapters.engines.lists import Page, Shelf, listing
from bot.model import Board, BoardKey, Listing, Thread, ThreadKey

BOARD = Board(BoardKey("c/7"), "Talk")


def read(before: Shelf, *, newest: str, behind: bool) -> tuple[Listing, Shelf]:
    page = Page((Thread(ThreadKey("1"), "A"),), (), newest, f"shown {newest}", behind)
    found = listing(BOARD, before, page, with_key=False, most=3, step=30, digest="d", etag="e", empty="0")
    return found, remembered(found.bookmark.cursor, Shelf)


def test_a_list_that_meets_what_was_known_is_read() -> None:
    """Its answer need not be read again while it is the same."""
    found, after = read(Shelf("2026-01-01"), newest="2026-01-02", behind=False)
    assert after == Shelf("2026-01-02", digest="shown 2026-01-02")
    assert (found.bookmark.etag, found.bookmark.digest, found.more, found.gap) == ("e", "d", False, "")


def test_a_reading_of_several_pages_reaches_as_far_as_its_first_page() -> None:
    """What comes meanwhile is met at the next one; and a later page's validators say nothing of the first."""
    found, after = read(Shelf("2026-01-01"), newest="2026-01-09", behind=True)
    assert (after.high, after.top, after.page, found.more) == ("2026-01-01", "2026-01-09", 1, True)
    found, after = read(after, newest="2026-01-05", behind=False)
    assert after == Shelf("2026-01-09", digest="shown 2026-01-09")
    assert (found.bookmark.etag, found.bookmark.digest, found.more, found.gap) == ("", "", False, "")


def test_what_is_too_far_behind_is_told_as_a_gap() -> None:
    found, after = read(Shelf("2026-01-01", "2026-01-09", 2), newest="2026-01-03", behind=True)
    assert (after.high, after.page, found.more) == ("2026-01-09", 0, False)
    assert found.gap == "more than 90 threads changed; the older ones are not read"


def test_an_empty_list_reaches_back_to_the_beginning() -> None:
    """So that the first thread on it is news."""
    assert read(Shelf(), newest="", behind=False)[1].high == "0"
