"""On which boards threads may be started from the chat, and what decides who may."""

from __future__ import annotations

import msgspec

from bot.model import Login
from bot.replying import Rules
from bot.store.mirrors import read_answering
from bot.store.replies import lent_to
from bot.store.sight import Sight, sees
from bot.store.unit import Unit


class Startable(msgspec.Struct, frozen=True):
    """A board that a mirror shows which takes answers back to its forum."""

    id: int
    name: str
    forum: str


def startable(sight: Sight) -> Unit[list[Startable]]:
    """The boards on which threads may be started as far as mirrors tell, those first that are mirrored right here."""
    rows = yield (
        f"""SELECT b.id, b.name, f.name FROM mirror m JOIN board b ON b.id=m.board JOIN forum f ON f.id=b.forum
            WHERE {sees("$1", "$2")} AND m.replies<>'none' GROUP BY b.id, b.name, f.name
            ORDER BY MIN(CASE WHEN m.place=$2 THEN 0 ELSE 1 END), f.name, b.name, b.id""",
        (sight.community, sight.channel),
    )
    return [Startable(*row) for row in rows]


def rules_on(board: int, sight: Sight) -> Unit[list[Rules]]:
    """What the mirrors of a board say that take answers: that of the channel in which is asked, then the oldest."""
    rows = yield (
        f"""SELECT m.replies, m.answering FROM mirror m WHERE m.board=$3 AND {sees("$1", "$2")} AND m.replies<>'none'
            ORDER BY CASE WHEN m.place=$2 THEN 0 ELSE 1 END, m.id""",
        (sight.community, sight.channel, board),
    )
    return [Rules(replies, read_answering(answering)) for replies, answering in rows]


def whose(board: int, community: int, chat: str, user: str) -> Unit[tuple[Login | None, str]]:
    """The account that somebody's thread on a board is started with, and why the forum does not take theirs, in words.

    None: the one that the settings name.
    """
    [[forum]] = yield "SELECT forum FROM board WHERE id=$1", (board,)
    return (yield from lent_to("", forum, user, chat, community, posted=False))
