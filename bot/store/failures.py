"""What fails together is told together: one notice for a login, a forum or a channel, however many things it stops.

Every source and queue notes under which notice its failure was told; when the last of them works again, it is over.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from bot.model import DAY, Millis, Offer
from bot.store.endings import conclude
from bot.store.notices import close_notice, close_quietly, tell_concerned
from bot.store.places import has_moved
from bot.store.unit import Unit, one
from bot.texts import say

CLOSED = "closed:"
"""What notices about channels begin with that may not be written to."""

FEW = 3
"""Sources of one forum that are told of one by one; more at once are told of together, for the forum has changed."""

Kind = Literal["source", "queue"]


class Failure(msgspec.Struct, frozen=True):
    """What is said of a failure: under which notice, in which words, which words tell its end, and what is offered."""

    about: str
    text: str
    over: str
    offers: tuple[Offer, ...] = ()


def of_login(side: str, name: str, text: str) -> Failure:
    """A login that is refused, whoever was told so: the reader of a forum or the sender to it ("forum:NAME")."""
    return Failure(f"login:{side}", text, say("notices.login_over", name=name))


def of_line(side: str, name: str, text: str) -> Failure:
    """A forum or chat that cannot be reached."""
    return Failure(f"unreachable:{side}", text, say("notices.line_over", name=name))


def source_fails(source: int, forum: str, failure: Failure, now: Millis) -> Unit[None]:
    """Note that a source fails, and tell whom it concerns unless they know: of one page, whoever mirrors it."""
    [[told, thread, board]] = yield "SELECT told, thread, board FROM source WHERE id=$1", (source,)
    many, alone = f"sources:{forum}", failure.about == f"source:{source}"
    if alone:
        rows = yield (
            """SELECT count(*) FROM source WHERE id<>$1 AND told<>'' AND told LIKE 'source%'
                 AND forum=(SELECT forum FROM source WHERE id=$1)""",
            (source,),
        )
        if told == many or (told != failure.about and one(rows) >= FEW):
            alone, text, over = False, say("notices.many", forum=forum), say("notices.many_over", forum=forum)
            failure = Failure(many, text, over, (Offer(say("offers.unread"), "mirror", ("status",)),))
    yield from _told_under("source", source, failure.about, now)
    whom = {"thread": thread or 0, "board": board or 0} if alone else {"forum": forum}
    yield from tell_concerned(failure.about, failure.text, now, over=failure.over, offers=failure.offers, **whom)


def queue_fails(queue: int, failure: Failure, now: Millis, forum: str = "", chat: str = "") -> Unit[None]:
    """Note that nothing can be sent in a queue, and tell whom it concerns unless they know.

    `forum` or `chat` is named where all of it is concerned. That a channel is closed because it moved is no failure.
    """
    if failure.about.startswith(CLOSED) and (yield from has_moved(queue)):
        return
    yield from _told_under("queue", queue, failure.about, now)
    yield from tell_concerned(failure.about, failure.text, now, forum, chat, queue, failure.over)


def refuse_and_tell(delivery: int, reason: str, queue: int, failure: Failure, now: Millis) -> Unit[None]:
    """End a delivery as refused and tell whom it concerns, in one commit: nothing is refused that nobody hears of."""
    yield from conclude(delivery, "refused", reason, now)
    yield from queue_fails(queue, failure, now)


def works(kind: Kind, id: int, now: Millis) -> Unit[None]:
    """Note that a source or queue works; those who were told of its failure hear of the end when it is over for all."""
    yield from _told_under(kind, id, "", now)


def failing_queues() -> Unit[set[int]]:
    """The queues of whose failure somebody was told."""
    return {queue for (queue,) in (yield "SELECT id FROM queue WHERE told<>''", ())}


def _told_under(kind: Kind, id: int, about: str, now: Millis) -> Unit[None]:
    before = str(one((yield f"SELECT told FROM {kind} WHERE id=$1", (id,))))
    if before == about:
        return
    yield f"UPDATE {kind} SET told=$2 WHERE id=$1", (id, about)
    if before and not (yield from _somebody(before)):
        yield from close_notice(before, "", now)


def _somebody(about: str) -> Unit[bool]:
    """Whether something still fails that was told under a notice."""
    rows = yield (
        """SELECT 1 FROM source WHERE told<>'' AND told=$1 UNION ALL
           SELECT 1 FROM queue WHERE told<>'' AND told=$1 LIMIT 1""",
        (about,),
    )
    return bool(rows)


def close_idle(now: Millis) -> Unit[None]:
    """Close without a word what was told of things that nobody waits for any more.

    Sources that nobody mirrors any more; queues in which nothing is owed, and for a day nothing was refused; deliveries
    that are not held. Of a source that works, and where the program died before it said so, the end is told.
    """
    for (id,) in (yield "SELECT id FROM source WHERE told<>'' AND failures=0 AND next_at IS NOT NULL", ()):
        yield from works("source", id, now)
    sources = yield (
        """SELECT id, told FROM source s WHERE told<>'' AND next_at IS NULL AND NOT EXISTS (SELECT 1 FROM mirror m
             WHERE m.state<>'removed' AND (m.board=s.board OR m.thread=s.thread))""",
        (),
    )
    queues = yield (
        """SELECT id, told FROM queue WHERE told<>'' AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.queue=queue.id
             AND d.state IN ('pending', 'sending', 'held') AND d.state<>'held') AND NOT EXISTS (SELECT 1 FROM delivery d
             WHERE d.queue=queue.id AND d.state='refused' AND d.settled_at>$1)""",
        (now - DAY,),
    )
    for table, rows in (("source", sources), ("queue", queues)):
        for id, told in rows:
            yield f"UPDATE {table} SET told='' WHERE id=$1", (id,)
            if not (yield from _somebody(told)):
                yield from close_quietly(told, now)
    yield (
        """UPDATE notice SET closed_at=$1 WHERE closed_at IS NULL AND about LIKE 'delivery:%' AND about NOT IN
             (SELECT 'delivery:' || id FROM delivery WHERE state IN ('sending', 'held') AND state='held')""",
        (now,),
    )
