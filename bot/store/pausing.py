"""Mirrors that pause: what is owed because of them waits, and comes in its order when they go on."""

from __future__ import annotations

from itertools import groupby

import msgspec

from bot.mirroring import PAUSED, Act, MirrorView, PostView, expected, floods, wanted
from bot.model import MINUTE, Millis
from bot.store.endings import conclude
from bot.store.floods import keep_back
from bot.store.forums import VIEW, view
from bot.store.mirrors import Mirror, one_mirror
from bot.store.owing import Covered, covered, judging
from bot.store.places import audit
from bot.store.report import PLACE
from bot.store.unit import Unit, one


class Changed(msgspec.Struct, frozen=True):
    """What came of pausing a mirror, or of going on; not `fresh` where it was so before."""

    mirror: Mirror
    fresh: bool
    posts: int = 0
    """Posts that wait, or waited."""
    flood: bool = False
    """They are more than usual, and wait for a choice now."""


class Pausing(msgspec.Struct, frozen=True):
    """A mirror that pauses."""

    mirror: int
    of: str
    place: str
    since: Millis
    posts: int


def pause(mirror: int, community: int | None, by: str, now: Millis) -> Unit[Changed]:
    """Let nothing of a mirror be sent from now on; raises `NotFound` where the community has no such mirror."""
    before = yield from one_mirror(mirror, community)
    if before.state == "paused":
        return Changed(before, False, (yield from _waiting(mirror)))
    yield "UPDATE mirror SET state='paused', paused_at=$2 WHERE id=$1", (mirror, now)
    yield from weigh((yield from _place(mirror)))
    yield from audit(before.community, by, f"mirror {mirror} paused", "active", "paused", now)
    return Changed((yield from one_mirror(mirror, community)), True, (yield from _waiting(mirror)))


def resume(mirror: int, community: int | None, by: str, now: Millis) -> Unit[Changed]:
    """Let a mirror go on: what waited comes in its order; more than it would ever have had waits for a choice."""
    before = yield from one_mirror(mirror, community)
    if before.state != "paused":
        return Changed(before, False)
    [[since]] = yield "SELECT paused_at FROM mirror WHERE id=$1", (mirror,)
    posts = yield from _waiting(mirror)
    flood = floods(posts, 0) and floods(posts, (yield from _usual(mirror, since or now, now)))
    if flood:
        yield from _keep_back(mirror, now)
    yield "UPDATE mirror SET state='active', paused_at=NULL WHERE id=$1", (mirror,)
    yield from weigh((yield from _place(mirror)))
    yield from audit(before.community, by, f"mirror {mirror} goes on", "paused", "active", now)
    return Changed((yield from one_mirror(mirror, community)), True, posts, flood)


def weigh(place: int) -> Unit[None]:
    """Let what a channel is owed wait where only mirrors that pause show it, and have its turn where another does.

    What stands half already is finished.
    """
    rows = yield (
        """SELECT p.thread, p.id, d.id, d.act, d.not_before, d.made_at, d.backfill
           FROM delivery d JOIN post p ON p.id=d.subject_id
           WHERE d.queue IN (SELECT id FROM place WHERE id=$1 OR parent=$1)
             AND d.state IN ('pending', 'sending', 'held') AND d.state='pending' AND d.subject='post' AND d.takes=0
             AND NOT EXISTS (SELECT 1 FROM part x WHERE x.delivery=d.id) ORDER BY p.thread, d.id""",
        (place,),
    )
    for thread, some in groupby(rows, key=lambda row: int(row[0])):
        owed = [tuple(cells) for _, *cells in some]
        seen = yield f"SELECT {VIEW} FROM post WHERE id=$1", [(post,) for post, *_ in owed]
        posts = {int(row[0]): view(tuple(row)) for row in seen}
        here = yield from covered(thread)
        here = msgspec.structs.replace(here, mirrors=[mirror for mirror in here.mirrors if mirror.channel == place])
        judged = yield from judging(here, posts)
        for post, delivery, act, due, made, backfill in owed:
            shows = _shown_by(here, judged.accepting(post), Act(act), bool(backfill), posts[post])
            waits = shows is not None and shows.paused
            if waits == (due == PAUSED):
                continue
            delay = shows.options.delay if shows is not None and act in (Act.CREATE, Act.OPEN) and not backfill else 0
            turn = PAUSED if waits else made + delay * 1000 if delay else 0
            yield "UPDATE delivery SET not_before=$2 WHERE id=$1", (delivery, turn)


def _shown_by(
    here: Covered, accepting: list[MirrorView], act: Act, backfill: bool, post: PostView
) -> MirrorView | None:
    """The mirror because of which something is owed: those that pause come behind all others."""
    if act in (Act.EDIT, Act.DELETE):
        return next(iter(here.mirrors), None)
    whole = msgspec.structs.replace(post, n=min(post.n, 0)) if backfill else post
    return next(iter(wanted(whole, accepting) or accepting or here.mirrors), None)


WAITS = f"""FROM mirror m JOIN delivery d ON d.channel=m.place AND d.state IN ('pending', 'sending', 'held')
  AND d.state='pending' AND d.subject='post' AND d.not_before={PAUSED} JOIN post o ON o.id=d.subject_id
WHERE m.id=$1 AND (m.thread=o.thread OR m.board IN (SELECT l.board FROM listing l WHERE l.thread=o.thread))"""
"""What waits for a mirror to go on."""


def _waiting(mirror: int) -> Unit[int]:
    """How many posts wait for a mirror to go on."""
    return int(one((yield f"SELECT count(DISTINCT o.id) {WAITS} AND d.act='create'", (mirror,))))


def _usual(mirror: int, since: Millis, now: Millis) -> Unit[float]:
    """News that a mirror's board or thread lets one expect in the time since a moment."""
    rows = yield (
        """SELECT s.rate_slow, s.rate_fast FROM mirror m JOIN source s ON s.board=m.board OR s.thread=m.thread
           WHERE m.id=$1""",
        (mirror,),
    )
    return expected(rows[0][0], rows[0][1], max(now - since, MINUTE)) if rows else 0.0


def _keep_back(mirror: int, now: Millis) -> Unit[None]:
    """Let what waits for a mirror wait for an admin's choice instead; what older posts it was to show stays owed."""
    rows = yield (
        f"""SELECT o.thread, MIN(o.seq) {WAITS} AND d.act='create' AND d.backfill=0 AND o.n>0 AND o.event=0
            GROUP BY o.thread""",
        (mirror,),
    )
    starts = [(int(thread), int(seq)) for thread, seq in rows]
    gone = yield f"SELECT d.id {WAITS} AND d.act IN ('create', 'open') AND d.backfill=0 ORDER BY d.id DESC", (mirror,)
    for (delivery,) in gone:  # the newest first: what waits for an opener ends before its opener does
        yield from conclude(delivery, "dropped", f"much came while mirror {mirror} paused", now)
    yield from keep_back(mirror, starts, now)


def _place(mirror: int) -> Unit[int]:
    return int(one((yield "SELECT place FROM mirror WHERE id=$1", (mirror,))))


def pausing(community: int | None) -> Unit[list[Pausing]]:
    """The mirrors of a community that pause, and how much waits for each."""
    rows = yield (
        f"""SELECT m.id, COALESCE(b.name, t.title), {PLACE}, COALESCE(m.paused_at, m.made_at) FROM mirror m
             JOIN place p ON p.id=m.place LEFT JOIN board b ON b.id=m.board LEFT JOIN thread t ON t.id=m.thread
           WHERE m.state='paused' AND ($1 IS NULL OR m.community=$1) ORDER BY m.id""",
        (community,),
    )
    found: list[Pausing] = []
    for mirror, of, place, since in rows:
        found.append(Pausing(mirror, of, place, since, (yield from _waiting(mirror))))
    return found
