"""The end of a mirror: what waits because of it is dropped, and what it showed may be taken away again."""

from __future__ import annotations

from itertools import groupby

import msgspec

from bot.errors import ThreadlineError
from bot.mirroring import wanted
from bot.model import MINUTE, Millis
from bot.store.beneath import unnoted
from bot.store.choosing import end_flood
from bot.store.endings import conclude
from bot.store.forums import VIEW, view
from bot.store.mirrors import Mirror, one_mirror
from bot.store.outbox import take_away
from bot.store.owing import accepted, covered, withdraw
from bot.store.pausing import weigh
from bot.store.places import audit
from bot.store.unit import Unit
from bot.texts import say

UNDO = 10 * MINUTE
"""Milliseconds in which a mirror can be undone: it ends, and what it showed goes."""


class Ended(msgspec.Struct, frozen=True):
    """A mirror that was ended, and how many posts leave its channel with it."""

    mirror: Mirror
    messages: int = 0


def remove_mirror(mirror: int, community: int | None, by: str, now: Millis, copies: bool = False) -> Unit[Ended]:
    """End a mirror: what is pending because of it alone is dropped, what is being sent is finished.

    What it showed stays; with `copies` it goes, as far as no other mirror of the channel shows it. Raises `NotFound`
    where the community has no such mirror.
    """
    gone = yield from one_mirror(mirror, community)
    yield from end_flood(mirror, now)
    yield "UPDATE mirror SET state='removed' WHERE id=$1", (mirror,)
    [[place]] = yield "SELECT place FROM mirror WHERE id=$1", (mirror,)
    rows = yield (
        """SELECT id FROM delivery WHERE queue IN (SELECT id FROM place WHERE id=$1 OR parent=$1)
             AND state IN ('pending', 'sending', 'held') AND state='pending' AND subject='post' AND takes=0
             AND NOT EXISTS (
             SELECT 1 FROM post p JOIN mirror m ON m.place=$1 AND m.state<>'removed'
               AND (m.thread=p.thread OR m.board IN (SELECT l.board FROM listing l WHERE l.thread=p.thread))
             WHERE p.id=delivery.subject_id) ORDER BY id DESC""",
        (place,),
    )
    for (delivery,) in rows:  # the newest first: what waits for an opener ends before its opener does
        yield from conclude(delivery, "dropped", say("why.unmirrored"), now)
    yield from withdraw(place, now)  # another mirror may cover a post and leave it out
    yield from weigh(place)  # another one may pause, or not
    messages = (yield from _take_back(mirror, place, now)) if copies else 0
    yield (
        """UPDATE source SET next_at=NULL WHERE (kind='board' AND board NOT IN
             (SELECT board FROM mirror WHERE state<>'removed' AND board IS NOT NULL))
           OR (kind='thread' AND thread NOT IN (SELECT thread FROM mirror WHERE state<>'removed' AND thread IS NOT NULL)
             AND thread NOT IN (SELECT l.thread FROM listing l JOIN mirror m ON m.board=l.board
             WHERE m.state<>'removed') AND NOT EXISTS
               (SELECT 1 FROM reply r WHERE r.thread=source.thread AND r.post_key='' AND r.fate='queued'))""",
        (),
    )
    what = f"{gone.board or gone.thread} into {gone.chat}:{gone.label}"
    yield from audit(
        gone.community, by, f"mirror {mirror} removed" + (" with what it showed" if copies else ""), what, "", now
    )
    return Ended(gone, messages)


def undo_mirror(mirror: int, community: int | None, by: str, now: Millis) -> Unit[Ended]:
    """End a mirror that was just made, and take away what it showed; raises `ThreadlineError` where it is older."""
    made = yield from one_mirror(mirror, community)
    if not 0 <= now - made.made_at <= UNDO:
        raise ThreadlineError(say("mirrors.too_late", mirror=mirror))
    return (yield from remove_mirror(mirror, community, by, now, copies=True))


def _take_back(mirror: int, place: int, now: Millis) -> Unit[int]:
    """Owe that what a mirror showed leaves its channel, but for what another mirror shows there; how much that is.

    What people wrote there themselves stays.
    """
    covers = "(m.thread=o.thread OR m.board IN (SELECT l.board FROM listing l WHERE l.thread=o.thread))"
    rows = yield (
        f"""SELECT o.thread, o.id FROM mirror m JOIN copy c ON c.channel=m.place JOIN post o ON o.id=c.post
            WHERE m.id=$1 AND c.taken=0 AND c.state<>'removed' AND (c.reply IS NULL OR c.note<>'') AND {covers}
            UNION SELECT o.thread, o.id FROM mirror m JOIN delivery d ON d.channel=m.place AND d.act='create'
              AND d.state IN ('sending', 'held') JOIN post o ON d.subject='post' AND o.id=d.subject_id
            WHERE m.id=$1 AND {covers} ORDER BY 1, 2""",
        (mirror,),
    )
    messages = 0
    for thread, some in groupby(rows, key=lambda row: int(row[0])):
        seen = yield f"SELECT {VIEW} FROM post WHERE id=$1", [(post,) for _, post in some]
        posts = [view(tuple(row)) for row in seen]
        here = yield from covered(thread)
        here = msgspec.structs.replace(here, mirrors=[other for other in here.mirrors if other.channel == place])
        let = yield from accepted(here, posts)
        alone = [post.id for post in posts if not wanted(post, let[post.id])]
        messages += yield from take_away(place, alone, False, now)
        yield from unnoted("channel=$1 AND post=$2", [(place, post) for post in alone], now)
    return messages
