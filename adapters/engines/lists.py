"""Pure: how far the list of a board was read, whose threads stand in the order of their newest activity."""

from __future__ import annotations

import msgspec

from adapters.engines import bookmarks
from bot.model import Board, Bookmark, Damaged, Listing, Thread


class Shelf(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the reading of a board stopped."""

    high: str = ""
    """The newest activity up to which everything was read."""
    top: str = ""
    """The newest activity that the reading under way has seen."""
    page: int = 0
    """The page with which it goes on; 0 where none is under way."""
    key: bool = False
    """Whether it is read with our key, because guests cannot."""
    digest: str = ""
    """Of what the first page told of its threads."""


class Page(msgspec.Struct, frozen=True):
    """A page of a list."""

    threads: tuple[Thread, ...]
    damaged: tuple[Damaged, ...]
    newest: str
    """The newest activity on it."""
    digest: str
    """Of what it tells of its threads."""
    behind: bool
    """Whether it has not met what was read before."""


def gap(most: str) -> str:
    """What is told of a list that changed more than is read of it."""
    return f"more than {most} changed; the older ones are not read"


def listing(
    board: Board,
    before: Shelf,
    page: Page,
    *,
    with_key: bool,
    most: int,
    step: int,
    digest: str,
    etag: str = "",
    empty: str = "",
) -> Listing:
    """What a page tells, and where the reading goes on: on the next page, as long as there are fewer than `most`.

    `step` threads stand on a page. Digest and etag are those of the answer; of a later page they say nothing about the
    first one, which is what is read next. `empty` is the activity to which an empty list reaches back.
    """
    top = max(before.top, page.newest)
    more = page.behind and before.page + 1 < most
    shown = before.digest if before.page else page.digest
    if more:
        after = Shelf(before.high, top, before.page + 1, with_key, shown)
    else:
        after = Shelf(max(top, before.high) or empty, "", 0, with_key, shown)
    single = not more and not before.page
    return Listing(
        board,
        page.threads,
        Bookmark(bookmarks.written(after), etag if single else "", digest=digest if single else ""),
        more=more,
        damaged=page.damaged,
        gap=gap(f"{most * step} threads") if page.behind and not more else "",
    )
