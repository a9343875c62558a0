"""What an admin decides about held things: try again, give up, or say how it ended."""

from __future__ import annotations

from bot.acts import Job
from bot.errors import NotFound
from bot.model import Millis
from bot.store.endings import conclude
from bot.store.losses import keys, stored
from bot.store.notices import close_notice
from bot.store.places import audit
from bot.store.report import Held, held
from bot.store.sources import DUE_AT_ONCE, READ_FOR
from bot.store.turns import Settled, part_done, settle
from bot.store.unit import Unit


def held_one(delivery: int, community: int | None) -> Unit[Held]:
    """A held delivery of a community; raises `NotFound`."""
    found = yield from held(community, delivery)
    if not found:
        raise NotFound(f"delivery {delivery} is not held here; `held` lists what is")
    return found[0]


def retry(delivery: int, community: int | None, by: str, now: Millis) -> Unit[Held]:
    """Put a held delivery back: it is claimed anew, under the same key; of what stands half the rest is sent."""
    what = yield from held_one(delivery, community)
    yield from _again(delivery)
    yield from _decided(delivery, community, by, "retried", now)
    return what


def settle_part(delivery: int, part: int, remote: str, community: int | None, by: str, now: Millis) -> Unit[Held]:
    """Say where the one part of a held delivery stands that was in doubt; those behind it were never begun."""
    what = yield from held_one(delivery, community)
    yield from part_done(delivery, part, remote)
    yield from _again(delivery)
    yield from _decided(delivery, community, by, "settled", now)
    return what


def _again(delivery: int) -> Unit[None]:
    if not (yield "SELECT 1 FROM part WHERE delivery=$1 AND remote IS NOT NULL LIMIT 1", (delivery,)):
        yield "DELETE FROM part WHERE delivery=$1", (delivery,)
    yield (
        """UPDATE delivery SET state='pending', reason='', attempts=0, claimed_at=NULL, claimed_up=NULL,
             claimed_boot=NULL, last_known=NULL,
             rendered=CASE WHEN EXISTS (SELECT 1 FROM part p WHERE p.delivery=$1) THEN rendered END WHERE id=$1""",
        (delivery,),
    )
    yield (
        """UPDATE reply SET fate=CASE WHEN post_key='' THEN 'pending' ELSE 'posted' END, reason=''
           WHERE fate='held' AND id=(SELECT subject_id FROM delivery WHERE id=$1 AND subject='reply')""",
        (delivery,),
    )


def skip(delivery: int, community: int | None, by: str, now: Millis) -> Unit[Held]:
    """Give a held delivery up."""
    what = yield from held_one(delivery, community)
    yield from conclude(delivery, "dropped", f"skipped by {by}", now)
    yield from _decided(delivery, community, by, "skipped", now)
    return what


def may_stand(job: Job, remote: str) -> Unit[None]:
    """Raises `NotFound` where a delivery is said to stand where something else does: one find serves one delivery."""
    if job.forum:
        rows = yield (
            """SELECT 1 FROM reply r JOIN thread t ON t.id=r.thread WHERE r.id=$1 AND (EXISTS
                 (SELECT 1 FROM reply o JOIN thread x ON x.id=o.thread
                   WHERE x.forum=t.forum AND o.post_key=$2 AND o.id<>r.id)
               OR EXISTS (SELECT 1 FROM post p WHERE p.forum=t.forum AND p.key=$2 AND p.thread<>t.id))""",
            (job.subject_id, remote),
        )
    else:
        rows = yield (
            """SELECT 1 FROM copy_message m JOIN place p ON p.id=m.place WHERE p.chat=$1 AND m.message=$2
               UNION SELECT 1 FROM reply r JOIN place p ON p.id=r.place WHERE p.chat=$1 AND r.message=$2""",
            (job.chat, remote),
        )
    if rows:
        raise NotFound(f"delivery {job.id} cannot stand there: something else does; give the link of its own")


def settle_as(settled: Settled, community: int | None, by: str, now: Millis) -> Unit[Held]:
    """Say where a held delivery ended up; raises `NotFound` where it was never begun, and so stands nowhere."""
    what = yield from held_one(settled.job.id, community)
    if not settled.job.parts:
        id = settled.job.id
        raise NotFound(f"delivery {id} was never sent ({what.reason}); `retry {id}` sends it, `skip {id}` gives it up")
    yield from settle(settled, now)
    yield from _decided(settled.job.id, community, by, "settled", now)
    return what


def _decided(delivery: int, community: int | None, by: str, what: str, now: Millis) -> Unit[None]:
    yield from close_notice(f"delivery:{delivery}", f"Delivery {delivery} was {what} by {by}.", now)
    yield from audit(community or 0, by, f"delivery {delivery} {what}", "held", what, now)


def decide_losing(source: int, community: int | None, delete: bool, by: str, now: Millis) -> Unit[int]:
    """Confirm the deletions that a source reported, or keep the posts; how many posts that concerns."""
    rows = yield (
        f"SELECT losing, kept FROM source s WHERE id=$2 AND losing<>'' AND {READ_FOR}",
        (community, source),
    )
    if not rows:
        raise NotFound(f"source {source} reports no missing posts here; `status` shows which do")
    losing, kept = map(keys, rows[0])
    column, value = ("agreed", losing) if delete else ("kept", kept | losing)
    yield (
        f"""UPDATE source SET {column}=$2, losing='', cursor='', etag='', last_modified='', digest='',
             next_at=CASE WHEN next_at IS NULL THEN NULL ELSE {DUE_AT_ONCE} END WHERE id=$1""",
        (source, stored(value)),
    )
    word = "confirmed" if delete else "kept"
    yield from close_notice(f"losing:{source}", f"The missing posts of source {source} were {word}.", now)
    yield from audit(community or 0, by, f"losses of source {source} {word}", stored(losing)[:200], "", now)
    return len(losing)
