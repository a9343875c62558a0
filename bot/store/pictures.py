"""What is known of the post that a message of ours shows, and its being read again: for files whose address expired."""

from __future__ import annotations

import msgspec

from bot.model import Body, BodyState, Millis, Where
from bot.store.unit import Unit


class ShownPost(msgspec.Struct, frozen=True):
    """The post that a message shows, with its text as it is stored now; `link` is its page."""

    thread: int
    body: Body
    link: str


def shown_post(chat: str, where: Where, message: str) -> Unit[ShownPost | None]:
    """The post that a message of ours shows in a place; None where it shows none."""
    rows = yield (
        """SELECT p.thread, p.body_state, p.body, p.body_format, p.link FROM place l
             JOIN copy_message m ON m.place=l.id AND m.message=$4
             JOIN copy c ON c.id=m.copy JOIN post p ON p.id=c.post
           WHERE l.chat=$1 AND l.channel=$2 AND l.thread_ref=$3 LIMIT 1""",
        (chat, where.channel, where.thread, message),
    )
    if not rows:
        return None
    thread, state, text, format, link = rows[0]
    return ShownPost(thread, Body(BodyState(state), text, format), link)


def read_anew(thread: int, now: Millis) -> Unit[str]:
    """Let a thread be read from its beginning now, without validators; the forum's name, empty where nothing reads it.

    A thread whose posts come with the list of its board is read with that. What is not polled any more stays so.
    """
    forum = ""
    for readers in (
        "SELECT id FROM source WHERE thread=$1",
        """SELECT s.id FROM listing l JOIN source s ON s.board=l.board JOIN thread t ON t.id=l.thread
           WHERE l.thread=$1 AND t.in_list=1""",
    ):
        rows = yield (
            f"""UPDATE source SET cursor='', etag='', last_modified='', digest='',
                  next_at=CASE WHEN next_at>$2 THEN $2 ELSE next_at-1 END
                WHERE id IN ({readers}) AND next_at IS NOT NULL
                RETURNING (SELECT name FROM forum f WHERE f.id=source.forum)""",
            (thread, now),
        )
        forum = rows[0][0] if rows else forum
    return forum
