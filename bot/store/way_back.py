"""Who may answer a forum from a chat, where, and as whom."""

from __future__ import annotations

from bot.model import Millis, Said
from bot.replying import LEFT, SAME, SAME_WITHIN, WINDOW, Lately, Rules, Ruling, concerns, may
from bot.store.persons import identities, person_of
from bot.store.places import heir, read_answering
from bot.store.unit import Rows, Unit

RULES = """
SELECT m.replies, m.answering FROM mirror m WHERE m.place=$1 AND (m.thread=$2
  OR m.board IN (SELECT l.board FROM listing l WHERE l.thread=$2))
"""

LAST = """
ORDER BY CASE WHEN m.state='removed' THEN 1 ELSE 0 END, CASE WHEN m.state='removed' THEN -m.id ELSE m.id END LIMIT 1
"""


def goes_back(place: int, thread: int, said: Said) -> Unit[bool]:
    """Whether what is said here is meant for the forum, whatever becomes of it."""
    return concerns((yield from rules_at(place, thread)), said.person, bool(said.reply_to))


def ruling(chat: str, place: int, thread: int, said: Said, part: bool = False) -> Unit[Ruling]:
    """What becomes of what is said in a place, as the oldest mirror of its channel has it that covers the thread.

    What becomes `part` of a post that is counted already is no post too many.
    """
    rules = yield from rules_at(place, thread)
    if rules is None or not concerns(rules, said.person, bool(said.reply_to)):
        return LEFT
    before: list[Millis] = []
    if not part:
        before = yield from lately(chat, said.person.id, said.person.anybody, thread, rules.answering.most, said.at)
    same: Rows = ()
    if said.text:  # files alone say nothing
        same = yield (
            """SELECT 1 FROM reply WHERE identity_chat=$1 AND identity_user=$2 AND said_at>$3 AND thread=$4 AND text=$5
                 AND message<>$6 LIMIT $7""",
            (chat, said.person.id, said.at - SAME_WITHIN, thread, said.text, said.message, SAME),
        )
    return may(rules, said.person, bool(said.reply_to), Lately(before, len(same)), said.at)


def rules_at(place: int, thread: int) -> Unit[Rules | None]:
    """What the mirror says that decides about a thread in a place's channel; it may have moved with its channel."""
    where = ((yield from _channel(place)), thread)
    return _rules((yield RULES + "AND m.state<>'removed' ORDER BY m.id LIMIT 1", where))


def window_at(place: int, thread: int) -> Unit[Millis]:
    """For how long a post waits for more words of its author: milliseconds, 0 where it waits for none."""
    rules = yield from rules_at(place, thread)
    return rules.answering.merge * 1000 if rules is not None else 0


def last_rules_at(place: int, thread: int) -> Unit[Rules | None]:
    """The same; where no mirror decides any more, what the last one said that did."""
    where = ((yield from _channel(place)), thread)
    return _rules((yield RULES + LAST, where))


def lately(chat: str, user: str, anybody: bool, thread: int, most: int, at: Millis) -> Unit[list[Millis]]:
    """When somebody said what went to the forum of a thread within ten minutes before a time: the newest of them.

    All logins of a person count. A name that `anybody` may take is nobody's, and counts by itself.
    """
    person = None if anybody else (yield from person_of(chat, user))
    known = (yield from identities(person)) if person is not None else []
    found: list[Millis] = []
    for login in [(one.chat, one.user) for one in known] or [(chat, user)]:
        rows = yield (
            """SELECT r.said_at FROM reply r JOIN thread t ON t.id=r.thread
               WHERE r.identity_chat=$1 AND r.identity_user=$2 AND r.said_at>$3
                 AND t.forum=(SELECT forum FROM thread WHERE id=$4) AND EXISTS (SELECT 1 FROM delivery d
                   WHERE d.subject='reply' AND d.subject_id=r.id AND d.act='create')
               ORDER BY r.said_at DESC LIMIT $5""",
            (*login, at - WINDOW, thread, most),
        )
        found += [said_at for (said_at,) in rows]
    return sorted(found, reverse=True)[:most]


def _rules(rows: Rows) -> Rules | None:
    return Rules(rows[0][0], read_answering(rows[0][1])) if rows else None


def _channel(place: int) -> Unit[int]:
    [[channel]] = yield "SELECT COALESCE(parent, id) FROM place WHERE id=$1", (place,)
    return (yield from heir(channel))
