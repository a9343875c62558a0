"""The outbox: what is owed, in which order, and which queues can be worked on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec

from bot.jobs import Subject
from bot.mirroring import PAUSED, Act, Owed, Slot, Standing
from bot.model import Millis
from bot.store.places import ensure_chat_thread, heirs
from bot.store.unit import Unit, one


def owe(thread: int, owed: Iterable[Owed], now: Millis) -> Unit[set[int]]:
    """Put what mirroring decided into the queues, in that order; the queues that got something."""
    rows: dict[int, list[tuple[Owed, int | None]]] = {}
    chat_threads: dict[int, int] = {}
    for item in owed:
        opens = None
        if item.opens or item.slot is Slot.THREAD:
            if item.channel not in chat_threads:
                chat_threads[item.channel] = yield from ensure_chat_thread(item.channel, thread)
            opens = chat_threads[item.channel] if item.opens else None
        queue = item.queue
        if queue is None:
            queue = chat_threads[item.channel] if item.slot is Slot.THREAD else item.channel
        rows.setdefault(queue, []).append((item, opens))
    for queue, items in rows.items():
        [[last]] = yield "UPDATE queue SET next_ord=next_ord+$2 WHERE id=$1 RETURNING next_ord", (queue, len(items))
        first = last - len(items)
        made = yield GENERATIONS, [(o.post, o.channel) for o, _ in items]
        paused = yield from _pausing(thread, {o.channel for o, _ in items if o.act in (Act.EDIT, Act.DELETE)})
        yield (
            """INSERT INTO delivery (queue, ord, subject, subject_id, act, revision, generation, channel, opens,
                 backfill, state, made_at, not_before)
               VALUES ($1, $2, 'post', $3, $4, $5, $6, $7, (SELECT id FROM place WHERE id=$8 AND thread_ref IS NULL),
                 $9, 'pending', $10, $11) ON CONFLICT DO NOTHING""",
            [
                (
                    queue,
                    first + i,
                    o.post,
                    o.act,
                    o.revision,
                    _generation(o.act, *before),
                    o.channel,
                    opens,
                    int(o.backfill),
                    now,
                    PAUSED if o.paused or o.channel in paused else now + o.delay * 1000 if o.delay else 0,
                )
                for i, ((o, opens), before) in enumerate(zip(items, made, strict=True))
            ],
        )
    return set(rows)


def _pausing(thread: int, channels: Collection[int]) -> Unit[set[int]]:
    """Those of some channels in which all mirrors pause that show a thread: what stands there is changed later."""
    rows = yield (
        """SELECT m.place FROM mirror m WHERE m.place=$2 AND m.state<>'removed' AND (m.thread=$1
             OR m.board IN (SELECT l.board FROM listing l WHERE l.thread=$1))
           GROUP BY m.place HAVING MIN(m.state)='paused'""",
        [(thread, channel) for channel in channels],
    )
    return {int(place) for (place,) in rows}


def take_away(channel: int, posts: Sequence[int], theirs: bool, now: Millis) -> Unit[int]:
    """Owe that some posts leave a channel, as far as they stand there or are just being sent; how many those are.

    What people wrote there themselves goes too, where the chat lets us and `theirs` says so.
    """
    rows = yield (
        """SELECT c.post, c.place, o.revision FROM copy c JOIN post o ON o.id=c.post
           WHERE c.post=$1 AND c.channel=$2 AND c.taken=0 AND c.state<>'removed' AND ($3=1 OR c.reply IS NULL)
           UNION SELECT d.subject_id, d.queue, o.revision FROM delivery d JOIN post o ON o.id=d.subject_id
           WHERE d.subject='post' AND d.subject_id=$1 AND d.channel=$2 AND d.act='create'
             AND d.state IN ('pending', 'sending', 'held') AND d.state<>'pending'""",
        [(post, channel, int(theirs)) for post in posts],
    )
    owed = 0
    for post, queue, revision in rows:
        coming = yield (
            """SELECT 1 FROM delivery WHERE subject='post' AND subject_id=$1 AND channel=$2 AND takes=1
                 AND state IN ('pending', 'sending', 'held')""",
            (post, channel),
        )
        if coming:
            continue
        [[last]] = yield "UPDATE queue SET next_ord=next_ord+1 WHERE id=$1 RETURNING next_ord", (queue,)
        yield (
            """INSERT INTO delivery (queue, ord, subject, subject_id, act, revision, generation, channel, state,
                 made_at, takes)
               VALUES ($1, $2, 'post', $3, 'delete', $4, (SELECT COALESCE(MAX(generation)+1, 0) FROM delivery
                 WHERE queue=$1 AND subject='post' AND subject_id=$3 AND act='delete' AND revision=$4),
                 $5, 'pending', $6, 1)""",
            (queue, last - 1, post, revision, channel, now),
        )
        owed += 1
    return owed


GENERATIONS = """
SELECT (SELECT MAX(generation) FROM delivery WHERE subject='post' AND subject_id=$1 AND act='create' AND channel=$2),
  (SELECT MAX(generation) FROM copy WHERE post=$1 AND channel=$2),
  (SELECT count(*) FROM delivery WHERE subject='post' AND subject_id=$1 AND act='open' AND channel=$2
     AND state IN ('refused', 'dropped'))
"""
"""What there was of a post in a channel: generations that were owed and that stood, and openings that failed."""


def _generation(act: Act, owed: int | None, stood: int | None, failed: int) -> int:
    """How often an act was made anew: only what fails or leaves is."""
    match act:
        case Act.CREATE:
            return max((made + 1 for made in (owed, stood) if made is not None), default=0)
        case Act.OPEN:
            return failed
        case _:
            return 0


def owe_one(
    queue: int, subject: Subject, subject_id: int, act: Act, revision: int, now: Millis, due: Millis = 0
) -> Unit[None]:
    """One delivery about a reply or a notice, which has its turn at `due` at the earliest."""
    [[last]] = yield "UPDATE queue SET next_ord=next_ord+1 WHERE id=$1 RETURNING next_ord", (queue,)
    yield (
        """INSERT INTO delivery (queue, ord, subject, subject_id, act, revision, state, made_at, not_before)
           VALUES ($1, $2, $3, $4, $5, $6, 'pending', $7, $8) ON CONFLICT DO NOTHING""",
        (queue, last - 1, subject, subject_id, act, revision, now, due),
    )


def into_channel(place: int) -> Unit[None]:
    """Move what waits for a chat thread that nothing opens any more into its channel, in its order."""
    rows = yield (
        """SELECT p.parent FROM place p WHERE p.id=$1 AND p.thread_ref IS NULL AND NOT EXISTS (SELECT 1 FROM delivery d
             WHERE d.opens=p.id AND d.state IN ('pending', 'sending', 'held'))""",
        (place,),
    )
    if not rows:
        return
    channel = int(one(rows))
    waiting = yield (
        "SELECT id FROM delivery WHERE queue=$1 AND state IN ('pending', 'sending', 'held') ORDER BY ord",
        (place,),
    )
    if not waiting:
        return
    [[last]] = yield "UPDATE queue SET next_ord=next_ord+$2 WHERE id=$1 RETURNING next_ord", (channel, len(waiting))
    yield (
        "UPDATE delivery SET queue=$2, ord=$3 WHERE id=$1",
        [(delivery, channel, last - len(waiting) + i) for i, (delivery,) in enumerate(waiting)],
    )


def standing(posts: Sequence[int]) -> Unit[list[Standing]]:
    """What stands, or is on its way, of some posts in every channel; also what stood when a channel became another."""
    ids: list[tuple[int | str | float | bytes | None, ...]] = [(post,) for post in posts]
    found: dict[tuple[int, int], Standing] = {}
    rows = yield (
        """SELECT subject_id, channel, queue FROM delivery WHERE subject='post' AND subject_id=$1 AND act='create'
             AND state IN ('pending', 'sending', 'held', 'sent') AND NOT EXISTS (SELECT 1 FROM copy c
               WHERE c.post=$1 AND c.channel=delivery.channel AND c.generation=delivery.generation AND c.taken=1)
           ORDER BY id""",
        ids,
    )
    for post, channel, queue in rows:
        found[post, channel] = Standing(post, channel, queue)
    rows = yield (
        """SELECT c.post, c.channel, c.place, c.words, c.drawn, CASE WHEN c.notes>0 THEN 1 ELSE 0 END, c.state,
             CASE WHEN c.reply IS NOT NULL AND EXISTS
             (SELECT 1 FROM delivery d WHERE d.subject='reply' AND d.subject_id=c.reply
                AND d.state IN ('pending', 'sending')) THEN 1 ELSE 0 END
           FROM copy c WHERE c.post=$1 AND c.taken=0 ORDER BY c.generation""",
        ids,
    )
    for post, channel, place, words, drawn, noted, state, busy in rows:
        found[post, channel] = Standing(
            post, channel, place, words, drawn, bool(noted), removed=state == "removed", busy=bool(busy)
        )
    rows = yield (
        """SELECT o.id, p.parent, CASE WHEN p.thread_ref IS NOT NULL THEN 'sent' ELSE (SELECT d.state FROM delivery d
               WHERE d.subject='post' AND d.subject_id=o.id AND d.opens=p.id AND d.state<>'dropped'
               ORDER BY d.id DESC LIMIT 1) END
           FROM post o JOIN place p ON p.parent=$2 AND p.thread=o.thread WHERE o.id=$1 AND o.op=1""",
        list(found),
    )
    for post, channel, opener in rows:
        found[post, channel] = msgspec.structs.replace(
            found[post, channel], opened=opener not in (None, "refused"), shut=opener == "refused"
        )
    moved = yield from heirs()
    for there in list(found.values()) if moved else ():
        if there.channel in moved:
            left = msgspec.structs.replace(there, channel=moved[there.channel], opened=False, former=True)
            found.setdefault((left.post, left.channel), left)
    return list(found.values())


# ----------------------------------------------------------------------------------------------- what is next


# What is settled is never looked at: the index holds what is open, and each step jumps to the next queue in it.
OPEN_QUEUES = """
WITH RECURSIVE open (queue) AS (
  SELECT MIN(queue) FROM delivery WHERE state IN ('pending', 'sending', 'held')
  UNION ALL
  SELECT (SELECT MIN(d.queue) FROM delivery d WHERE d.state IN ('pending', 'sending', 'held') AND d.queue>open.queue)
  FROM open WHERE open.queue IS NOT NULL)
"""


def ready(now: Millis) -> Unit[list[tuple[int, str, str]]]:
    """Queues that can be worked on now, with their chat or forum: recoveries first, live before back-fill."""
    rows = yield (
        OPEN_QUEUES
        + f"""SELECT q.id, q.chat, COALESCE(f.name, ''), CASE
               WHEN q.id IN (SELECT queue FROM delivery WHERE state IN ('sending', 'held') AND state='sending') THEN 2
               WHEN EXISTS (SELECT 1 FROM delivery d WHERE d.queue=q.id
                 AND d.state IN ('pending', 'sending', 'held') AND d.state='pending' AND d.backfill=0) THEN 1
               ELSE 0 END AS urgency
           FROM open JOIN queue q ON q.id=open.queue LEFT JOIN forum f ON f.id=q.forum LEFT JOIN place p ON p.id=q.id
           WHERE q.due_at<=$1 AND (p.id IS NULL OR p.thread_ref IS NOT NULL) AND EXISTS
             (SELECT 1 FROM delivery d WHERE d.queue=q.id AND d.state IN ('pending', 'sending', 'held')
                AND d.state<>'held' AND (d.not_before<=$1 OR (d.made_at>$1 AND d.not_before<{PAUSED})))
           ORDER BY urgency DESC, q.id""",
        (now,),
    )
    return [(queue, chat, forum) for queue, chat, forum, _ in rows]


def next_try(now: Millis) -> Unit[Millis | None]:
    """When the first queue that waits may be tried again, or the first delayed act be made; None when none waits."""
    rows = yield (
        OPEN_QUEUES + "SELECT MIN(q.due_at) FROM open JOIN queue q ON q.id=open.queue WHERE q.due_at>$1 AND EXISTS"
        " (SELECT 1 FROM delivery d WHERE d.queue=q.id AND d.state IN ('pending', 'sending', 'held')"
        " AND d.state<>'held')",
        (now,),
    )
    later = yield (
        f"""SELECT MIN(not_before) FROM delivery WHERE not_before>0 AND state IN ('pending', 'sending', 'held')
             AND not_before>$1 AND not_before<{PAUSED}""",
        (now,),
    )
    moments = [int(found) for found in (one(rows), one(later)) if found is not None]
    return min(moments, default=None)
