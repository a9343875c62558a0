"""What somebody said that goes to a forum, as its author may see it before, let it go, and take it back."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from bot.jobs import ReplyRow
from bot.model import Caller, Commanded, Millis, Reacted
from bot.store.endings import conclude
from bot.store.merging import let_go
from bot.store.obstacles import obstacle
from bot.store.persons import logins
from bot.store.places import place_at
from bot.store.replies import reply_row
from bot.store.unit import Unit
from bot.texts import say


class Sketch(NamedTuple):
    """A reply of somebody and how it stands on its way to the forum."""

    row: ReplyRow
    message: str
    """The message that it is asked about by: the first one."""
    forum: str
    thread: str
    fate: str
    reason: str
    waits: str
    """What it waits for, in words; empty where nothing is to be sent, or it is simply its turn."""
    pending: bool
    """Nothing of it was sent yet."""
    gathers: bool
    """It waits for more words of its author alone."""
    answered: str
    """Who wrote what it answers; empty where that is the thread."""
    link: str
    """Where it stands on the forum, as far as that is known."""


def asked_by(chat: str, event: Reacted) -> Unit[Commanded | None]:
    """The command that somebody gives who wants to see what their own message becomes; None on any other message."""
    rows = yield (
        """SELECT p.channel, COALESCE(p.thread_ref, ''), c.native, r.identity_chat, r.identity_user
           FROM place p JOIN reply r ON r.place=p.id AND r.message=$3 JOIN community c ON c.id=p.community
           WHERE p.chat=$1 AND p.channel=$2""",
        (chat, event.where.channel, event.message),
    )
    for channel, thread, community, *login in rows:
        if login != [chat, event.person.id]:
            continue
        where = msgspec.structs.replace(event.where, channel=channel, thread=thread)
        words = ("draft", event.message)
        return Commanded(f"draft-{event.id}", where, event.person, "forum", words, event.at, community)
    return None


def drafted(caller: Caller, message: str) -> Unit[int | None]:
    """The reply of whoever asks that a message of their chat is part of; with none, the last that they said there.

    What they said by another login of theirs counts, but for a name that anybody may take: that is nobody's.
    """
    theirs = yield from logins(caller.chat, caller.id, caller.anybody)
    if message:
        rows = yield (
            """SELECT COALESCE(r.merged, r.id), r.identity_chat, r.identity_user FROM reply r
                 JOIN place p ON p.id=r.place WHERE p.chat=$1 AND r.message=$2 AND r.paged=0 ORDER BY r.id DESC""",
            (caller.chat, message),
        )
        return next((int(reply) for reply, *login in rows if tuple(login) in theirs), None)
    place = None if caller.where is None else (yield from place_at(caller.chat, caller.where))
    rows = yield (
        """SELECT r.said_at, r.id, COALESCE(r.merged, r.id) FROM reply r WHERE r.identity_chat=$1
             AND r.identity_user=$2 AND ($3 IS NULL OR r.place=$3) AND r.paged=0
           ORDER BY r.said_at DESC, r.id DESC LIMIT 1""",
        [(*login, place) for login in theirs],
    )
    return int(max(map(tuple, rows))[2]) if rows else None


def sketch(reply: int, now: Millis) -> Unit[Sketch]:
    """How a reply stands."""
    row = yield from reply_row(reply)
    assert row is not None
    [[message, fate, reason, forum, thread, link]] = yield (
        """SELECT r.message, r.fate, r.reason, f.name, t.title, COALESCE((SELECT o.link FROM post o
             WHERE r.post_key<>'' AND o.forum=t.forum AND o.key=r.post_key), '')
           FROM reply r JOIN thread t ON t.id=r.thread JOIN forum f ON f.id=t.forum WHERE r.id=$1""",
        (reply,),
    )
    answered = yield (
        """SELECT o.author FROM reply r JOIN thread t ON t.id=r.thread
             JOIN post o ON o.forum=t.forum AND o.key=$2 AND o.op=0 WHERE r.id=$1 AND $2<>''""",
        (reply, row.parent),
    )
    open_ones = yield from _open(reply)
    waits, pending, gathers = "", False, False
    for delivery, state, due, made_at in open_ones:
        waits = yield from obstacle(delivery, now)
        pending = state == "pending"
        gathers = pending and due > now and made_at <= now
    author = str(answered[0][0]) if answered else ""
    return Sketch(row, message, forum, thread, fate, reason, waits, pending, gathers, author, link)


def go_now(reply: int) -> Unit[None]:
    """Let a reply wait for no more words of its author."""
    for delivery, *_ in (yield from _open(reply)):
        yield from let_go(delivery)


def take_back(reply: int, now: Millis) -> Unit[bool]:
    """Let a reply not go to the forum, as its author says; False where it may be there already."""
    for delivery, state, *_ in (yield from _open(reply)):
        if state != "pending":
            return False
        yield from conclude(delivery, "dropped", say("why.taken_back"), now)
    [[fate]] = yield "SELECT fate FROM reply WHERE id=$1", (reply,)
    return str(fate) in ("dropped", "refused")


def _open(reply: int) -> Unit[list[tuple[int, str, Millis, Millis]]]:
    """The delivery that posts a reply, while it has not ended: its state, when it has its turn, when it was owed."""
    rows = yield (
        """SELECT id, state, not_before, made_at FROM delivery WHERE subject='reply' AND subject_id=$1
             AND act='create' AND state IN ('pending', 'sending', 'held')""",
        (reply,),
    )
    return [(id, state, due, made_at) for id, state, due, made_at in rows]
