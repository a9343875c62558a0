"""What the house has to say to a community's admins: once at failure, once at recovery.

It is said in the community's notices channel; where there is none, to those who made its mirrors, in private. What
nobody of the community made was made by the operator, who is told where the settings say.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.jobs import Subject
from bot.mirroring import Act
from bot.model import Millis, Offer
from bot.store.offers import stored
from bot.store.outbox import owe_one
from bot.store.places import heir
from bot.store.unit import Unit, one
from bot.store.whispers import whisper_plain


def open_notice(
    community: int, about: str, text: str, now: Millis, over: str = "", offers: Sequence[Offer] = ()
) -> Unit[bool]:
    """Tell a community's admins that something fails; once, until it is closed. True when this told them.

    While it is open its words follow the last failure, for `status`. `over` is what is said at its end, where whoever
    closes it says nothing else; `offers` is what can be done about the failure.
    """
    rows = yield (
        """UPDATE notice SET text=$3, over=$4, offers=$5 WHERE community=$1 AND about=$2 AND closed_at IS NULL
           RETURNING id""",
        (community, about, text[:2000], over[:2000], stored(offers)),
    )
    if rows:
        return False
    rows = yield (
        """INSERT INTO notice (community, about, text, over, opened_at, offers) VALUES ($1, $2, $3, $4, $5, $6)
           RETURNING id""",
        (community, about, text[:2000], over[:2000], now, stored(offers)),
    )
    yield from _tell(community, int(one(rows)), 1, text[:2000], now, offers)
    return True


def close_notice(about: str, text: str, now: Millis) -> Unit[int]:
    """Tell everybody who was told of a failure that it is over; how many communities that were.

    Without a text, what was given when it was opened is said.
    """
    rows = yield (
        """UPDATE notice SET closed_at=$3, over=CASE WHEN $2='' THEN over ELSE $2 END, revision=2
           WHERE about=$1 AND closed_at IS NULL RETURNING community, id, over""",
        (about, text[:2000], now),
    )
    for community, notice, over in rows:
        yield from _tell(community, notice, 2, over, now)
    return len(rows)


def close_quietly(about: str, now: Millis) -> Unit[None]:
    """Close without a word what was told of a thing that is gone."""
    yield "UPDATE notice SET closed_at=$2 WHERE about=$1 AND closed_at IS NULL", (about, now)


def close_others(start: str, present: Sequence[str], now: Millis) -> Unit[None]:
    """Close without a word what was told of things that are gone: abouts that begin with `start`, but for `present`."""
    for about, _, _ in (yield from open_notices()):
        if about.startswith(start) and about not in present:
            yield from close_quietly(about, now)


def _tell(
    community: int, notice: int, revision: int, text: str, now: Millis, offers: Sequence[Offer] = ()
) -> Unit[None]:
    rows = yield "SELECT notices FROM community WHERE id=$1 AND notices IS NOT NULL", (community,)
    if rows:
        yield from owe_one(one(rows), Subject.NOTICE, notice, Act.CREATE, revision, now)
        return
    rows = yield (
        """SELECT maker_chat, maker, MIN(maker_channel) FROM mirror WHERE community=$1 AND state<>'removed'
             AND maker<>'' GROUP BY maker_chat, maker ORDER BY 1, 2""",
        (community,),
    )
    for chat, person, channel in rows:
        key = f"notice-{notice}-{revision}-{chat}-{person}"
        yield from whisper_plain(chat, channel, "", person, text, key, now, offers=offers)
    if rows:
        return
    rows = yield (
        """SELECT o.notices FROM community o JOIN community c ON c.chat=o.chat
           WHERE c.id=$1 AND o.native='' AND o.notices IS NOT NULL""",
        (community,),
    )
    if rows:
        yield from owe_one(one(rows), Subject.NOTICE, notice, Act.CREATE, revision, now)


def untold(community: int | None = None) -> Unit[list[str]]:
    """The chats of communities with mirrors in which nobody is told what fails: no channel, and no known maker."""
    rows = yield (
        """SELECT DISTINCT c.chat FROM community c JOIN mirror m ON m.community=c.id AND m.state<>'removed'
           WHERE c.notices IS NULL AND ($1 IS NULL OR c.id=$1) AND NOT EXISTS (SELECT 1 FROM mirror o
             WHERE o.community=c.id AND o.state<>'removed' AND o.maker<>'') AND NOT EXISTS (SELECT 1 FROM community o
             WHERE o.chat=c.chat AND o.native='' AND o.notices IS NOT NULL) ORDER BY 1""",
        (community,),
    )
    return [chat for (chat,) in rows]


def concerned(forum: str = "", chat: str = "", queue: int = 0, thread: int = 0, board: int = 0) -> Unit[list[int]]:
    """The communities that a failure of a forum, a chat, a queue, a thread or a board concerns: who mirrors it.

    A queue of a channel that moved concerns those who mirror into the one that it goes on as.
    """
    rows = yield "SELECT id FROM thread WHERE id=$1 OR queue=$2", (thread, queue)
    thread = int(one(rows)) if rows else 0
    rows = yield "SELECT COALESCE(parent, id) FROM place WHERE id=$1", (queue,)
    channel = (yield from heir(one(rows))) if rows else 0
    rows = yield (
        """SELECT DISTINCT m.community FROM mirror m JOIN place p ON p.id=m.place
             LEFT JOIN board b ON b.id=m.board LEFT JOIN thread t ON t.id=m.thread
             JOIN forum f ON f.id=COALESCE(b.forum, t.forum)
           WHERE m.state<>'removed' AND (f.name=$1 OR p.chat=$2 OR p.id=$3 OR m.thread=$4
             OR m.board IN (SELECT l.board FROM listing l WHERE l.thread=$4) OR m.board=$5) ORDER BY 1""",
        (forum, chat, channel, thread, board),
    )
    return [community for (community,) in rows]


def tell_concerned(
    about: str,
    text: str,
    now: Millis,
    forum: str = "",
    chat: str = "",
    queue: int = 0,
    over: str = "",
    *,
    thread: int = 0,
    board: int = 0,
    offers: Sequence[Offer] = (),
) -> Unit[int]:
    """Open the same notice for every community that a failure concerns; how many were told now."""
    told = 0
    for community in (yield from concerned(forum, chat, queue, thread, board)):
        told += yield from open_notice(community, about, text, now, over, offers)
    return told


def open_notices(community: int | None = None) -> Unit[list[tuple[str, str, Millis]]]:
    """What is wrong now: what about, what, since when."""
    rows = yield (
        """SELECT DISTINCT about, text, opened_at FROM notice WHERE closed_at IS NULL
             AND ($1 IS NULL OR community=$1) ORDER BY opened_at""",
        (community,),
    )
    return [(about, text, at) for about, text, at in rows]
