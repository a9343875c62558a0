"""What an open delivery waits for, in words."""

from __future__ import annotations

from collections.abc import Sequence

from bot.acts import HELD_PARENT
from bot.jobs import Subject
from bot.mirroring import PAUSED, Act
from bot.model import Millis, calendar
from bot.store.jobs import one_job
from bot.store.report import PLACE
from bot.store.unit import Unit, one
from bot.texts import say


def obstacle(delivery: int, now: Millis) -> Unit[str]:
    """What keeps an open delivery from being made, the strongest reason alone; empty where it is simply its turn."""
    [[queue, ord, subject, subject_id, act, state, backfill, chat, paused, due_at, failures, place, ref, due]] = yield (
        f"""SELECT d.queue, d.ord, d.subject, d.subject_id, d.act, d.state, d.backfill, q.chat, q.paused, q.due_at,
             q.failures, p.id, p.thread_ref,
             CASE WHEN d.made_at>$2 AND d.not_before<{PAUSED} THEN 0 ELSE d.not_before END
           FROM delivery d JOIN queue q ON q.id=d.queue LEFT JOIN place p ON p.id=d.queue WHERE d.id=$1""",
        (delivery, now),
    )
    if state == "pending" and due == PAUSED:
        [mirror] = yield from _keeping([delivery])
        return say("mirrors.waits", mirror=mirror)
    if state == "pending" and due > now and subject == Subject.REPLY:
        return say("why.for_more", until=moment(due))
    if state == "pending" and due > now:
        [mirror] = yield from _delaying([delivery])
        return say("why.delayed", until=moment(due), mirror=mirror)
    again = say("why.next_try", at=moment(due_at)) if due_at > now else ""
    if paused and state != "sending" and not again:  # perhaps it is this one alone that waits
        answered = yield from _answered(delivery, Subject(subject), Act(act), now)
        if answered:
            return answered
    if paused:
        why = paused.rstrip(".")
        rests = say("why.forum_rests", why=why) if place is None else say("why.paused", why=why)
        return rests + (f"; {again}" if again else "")
    if state == "sending":
        return again
    held = yield (
        """SELECT MIN(id) FROM delivery WHERE queue=$1 AND ord<$2 AND subject=$3 AND subject_id=$4
             AND state IN ('pending', 'sending', 'held') AND state='held'""",
        (queue, ord, subject, subject_id),
    )
    if one(held) is not None:
        return say("why.after_held", number=one(held))
    if place is not None and ref is None:
        return (yield from _opener(queue))
    if again:
        return say("why.after_failures", again=again, failures=failures) if failures > 1 else again
    answered = yield from _answered(delivery, Subject(subject), Act(act), now)
    if answered:
        return answered
    return (yield from _turn(queue, ord, chat, bool(backfill)))


def _delaying(deliveries: Sequence[int]) -> Unit[list[int]]:
    """Because of which mirror each of some deliveries waits: the oldest of its channel that covers its post."""
    return (yield from _oldest(deliveries, """m.state='active' AND m.options LIKE '%"delay"%'"""))


def _keeping(deliveries: Sequence[int]) -> Unit[list[int]]:
    """The same of deliveries that wait for a mirror which pauses."""
    return (yield from _oldest(deliveries, "m.state='paused'"))


def _oldest(deliveries: Sequence[int], which: str) -> Unit[list[int]]:
    rows = yield (
        f"""SELECT COALESCE(MIN(m.id), 0) FROM delivery d JOIN post p ON p.id=d.subject_id
             JOIN mirror m ON m.place=d.channel AND {which}
             AND (m.thread=p.thread OR m.board IN (SELECT l.board FROM listing l WHERE l.thread=p.thread))
           WHERE d.id=$1""",
        [(delivery,) for delivery in deliveries],
    )
    return [int(mirror) for (mirror,) in rows]


def later(community: int | None, now: Millis) -> Unit[list[tuple[str, int, Millis, int]]]:
    """Channels in which posts wait for a mirror's delay: how many, until when at the latest, for which mirror."""
    rows = yield (
        f"""SELECT d.id, {PLACE}, d.not_before FROM delivery d JOIN place p ON p.id=d.channel
           WHERE d.not_before>0 AND d.state IN ('pending', 'sending', 'held') AND d.state='pending' AND d.act='create'
             AND d.not_before>$2 AND d.not_before<{PAUSED} AND d.made_at<=$2 AND ($1 IS NULL OR p.community=$1)
           ORDER BY d.not_before""",
        (community, now),
    )
    found: dict[tuple[str, int], tuple[int, Millis]] = {}
    mirrors = yield from _delaying([id for id, _, _ in rows])
    for (_, place, until), mirror in zip(rows, mirrors, strict=True):
        number, _ = found.get((place, mirror), (0, 0))
        found[place, mirror] = number + 1, until
    return [(place, number, until, mirror) for (place, mirror), (number, until) in found.items()]


def _opener(queue: int) -> Unit[str]:
    """Why a chat thread is not open yet."""
    rows = yield "SELECT id, state, reason FROM delivery WHERE opens=$1 ORDER BY id DESC LIMIT 1", (queue,)
    if not rows:
        return say("why.unopened")
    [[opener, state, reason]] = rows
    because = f" ({reason})" if reason else ""
    return say("why.opener", number=opener, state=state, because=because)


def _answered(delivery: int, subject: Subject, act: Act, now: Millis) -> Unit[str]:
    """Whether what it answers is held, or a moderator has what it changes."""
    job = yield from one_job(delivery)
    if subject is Subject.REPLY and act is not Act.CREATE:
        waits = job.reply is not None and job.reply.ticket and not job.reply.post
        return say("why.moderated") if waits else ""
    since = job.answered.waiting if subject is Subject.POST else job.reply.waiting if job.reply is not None else None
    if since is None or now - since >= HELD_PARENT:
        return ""
    return say("why.parent_held", until=moment(since + HELD_PARENT))


def _turn(queue: int, ord: int, chat: str, backfill: bool) -> Unit[str]:
    """Who goes first: what stands before it, and for what is back-filled everything live of its chat."""
    rows = yield (
        """SELECT id, state FROM delivery WHERE queue=$1 AND ord<$2 AND state IN ('pending', 'sending', 'held')
             AND state<>'held' ORDER BY CASE WHEN state='sending' THEN 0 ELSE 1 END, ord DESC""",
        (queue, ord),
    )
    if rows:
        first, state = rows[0]
        if state == "sending":
            return say("why.after_sending", number=first)
        return say("why.before_it", number=len(rows))
    if backfill:
        rows = yield (
            """SELECT count(*) FROM delivery d JOIN queue q ON q.id=d.queue WHERE q.chat=$1 AND d.backfill=0
                 AND d.state IN ('pending', 'sending', 'held') AND d.state='pending'""",
            (chat,),
        )
        if one(rows):
            return say("why.live_first", number=one(rows))
    return ""


def moment(at: Millis) -> str:
    """A moment in UTC, to the second."""
    return f"{calendar(at):%d %b %Y %H:%M:%S} UTC"
