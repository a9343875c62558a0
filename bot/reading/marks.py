"""Pure: how far a person has read a thread, and what is unread there because of it.

Every post that arrives has a `seq`, which rises over its whole forum, and an `n`, dense in its thread; neither is given
twice. What was back-filled has an `n` below 1 and is unread for nobody. A person has read a thread up to one `seq`, the
place where they stand, and maybe single posts behind it. Where they stand is said by the thread's own mark, by that of
its home board, and by the board's floor: the highest counts, but a mark that says "unread" beats that of the board.

Nothing here is ever stored but a mark: a decision is the mark that a thread has afterwards, None for none.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


class Mark(msgspec.Struct, frozen=True):
    """How far a person has read a thread, by its own mark: up to `seq`, where the number in the thread was `n`."""

    seq: int
    n: int
    forced: bool = False
    """It says "unread" of what the board's mark covers, and beats it."""


class Stand(msgspec.Struct, frozen=True):
    """A thread in numbers, and what one person's marks say of it."""

    thread: int
    last: int
    """The number of the newest post that arrived, dead or alive."""
    dead: int
    """How many posts of it are dead, back-filled ones too."""
    live_seq: int
    """The newest live post that arrived; 0 where there is none."""
    floor: int
    """Up to here everything in the board is read, for everybody."""
    board: int
    """The person's mark of the board; 0 for none."""
    top: int
    """The newest seq of the forum: nothing beyond it was ever shown."""
    alone: int = 0
    """How many of its posts are noted as read out of their order, wherever they stand."""
    mark: Mark | None = None


def first_unread(n: int) -> int:
    """The number from which on "mark unread from here" counts: a back-filled post means the first that arrived."""
    return max(n, 1)


def by_board(stand: Stand) -> int:
    """How far the board alone says that a thread is read."""
    return max(stand.floor, stand.board)


def read_to(stand: Stand) -> int:
    """The seq up to which a person has read a thread; below the floor nothing is unread, whatever marks say."""
    if stand.mark is None:
        return by_board(stand)
    return max(stand.mark.seq, stand.floor if stand.mark.forced else by_board(stand))


def known_n(stand: Stand) -> int | None:
    """The number in the thread up to which it is read, where the mark says it; None where it has to be looked for."""
    return stand.mark.n if stand.mark is not None and stand.mark.seq == read_to(stand) else None


def has_news(stand: Stand) -> bool:
    """Whether anything behind the place where a person stands is alive; cheap, and all that most threads need."""
    return stand.live_seq > read_to(stand)


def unread(stand: Stand, n: int, dead: int, singly: int) -> int:
    """How many posts of a thread a person has not read.

    `n` is the number up to which it is read; behind it, `dead` posts are dead and `singly` live ones were read alone.
    """
    return stand.last - n - dead - singly if has_news(stand) else 0


def mark_at(stand: Stand, seq: int, n: int) -> Mark | None:
    """The mark by which a person stands at `seq` and nowhere else; None where the board alone says so."""
    covered = by_board(stand)
    return None if max(seq, stand.floor) == covered else Mark(seq, n, seq < covered)


def raised(stand: Stand, seq: int, n: int) -> Mark | None:
    """The mark once a person has read up to `seq`, where the number is `n`: it never falls.

    What was not there yet cannot have been read, whoever says so; where nothing had arrived, nothing is noted.
    """
    seq = min(seq, stand.top)
    return mark_at(stand, seq, n) if n > 0 and seq > read_to(stand) else stand.mark


def lowered(stand: Stand, reached: int, n: int, before: int) -> Mark | None:
    """The mark once everything from the number `n` on is unread; what is below stays as it is.

    `reached` is the number up to which it is read now, `before` the seq of the last post that arrived below `n`.
    """
    n = first_unread(n)
    return mark_at(stand, before, n - 1) if reached >= n else stand.mark


def under_board(stand: Stand, seq: int, n: int) -> Mark | None:
    """The mark of a thread that was marked unread, once the board is marked read up to `seq`; `stand` knows of that.

    It rises like any other: it was about what was read then. `n` is the thread's number at `seq`.
    """
    return mark_at(stand, seq, n) if stand.mark is None or seq > stand.mark.seq else stand.mark


def settled(then: Stand, now: Stand, n: int) -> Mark | None:
    """The mark once a thread went from one board to another: it is read as far as it was, up to the number `n`.

    `then` is how a person stood to it under the board that it left, `now` under the one that it came to.
    """
    return mark_at(now, read_to(then), n)


def collapsed(top: int, oldest: Iterable[int]) -> int:
    """The highest mark of a board by which nothing that lives becomes read.

    `oldest` holds the first unread seq of each of its threads, `top` the newest of the forum.
    """
    return min((seq - 1 for seq in oldest), default=top)


def joined(one: Stand, other: Stand) -> tuple[Stand, int, int | None]:
    """A thread as two people stand to it who turn out to be one, and the seq up to which they have read it.

    Either of them has read what one of them has, also where the other marked it unread. Last comes the number up to
    which it is read, where a mark says it.
    """
    further = max(one, other, key=read_to)
    both = msgspec.structs.replace(one, board=max(one.board, other.board))
    return both, read_to(further), known_n(further)
