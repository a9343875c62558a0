"""What is between our marks and those that forums keep themselves: what they are to be told, and what they told.

Both only rise. What a forum is known to know is kept, so that nothing that it told is told back to it, and so that
"mark unread" over there can be told from what it was not told yet.
"""

from __future__ import annotations

import msgspec

from bot.model import HOUR, Millis, PostKey, ReadTo, ThreadKey
from bot.store.accounts import refuse_account
from bot.store.discussion import ALIVE, have_read, read_through, unread_posts
from bot.store.marks import mark_unread
from bot.store.readers import box
from bot.store.sight import Sight
from bot.store.unit import Unit
from bot.store.unread import boards_seen, unread_threads
from bot.store.whispers import whisper_plain
from bot.texts import say

SOON = 30_000
"""Milliseconds from a mark until the forum is told: who reads marks again and again."""

SOUGHT, KNOWN = 15, 10
"""Threads of which a forum is asked at once: those with something new, and those of which it was told; the newest."""

AT_ONCE = 50
"""Notes that are looked at together."""


FORUM = "(SELECT id FROM forum WHERE name=$1)"


class Note(msgspec.Struct, frozen=True):
    """A thread in which marks of a person rose whose account is connected."""

    person: int
    account: str
    thread: int
    changes: int


class Tell(msgspec.Struct, frozen=True):
    """What a forum is to be told: that somebody has read a thread up to a post."""

    thread: ThreadKey
    post: PostKey
    id: int


class Asker(msgspec.Struct, frozen=True):
    """Whose marks a forum is asked for."""

    person: int
    account: str


def begin_asking() -> Unit[None]:
    """Let every forum be asked at once: nobody knows for how long the program was stopped."""
    yield "UPDATE forum_account SET asked_at=0 WHERE asked_at<>0", ()


# ------------------------------------------------------------------------------------------------- what we tell forums


def has_notes(forum: str) -> Unit[bool]:
    """Whether a forum is to be told anything, now or later."""
    return bool((yield f"SELECT 1 FROM untold WHERE forum={FORUM} LIMIT 1", (forum,)))


UNSTIRRED = f"forum={FORUM} AND (due_at IS NULL OR due_at>$2)"
"""What was marked since the last look; or before the clock was set back."""


def unstirred(forum: str, now: Millis) -> Unit[bool]:
    """Whether it is to be said of anything when a forum is told of it."""
    return bool((yield f"SELECT 1 FROM untold WHERE {UNSTIRRED} LIMIT 1", (forum, now + HOUR)))


def stir(forum: str, now: Millis) -> Unit[None]:
    """Say when a forum is told of what was marked."""
    yield f"UPDATE untold SET due_at=$3 WHERE {UNSTIRRED}", (forum, now + HOUR, now + SOON)


def due_notes(forum: str, now: Millis) -> Unit[list[Note]]:
    """What a forum is to be told now, the oldest first."""
    rows = yield (
        f"""SELECT u.person, a.native, u.thread, u.changes FROM untold u
              JOIN forum_account a ON a.person=u.person AND a.forum=u.forum AND a.sync=1 AND a.paused=''
            WHERE u.forum={FORUM} AND u.due_at<=$2 ORDER BY u.due_at LIMIT $3""",
        (forum, now, AT_ONCE),
    )
    return [Note(*row) for row in rows]


def to_tell(note: Note) -> Unit[Tell | None]:
    """What a forum is to be told of a thread; None where it knows that."""
    post = yield from read_through(note.person, note.thread)
    if post is None:
        return None
    [[thread, id, position]] = yield (
        "SELECT t.key, p.id, p.position FROM post p JOIN thread t ON t.id=p.thread WHERE p.thread=$1 AND p.key=$2",
        (note.thread, post),
    )
    known = yield from _told(note.person, note.account, note.thread)
    return Tell(ThreadKey(thread), post, id) if known is None or position > known else None


def told(note: Note, tell: Tell | None, now: Millis) -> Unit[None]:
    """Note that a forum knows; what rose meanwhile is told later. Without `tell` there is nothing that it takes."""
    if tell is not None:
        yield from _know(note.person, note.account, note.thread, tell.id)
    rows = yield (
        "DELETE FROM untold WHERE person=$1 AND thread=$2 AND changes=$3 RETURNING thread",
        (note.person, note.thread, note.changes),
    )
    if not rows:
        yield "UPDATE untold SET due_at=$3 WHERE person=$1 AND thread=$2", (note.person, note.thread, now + SOON)


def put_off(note: Note, until: Millis) -> Unit[None]:
    """Let a forum be told later."""
    yield "UPDATE untold SET due_at=$3 WHERE person=$1 AND thread=$2", (note.person, note.thread, until)


def keep_silent(forum: str) -> Unit[None]:
    """Let a forum be told nothing that keeps no marks."""
    yield f"DELETE FROM untold WHERE forum={FORUM}", (forum,)


# ------------------------------------------------------------------------------------------------ what forums tell us


def due_askers(forum: str, now: Millis) -> Unit[list[Asker]]:
    """Those whose marks a forum is asked for now, once an hour; also where the clock was set back."""
    rows = yield (
        f"""SELECT a.person, a.native FROM forum_account a WHERE a.forum={FORUM} AND a.sync=1 AND a.paused=''
              AND (a.asked_at<=$2 OR a.asked_at>$3) ORDER BY a.asked_at""",
        (forum, now - HOUR, now),
    )
    return [Asker(*row) for row in rows]


def sought(asker: Asker, forum: str) -> Unit[list[ThreadKey]]:
    """The threads of which a forum is asked: of what the person sees, and of what it was told before."""
    news: dict[int, int] = {}
    rows = yield (
        """SELECT DISTINCT m.community FROM identity i JOIN member m ON m.chat=i.chat AND m.user_id=i.user_id
           WHERE i.person=$1 ORDER BY m.community""",
        (asker.person,),
    )
    for (community,) in rows:
        sight = Sight(community)
        for board in (yield from boards_seen(sight)):
            if board.forum_name == forum:
                page = yield from unread_threads(asker.person, board, sight, limit=SOUGHT)
                news |= {thread.id: thread.live_seq for thread in page.threads}
    newest = sorted(news, key=lambda thread: -news[thread])[:SOUGHT]
    rows = yield (
        """SELECT t.id FROM told k JOIN thread t ON t.id=k.thread JOIN forum f ON f.id=t.forum
           WHERE k.person=$1 AND k.native=$2 AND f.name=$3 ORDER BY t.live_seq DESC LIMIT $4""",
        (asker.person, asker.account, forum, KNOWN),
    )
    threads = dict.fromkeys([*newest, *(int(thread) for (thread,) in rows)])
    rows = yield "SELECT key FROM thread WHERE id=$1", [(thread,) for thread in threads]
    return [ThreadKey(key) for (key,) in rows]


def asked(asker: Asker, forum: str, now: Millis) -> Unit[None]:
    """Note that a forum was asked for the marks of a person."""
    yield (
        "UPDATE forum_account SET asked_at=$3 WHERE person=$1 AND forum=(SELECT id FROM forum WHERE name=$2)",
        (asker.person, forum, now),
    )


def take_over(asker: Asker, forum: str, read: ReadTo) -> Unit[None]:
    """Let a person have read what their forum says; where it knew of more before, they marked the rest unread there.

    What was deleted since says nothing: a forum may fall back to the post before it.
    """
    rows = yield (
        """SELECT p.thread, p.id, p.position FROM post p JOIN thread t ON t.id=p.thread JOIN forum f ON f.id=t.forum
           WHERE f.name=$1 AND t.key=$2 AND p.key=$3""",
        (forum, read.thread, read.post),
    )
    for thread, post, position in rows:
        known = yield from _told(asker.person, asker.account, thread)
        if known is None or position > known:
            news = [new.id for new in (yield from unread_posts(asker.person, thread))]
            up_to = yield "SELECT id FROM post WHERE id=$1 AND position<=$2", [(new, position) for new in news]
            yield from have_read(asker.person, [int(id) for (id,) in up_to])
            yield from _know(asker.person, asker.account, thread, post)
        elif position < known:
            lost = yield (
                f"""SELECT p.id FROM post p WHERE p.thread=$1 AND p.position>$2 AND p.position<=$3 AND p.n>=1
                      AND {ALIVE} ORDER BY p.n LIMIT 1""",
                (thread, position, known),
            )
            for (first,) in lost:
                yield from mark_unread(asker.person, first)
                yield from _know(asker.person, asker.account, thread, post)


def _told(person: int, account: str, thread: int) -> Unit[int | None]:
    """The position up to which a forum is known to know that a person has read a thread."""
    rows = yield (
        """SELECT p.position FROM told k JOIN post p ON p.id=k.post AND p.thread=k.thread
           WHERE k.person=$1 AND k.thread=$3 AND k.native=$2""",
        (person, account, thread),
    )
    return int(rows[0][0]) if rows else None


def _know(person: int, account: str, thread: int, post: int) -> Unit[None]:
    yield (
        """INSERT INTO told (person, thread, post, native) VALUES ($1, $3, $4, $2)
           ON CONFLICT (person, thread) DO UPDATE SET post=excluded.post, native=excluded.native""",
        (person, account, thread, post),
    )


# ----------------------------------------------------------------------------------------------------- what goes wrong


def refused(forum: str, account: str, why: str, now: Millis) -> Unit[None]:
    """Let an account rest that its forum does not take any more, and tell whose it is: once, and nobody else."""
    for person in (yield from refuse_account(forum, account, why)):
        rows = yield (
            """SELECT m.community FROM identity i JOIN member m ON m.chat=i.chat AND m.user_id=i.user_id
               WHERE i.person=$1 ORDER BY m.seen_at DESC, m.community LIMIT 1""",
            (person,),
        )
        for (community,) in rows:
            where = yield from box(person, community)
            if where is not None:
                text, key = say("signals.refused", forum=forum, why=why), f"refused-{forum}-{account}-{person}-{now}"
                who = (where.chat, where.where.channel, where.where.thread, where.user)
                yield from whisper_plain(*who, text, key, now)
