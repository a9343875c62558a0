"""Replies and threads that a moderator of the forum has: which they are, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable

from bot import markup
from bot.model import Judged, Judgement, Millis
from bot.store.merging import share, unsaid
from bot.store.openers import approved_opener, rejected_opener
from bot.store.recognising import settle_reply_as
from bot.store.said import forget_draft, tell_author
from bot.store.unit import Unit
from bot.texts import say

AT_ONCE = 100
"""Tickets that are asked about at once; the oldest first."""


def waiting(thread: int) -> Unit[tuple[str, ...]]:
    """The tickets of the replies to one thread that a moderator has, oldest first."""
    rows = yield (
        "SELECT ticket FROM reply WHERE thread=$1 AND post_key='' AND fate='queued' ORDER BY id LIMIT $2",
        (thread, AT_ONCE),
    )
    return tuple(ticket for (ticket,) in rows)


def judge(thread: int, answers: Iterable[Judged], now: Millis) -> Unit[int]:
    """Note what moderators decided about replies that waited in a thread; how many of them wait no more."""
    decided = 0
    for answer in answers:
        if answer.judgement is Judgement.WAITS:
            continue
        rows = yield (
            "SELECT id FROM reply WHERE thread=$1 AND post_key='' AND ticket=$2 AND fate='queued'",
            (thread, answer.ticket),
        )
        for (reply,) in rows:
            decided += 1
            if answer.judgement is Judgement.REJECTED:
                yield from _rejected(reply, answer.why, now)
            elif answer.post:
                yield from settle_reply_as(reply, answer.post, now)
            else:
                # It is recognised by its words when it is read.
                yield "UPDATE reply SET fate='posted', reason='' WHERE id=$1", (reply,)
                yield from share(reply)
    return decided


def waiting_openers(board: int) -> Unit[tuple[str, ...]]:
    """The tickets of the threads that were started on a board and that a moderator has, oldest first."""
    rows = yield (
        "SELECT ticket FROM opener WHERE board=$1 AND post_key='' AND fate='queued' ORDER BY id LIMIT $2",
        (board, AT_ONCE),
    )
    return tuple(ticket for (ticket,) in rows)


def judge_openers(board: int, answers: Iterable[Judged], now: Millis) -> Unit[int]:
    """Note what moderators decided about threads that waited on a board; how many of them wait no more.

    What was let through is told when it is read: then it is known where it stands.
    """
    decided = 0
    for answer in answers:
        if answer.judgement is Judgement.WAITS:
            continue
        rows = yield (
            "SELECT id FROM opener WHERE board=$1 AND post_key='' AND ticket=$2 AND fate='queued'",
            (board, answer.ticket),
        )
        for (opener,) in rows:
            decided += 1
            if answer.judgement is Judgement.REJECTED:
                yield from rejected_opener(opener, _in_words(answer.why), now)
            elif answer.post:
                yield from approved_opener(opener, answer.post, now)
    return decided


def thread_gone(thread: int, now: Millis) -> Unit[int]:
    """Tell everybody whose reply waits in a thread that the thread is not there any more; how many that are."""
    rows = yield "SELECT id FROM reply WHERE thread=$1 AND post_key='' AND fate='queued'", (thread,)
    for (reply,) in rows:
        yield from _refused(reply, say("fates.thread_gone"), now)
    return len(rows)


def rest(source: int) -> Unit[None]:
    """Read a thread no more of which nothing waits and that no mirror covers any more."""
    yield (
        """UPDATE source SET next_at=NULL WHERE id=$1 AND NOT EXISTS (SELECT 1 FROM mirror m WHERE m.state<>'removed'
             AND (m.thread=source.thread OR m.board IN (SELECT l.board FROM listing l WHERE l.thread=source.thread)))
             AND NOT EXISTS
               (SELECT 1 FROM reply r WHERE r.thread=source.thread AND r.post_key='' AND r.fate='queued')""",
        (source,),
    )


def _rejected(reply: int, why: str, now: Millis) -> Unit[None]:
    # What a moderator writes to somebody is for nobody else.
    yield from _refused(reply, _in_words(why), now, private=bool(why.strip()))


def _in_words(why: str) -> str:
    """That a moderator rejected something, with their own words where they left any."""
    said = markup.excerpt(markup.read(why, "plain"), 300)
    return say("fates.rejected_because", why=said) if said else say("fates.rejected")


def _refused(reply: int, reason: str, now: Millis, private: bool = False) -> Unit[None]:
    yield "UPDATE reply SET fate='refused', reason=$2 WHERE id=$1", (reply, reason[:500])
    yield from share(reply)
    yield from forget_draft(reply)
    if not (yield from unsaid(reply)):
        stop = "" if reason.endswith((".", "!", "?")) else "."
        key, why = f"fate-{reply}-refused", reason + stop
        yield from tell_author(reply, lambda said: say("fates.refused", said=said, why=why), key, now, private=private)
