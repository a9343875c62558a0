"""What forums are still to be told: the threads in which marks rose of people whose account there is connected.

A note is all that marking leaves, in its own commit and without a clock; `bot.store.syncing` says when it is due.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.store.unit import Unit

MOST = 200
"""Threads of a board that a forum is told of when the board is marked read, the newest: each is a request."""


def note_untold(person: int, threads: Iterable[int]) -> Unit[None]:
    """Note that marks of a person rose in some threads."""
    yield (
        """INSERT INTO untold (person, thread, forum) SELECT a.person, t.id, t.forum FROM thread t
             JOIN forum_account a ON a.person=$1 AND a.forum=t.forum AND a.sync=1 WHERE t.id=$2
           ON CONFLICT (person, thread) DO UPDATE SET changes=untold.changes+1""",
        [(person, thread) for thread in threads],
    )


def note_untold_board(person: int, board: int, seq: int) -> Unit[None]:
    """Note that a person's mark of a board is about to rise to `seq`: threads that live beyond it are not meant."""
    yield (
        """INSERT INTO untold (person, thread, forum) SELECT a.person, t.id, b.forum FROM board b
             JOIN forum_account a ON a.person=$1 AND a.forum=b.forum AND a.sync=1
             JOIN thread t ON t.board=b.id
           WHERE b.id=$2 AND t.live_seq<=$3 AND t.live_seq>b.floor_seq AND t.live_seq>
             COALESCE((SELECT m.seq FROM board_mark m WHERE m.person=$1 AND m.board=b.id), 0)
           ORDER BY t.live_seq DESC LIMIT $4
           ON CONFLICT (person, thread) DO UPDATE SET changes=untold.changes+1""",
        (person, board, seq, MOST),
    )
