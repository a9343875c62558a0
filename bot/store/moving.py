"""A channel that goes on as another one: what is mirrored, owed and told goes on there, and what stands stays."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import msgspec

from bot.jobs import Subject
from bot.mirroring import PAUSED, Act
from bot.model import Millis, Moved, Where
from bot.store.choosing import end_flood
from bot.store.endings import conclude
from bot.store.failures import CLOSED
from bot.store.forums import VIEW, opening_post, view
from bot.store.notices import close_quietly, open_notice, tell_concerned
from bot.store.outbox import owe_one
from bot.store.owing import accepted, covered, owe_added
from bot.store.places import audit, ensure_channel, has_moved, heir, place_at
from bot.store.resting import rested
from bot.store.turns import unclaim, unclaimed
from bot.store.unit import Unit, one
from bot.texts import say


def follow(chat: str, event: Moved, now: Millis) -> Unit[None]:
    """Let everything that a channel has go on in the one that it became; once, however often that is told.

    What was shown stays where it stands. What is being sent is finished or found out where it was begun; what waits is
    owed in the new channel. Nothing moves into a channel of another community, nor in a circle: then people are told.
    """
    channel = event.where.channel
    old = yield from place_at(chat, Where(channel))
    if old is None:  # nothing is shown there, but it may be what others belong to
        for (community,) in (yield "SELECT id FROM community WHERE chat=$1 AND native=$2", (chat, channel)):
            yield from _same_community(chat, community, event.to)
        return
    if (yield from has_moved(old)):
        return
    [[named]] = yield "SELECT CASE WHEN label='' THEN channel ELSE label END FROM place WHERE id=$1", (old,)
    new = yield from _new_channel(chat, old, event, event.to if named == channel else named)
    about = f"moved:{chat}:{channel}"
    if new is None:
        text = say("notices.stranded", who=event.person.name, old=f"{chat}:{named}", new=event.to)
        yield from tell_concerned(about, text, now, queue=old)
        yield from close_quietly(about, now)
        return
    [[community]] = yield "SELECT community FROM place WHERE id=$1", (new,)
    yield "UPDATE place SET moved_to=$2 WHERE id=$1", (old, new)
    waits = yield "SELECT id FROM community WHERE notices=$1", (old,)
    yield "UPDATE community SET notices=$2 WHERE notices=$1", (old, new)
    yield (
        "UPDATE mirror SET maker_channel=$3 WHERE maker_chat=$1 AND maker_channel=$2",
        (chat, channel, event.to),
    )
    mirrored = yield from _point_mirrors(old, new, event.person.name, now)
    yield from _quiet(old, f"{CLOSED}{chat}:{channel}", now)
    pending = yield (
        """SELECT id FROM delivery WHERE queue IN (SELECT id FROM place WHERE id=$1 OR parent=$1)
             AND state IN ('pending', 'sending', 'held') AND state='pending'""",
        (old,),
    )
    yield from _carry(new, [delivery for (delivery,) in pending], now)
    yield from audit(community, event.person.name, f"{chat}:{named} moved", f"place {old}", f"place {new}", now)
    if mirrored or waits:
        text = say("notices.moved", who=event.person.name, old=f"{chat}:{named}", new=event.to)
        yield from open_notice(community, about, text, now)
        yield from close_quietly(about, now)


def put_back(delivery: int, queue: int, due_at: Millis, reason: str, now: Millis) -> Unit[None]:
    """Take a claim back because certainly nothing was sent; its queue rests until `due_at`, for a reason.

    In a channel that moved, perhaps in this very moment, it is owed where that is.
    """
    yield from unclaim(delivery, queue, due_at, reason)
    if (yield from has_moved(queue)):
        yield from leave(delivery, now)


def leave(delivery: int, now: Millis) -> Unit[None]:
    """End a delivery in a channel that moved, of which nothing is in doubt; what it was to show is owed where that is.

    Of a post of which some messages stand the whole is owed there.
    """
    if not (yield "SELECT 1 FROM part WHERE delivery=$1 AND remote IS NOT NULL LIMIT 1", (delivery,)):
        yield from unclaimed(delivery)
    [[channel]] = yield (
        "SELECT COALESCE(p.parent, p.id) FROM delivery d JOIN place p ON p.id=d.queue WHERE d.id=$1",
        (delivery,),
    )
    yield from _carry((yield from heir(channel)), [delivery], now)


# ----------------------------------------------------------------------------------------- whose it is, what moves


def _new_channel(chat: str, old: int, event: Moved, label: str) -> Unit[int | None]:
    """The place in which a channel goes on, of its own community; None where that is another's, or leads back."""
    there = yield from place_at(chat, Where(event.to))
    [[community, native]] = yield (
        "SELECT c.id, c.native FROM place p JOIN community c ON c.id=p.community WHERE p.id=$1",
        (old,),
    )
    alone = native == event.where.channel
    if there is not None:
        there = yield from heir(there)
        [[owner, channel, theirs]] = yield (
            "SELECT p.community, p.channel, c.native FROM place p JOIN community c ON c.id=p.community WHERE p.id=$1",
            (there,),
        )
        if there == old or (owner != community and not (alone and channel == theirs)):
            return None
    if alone:
        community = yield from _same_community(chat, community, event.to)
    return there if there is not None else (yield from ensure_channel(community, chat, event.to, label))


def _same_community(chat: str, community: int, native: str) -> Unit[int]:
    """The community of a channel that is one by itself, now that this channel goes on as `native`.

    Somebody may have spoken for it under its new name already: then all that it has becomes that one's.
    """
    rows = yield "SELECT id FROM community WHERE chat=$1 AND native=$2", (chat, native)
    if not rows:
        yield "UPDATE community SET native=$2 WHERE id=$1", (community, native)
        return community
    known = int(one(rows))
    yield (
        """UPDATE notice SET closed_at=opened_at WHERE community=$1 AND closed_at IS NULL AND about IN
             (SELECT about FROM notice WHERE community=$2 AND closed_at IS NULL)""",
        (community, known),
    )
    for table in ("place", "mirror", "notice", "audit"):
        yield f"UPDATE {table} SET community=$2 WHERE community=$1", (community, known)
    yield (
        """UPDATE community SET notices=COALESCE(notices, (SELECT notices FROM community WHERE id=$1)) WHERE id=$2""",
        (community, known),
    )
    yield "UPDATE community SET notices=NULL WHERE id=$1", (community,)
    return known


def _point_mirrors(old: int, new: int, by: str, now: Millis) -> Unit[int]:
    """Let the mirrors of a channel show in the new one, as they are; how many there were.

    One that is there already goes on for its equal, from where the earlier of the two began.
    """
    rows = yield (
        "SELECT id, community, board, thread, start_seq FROM mirror WHERE place=$1 AND state<>'removed' ORDER BY id",
        (old,),
    )
    for mirror, community, board, thread, start in rows:
        equal = yield (
            "SELECT id FROM mirror WHERE place=$1 AND state<>'removed' AND (board=$2 OR thread=$3)",
            (new, board, thread),
        )
        if not equal:
            yield "UPDATE mirror SET place=$2 WHERE id=$1", (mirror, new)
            continue
        yield from end_flood(mirror, now)
        yield "UPDATE mirror SET state='removed' WHERE id=$1", (mirror,)
        yield "UPDATE mirror SET start_seq=$2 WHERE id=$1 AND start_seq>$2", (one(equal), start)
        yield (
            """INSERT INTO backfill (mirror, thread) SELECT $2, thread FROM backfill WHERE mirror=$1
               ON CONFLICT DO NOTHING""",
            (mirror, one(equal)),
        )
        yield from audit(
            community, by, f"mirror {mirror} removed", f"place {old}", f"mirror {one(equal)} equals it", now
        )
    return len(rows)


def _quiet(old: int, closed: str, now: Millis) -> Unit[None]:
    """Let a channel that moved fail no more: what people were told of that is over without a word."""
    queues = yield "SELECT q.id FROM queue q JOIN place p ON p.id=q.id WHERE p.id=$1 OR p.parent=$1", (old,)
    for (queue,) in queues:
        yield from rested(queue)
        yield "UPDATE queue SET told='' WHERE id=$1 AND told=$2", (queue, closed)
    owed = yield (
        """SELECT d.id FROM notice n JOIN delivery d ON d.subject='notice' AND d.subject_id=n.id
           WHERE n.about=$1 AND d.queue=$2 AND d.state IN ('pending', 'sending', 'held') AND d.state='pending'""",
        (closed, old),
    )
    for (delivery,) in owed:
        yield from conclude(delivery, "dropped", say("why.channel_moved"), now)
    yield from close_quietly(closed, now)


# ------------------------------------------------------------------------------------------------------- what is owed


class _Carried(msgspec.Struct, frozen=True):
    """What was owed in a channel that moved."""

    subject: Subject
    id: int
    act: Act
    revision: int
    thread: int
    backfill: int
    made: Millis
    due: Millis


def _carry(new: int, deliveries: Sequence[int], now: Millis) -> Unit[None]:
    """End what a channel owed that goes on as a new one; what was to be shown is owed there, in its order."""
    rows = yield (
        """SELECT d.subject, d.subject_id, d.act, d.revision, COALESCE(p.thread, 0), d.backfill, d.made_at, d.not_before
           FROM delivery d LEFT JOIN post p ON d.subject='post' AND p.id=d.subject_id WHERE d.id=$1""",
        [(delivery,) for delivery in sorted(deliveries)],
    )
    owed = [_Carried(Subject(subject), id, Act(act), *rest) for subject, id, act, *rest in rows]
    for delivery in sorted(deliveries, reverse=True):  # what waits for an opener ends before its opener does
        yield from conclude(delivery, "dropped", say("why.channel_moved"), now)
    # Changes of what stands there are over; what is shown in the new channel is as it is then.
    made_anew = [item for item in owed if item.act is Act.CREATE]
    for (subject, thread), some in groupby(made_anew, lambda item: (item.subject, item.thread)):
        if subject is Subject.POST:
            yield from _owe_posts(new, thread, list(some), now)
        else:
            for item in some:
                yield from owe_one(new, subject, item.id, Act.CREATE, item.revision, now)


def _owe_posts(new: int, thread: int, items: Sequence[_Carried], now: Millis) -> Unit[None]:
    """Owe posts of a thread in the new channel; none waits longer than it was to."""
    rows = yield f"SELECT {VIEW} FROM post WHERE id=$1", [(item.id,) for item in items]
    posts = [view(tuple(row)) for row in rows]
    posts = [
        msgspec.structs.replace(post, n=min(post.n, 0)) if item.backfill else post
        for item, post in zip(items, posts, strict=True)
    ]
    here = yield from covered(thread)
    here = msgspec.structs.replace(here, mirrors=[mirror for mirror in here.mirrors if mirror.channel == new])
    yield from owe_added(here, posts, (yield from accepted(here, posts)), now, carried=True)
    opening = yield from opening_post(thread)
    since = {opening.id: items[0]} if opening is not None else {}
    yield (
        f"""UPDATE delivery SET made_at=$4, not_before=CASE WHEN not_before={PAUSED} THEN not_before
               WHEN $5={PAUSED} THEN 0 ELSE $5 END
             WHERE subject='post' AND subject_id=$1 AND channel=$2
             AND act IN ('create', 'open') AND made_at=$3 AND state IN ('pending', 'sending', 'held')
             AND state='pending'""",
        [(post, new, now, item.made, item.due) for post, item in (since | {item.id: item for item in items}).items()],
    )
