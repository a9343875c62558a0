"""What an admin decides about held things: try again, give up, or say how it ended."""

from __future__ import annotations

from bot.errors import NotFound
from bot.jobs import Job
from bot.model import Millis
from bot.store.endings import conclude
from bot.store.losses import keys, stored
from bot.store.merging import share
from bot.store.notices import close_notice
from bot.store.places import audit
from bot.store.report import Held, held
from bot.store.settling import Settled, settle
from bot.store.sources import DUE_AT_ONCE, READ_FOR
from bot.store.turns import part_done
from bot.store.unit import Unit
from bot.texts import say


def held_one(delivery: int, community: int | None) -> Unit[Held]:
    """A held delivery of a community; raises `NotFound`."""
    found = yield from held(community, delivery)
    if not found:
        raise NotFound(say("held.not_held", number=delivery))
    return found[0]


def retry(delivery: int, community: int | None, by: str, now: Millis) -> Unit[Held]:
    """Put a held delivery back: it is claimed anew, under the same key; of what stands half the rest is sent."""
    what = yield from held_one(delivery, community)
    yield from _again(delivery)
    yield from _decided(delivery, by, "retried", say("held.was_retried", number=delivery, by=by), now)
    return what


def settle_part(delivery: int, part: int, remote: str, community: int | None, by: str, now: Millis) -> Unit[Held]:
    """Say where the one part of a held delivery stands that was in doubt; those behind it were never begun."""
    what = yield from held_one(delivery, community)
    yield from part_done(delivery, part, remote)
    yield from _again(delivery)
    yield from _decided(delivery, by, "settled", say("held.was_settled", number=delivery, by=by), now)
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
    yield (
        """UPDATE opener SET fate='pending', reason='' WHERE fate='held' AND post_key=''
             AND id=(SELECT subject_id FROM delivery WHERE id=$1 AND subject='opener')""",
        (delivery,),
    )
    for (reply,) in (yield "SELECT subject_id FROM delivery WHERE id=$1 AND subject='reply'", (delivery,)):
        yield from share(reply)


def skip(delivery: int, community: int | None, by: str, now: Millis) -> Unit[Held]:
    """Give a held delivery up."""
    what = yield from held_one(delivery, community)
    yield from conclude(delivery, "dropped", say("why.skipped", by=by), now)
    yield from _decided(delivery, by, "skipped", say("held.was_skipped", number=delivery, by=by), now)
    return what


def may_stand(job: Job, remote: str) -> Unit[None]:
    """Raises `NotFound` where a delivery is said to stand where something else does: one find serves one delivery."""
    if job.opener is not None:
        rows = yield (
            """SELECT 1 FROM opener s JOIN board b ON b.id=s.board WHERE s.id=$1 AND (EXISTS
                 (SELECT 1 FROM opener o JOIN board x ON x.id=o.board
                   WHERE x.forum=b.forum AND o.post_key=$2 AND o.id<>s.id)
               OR EXISTS (SELECT 1 FROM post p WHERE p.forum=b.forum AND p.key=$2 AND p.op=0))""",
            (job.subject_id, remote),
        )
    elif job.forum:
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
               UNION SELECT 1 FROM reply r JOIN place p ON p.id=r.place WHERE p.chat=$1 AND r.message=$2
               UNION SELECT 1 FROM copy c JOIN place p ON p.id=c.place WHERE p.chat=$1 AND c.note=$2 AND c.note<>''""",
            (job.chat, remote),
        )
    if rows:
        raise NotFound(say("held.taken", number=job.id))


def settle_as(settled: Settled, community: int | None, by: str, now: Millis) -> Unit[Held]:
    """Say where a held delivery ended up; raises `NotFound` where it was never begun, and so stands nowhere."""
    what = yield from held_one(settled.job.id, community)
    id = settled.job.id
    if not settled.job.parts:
        raise NotFound(say("held.never_sent", number=id, why=what.reason))
    yield from settle(settled, now)
    yield from _decided(id, by, "settled", say("held.was_settled", number=id, by=by), now)
    return what


def _decided(delivery: int, by: str, what: str, told: str, now: Millis) -> Unit[None]:
    yield from close_notice(f"delivery:{delivery}", told, now)
    rows = yield (
        """SELECT COALESCE(p.community, o.community, s.community) FROM delivery d LEFT JOIN place p ON p.id=d.queue
             LEFT JOIN reply r ON d.subject='reply' AND r.id=d.subject_id LEFT JOIN place o ON o.id=r.place
             LEFT JOIN opener s ON d.subject='opener' AND s.id=d.subject_id
           WHERE d.id=$1 AND COALESCE(p.community, o.community, s.community) IS NOT NULL""",
        (delivery,),
    )
    for (concerned,) in rows:  # also where an operator decides
        yield from audit(concerned, by, f"delivery {delivery} {what}", "held", what, now)


def decide_losing(source: int, community: int | None, delete: bool, by: str, now: Millis) -> Unit[int]:
    """Confirm the deletions that a source reported, or keep the posts; how many posts that concerns."""
    rows = yield (
        f"SELECT losing, kept FROM source s WHERE id=$2 AND losing<>'' AND {READ_FOR}",
        (community, source),
    )
    if not rows:
        raise NotFound(say("held.no_losses", number=source))
    losing, kept = map(keys, rows[0])
    column, value = ("agreed", losing) if delete else ("kept", kept | losing)
    yield (
        f"""UPDATE source SET {column}=$2, losing='', cursor='', etag='', last_modified='', digest='',
             next_at=CASE WHEN next_at IS NULL THEN NULL ELSE {DUE_AT_ONCE} END WHERE id=$1""",
        (source, stored(value)),
    )
    word = "confirmed" if delete else "kept"
    told = say("held.losses_confirmed", number=source) if delete else say("held.losses_kept", number=source)
    yield from close_notice(f"losing:{source}", told, now)
    rows = yield (
        """SELECT DISTINCT m.community FROM source s JOIN mirror m ON m.state<>'removed' AND (m.board=s.board
             OR m.thread=s.thread OR m.board IN (SELECT l.board FROM listing l WHERE l.thread=s.thread))
           WHERE s.id=$1 ORDER BY 1""",
        (source,),
    )
    for (concerned,) in rows if community is None else [(community,)]:
        yield from audit(concerned, by, f"losses of source {source} {word}", stored(losing)[:200], word, now)
    return len(losing)
