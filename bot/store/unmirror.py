"""The end of a mirror."""

from __future__ import annotations

from bot.model import Millis
from bot.store.choosing import end_flood
from bot.store.endings import conclude
from bot.store.owing import withdraw
from bot.store.places import Mirror, audit, one_mirror
from bot.store.unit import Unit


def remove_mirror(mirror: int, community: int | None, by: str, now: Millis) -> Unit[Mirror]:
    """End a mirror: what is pending because of it alone is dropped, what is being sent is finished, copies stay.

    Raises `NotFound` where the community has no such mirror.
    """
    gone = yield from one_mirror(mirror, community)
    yield from end_flood(mirror, now)
    yield "UPDATE mirror SET state='removed' WHERE id=$1", (mirror,)
    [[place]] = yield "SELECT place FROM mirror WHERE id=$1", (mirror,)
    rows = yield (
        """SELECT id FROM delivery WHERE queue IN (SELECT id FROM place WHERE id=$1 OR parent=$1)
             AND state IN ('pending', 'sending', 'held') AND state='pending' AND subject='post' AND NOT EXISTS (
             SELECT 1 FROM post p JOIN mirror m ON m.place=$1 AND m.state<>'removed'
               AND (m.thread=p.thread OR m.board IN (SELECT l.board FROM listing l WHERE l.thread=p.thread))
             WHERE p.id=delivery.subject_id) ORDER BY id DESC""",
        (place,),
    )
    for (delivery,) in rows:  # the newest first: what waits for an opener ends before its opener does
        yield from conclude(delivery, "dropped", "its mirror was removed", now)
    yield from withdraw(place, now)  # another mirror may cover a post and leave it out
    yield (
        """UPDATE source SET next_at=NULL WHERE (kind='board' AND board NOT IN
             (SELECT board FROM mirror WHERE state<>'removed' AND board IS NOT NULL))
           OR (kind='thread' AND thread NOT IN (SELECT thread FROM mirror WHERE state<>'removed' AND thread IS NOT NULL)
             AND thread NOT IN (SELECT l.thread FROM listing l JOIN mirror m ON m.board=l.board
             WHERE m.state<>'removed') AND NOT EXISTS
               (SELECT 1 FROM reply r WHERE r.thread=source.thread AND r.post_key='' AND r.fate='queued'))""",
        (),
    )
    yield from audit(gone.community, by, f"mirror {mirror} removed", f"place {place}", "", now)
    return gone
