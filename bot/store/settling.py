"""The record of an act that was done: what stands then, what a message became, what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from bot.jobs import Job, Subject
from bot.mirroring import Act
from bot.model import DAY, Millis, Started
from bot.rendering import words_digest
from bot.store.beneath import adopted, settle_note, words_given
from bot.store.forums import forget_text
from bot.store.in_names import opener_done, reply_done
from bot.store.merging import STANDS, more_words, share
from bot.store.openers import Taken, taken
from bot.store.resting import rested
from bot.store.said import forget_draft, forget_said, tell_author
from bot.store.signals import wrote
from bot.store.sources import DUE_AT_ONCE
from bot.store.unit import Unit, one
from bot.texts import say


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
    started: Started | None = None
    """The thread that was started, as the forum told of it."""


def settle(settled: Settled, now: Millis) -> Unit[bool]:
    """Record that a delivery is done, with all that follows from it; False where it was settled before."""
    job = settled.job
    rows = yield (
        """SELECT CASE WHEN q.failures<>0 OR q.paused<>'' THEN 1 ELSE 0 END FROM delivery d JOIN queue q ON q.id=d.queue
           WHERE d.id=$1 AND d.state IN ('sending', 'held'){lock}""",
        (job.id,),
    )
    if not rows:
        return False
    yield "UPDATE delivery SET state='sent', reason='', settled_at=$2 WHERE id=$1", (job.id, now)
    # A post that waits for a moderator is recognised by its words when it is shown: they stay until then.
    yield (
        "UPDATE part SET remote=$3, payload=CASE WHEN $4<>'' THEN payload ELSE '' END WHERE delivery=$1 AND part=$2",
        [(job.id, part, remote, settled.queued) for part, remote in settled.remotes.items()],
    )
    if one(rows):
        yield from rested(job.queue)
    match job.subject:
        case Subject.POST:
            yield from _settle_post(settled)
        case Subject.REPLY:
            yield from _settle_reply(settled, now)
        case Subject.OPENER:
            yield from _settle_opener(settled, now)
        case Subject.NOTE:
            yield from _settle_note(settled)
        case Subject.NOTICE:
            yield "UPDATE place SET last_message=$2 WHERE id=$1", (job.queue, settled.remotes[max(settled.remotes)])
    return True


def _settle_post(settled: Settled) -> Unit[None]:
    job, kinds = settled.job, {part.part: part for part in settled.job.parts}
    assert job.post is not None
    first: int | None = None
    sent = [settled.remotes[n] for n, part in sorted(kinds.items()) if part.kind == "send"]
    opened = [settled.remotes[n] for n, part in kinds.items() if part.kind == "open"]
    if job.act is Act.CREATE:
        yield (
            """INSERT INTO copy (channel, place, post, generation, revision, state)
               SELECT channel, queue, subject_id, generation, $2, $3 FROM delivery WHERE id=$1
               ON CONFLICT (channel, post, generation) DO UPDATE SET revision=excluded.revision""",
            (job.id, settled.rendered, settled.shows),
        )
        [[copy, first]] = yield (
            f"""SELECT c.id, {NEXT_PART} FROM delivery d JOIN copy c ON c.channel=d.channel AND c.post=d.subject_id
                 AND c.generation=d.generation WHERE d.id=$1""",
            (job.id,),
        )
    elif job.copy is not None:
        copy = job.copy.id
        if job.act is not Act.OPEN:
            # What a person took away while the change was on its way stays away, whatever the chat answered.
            yield (
                """UPDATE copy SET revision=$2, state=CASE WHEN state='removed' THEN state ELSE $3 END, words=''
                   WHERE id=$1""",
                (copy, settled.rendered, settled.shows),
            )
        if job.takes:
            yield "UPDATE copy SET taken=1 WHERE id=$1", (copy,)
            yield from _deserted(copy)
        for part in kinds.values():
            if part.kind == "delete":
                yield "DELETE FROM copy_message WHERE copy=$1 AND message=$2", (copy, part.target)
    else:
        return
    if sent:
        yield from add_messages(copy, job.queue, sent, first)
        yield "UPDATE place SET last_message=$2 WHERE id=$1", (job.queue, sent[-1])
    if opened and job.opens is not None:
        yield (
            "UPDATE place SET thread_ref=$2, label=$3 WHERE id=$1 AND thread_ref IS NULL",
            (job.opens, opened[0], job.post.thread_title),
        )
    if settled.shows != "shown":
        yield from forget_text(job.post.id)


def _settle_opener(settled: Settled, now: Millis) -> Unit[None]:
    job, made = settled.job, settled.started
    lent = job.parts[0].payload.get("login") if job.parts else None
    as_ = Taken(
        post="" if settled.queued else settled.remotes.get(0, ""),
        thread=made.thread if made is not None else "",
        link=made.link if made is not None else "",
        ticket=settled.queued,
        account=str(lent["id"]) if isinstance(lent, dict) else "",
    )
    yield from taken(job.subject_id, as_, now)
    yield from opener_done(job.subject_id, lent, now)


def _settle_note(settled: Settled) -> Unit[None]:
    job = settled.job
    assert job.note is not None
    [part] = job.parts
    sent = part.kind == "send"  # what is changed stays the message that it is, whatever an admin calls it
    message = "" if settled.shows == "removed" else settled.remotes[0] if sent else part.target
    yield from settle_note(job.note, message)
    if sent:
        yield "UPDATE place SET last_message=$2 WHERE id=$1", (job.queue, message)


def _deserted(copy: int) -> Unit[None]:
    """Let go of the chat thread that a copy hung in or opened, where nothing of ours is left of it or is to come.

    What is shown of its thread later opens another one.
    """
    yield (
        """UPDATE place SET thread_ref=NULL WHERE thread_ref IS NOT NULL
             AND parent=(SELECT channel FROM copy WHERE id=$1)
             AND thread=(SELECT o.thread FROM copy c JOIN post o ON o.id=c.post WHERE c.id=$1)
             AND NOT EXISTS (SELECT 1 FROM copy s WHERE s.place=place.id AND s.taken=0 AND s.state<>'removed')
             AND NOT EXISTS (SELECT 1 FROM post o JOIN copy s ON s.post=o.id AND s.channel=place.parent
               WHERE o.thread=place.thread AND o.op=1 AND s.taken=0 AND s.state<>'removed')
             AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.queue=place.id
               AND d.state IN ('pending', 'sending', 'held'))""",
        (copy,),
    )


NEXT_PART = "(SELECT COALESCE(MAX(m.part)+1, 0) FROM copy_message m WHERE m.copy=c.id)"
"""Behind the messages of a copy `c`."""


def add_messages(copy: int, place: int, messages: Sequence[str], first: int | None = None) -> Unit[None]:
    """Note messages that show more of a copy, in their order, behind those that do already.

    `first` is the part at which that is, where it is known.
    """
    if first is None:
        first = int(one((yield f"SELECT {NEXT_PART} FROM copy c WHERE c.id=$1", (copy,))))
    yield (
        "INSERT INTO copy_message (copy, part, place, message) VALUES ($1, $2, $3, $4)",
        [(copy, part, place, message) for part, message in enumerate(messages, first)],
    )


def _tell_of_queue(reply: int, now: Millis) -> Unit[None]:
    """Tell an author that a moderator has what they said; once a day, for where one is asked, each is."""
    [[place, chat, user]] = yield "SELECT place, identity_chat, identity_user FROM reply WHERE id=$1", (reply,)
    key = f"queued-{place}-{chat}-{user}-{now // DAY}"
    yield from tell_author(reply, lambda said: say("fates.queued", said=said), key, now, private=True)


def _settle_reply(settled: Settled, now: Millis) -> Unit[None]:
    job = settled.job
    if job.act is Act.CREATE:
        post = settled.remotes.get(0, "") if not settled.queued else ""
        lent = job.parts[0].payload.get("login") if job.parts else None
        yield (
            """UPDATE reply SET post_key=$2, ticket=$3, sent_revision=$4, reason='', account=$5, given=$6,
                 fate=CASE WHEN $3<>'' THEN 'queued' ELSE 'posted' END WHERE id=$1""",
            (
                job.subject_id,
                post,
                settled.queued,
                settled.rendered,
                lent["id"] if isinstance(lent, dict) else "",
                settled.words,
            ),
        )
        if post:
            yield from adopt(job.subject_id, now)
        else:
            yield from _tell_of_queue(job.subject_id, now)
    elif job.act is Act.EDIT:
        yield (
            """UPDATE reply SET sent_revision=$2, given=$3, fate=CASE WHEN post_key<>'' THEN 'posted' ELSE fate END,
                 reason=CASE WHEN post_key<>'' THEN '' ELSE reason END WHERE id=$1""",
            (job.subject_id, settled.rendered, settled.words),
        )
        # Of what waits for a moderator, these are the words now by which it is recognised.
        yield (
            """UPDATE part SET payload=$2 WHERE part=0 AND payload<>'' AND delivery IN
                 (SELECT id FROM delivery WHERE subject='reply' AND subject_id=$1 AND act='create')""",
            (job.subject_id, msgspec.json.encode(job.parts[0].payload).decode()),
        )
        words = settled.words or (yield from _reply_words(job.subject_id))
        yield from words_given(job.subject_id, words, now)
    else:
        yield (
            """UPDATE reply SET text='', files='[]',
                 fate=CASE WHEN fate='queued' THEN 'dropped' WHEN post_key<>'' THEN 'posted' ELSE fate END,
                 reason=CASE WHEN fate='queued' THEN $2 WHEN post_key<>'' THEN '' ELSE reason END
               WHERE id=$1 OR merged=$1""",
            (job.subject_id, say("fates.unsaid_there")),
        )
        yield from forget_draft(job.subject_id)
    yield from reply_done(job.subject_id, job.act, job.parts[0].payload.get("login") if job.parts else None, now)
    yield from share(job.subject_id)
    yield from forget_said(job.subject_id)
    # What a moderator has is asked about even in a thread that nothing changes in any more.
    yield (
        f"""UPDATE source SET next_at={DUE_AT_ONCE} WHERE (next_at IS NOT NULL OR $2<>'')
             AND thread=(SELECT thread FROM reply WHERE id=$1)""",
        (job.subject_id, settled.queued),
    )


def _reply_words(reply: int) -> Unit[str]:
    [[text, format]] = yield "SELECT CASE WHEN gone=0 THEN text ELSE '' END, format FROM reply WHERE id=$1", (reply,)
    more = yield from more_words([reply])
    return words_digest(text, format, more.get(reply, ()))


def adopt(reply: int, now: Millis) -> Unit[None]:
    """Make a chat message the copy of the post that it became, as soon as both are known.

    For what was written on a page no message stands: the post is shown in every channel.
    """
    yield (
        f"""INSERT INTO copy (channel, place, post, revision, state, reply, words)
           SELECT COALESCE(p.parent, p.id), p.id, o.id, o.revision,
             CASE WHEN {STANDS} THEN 'shown' ELSE 'removed' END, r.id, CASE WHEN r.given<>'' THEN r.given ELSE $2 END
           FROM reply r JOIN place p ON p.id=r.place JOIN thread t ON t.id=r.thread
             JOIN post o ON o.forum=t.forum AND o.key=r.post_key
           WHERE r.id=$1 AND r.post_key<>'' AND r.paged=0 ON CONFLICT DO NOTHING""",
        (reply, (yield from _reply_words(reply))),
    )
    yield (
        """INSERT INTO copy_message (copy, part, place, message)
           SELECT c.id, (SELECT count(*) FROM reply e WHERE e.id<r.id AND (e.id=c.reply OR e.merged=c.reply)), r.place,
             CASE WHEN r.gone=1 AND c.state<>'removed' THEN '' ELSE r.message END
           FROM copy c JOIN reply r ON r.id=c.reply OR r.merged=c.reply WHERE c.reply=$1
           ON CONFLICT DO NOTHING""",
        (reply,),
    )
    yield from adopted(reply, now)
    yield from wrote(reply)
