"""Who may answer a forum from a chat, where, and as whom."""

from __future__ import annotations

from bot.model import Said
from bot.store.places import heir
from bot.store.unit import Unit, one


def goes_back(place: int, thread: int, said: Said) -> Unit[bool]:
    """Whether what is said here goes to the forum, as the oldest mirror has it; it may have moved with its channel."""
    [[channel]] = yield "SELECT COALESCE(parent, id) FROM place WHERE id=$1", (place,)
    rows = yield (
        """SELECT m.replies FROM mirror m WHERE m.place=$1 AND m.state<>'removed' AND (m.thread=$2
             OR m.board IN (SELECT l.board FROM listing l WHERE l.thread=$2)) ORDER BY m.id LIMIT 1""",
        ((yield from heir(channel)), thread),
    )
    allowed = str(one(rows)) if rows else "none"
    return allowed == "all" or (allowed == "replies" and bool(said.reply_to))
