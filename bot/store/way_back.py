"""Who may answer a forum from a chat, where, and as whom."""

from __future__ import annotations

from bot.model import Millis, Said
from bot.replying import LEFT, SAME, SAME_WITHIN, Lately, Rules, Ruling, concerns, may
from bot.store.lately import wrote_lately
from bot.store.mirrors import read_answering
from bot.store.places import heir
from bot.store.unit import Rows, Unit

OLDEST = """
SELECT m.replies, m.answering FROM mirror m WHERE m.id=(SELECT MIN(e.id) FROM (
  SELECT t.id FROM mirror t WHERE t.thread=$2 AND t.place=$1 AND t.state<>'removed' AND t.thread IS NOT NULL
  UNION ALL SELECT b.id FROM listing l JOIN mirror b ON b.board=l.board AND b.place=$1 AND b.state<>'removed'
    AND b.board IS NOT NULL WHERE l.thread=$2) e)
"""
"""Asked at each message that is received: both halves are found by their index."""

ENDED = """
SELECT m.replies, m.answering FROM mirror m WHERE m.place=$1 AND m.state='removed' AND (m.thread=$2
  OR m.board IN (SELECT l.board FROM listing l WHERE l.thread=$2)) ORDER BY m.id DESC LIMIT 1
"""


def goes_back(place: int, thread: int, said: Said) -> Unit[bool]:
    """Whether what is said here is meant for the forum, whatever becomes of it."""
    return concerns((yield from rules_at(place, thread)), said.person, bool(said.reply_to))


def ruling(chat: str, rules: Rules | None, thread: int, said: Said, part: bool = False) -> Unit[Ruling]:
    """What becomes of what is said about a thread, by the rules of `rules_at`.

    What becomes `part` of a post that is counted already is no post too many.
    """
    if rules is None or not concerns(rules, said.person, bool(said.reply_to)):
        return LEFT
    before: list[Millis] = []
    if not part:
        [[forum]] = yield "SELECT f.name FROM thread t JOIN forum f ON f.id=t.forum WHERE t.id=$1", (thread,)
        before = yield from wrote_lately(chat, said.person.id, said.person.anybody, forum, said.at)
    same: Rows = ()
    if said.text:  # files alone say nothing
        same = yield (
            """SELECT 1 FROM reply WHERE identity_chat=$1 AND identity_user=$2 AND said_at>$3 AND said_at<=$4
                 AND thread=$5 AND text=$6 AND message<>$7 LIMIT $8""",
            (chat, said.person.id, said.at - SAME_WITHIN, said.at, thread, said.text, said.message, SAME),
        )
    return may(rules, said.person, bool(said.reply_to), Lately(before, len(same)), said.at)


def rules_at(place: int, thread: int) -> Unit[Rules | None]:
    """What the mirror says that decides about a thread in a place's channel; it may have moved with its channel."""
    where = ((yield from _channel(place)), thread)
    return _rules((yield OLDEST, where))


def last_rules_at(place: int, thread: int) -> Unit[Rules | None]:
    """The same; where no mirror decides any more, what the last one said that did."""
    where = ((yield from _channel(place)), thread)
    return _rules((yield OLDEST, where)) or _rules((yield ENDED, where))


def _rules(rows: Rows) -> Rules | None:
    return Rules(rows[0][0], read_answering(rows[0][1])) if rows else None


def _channel(place: int) -> Unit[int]:
    [[channel]] = yield "SELECT COALESCE(parent, id) FROM place WHERE id=$1", (place,)
    return (yield from heir(channel))
