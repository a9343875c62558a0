"""Turns of a queue: the claim before an act, the record after it, what is given up and what is held."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bot import markup
from bot.acts import Job, Part, Subject
from bot.clock import Moment
from bot.mirroring import Act
from bot.model import Millis
from bot.rendering import words_digest
from bot.store.forums import forget_text
from bot.store.jobs import head
from bot.store.notices import open_notice, tell_concerned
from bot.store.said import forget_draft, forget_said
from bot.store.sources import DUE_AT_ONCE
from bot.store.unit import Unit, one
from bot.store.whispers import whisper


class Claim(msgspec.Struct, frozen=True):
    """What is committed before an act: that it begins now, and the exact bytes."""

    delivery: int
    parts: tuple[Part, ...]
    shows: str
    rendered: int
    moment: Moment
    epoch: int = 0


class Settled(msgspec.Struct, frozen=True):
    """What is committed after an act: the other side's ids by part.

    `queued` is the ticket of a post that a moderator has, `words` the digest of what a forum was given.
    """

    job: Job
    remotes: Mapping[int, str]
    rendered: int
    shows: str
    queued: str = ""
    words: str = ""


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
    return took, (yield from head(queue, after))


def _claim(claim: Claim) -> Unit[bool]:
    rows = yield (
        """UPDATE delivery SET state='sending', claimed_at=$2, claimed_up=$3, claimed_boot=$4, claimed_epoch=$5,
             rendered=$6, shows=$7, last_known=(SELECT last_message FROM place WHERE id=delivery.queue)
           WHERE id=$1 AND state='pending' AND NOT EXISTS
             (SELECT 1 FROM delivery o WHERE o.queue=delivery.queue AND o.state IN ('pending', 'sending', 'held')
               AND o.state='sending') RETURNING id""",
        (
            claim.delivery,
            claim.moment.wall,
            claim.moment.up,
            claim.moment.boot,
            claim.epoch,
            claim.rendered,
            claim.shows,
        ),
    )
    if not rows:
        return False
    yield (
        """INSERT INTO part (delivery, part, kind, target, payload, key, marker) VALUES ($1, $2, $3, $4, $5, $6, $7)
           ON CONFLICT DO NOTHING""",
        [
            (claim.delivery, p.part, p.kind, p.target, msgspec.json.encode(p.payload).decode(), p.key, p.marker)
            for p in claim.parts
        ],
    )
    return True


def unclaim(delivery: int, queue: int, due_at: Millis, reason: str) -> Unit[None]:
    """Take a claim back because certainly nothing was sent; its queue rests until `due_at`, for a reason."""
    yield from _unclaimed(delivery)
    yield from postpone(queue, due_at, False, reason)


def _unclaimed(delivery: int) -> Unit[None]:
    yield "DELETE FROM part WHERE delivery=$1", (delivery,)
    yield (
        """UPDATE delivery SET state='pending', claimed_at=NULL, claimed_up=NULL, claimed_boot=NULL, last_known=NULL,
             rendered=NULL, shows='' WHERE id=$1 AND state='sending'""",
        (delivery,),
    )


def postpone(queue: int, due_at: Millis, failed: bool, paused: str = "") -> Unit[int]:
    """Let a queue rest until `due_at`; how often it failed in a row."""
    rows = yield (
        "UPDATE queue SET due_at=$2, failures=failures+$3, paused=$4 WHERE id=$1 RETURNING failures",
        (queue, due_at, int(failed), paused[:500]),
    )
    return int(one(rows)) if rows else 0


def say_waiting(queue: int, reason: str) -> Unit[None]:
    """Note why what stands next in a queue waits, while the rest of it passes."""
    yield "UPDATE queue SET paused=$2 WHERE id=$1 AND paused<>$2", (queue, reason[:500])


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


def settle(settled: Settled, now: Millis) -> Unit[bool]:
    """Record that a delivery is done, with all that follows from it; False where it was settled before."""
    job = settled.job
    rows = yield (
        """UPDATE delivery SET state='sent', reason='', settled_at=$2 WHERE id=$1
           AND state IN ('sending', 'held') RETURNING id""",
        (job.id, now),
    )
    if not rows:
        return False
    # A post that waits for a moderator is recognised by its words when it is shown: they stay until then.
    yield (
        "UPDATE part SET remote=$3, payload=CASE WHEN $4<>'' THEN payload ELSE '' END WHERE delivery=$1 AND part=$2",
        [(job.id, part, remote, settled.queued) for part, remote in settled.remotes.items()],
    )
    yield "UPDATE queue SET failures=0, paused='', due_at=0 WHERE id=$1 AND (failures<>0 OR paused<>'')", (job.queue,)
    match job.subject:
        case Subject.POST:
            yield from _settle_post(settled)
        case Subject.REPLY:
            yield from _settle_reply(settled)
        case Subject.NOTICE:
            yield "UPDATE place SET last_message=$2 WHERE id=$1", (job.queue, settled.remotes.get(0, ""))
    return True


def _settle_post(settled: Settled) -> Unit[None]:
    job, kinds = settled.job, {part.part: part for part in settled.job.parts}
    assert job.post is not None
    sent = [settled.remotes[n] for n, part in sorted(kinds.items()) if part.kind == "send"]
    opened = [settled.remotes[n] for n, part in kinds.items() if part.kind == "open"]
    if job.act is Act.CREATE:
        rows = yield (
            """INSERT INTO copy (channel, place, post, generation, revision, state)
               SELECT channel, queue, subject_id, generation, $2, $3 FROM delivery WHERE id=$1
               ON CONFLICT (channel, post, generation) DO UPDATE SET revision=excluded.revision RETURNING id""",
            (job.id, settled.rendered, settled.shows),
        )
        copy = int(one(rows))
    elif job.copy is not None:
        copy = job.copy.id
        if job.act is not Act.OPEN:
            yield "UPDATE copy SET revision=$2, state=$3, words='' WHERE id=$1", (copy, settled.rendered, settled.shows)
        for part in kinds.values():
            if part.kind == "delete":
                yield "DELETE FROM copy_message WHERE copy=$1 AND message=$2", (copy, part.target)
    else:
        return
    if sent:
        first = int(one((yield "SELECT COALESCE(MAX(part)+1, 0) FROM copy_message WHERE copy=$1", (copy,))))
        yield (
            "INSERT INTO copy_message (copy, part, place, message) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            [(copy, first + i, job.queue, message) for i, message in enumerate(sent)],
        )
        yield "UPDATE place SET last_message=$2 WHERE id=$1", (job.queue, sent[-1])
    if opened and job.opens is not None:
        yield "UPDATE place SET thread_ref=$2 WHERE id=$1 AND thread_ref IS NULL", (job.opens, opened[0])
    if settled.shows != "shown":
        yield from forget_text(job.post.id)


def _settle_reply(settled: Settled) -> Unit[None]:
    job = settled.job
    if job.act is Act.CREATE:
        post = settled.remotes.get(0, "") if not settled.queued else ""
        yield (
            """UPDATE reply SET post_key=$2, ticket=$3, sent_revision=$4, reason='',
                 fate=CASE WHEN $3<>'' THEN 'queued' ELSE 'posted' END WHERE id=$1""",
            (job.subject_id, post, settled.queued, settled.rendered),
        )
        if post:
            yield from adopt(job.subject_id)
    elif job.act is Act.EDIT:
        yield "UPDATE reply SET sent_revision=$2 WHERE id=$1", (job.subject_id, settled.rendered)
        # Of what waits for a moderator, these are the words now by which it is recognised.
        yield (
            """UPDATE part SET payload=$2 WHERE part=0 AND payload<>'' AND delivery IN
                 (SELECT id FROM delivery WHERE subject='reply' AND subject_id=$1 AND act='create')""",
            (job.subject_id, msgspec.json.encode(job.parts[0].payload).decode()),
        )
        words = settled.words or (yield from _reply_words(job.subject_id))
        yield "UPDATE copy SET words=$2 WHERE reply=$1", (job.subject_id, words)
    else:
        yield (
            """UPDATE reply SET text='', title='', fate=CASE WHEN fate='queued' THEN 'dropped' ELSE fate END,
                 reason=CASE WHEN fate='queued' THEN 'deleted in the chat while a moderator had it' ELSE reason END
               WHERE id=$1""",
            (job.subject_id,),
        )
        yield from forget_draft(job.subject_id)
    # What a moderator has is asked about even in a thread that nothing changes in any more.
    yield (
        f"""UPDATE source SET next_at={DUE_AT_ONCE} WHERE (next_at IS NOT NULL OR $2<>'')
             AND thread=(SELECT thread FROM reply WHERE id=$1)""",
        (job.subject_id, settled.queued),
    )


def _reply_words(reply: int) -> Unit[str]:
    [[text, format]] = yield "SELECT text, format FROM reply WHERE id=$1", (reply,)
    return words_digest(text, format)


def adopt(reply: int) -> Unit[None]:
    """Make a chat message the copy of the post that it became, as soon as both are known."""
    yield (
        """INSERT INTO copy (channel, place, post, revision, state, reply, words)
           SELECT COALESCE(p.parent, p.id), p.id, o.id, o.revision,
             CASE WHEN r.gone=1 THEN 'removed' ELSE 'shown' END, r.id, $2
           FROM reply r JOIN place p ON p.id=r.place JOIN thread t ON t.id=r.thread
             JOIN post o ON o.forum=t.forum AND o.key=r.post_key
           WHERE r.id=$1 AND r.post_key<>'' ON CONFLICT DO NOTHING""",
        (reply, (yield from _reply_words(reply))),
    )
    yield (
        """INSERT INTO copy_message (copy, part, place, message)
           SELECT c.id, 0, r.place, r.message FROM copy c JOIN reply r ON r.id=c.reply WHERE r.id=$1
           ON CONFLICT DO NOTHING""",
        (reply,),
    )


# -------------------------------------------------------------------------------------- what is given up or held


def conclude(delivery: int, state: str, reason: str, now: Millis) -> Unit[None]:
    """End a delivery as refused or dropped, or hold it until an admin decides; the reason is what `why` says."""
    settled = None if state == "held" else now
    rows = yield (
        """UPDATE delivery SET state=$2, reason=$3, settled_at=$4 WHERE id=$1
           AND state IN ('pending', 'sending', 'held')
           RETURNING subject, subject_id, act, queue""",
        (delivery, state, reason[:500] or state, settled),
    )
    if not rows:
        return
    subject, subject_id, act, queue = rows[0]
    if state != "held":
        if subject == "post" and act == "create":
            yield from _leave(delivery, state)
        yield "DELETE FROM part WHERE delivery=$1", (delivery,)
    yield "UPDATE queue SET failures=0, due_at=0, paused='' WHERE id=$1 AND failures<>0", (queue,)
    if subject == "reply" and act == "create":
        # One that was recognised on the forum meanwhile is posted, whatever becomes of this delivery.
        rows = yield (
            "UPDATE reply SET fate=$2, reason=$3 WHERE id=$1 AND post_key='' RETURNING id",
            (subject_id, state, reason[:500]),
        )
        if rows and state != "dropped":
            yield from _tell_author(subject_id, state, reason, now)
    if state != "held":
        if subject == "post":
            yield from forget_text(subject_id)
        elif subject == "reply":
            yield from forget_said(subject_id)


def hold_and_tell(delivery: int, reason: str, now: Millis, text: str, queue: int) -> Unit[None]:
    """Hold a delivery and tell the admins whom it concerns, in one commit: nothing is held that nobody hears of."""
    yield from conclude(delivery, "held", reason, now)
    about = f"delivery:{delivery}"
    rows = yield (
        """SELECT p.community FROM delivery d JOIN reply r ON d.subject='reply' AND r.id=d.subject_id
             JOIN place p ON p.id=r.place WHERE d.id=$1""",
        (delivery,),
    )
    if rows:  # others may answer the same thread
        yield from open_notice(int(one(rows)), about, text, now)
    else:
        yield from tell_concerned(about, text, now, queue=queue)


def _leave(delivery: int, state: str) -> Unit[None]:
    """Leave alone what stands of a post that is given up, or may stand: a new copy could stand beside it."""
    # What is refused is certainly not there, but for the parts before it.
    rows = yield (
        "SELECT part, remote FROM part WHERE delivery=$1 AND kind='send' AND (remote IS NOT NULL OR $2='dropped')",
        (delivery, state),
    )
    if not rows:
        return
    made = yield (
        """INSERT INTO copy (channel, place, post, generation, revision, state)
           SELECT channel, queue, subject_id, generation, rendered, 'removed' FROM delivery WHERE id=$1
           ON CONFLICT DO NOTHING RETURNING id, place""",
        (delivery,),
    )
    for copy, place in made:
        yield (
            "INSERT INTO copy_message (copy, part, place, message) VALUES ($1, $2, $3, $4)",
            [(copy, part, place, remote) for part, remote in rows if remote is not None],
        )


FATE_WORDS = {
    "refused": "The forum did not take your message: {reason}",
    "held": "It is not known whether the forum took your message ({reason}). The admins were told.",
}


def _tell_author(reply: int, state: str, reason: str, now: Millis) -> Unit[None]:
    [[chat, channel, thread, person]] = yield (
        """SELECT p.chat, p.channel, p.thread_ref, r.identity_user FROM reply r JOIN place p ON p.id=r.place
           WHERE r.id=$1""",
        (reply,),
    )
    said = markup.read(FATE_WORDS[state].format(reason=reason[:500]), "plain")
    words = markup.write(said, "markdown")
    yield from whisper(chat, channel, thread or "", person, words, f"fate-{reply}-{state}", now)


def taken_away(copy: int, message: str) -> Unit[bool]:
    """Note that a message of a copy is not in the chat any more and must not come back; whether any is left.

    Its place among the others stays, empty: a longer version would bring it back else.
    """
    yield "UPDATE copy_message SET message='' WHERE copy=$1 AND message=$2", (copy, message)
    rows = yield "SELECT 1 FROM copy_message WHERE copy=$1 AND message<>'' LIMIT 1", (copy,)
    if not rows:
        yield "UPDATE copy SET state='removed' WHERE id=$1", (copy,)
    return bool(rows)


def reclaim(delivery: int, moment: Moment) -> Unit[None]:
    """Begin the age of a claim anew: what comes of it begins now, and nothing that began before can land."""
    yield (
        "UPDATE delivery SET claimed_at=$2, claimed_up=$3, claimed_boot=$4 WHERE id=$1 AND state='sending'",
        (delivery, moment.wall, moment.up, moment.boot),
    )


def drop_gone(delivery: int, copy: int, message: str, now: int) -> Unit[None]:
    """Change what is left of a copy of which a message is gone from the chat; with the last one, the change ends."""
    if (yield from taken_away(copy, message)):
        yield from _unclaimed(delivery)
    else:
        yield from conclude(delivery, "dropped", "the message is gone from the chat; it stays removed", now)


def claimed_messages(queue: int) -> Unit[dict[str, int]]:
    """What of a queue is claimed by deliveries already, posts and their tickets too: one find serves one delivery."""
    rows = yield (
        """SELECT p.remote, p.delivery FROM part p JOIN delivery d ON d.id=p.delivery WHERE d.queue=$1
             AND p.remote IS NOT NULL
           UNION SELECT r.ticket, r.id FROM reply r JOIN thread t ON t.id=r.thread WHERE t.queue=$1
           UNION SELECT r.post_key, r.id FROM reply r JOIN thread t ON t.id=r.thread WHERE t.queue=$1""",
        (queue,),
    )
    return {remote: delivery for remote, delivery in rows if remote}
