"""Where threads are at home: each in one board, whose mark and floor say how far it is read; others may list it too.

What a reader had read of a thread that moves is told by the board that it left. It is not worked out here: a move costs
the same with any number of readers (`bot.store.marks.begin`).
"""

from __future__ import annotations

from bot.model import ThreadKey
from bot.store.unit import Unit


def former_home(forum: int, thread: ThreadKey) -> Unit[list[int | None]]:
    """The board in which a thread was at home until now, None for no board; nothing where the thread is not known."""
    return [home for (home,) in (yield "SELECT board FROM thread WHERE forum=$1 AND key=$2", (forum, thread))]


def leave_home(thread: int, board: int | None) -> Unit[None]:
    """Note that a thread is not at home in a board any more, but where it says now; readers' marks follow when set."""
    [[move]] = yield "UPDATE moves SET last=last+1 RETURNING last", ()
    yield (
        """INSERT INTO moved (id, thread, board, floor_seq)
           VALUES ($1, $2, $3, COALESCE((SELECT floor_seq FROM board WHERE id=$3), 0))""",
        (move, thread, board),
    )
    yield from note_home(thread)


def note_home(thread: int) -> Unit[None]:
    """Note that threads which are at home where this one is stand in the lists that show it."""
    yield (
        """INSERT INTO home (board, home) SELECT l.board, t.board FROM thread t JOIN listing l ON l.thread=t.id
           WHERE t.id=$1 AND l.board<>t.board ON CONFLICT DO NOTHING""",
        (thread,),
    )
