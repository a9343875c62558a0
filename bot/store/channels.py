"""Channels that were made for one board or thread alone."""

from __future__ import annotations

from bot.store.unit import Unit, one


def own_channel(chat: str, forum: str, kind: str, key: str, mark: str, community: int = 0) -> Unit[str | None]:
    """The name of the channel that a board or thread is mirrored into and that ends with its mark; None for none.

    Of one community, where that is named.
    """
    rows = yield (
        """SELECT p.label FROM mirror m JOIN place p ON p.id=m.place
           LEFT JOIN board b ON b.id=m.board LEFT JOIN thread t ON t.id=m.thread
           JOIN forum f ON f.id=COALESCE(b.forum, t.forum)
           WHERE m.state<>'removed' AND p.chat=$1 AND f.name=$2 AND COALESCE(b.key, t.key)=$4
             AND CASE WHEN m.board IS NULL THEN 'thread' ELSE 'board' END=$3
             AND p.label LIKE '%-' || $5 AND ($6=0 OR p.community=$6) ORDER BY m.id LIMIT 1""",
        (chat, forum, kind, key, mark, community),
    )
    return str(one(rows)) if rows else None
