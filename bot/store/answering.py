"""Who may answer: the rules of a mirror, seen and changed; what becomes of what they do not let through."""

from __future__ import annotations

import hashlib

from bot.answering import in_words
from bot.model import DAY, Millis
from bot.replying import Rules, Ruling, Verdict
from bot.store.mirrors import Mirror, one_mirror, stored_answering
from bot.store.notices import close_quietly, open_notice
from bot.store.places import audit, called
from bot.store.said import tell_author
from bot.store.unit import Unit, one
from bot.texts import say

LOOP = "loop:"
"""What notices begin with about somebody who seems to be a program."""


def set_rules(mirror: int, rules: Rules, community: int | None, by: str, now: Millis) -> Unit[Mirror]:
    """Give a mirror other rules; raises `NotFound` where the community has no such mirror.

    They hold for what is said from now on; whose account may be used, also for what waits for its turn.
    """
    before = yield from one_mirror(mirror, community)
    if before.rules == rules:
        return before
    yield (
        "UPDATE mirror SET replies=$2, answering=$3 WHERE id=$1",
        (mirror, rules.replies, stored_answering(rules.answering)),
    )
    old, new = ("; ".join(in_words(some)) for some in (before.rules, rules))
    yield from audit(before.community, by, f"answers of mirror {mirror} changed", old, new, now)
    return (yield from one_mirror(mirror, community))


def turn_away(reply: int, ruling: Ruling, now: Millis, meant: bool = False) -> Unit[None]:
    """Note of a message that it does not go to the forum; who said it hears why, and of a loop the admins alone do.

    The same is said again after a while only: the bot nags nobody, and adds to no flood. Whoever `meant` the forum by
    what they did hears it each time.
    """
    [[place, chat, user, thread, said_at]] = yield (
        """UPDATE reply SET fate='refused', reason=$2 WHERE id=$1
           RETURNING place, identity_chat, identity_user, thread, said_at""",
        (reply, ruling.reason[:500]),
    )
    if ruling.verdict is Verdict.LOOPS:
        yield from _tell_of_loop(reply, place, f"{LOOP}{thread}:{chat}:{user}", now)
        return
    since = f"{place} {chat} {user} {ruling.quiet} {said_at // max(1, ruling.quiet)}"
    # Keys stay when the words and whose they are have left: they name nobody.
    told = f"house-{reply if meant else hashlib.sha256(since.encode()).hexdigest()[:32]}"
    yield from tell_author(reply, lambda said: say("answering.refused", said=said, why=ruling.reason), told, now)


def _tell_of_loop(reply: int, place: int, about: str, now: Millis) -> Unit[None]:
    """Tell the admins whose channel it is; once a day."""
    [[name]] = yield "SELECT name FROM reply WHERE id=$1", (reply,)
    where = yield from called(place)
    community = one((yield "SELECT community FROM place WHERE id=$1", (place,)))
    text = say("answering.looping", place=where.place if where is not None else place, name=name)
    yield from open_notice(community, about, text, now)


def close_loops(now: Millis) -> Unit[None]:
    """Close without a word what was told of loops a day ago: who still is in one is told of again."""
    rows = yield "SELECT about, opened_at FROM notice WHERE closed_at IS NULL AND about LIKE 'loop:%'", ()
    for about, opened_at in rows:
        if opened_at < now - DAY:
            yield from close_quietly(about, now)
