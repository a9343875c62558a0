"""Communities: who has what is mirrored into a chat, and where their admins are told what goes wrong."""

from __future__ import annotations

from bot.store.unit import Unit, one


def ensure_community(chat: str, native: str, name: str) -> Unit[int]:
    """The community of a chat that the chat knows as `native`."""
    rows = yield "SELECT id FROM community WHERE chat=$1 AND native=$2", (chat, native)
    if not rows:
        rows = yield (
            "INSERT INTO community (chat, native, name) VALUES ($1, $2, $3) RETURNING id",
            (chat, native, name),
        )
    return int(one(rows))


def native(community: int) -> Unit[str]:
    """What the chat of a community knows it as; empty where it has the chat alone, or is none."""
    rows = yield "SELECT native FROM community WHERE id=$1", (community,)
    return str(one(rows)) if rows else ""


def known_community(chat: str, native: str) -> Unit[int | None]:
    """The same, where anything is known of it."""
    rows = yield "SELECT id FROM community WHERE chat=$1 AND native=$2", (chat, native)
    return int(one(rows)) if rows else None


def set_notices(community: int, place: int) -> Unit[None]:
    """Make a channel the one where a community's admins are told what went wrong."""
    yield "UPDATE community SET notices=$2 WHERE id=$1", (community, place)


def has_chat_alone(community: int) -> Unit[bool]:
    """Whether a community is all that its chat has: who names a channel of the chat names one of it."""
    return bool((yield "SELECT 1 FROM community WHERE id=$1 AND native=''", (community,)))
