"""From how far people have read in a chat to marks: what their chat told becomes marks a moment later.

A position says that everything is read that stands before a message, in its place or in all of its channel. What stands
there in which order is known of our own copies, and of messages of people as far as they were heard. Where it is not
certain that a copy stands before a message it counts as unread: the next position finds it again.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from bot.model import DAY, Millis, Said
from bot.store.discussion import have_read
from bot.store.places import place_at
from bot.store.unit import Unit, one

AT_ONCE = 100
"""Copies that become marks in one commit: others write between two of them."""

BESIDE, WINDOWS = 30, 20
"""Copies that may be in flight beside a message: so many are looked at together, and so often before it is given up."""

FAR = 600_000
"""Milliseconds: no position waits for so long, unless the clock was set back."""

KEPT = 30 * DAY
"""How long it is known where a message of a person stands."""

NEWEST = 1 << 62
"""Behind every copy."""


class Position(msgspec.Struct, frozen=True):
    """How far somebody has read, as their chat told it last, and which is no mark yet."""

    chat: str
    user: str
    place: int
    everywhere: bool


class Stands(NamedTuple):
    """Where a message stands in its place, or in all of its channel: everything up to the copy `last` is read then."""

    last: int
    above: tuple[int, ...] = ()
    """What is shown above the place, and was not looked at before."""
    itself: tuple[int, ...] = ()
    """What the message itself shows, where that is more than `last`."""


def due_positions(now: Millis) -> Unit[list[Position]]:
    """The positions that become marks now: the oldest hundred; also where the clock was set back."""
    rows = yield (
        """SELECT chat, user_id, place, everywhere FROM receipt WHERE due_at IS NOT NULL AND (due_at<=$1 OR due_at>$2)
           ORDER BY due_at LIMIT 100""",
        (now, now + FAR),
    )
    return [Position(chat, user, place, bool(everywhere)) for chat, user, place, everywhere in rows]


def put_off(position: Position, until: Millis) -> Unit[None]:
    """Let a position become marks later."""
    yield (
        """UPDATE receipt SET due_at=$5 WHERE chat=$1 AND user_id=$2 AND place=$3 AND everywhere=$4
             AND due_at IS NOT NULL""",
        (*_key(position), until),
    )


def mark_position(position: Position) -> Unit[bool]:
    """Let what stands before a position be read, the oldest first; whether that is all of it."""
    rows = yield (
        """SELECT i.person, r.message, r.done FROM receipt r JOIN identity i ON i.chat=r.chat AND i.user_id=r.user_id
           WHERE r.chat=$1 AND r.user_id=$2 AND r.place=$3 AND r.everywhere=$4 AND r.due_at IS NOT NULL""",
        _key(position),
    )
    if not rows:
        return True
    [[person, message, done]] = rows
    stands = yield from _stands(position, message, done)
    where = "c.channel" if position.everywhere else "c.place"
    copies = yield (
        f"""SELECT c.id, c.post, c.state FROM copy c WHERE {where}=$1 AND c.id>$2 AND c.id<=$3
            ORDER BY c.id LIMIT $4""",
        (position.place, done, stands.last, AT_ONCE),
    )
    # A copy that a moderator took away may never have been seen.
    posts = [post for _, post, state in copies if state != "removed"]
    whole = len(copies) < AT_ONCE
    yield from have_read(person, [*stands.above, *posts, *(stands.itself if whole else ())])
    yield (
        """UPDATE receipt SET done=CASE WHEN done<$5 THEN $5 ELSE done END, due_at=CASE WHEN $6=1 THEN NULL ELSE due_at
             END WHERE chat=$1 AND user_id=$2 AND place=$3 AND everywhere=$4""",
        (*_key(position), stands.last if whole else copies[-1][0], int(whole)),
    )
    return whole


def _key(position: Position) -> tuple[str, str, int, int]:
    return position.chat, position.user, position.place, int(position.everywhere)


def _stands(position: Position, message: str, done: int) -> Unit[Stands]:
    """Where a message stands; before everything, where that is not known."""
    [[parent, thread]] = yield "SELECT parent, thread FROM place WHERE id=$1", (position.place,)
    rows = yield (
        """SELECT m.place, c.id, c.post, c.reply, CASE WHEN m.part=(SELECT MAX(x.part) FROM copy_message x
             WHERE x.copy=c.id) THEN 1 ELSE 0 END FROM copy_message m JOIN copy c ON c.id=m.copy
             JOIN place p ON p.id=m.place
           WHERE m.message=$1 AND (m.place=$2 OR m.place=$3 OR ($4=1 AND p.parent=$2)) ORDER BY c.id DESC LIMIT 1""",
        (message, position.place, parent, int(position.everywhere)),
    )
    itself: tuple[int, ...] = ()
    for place, copy, post, reply, to_its_end in rows:
        itself = (post,) if to_its_end and copy > done else ()
        if reply is None:
            if place == parent and not position.everywhere:
                return Stands(0, itself)  # the OP that the chat thread hangs on
            above = yield from _opening(parent, thread, done)
            if not position.everywhere:
                return Stands(copy if to_its_end else copy - 1, above)
            return Stands((yield from _before_copy(position.place, copy)), above, itself)
    rows = yield (
        """SELECT h.here, h.everywhere FROM heard h JOIN place p ON p.id=h.place
           WHERE h.message=$1 AND (h.place=$2 OR ($3=1 AND p.parent=$2))""",
        (message, position.place, int(position.everywhere)),
    )
    if not rows:
        return Stands(0)
    [[here, everywhere]] = rows
    return Stands(everywhere if position.everywhere else here, (yield from _opening(parent, thread, done)), itself)


def _opening(channel: int | None, thread: int | None, done: int) -> Unit[tuple[int, ...]]:
    """The OP above a chat thread in which somebody has read for the first time: chats show it at its top."""
    if channel is None or thread is None or done:
        return ()
    rows = yield (
        """SELECT o.id FROM post o JOIN copy c ON c.post=o.id AND c.channel=$1
           WHERE o.thread=$2 AND o.op=1 AND c.state<>'removed' LIMIT 1""",
        (channel, thread),
    )
    return tuple(int(id) for (id,) in rows)


def _before_copy(channel: int, copy: int) -> Unit[int]:
    """The last copy of a channel up to which all stand before one of them, wherever in the channel.

    What was not recorded when that one was begun may stand behind it, though it was recorded first.
    """
    rows = yield (
        """SELECT MAX(d.claimed_at) FROM copy c JOIN delivery d ON d.subject='post' AND d.subject_id=c.post
             AND d.act='create' AND d.channel=c.channel AND d.generation=c.generation WHERE c.id=$1""",
        (copy,),
    )
    begun = one(rows)
    return (yield from _recorded("channel", channel, copy, begun)) if begun is not None else copy - 1


def _recorded(within: str, id: int, before: int, at: Millis) -> Unit[int]:
    """The last copy below `before` up to which all were recorded by a time; 0 where too many were recorded later."""
    for _ in range(WINDOWS):
        rows = yield (
            f"""SELECT w.id, CASE WHEN EXISTS (SELECT 1 FROM delivery d WHERE d.subject='post' AND d.subject_id=w.post
                  AND d.act='create' AND d.channel=w.channel AND d.generation=w.generation AND d.settled_at>$3)
                  THEN 1 ELSE 0 END
                FROM (SELECT c.id, c.post, c.channel, c.generation FROM copy c WHERE c.{within}=$1 AND c.id<$2
                  AND c.reply IS NULL ORDER BY c.id DESC LIMIT $4) w""",
            (id, before, at, BESIDE),
        )
        late = [copy for copy, beside in rows if beside]
        if not late:
            return max((int(copy) for copy, _ in rows), default=0)
        before = min(late)
    return 0


# -------------------------------------------------------------------------------------------- where messages stand


def hear(chat: str, said: Said, now: Millis) -> Unit[None]:
    """Note behind which copies a message of a person stands, where anybody wants to be followed by their chat."""
    if not (yield "SELECT 1 FROM identity WHERE chat=$1 AND receipts=1 LIMIT 1", (chat,)):
        return
    place = yield from place_at(chat, said.where)
    if place is None:
        return
    [[channel]] = yield "SELECT COALESCE(parent, id) FROM place WHERE id=$1", (place,)
    at = min(said.at, now)
    here = yield from _recorded("place", place, NEWEST, at)
    everywhere = yield from _recorded("channel", channel, NEWEST, at)
    yield (
        """INSERT INTO heard (message, place, here, everywhere, heard_at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT DO NOTHING""",
        (said.message, place, here, everywhere, now),
    )


def forget_heard(now: Millis) -> Unit[int]:
    """Forget where messages of people stand that are older than anybody reads back; how many."""
    rows = yield "DELETE FROM heard WHERE heard_at<$1 RETURNING place", (now - KEPT,)
    return len(rows)
