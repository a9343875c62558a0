"""What leaves the database because it is over: each table that grows by what happens has a bound.

Posts, copies and replies stay: they are what is mirrored. So does whatever keeps a key from being used twice: the
newest row of each table, for ids are counted on from it, and of deliveries those that tell a reply from another with
the same words.
"""

from __future__ import annotations

from bot.model import DAY, Millis
from bot.store.answering import close_loops
from bot.store.failures import close_idle
from bot.store.indexing import forget_words
from bot.store.linking import forget_tries
from bot.store.openers import forget_opened_by_nobody
from bot.store.positions import forget_heard
from bot.store.readings import forget_gaps
from bot.store.reply_files import forget_outcomes
from bot.store.said import forget_words_of_nobody
from bot.store.sessions import forget_expired
from bot.store.tides import forget_moves
from bot.store.unit import Store, Unit, one

KEPT = 90 * DAY
"""How long what happened is kept: events, private words, notices, deliveries, items that could not be parsed."""

AUDIT_KEPT = 2 * 365 * DAY
"""How long it is kept who decided what."""

UNSAID = 7 * DAY
"""How long private words are owed in a chat that cannot be reached: after that they help nobody."""

DAMAGED = 200
"""Items that could not be parsed that are kept of one source, the newest."""

AT_ONCE = 500
"""Rows that one unit looks at: what people wait for comes between two of them."""


async def sweep(store: Store, now: Millis) -> int:
    """Let everything leave that is over; how many rows. Between its units, others have their turn."""
    await store.write(close_idle, now)
    await store.write(close_loops, now)
    await store.write(forget_gaps, now)
    await store.write(forget_words_of_nobody)
    await store.write(forget_opened_by_nobody)
    gone = await store.write(give_up_words, now) + await store.write(forget_damaged)
    gone += await store.write(forget_outcomes)
    gone += await store.write(forget_expired, now) + await store.write(forget_tries, now)
    gone += await store.write(forget_heard, now)
    for unit in (forget_journals, forget_notices):
        while count := await store.write(unit, now):
            gone += count
    after: int | None = 0
    while after is not None:
        after, count = await store.write(forget_deliveries, after, now)
        gone += count
    after = 0
    while after is not None:
        after = await store.write(forget_moves, after)
    await forget_words(store, now)
    return gone


def give_up_words(now: Millis) -> Unit[int]:
    """Give up private words that could not be said for long; how many."""
    rows = yield (
        """UPDATE whisper SET state='dropped', text='', offers='', person='' WHERE state='pending' AND made_at<$1
           RETURNING id""",
        (now - UNSAID,),
    )
    return len(rows)


def forget_journals(now: Millis) -> Unit[int]:
    """Forget the oldest events, private words and decisions; how many rows, 0 when none is old enough any more."""
    gone = 0
    for table, over, at, kept in (
        ("inbox", "state<>'waiting'", "received_at", KEPT),
        ("whisper", "state<>'pending'", "made_at", KEPT),
        ("audit", "1=1", "done_at", AUDIT_KEPT),
        ("damaged", "1=1", "seen_at", KEPT),
    ):
        rows = yield (
            f"""DELETE FROM {table} WHERE id IN (SELECT id FROM {table} ORDER BY id LIMIT $2) AND {over} AND {at}<$1
                  AND id<(SELECT MAX(id) FROM {table}) RETURNING id""",
            (now - kept, AT_ONCE),
        )
        gone += len(rows)
    return gone


def forget_damaged() -> Unit[int]:
    """Forget what a source holds of items that could not be parsed beyond the newest; how many."""
    rows = yield (
        "SELECT source, COUNT(*) FROM damaged GROUP BY source HAVING COUNT(*)>$1",
        (DAMAGED,),
    )
    gone = 0
    for source, count in rows:
        dropped = yield (
            """DELETE FROM damaged WHERE id IN (SELECT id FROM damaged WHERE source=$1 ORDER BY id LIMIT $2)
                 AND id<(SELECT MAX(id) FROM damaged) RETURNING id""",
            (source, count - DAMAGED),
        )
        gone += len(dropped)
    return gone


def forget_notices(now: Millis) -> Unit[int]:
    """Forget notices that were closed long ago, with what was sent of them; how many."""
    rows = yield (
        """SELECT id FROM notice WHERE closed_at<$1 AND id<(SELECT MAX(id) FROM notice) AND NOT EXISTS
             (SELECT 1 FROM delivery d WHERE d.subject='notice' AND d.subject_id=notice.id AND d.settled_at IS NULL)
           ORDER BY id LIMIT $2""",
        (now - KEPT, AT_ONCE),
    )
    newest = yield "SELECT MAX(id) FROM delivery", ()
    gone = 0
    for (notice,) in rows:
        deliveries = yield "SELECT id FROM delivery WHERE subject='notice' AND subject_id=$1", (notice,)
        if any(id == one(newest) for (id,) in deliveries):
            continue
        yield from _drop([id for (id,) in deliveries])
        yield "DELETE FROM notice WHERE id=$1", (notice,)
        gone += 1
    return gone


# Changes are over when they are made. That a post was sent, its copy says; that it was not, `why` has to tell for as
# long as the post is there.
OVER = """
SELECT d.id, CASE WHEN d.settled_at<$3 AND d.id<(SELECT MAX(id) FROM delivery) AND (
    (d.subject IN ('post', 'reply', 'note') AND d.act IN ('edit', 'delete'))
    OR (d.subject='post' AND d.act='open' AND d.state='sent')
    OR (d.subject='post' AND d.act='create' AND d.state='sent' AND EXISTS (SELECT 1 FROM copy c
      WHERE c.channel=d.channel AND c.post=d.subject_id AND c.generation=d.generation))) THEN 1 ELSE 0 END, d.made_at
FROM delivery d WHERE d.id>$1 ORDER BY d.id LIMIT $2
"""


def forget_deliveries(after: int, now: Millis) -> Unit[tuple[int | None, int]]:
    """Forget deliveries that were settled long ago: behind which to go on (None at the end), and how many they were."""
    rows = yield OVER, (after, AT_ONCE, now - KEPT)
    gone = [id for id, over, _ in rows if over]
    yield from _drop(gone)
    end = len(rows) < AT_ONCE or rows[-1][2] >= now - KEPT
    return None if end else int(rows[-1][0]), len(gone)


def _drop(deliveries: list[int]) -> Unit[None]:
    if deliveries:
        yield "DELETE FROM part WHERE delivery=$1", [(id,) for id in deliveries]
        yield "DELETE FROM delivery WHERE id=$1", [(id,) for id in deliveries]
