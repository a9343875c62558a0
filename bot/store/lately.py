"""How much somebody said lately: what the house lets one person send to a forum is counted over all that they said."""

from __future__ import annotations

from bot.model import Millis
from bot.replying import WINDOW
from bot.store.persons import logins
from bot.store.unit import Unit


def wrote_lately(chat: str, user: str, anybody: bool, forum: str, at: Millis) -> Unit[list[Millis]]:
    """When somebody said what went to a forum, or asked for a thread there, within ten minutes: the newest first.

    All logins of a person count. A name that `anybody` may take is nobody's, and counts by itself. What was said later
    than `at`, by a clock that was set back since, counts for nothing.
    """
    found: list[Millis] = []
    for login in (yield from logins(chat, user, anybody)):
        rows = yield (
            """SELECT r.said_at FROM reply r JOIN thread t ON t.id=r.thread JOIN forum f ON f.id=t.forum
               WHERE r.identity_chat=$1 AND r.identity_user=$2 AND f.name=$3 AND r.said_at>$4 AND r.said_at<=$5
                 AND EXISTS (SELECT 1 FROM delivery d WHERE d.subject='reply' AND d.subject_id=r.id AND d.act='create')
               UNION ALL SELECT o.made_at FROM opener o JOIN board b ON b.id=o.board JOIN forum f ON f.id=b.forum
               WHERE o.identity_chat=$1 AND o.identity_user=$2 AND f.name=$3 AND o.made_at>$4 AND o.made_at<=$5""",
            (*login, forum, at - WINDOW, at),
        )
        found += [then for (then,) in rows]
    return sorted(found, reverse=True)
