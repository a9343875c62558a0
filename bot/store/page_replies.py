"""Replies that readers write on our own pages: the same straight line as from a chat, and no message stands for them.

What such a reply becomes is mirrored into every channel like any other post.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from bot.jobs import Subject
from bot.mirroring import Act
from bot.model import DAY, ChatPerson, Millis, UserId
from bot.replying import Lately, Rules, Verdict, may
from bot.store.answering import turn_away
from bot.store.following import SAY
from bot.store.lately import wrote_lately
from bot.store.marks import mark_to
from bot.store.outbox import owe_one
from bot.store.places import forum_queue
from bot.store.readers import nobodys
from bot.store.sessions import SignedIn
from bot.store.sight import Sight, sees, thread_seen
from bot.store.unit import Unit
from bot.store.way_back import rules_at

REMEMBERED = 7 * DAY
"""For how long a page reminds somebody of a reply that the forum did not take."""

MOST = 20
"""Replies of somebody that a page shows beside its posts."""


class PageReply(msgspec.Struct, frozen=True):
    """A reply of somebody that is no post of the page before them, or never becomes one."""

    id: int
    text: str
    format: str
    fate: str
    reason: str
    said_at: Millis
    post: int | None
    """What it became since."""


class Answerable(NamedTuple):
    """A channel that takes answers to a thread back to the forum, and what its mirror says of them."""

    channel: int
    rules: Rules


def answerable(thread: int, sight: Sight) -> Unit[Answerable | None]:
    """The channel that takes answers to a thread from pages, the one that was mirrored first; None where none does.

    Which roles somebody has in a chat is not known on pages: where only some may answer, they do so in the chat.
    """
    there = yield from takers(thread, sight)
    return next((one for one in there if not one.rules.answering.who), None)


def takers(thread: int, sight: Sight) -> Unit[list[Answerable]]:
    """The channels that take answers to a thread, those first that were mirrored first.

    In each the mirror decides that does so in the chat.
    """
    rows = yield (
        f"""SELECT e.place FROM (
              SELECT m.id, m.place FROM mirror m WHERE m.thread=$3 AND m.thread IS NOT NULL AND {sees("$1", "$2")}
              UNION ALL SELECT m.id, m.place FROM listing l JOIN mirror m ON m.board=l.board AND m.board IS NOT NULL
                AND {sees("$1", "$2")} WHERE l.thread=$3) e
            WHERE EXISTS (SELECT 1 FROM thread t WHERE t.id=$3 AND t.closed=0) GROUP BY e.place ORDER BY MIN(e.id)""",
        (sight.community, sight.channel, thread),
    )
    there = []
    for (place,) in rows:
        rules = yield from rules_at(place, thread)
        if rules is not None and rules.replies != "none":
            there.append(Answerable(place, rules))
    return there


def write_reply(who: SignedIn, thread: int, parent: int | None, text: str, form: str, now: Millis) -> Unit[bool]:
    """Take what somebody wrote in answer to a thread, or to one of its posts, and owe it to the forum.

    Each form is taken once, however often it is sent. False where the thread is not seen, or takes no answers.
    """
    seen = yield from thread_seen(thread, who.sight)
    there = yield from answerable(thread, who.sight)
    if seen is None or there is None:
        return False
    message = f"form:{form}"
    if (yield "SELECT 1 FROM reply WHERE thread=$1 AND message=$2 AND paged=1", (thread, message)):
        return True
    answered = yield "SELECT id FROM post WHERE id=$1 AND thread=$2", (parent, thread)
    parent_post = answered[0][0] if answered else None
    bare = yield from nobodys(who.chat, who.user)
    [[reply]] = yield (
        """INSERT INTO reply (place, message, thread, parent_post, identity_chat, identity_user, name, text, format,
             fate, said_at, paged, bare)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'markdown', 'pending', $9, 1, $10) RETURNING id""",
        (there.channel, message, thread, parent_post, who.chat, who.user, who.name, text, now, int(bare)),
    )
    [[forum]] = yield "SELECT name FROM forum WHERE id=$1", (seen.forum,)
    before = yield from wrote_lately(who.chat, who.user, False, forum, now)
    ruling = may(there.rules, ChatPerson(UserId(who.user), who.name), answers=True, lately=Lately(before), now=now)
    if ruling.verdict is not Verdict.TAKEN:
        yield from turn_away(reply, ruling, now)
        return True
    queue = yield from forum_queue(thread)
    yield from owe_one(queue, Subject.REPLY, reply, Act.CREATE, 1, now)
    # As in a chat: who answers a post has read up to it, and who speaks in a thread follows it.
    for (post,) in answered:
        yield from mark_to(who.person, post)
    yield f"{SAY} DO NOTHING", (who.person, thread, who.community, "follow")
    return True


def page_replies(person: int, thread: int, shown: int, now: Millis) -> Unit[list[PageReply]]:
    """What somebody wrote to a thread on a page, but for what is among its posts up to the seq `shown`; in order."""
    rows = yield (
        """SELECT r.id, r.text, r.format, r.fate, r.reason, r.said_at, o.id FROM reply r JOIN thread t ON t.id=r.thread
             JOIN identity i ON i.chat=r.identity_chat AND i.user_id=r.identity_user AND i.person=$2
             LEFT JOIN post o ON r.post_key<>'' AND o.forum=t.forum AND o.key=r.post_key
           WHERE r.thread=$1 AND r.paged=1 AND (r.fate NOT IN ('posted', 'refused', 'dropped') OR r.said_at>$3)
             AND (o.id IS NULL OR o.seq>$4)
           ORDER BY r.id DESC LIMIT $5""",
        (thread, person, now - REMEMBERED, shown, MOST),
    )
    return [PageReply(*row) for row in reversed(rows)]
