"""Turns of a queue: the claim before an act, and what is noted while it is in doubt."""

from __future__ import annotations

import msgspec

from bot.clock import Moment
from bot.jobs import Job, Part
from bot.model import Millis
from bot.store.jobs import head
from bot.store.openers import claimed_openers
from bot.store.resting import postpone
from bot.store.settling import Settled, settle
from bot.store.unit import Unit, one


class Claim(msgspec.Struct, frozen=True):
    """What is committed before an act: that it begins now, and the exact bytes."""

    delivery: int
    parts: tuple[Part, ...]
    shows: str
    rendered: int
    moment: Moment
    epoch: int = 0


def turn(
    queue: int, settled: Settled | None, claim: Claim | None, after: int, now: Millis
) -> Unit[tuple[bool, Job | None]]:
    """Record one act, begin the next, look at the one behind it: all in one commit.

    Whether the claim took (the delivery was still pending and nothing else of its queue is in flight), and the job
    behind `after`.
    """
    if settled is not None:
        yield from settle(settled, now)
    took = (yield from _claim(claim)) if claim is not None else False
    return took, (yield from head(queue, now, after))


def _claim(claim: Claim) -> Unit[bool]:
    # Asked first, and not by RETURNING: for that SQLite makes a table of its own, which costs more than the question.
    # What somebody said more since it was rendered would be lost: then it is looked at again.
    rows = yield (
        """SELECT d.queue, (SELECT p.last_message FROM place p WHERE p.id=d.queue) FROM delivery d
           WHERE d.id=$1 AND d.state='pending' AND NOT EXISTS (SELECT 1 FROM delivery o
             WHERE o.state IN ('sending', 'held') AND o.state='sending' AND o.queue=d.queue)
             AND NOT (d.subject='reply' AND d.act='create' AND d.rendered IS NULL AND EXISTS
               (SELECT 1 FROM reply r WHERE r.id=d.subject_id AND r.revision<>$2)){lock}""",
        (claim.delivery, claim.rendered),
    )
    if not rows:
        return False
    [[queue, last_known]] = rows
    yield (
        """UPDATE delivery SET state='sending', claimed_at=$2, claimed_up=$3, claimed_boot=$4, claimed_epoch=$5,
             rendered=$6, shows=$7, last_known=$8 WHERE id=$1""",
        (
            claim.delivery,
            claim.moment.wall,
            claim.moment.up,
            claim.moment.boot,
            claim.epoch,
            claim.rendered,
            claim.shows,
            last_known,
        ),
    )
    yield (
        """INSERT INTO part (delivery, part, kind, target, payload, key, marker) VALUES ($1, $2, $3, $4, $5, $6, $7)
           ON CONFLICT DO NOTHING""",
        [
            (claim.delivery, p.part, p.kind, p.target, msgspec.json.encode(p.payload).decode(), p.key, p.marker)
            for p in claim.parts
        ],
    )
    if any(part.kind == "send" for part in claim.parts):
        yield "UPDATE place SET last_act=$2 WHERE id=$1", (queue, claim.delivery)
    return True


def unclaim(delivery: int, queue: int, due_at: Millis, reason: str) -> Unit[None]:
    """Take a claim back because certainly nothing was sent; its queue rests until `due_at`, for a reason."""
    yield from unclaimed(delivery)
    yield from postpone(queue, due_at, False, reason)


def unclaimed(delivery: int) -> Unit[None]:
    """Put a claimed delivery back: it is rendered and claimed anew when its turn comes."""
    yield "DELETE FROM part WHERE delivery=$1", (delivery,)
    yield (
        """UPDATE delivery SET state='pending', claimed_at=NULL, claimed_up=NULL, claimed_boot=NULL, last_known=NULL,
             rendered=NULL, shows='' WHERE id=$1 AND state='sending'""",
        (delivery,),
    )


def failed_alone(delivery: int) -> Unit[int]:
    """Count a failure of a delivery's own; how many there were."""
    return int(one((yield "UPDATE delivery SET attempts=attempts+1 WHERE id=$1 RETURNING attempts", (delivery,))))


def part_done(delivery: int, part: int, remote: str) -> Unit[None]:
    """Record one part of a delivery that has more."""
    yield "UPDATE part SET remote=$3, payload='' WHERE delivery=$1 AND part=$2", (delivery, part, remote)


def next_part(delivery: int, done: int, remote: str, moment: Moment) -> Unit[None]:
    """Record one part of a delivery whose next one begins now."""
    yield from part_done(delivery, done, remote)
    yield from reclaim(delivery, moment)


def parts_undone(delivery: int) -> Unit[None]:
    """Note that nothing of a delivery stands any more."""
    yield "UPDATE part SET remote=NULL WHERE delivery=$1", (delivery,)


# ------------------------------------------------------------------------------------------------- what may have landed


def reclaim(delivery: int, moment: Moment) -> Unit[bool]:
    """Begin the age of a claim anew: what comes of it begins now, and nothing that began before can land.

    False where it is settled by now: what was looked for was known again on the forum meanwhile.
    """
    rows = yield (
        """UPDATE delivery SET claimed_at=$2, claimed_up=$3, claimed_boot=$4 WHERE id=$1 AND state='sending'
           RETURNING id""",
        (delivery, moment.wall, moment.up, moment.boot),
    )
    return bool(rows)


def claimed_messages(queue: int, begun: Millis) -> Unit[dict[str, int]]:
    """What an act that was begun at a time cannot have made: it is there because of another, or was there before.

    One find serves one delivery: messages, posts, and their tickets while a moderator has them.
    """
    rows = yield (
        """SELECT p.remote, p.delivery FROM part p JOIN delivery d ON d.id=p.delivery WHERE d.queue=$1
             AND p.remote IS NOT NULL
           UNION SELECT r.ticket, r.id FROM reply r JOIN thread t ON t.id=r.thread WHERE t.queue=$1
           UNION SELECT r.post_key, r.id FROM reply r JOIN thread t ON t.id=r.thread WHERE t.queue=$1
           UNION SELECT o.key, 0 FROM post o JOIN thread t ON t.id=o.thread WHERE t.queue=$1 AND o.seen_at<$2""",
        (queue, begun),
    )
    return {remote: delivery for remote, delivery in (*rows, *(yield from claimed_openers(queue, begun))) if remote}
