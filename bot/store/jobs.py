"""The delivery at the head of a queue, with all that deciding about it needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from bot.clock import Moment
from bot.jobs import Answered, CopyRow, Job, Part, PostRow, Subject
from bot.mirroring import PAUSED, Act, Options
from bot.model import (
    Author,
    Body,
    BodyState,
    ChannelRef,
    MessageId,
    Millis,
    Parent,
    ParentState,
    PostKey,
    PostState,
    ThreadRef,
    When,
    Where,
)
from bot.rendering import label
from bot.store.beneath import note_row
from bot.store.offers import restored
from bot.store.openers import opener_row
from bot.store.replies import reply_row
from bot.store.unit import Rows, Unit, one

ANCESTORS = 200
"""How far up a reply looks for an ancestor that stands in its place."""

OF_POST = """o.thread, t.title, t.path, o.author, o.author_id, o.avatar, o.badge, o.title, o.body_state, o.body,
       o.body_format, o.link, o.number, o.op, o.earliest, o.latest, o.state, o.revision, o.parent_state, o.parent_key,
       o.guess_key, w.name, t.tags, o.event"""
"""What a post `o`, its thread `t` and its forum `w` are shown with."""

JOB = f"""
SELECT d.id, d.ord, d.subject, d.subject_id, d.act, d.revision, d.generation, d.attempts, d.state, d.opens, d.channel,
       d.takes,
       d.claimed_at, d.claimed_up, d.claimed_boot, d.last_known, d.shows, d.rendered,
       q.chat, COALESCE(f.name, ''), p.channel, p.thread_ref, q.id,
       (SELECT u.moved_to FROM place u WHERE u.id=COALESCE(p.parent, p.id)),
       {OF_POST},
       (SELECT c.id FROM copy c WHERE c.channel=d.channel AND c.post=o.id AND c.taken=0
         ORDER BY c.generation DESC LIMIT 1),
       (SELECT replies || options FROM mirror WHERE id=(SELECT MIN(e.id) FROM (
          SELECT m.id FROM mirror m WHERE m.thread=t.id AND m.place=d.channel AND m.state='active'
            AND m.state <> 'removed' AND m.thread IS NOT NULL
          UNION ALL SELECT m.id FROM listing l JOIN mirror m ON m.board=l.board AND m.place=d.channel
            AND m.state <> 'removed' AND m.board IS NOT NULL WHERE l.thread=t.id AND m.state='active') e))
FROM delivery d JOIN queue q ON q.id=d.queue LEFT JOIN forum f ON f.id=q.forum LEFT JOIN place p ON p.id=q.id
  LEFT JOIN post o ON o.id=d.subject_id AND d.subject='post' LEFT JOIN thread t ON t.id=o.thread
  LEFT JOIN forum w ON w.id=o.forum
"""
# The last two: the newest copy of the post in the channel, and what the oldest mirror there says that shows it: which
# messages go back, and its options, an object in JSON.

HEAD = f"""
WHERE d.id=COALESCE(
  (SELECT s.id FROM delivery s WHERE $2=0 AND s.state IN ('sending', 'held') AND s.state='sending' AND s.queue=$1
   ORDER BY s.ord LIMIT 1),
  (SELECT n.id FROM delivery n WHERE n.queue=$1 AND n.ord>$2 AND n.state IN ('pending', 'sending', 'held')
     AND n.state<>'held' AND (n.not_before<=$3 OR (n.made_at>$3 AND n.not_before<{PAUSED})) AND NOT EXISTS
       (SELECT 1 FROM delivery h WHERE h.state IN ('sending', 'held') AND h.state='held' AND h.queue=n.queue
          AND h.ord<n.ord AND h.subject=n.subject AND h.subject_id=n.subject_id)
   ORDER BY n.ord LIMIT 1))
"""
# What is in flight comes first: what stands before it waited, and cannot begin until it is known. A delay that began in
# the future was counted on another clock.


def head(queue: int, now: Millis, after: int = 0) -> Unit[Job | None]:
    """The next delivery of a queue behind `after` that nothing blocks, with all that deciding about it needs."""
    rows = yield JOB + HEAD, (queue, after, now)
    return (yield from _job(rows[0])) if rows else None


def one_job(delivery: int) -> Unit[Job]:
    """One delivery with its parts, wherever it stands in its queue."""
    [row] = yield JOB + "WHERE d.id=$1", (delivery,)
    job = yield from _job(row)
    return msgspec.structs.replace(job, parts=(yield from _parts(delivery)))


def _job(row: Sequence[Any]) -> Unit[Job]:
    (
        id,
        ord,
        subject,
        subject_id,
        act,
        revision,
        generation,
        attempts,
        state,
        opens,
        place,
        takes,
        claimed_at,
        claimed_up,
        claimed_boot,
        last_known,
        shows,
        rendered,
        chat,
        forum,
        channel,
        thread_ref,
        queue,
        moved,
        *of_post,
        copy_id,
        options,
    ) = row
    job = Job(
        id=id,
        ord=ord,
        queue=queue,
        subject=Subject(subject),
        subject_id=subject_id,
        act=Act(act),
        revision=revision,
        generation=generation,
        attempts=attempts,
        sending=state == "sending",
        chat=chat,
        forum=forum,
        where=Where(ChannelRef(channel), ThreadRef(thread_ref or "")) if channel is not None else None,
        claimed=Moment(claimed_at, claimed_up, claimed_boot or "") if claimed_at is not None else None,
        last_known=last_known or "",
        opens=opens,
        shows=shows,
        rendered=rendered or 0,
        moved=moved is not None,
        takes=bool(takes),
    )
    replace = msgspec.structs.replace
    if job.sending or rendered is not None:
        job = replace(job, parts=(yield from _parts(id)))
    match job.subject:
        case Subject.POST:
            post = (yield from _post(subject_id, of_post)) if of_post[0] is not None else None
            copy = (yield from _copy(copy_id, queue, id)) if copy_id is not None else None
            answered, longest, answerable = Answered(), 0, False
            if post is not None and job.act is not Act.OPEN:
                answered = yield from _answered(post, place, queue)
                replies, _, chosen = (options or "none").partition("{")
                longest = msgspec.json.decode(f"{{{chosen}", type=Options).max_length if chosen else 0
                answerable = replies != "none"
            return replace(job, post=post, copy=copy, answered=answered, longest=longest, answerable=answerable)
        case Subject.REPLY:
            return replace(job, reply=(yield from reply_row(subject_id)))
        case Subject.OPENER:
            return replace(job, opener=(yield from opener_row(subject_id)))
        case Subject.NOTE:
            note = yield from note_row(subject_id)
            for post, *cells in (yield NOTED, (subject_id,)):
                job = replace(job, note=note, post=(yield from _post(post, cells)))
            return job
        case _:
            words = "text" if job.revision == 1 else "over"
            [[text, offers]] = yield f"SELECT {words}, offers FROM notice WHERE id=$1", (subject_id,)
            return replace(job, notice=text, offers=restored(offers) if job.revision == 1 else ())


NOTED = f"""
SELECT o.id, {OF_POST}
FROM copy c JOIN post o ON o.id=c.post JOIN thread t ON t.id=o.thread JOIN forum w ON w.id=o.forum WHERE c.id=$1
"""

COUNT_REPLIES = "SELECT count(*) FROM post WHERE thread=$1 AND op=0 AND event=0 AND state='live'"


def _parts(delivery: int) -> Unit[tuple[Part, ...]]:
    rows = yield (
        "SELECT part, kind, payload, key, target, remote FROM part WHERE delivery=$1 ORDER BY part",
        (delivery,),
    )
    return tuple(
        Part(part, kind, msgspec.json.decode(payload) if payload else {}, key, target, remote)
        for part, kind, payload, key, target, remote in rows
    )


def _post(id: int, cells: Sequence[Any]) -> Unit[PostRow]:
    (
        thread,
        thread_title,
        path,
        author,
        author_id,
        avatar,
        badge,
        title,
        body_state,
        body,
        body_format,
        link,
        number,
        op,
        earliest,
        latest,
        state,
        revision,
        parent_state,
        parent_key,
        guess_key,
        forum,
        tags,
        event,
    ) = cells
    live_replies = 0
    if op and state != "live":
        live_replies = one((yield COUNT_REPLIES, (thread,)))
    return PostRow(
        id=id,
        thread=thread,
        thread_title=thread_title,
        path=tuple(msgspec.json.decode(path)),
        author=Author(author, author_id, avatar, badge),
        title=title or (thread_title if op else ""),
        body=Body(BodyState(body_state), body, body_format),
        link=link,
        number=number,
        op=bool(op),
        created=When(earliest, latest),
        state=PostState(state),
        revision=revision,
        parent=Parent(ParentState(parent_state), PostKey(parent_key), PostKey(guess_key)),
        live_replies=live_replies,
        forum=forum,
        tags=tuple(msgspec.json.decode(tags)),
        event=bool(event),
    )


def _copy(id: int, queue: int, delivery: int) -> Unit[CopyRow]:
    """What stands of a post. It stands last where the newest messages of its place are its own, and known to be all."""
    [[revision, state, reply, ref, thread, last, generation]] = yield (
        """SELECT c.revision, c.state, c.reply, p.channel, p.thread_ref,
             CASE WHEN p.id=$2 AND (l.id=$3 OR l.state IN ('sent', 'refused')) THEN 1 ELSE 0 END, c.generation
           FROM copy c JOIN place p ON p.id=c.place
             LEFT JOIN delivery l ON l.id=p.last_act AND l.subject='post' AND l.subject_id=c.post
           WHERE c.id=$1""",
        (id, queue, delivery),
    )
    messages = yield "SELECT message FROM copy_message WHERE copy=$1 ORDER BY part", (id,)
    where = Where(ChannelRef(ref), ThreadRef(thread or ""))
    stand = tuple(MessageId(message) for (message,) in messages)
    return CopyRow(id, revision, state, reply, where, stand, bool(last), generation)


ANCESTOR = """
SELECT p.id, p.number, p.op, p.author, p.parent_state, p.parent_key, s.place, (SELECT m.message FROM copy_message m
  WHERE m.copy=s.id AND m.message<>'' ORDER BY m.part LIMIT 1)
FROM post p LEFT JOIN copy s ON s.id=(SELECT c.id FROM copy c WHERE c.channel=$3 AND c.post=p.id AND c.state<>'removed'
  AND EXISTS (SELECT 1 FROM copy_message m WHERE m.copy=c.id AND m.message<>'') ORDER BY c.generation DESC LIMIT 1)
"""
BY_KEY = (
    ANCESTOR
    + """JOIN thread t ON t.id=$1 WHERE p.forum=t.forum AND p.thread=t.id AND p.id=(SELECT
  CASE WHEN k.event=0 THEN k.id ELSE (SELECT o.id FROM post o WHERE o.thread=t.id AND o.op=1 ORDER BY o.id LIMIT 1) END
  FROM post k WHERE k.forum=t.forum AND k.key=$2 AND k.thread=t.id)"""
)
BY_OP = ANCESTOR + "WHERE p.thread=$1 AND p.op=1 AND $2=''"


def _above(thread: int, state: str, key: str, channel: int | None) -> Unit[Rows]:
    """The post of a thread that another one answers, with its newest message in a channel and where that stands.

    What befell the thread is answered by nobody: who answers it answers the thread.
    """
    return (yield BY_KEY if state == "known" else BY_OP, (thread, key if state == "known" else "", channel))


def _answered(post: PostRow, channel: int | None, place: int) -> Unit[Answered]:
    """The message that a card answers: its parent's copy in the same place, else the nearest ancestor's."""
    parent = post.parent
    if post.op or post.event or parent.state is ParentState.NONE:
        return Answered()
    if parent.state is ParentState.UNKNOWN:
        if not parent.guess:
            return Answered()
        rows = yield from _above(post.thread, "known", parent.guess, channel)
        if not rows:
            return Answered()
        return Answered(shown=False, exact=False, guess=True, number=label(rows[0][2], rows[0][1]), author=rows[0][3])
    rows = yield from _above(post.thread, parent.state, parent.key, channel)
    if not rows:
        return Answered(shown=False)
    number, author, direct = label(rows[0][2], rows[0][1]), rows[0][3], rows[0][0]
    waiting, due = None, 0
    for distance in range(ANCESTORS):
        id, _, op, _, state, key, where, message = rows[0]
        if message is not None:
            here = MessageId(message if where == place else "")
            return Answered(here, distance == 0, True, number, author, direct, waiting=waiting, due=due)
        if distance == 0:
            open_ones = yield (
                """SELECT state, COALESCE(claimed_at, made_at), not_before FROM delivery WHERE subject='post'
                     AND subject_id=$1 AND act='create' AND channel=$2 AND state IN ('pending', 'held')""",
                (id, channel),
            )
            waiting = next((since for state, since, _ in open_ones if state == "held"), None)
            due = max((later for state, _, later in open_ones if state == "pending" and later < PAUSED), default=0)
        if op:
            break
        rows = yield from _above(post.thread, state, key, channel)
        if not rows:
            break
    return Answered(exact=False, shown=False, number=number, author=author, parent=direct, waiting=waiting, due=due)
