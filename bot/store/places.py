"""Queues and places, and what is noted in the audit."""

from __future__ import annotations

import secrets

import msgspec

from bot.errors import Forbidden
from bot.model import Millis, Where
from bot.store.communities import ensure_community
from bot.store.unit import Unit, one
from bot.texts import say


def installation() -> Unit[str]:
    """The random id of this installation, made at the first call; part of every idempotency key."""
    rows = yield "SELECT id FROM installation", ()
    if rows:
        return str(one(rows))
    fresh = secrets.token_hex(8)
    yield "INSERT INTO installation (only_one, id) VALUES (1, $1)", (fresh,)
    return fresh


class Called(msgspec.Struct, frozen=True):
    """What people call a place, and the channel that it is in."""

    place: str
    channel: str


def called(place: int) -> Unit[Called | None]:
    """What people call a place; None where it is none."""
    rows = yield (
        """SELECT p.chat, COALESCE(u.label, p.label), p.channel, CASE WHEN u.id IS NULL THEN '' ELSE p.label END
           FROM place p LEFT JOIN place u ON u.id=p.parent WHERE p.id=$1""",
        (place,),
    )
    if not rows:
        return None
    [[chat, label, channel, thread]] = rows
    name = f"{chat}:{label or channel}"
    return Called(f"{name} › {thread}" if thread else name, name)


def ensure_channel(community: int, chat: str, channel: str, label: str) -> Unit[int]:
    """The place of a channel, called `label` from now on; it belongs to the community that came first."""
    rows = yield (
        "UPDATE place SET label=$3 WHERE chat=$1 AND channel=$2 AND parent IS NULL RETURNING id",
        (chat, channel, label),
    )
    if rows:
        return int(one(rows))
    queue = yield from new_queue(f"chat:{chat}", chat, None)
    yield (
        "INSERT INTO place (id, community, chat, channel, thread_ref, label) VALUES ($1, $2, $3, $4, '', $5)",
        (queue, community, chat, channel, label),
    )
    return queue


def claim_channel(
    chat: str,
    channel: str,
    label: str,
    speaker: int,
    native: str = "",
    *,
    inside: bool = False,
    free: bool = False,
) -> Unit[tuple[int, int]]:
    """Community and place of a channel that `speaker` names; it belongs to the community that came first.

    Nobody's yet, it becomes that of `native`, the community that the chat says it is of. `inside`: the words were said
    in that very channel, so that the chat has said so already. `free`: whoever speaks acts for whatever community has
    the channel. Raises `Forbidden` where nothing says that it is the speaker's own. One that goes on as another one is
    that one.
    """
    place: int | None = None
    rows = yield (
        "SELECT id, community, moved_to FROM place WHERE chat=$1 AND channel=$2 AND parent IS NULL",
        (chat, channel),
    )
    if not rows:
        owner = speaker if inside else (yield from ensure_community(chat, native, chat))
    elif rows[0][2] is None:
        owner = int(rows[0][1])
    else:
        place = yield from heir(rows[0][0])
        owner = int(one((yield "SELECT community FROM place WHERE id=$1", (place,))))
    if owner != speaker and not free:
        raise Forbidden(say("commands.not_our_channel", channel=f"{chat}:{label}"))
    return owner, (yield from ensure_channel(owner, chat, channel, label)) if place is None else place


def heir(channel: int) -> Unit[int]:
    """The channel that a channel goes on as, after however many moves; itself where it did not move."""
    rows = yield (
        """WITH RECURSIVE line (id, moves) AS (SELECT p.id, 0 FROM place p WHERE p.id=$1
             UNION ALL SELECT p.moved_to, line.moves+1 FROM line JOIN place p ON p.id=line.id
               WHERE p.moved_to IS NOT NULL)
           SELECT id FROM line ORDER BY moves DESC LIMIT 1""",
        (channel,),
    )
    return int(one(rows))


def has_moved(place: int) -> Unit[bool]:
    """Whether nothing can be said in a place any more because its channel goes on as another one."""
    rows = yield (
        """SELECT 1 FROM place p JOIN place u ON u.id=COALESCE(p.parent, p.id)
           WHERE p.id=$1 AND u.moved_to IS NOT NULL""",
        (place,),
    )
    return bool(rows)


def heirs() -> Unit[dict[int, int]]:
    """The channels that moved, and what each of them goes on as now."""
    rows = yield "SELECT id, moved_to FROM place WHERE moved_to IS NOT NULL", ()
    next_one: dict[int, int] = dict(map(tuple, rows))
    found: dict[int, int] = {}
    for channel in next_one:
        last = channel
        while last in next_one:
            last = next_one[last]
        found[channel] = last
    return found


def ensure_chat_thread(channel: int, thread: int) -> Unit[int]:
    """The place that shows a forum thread below a channel; it is not open before its opener was sent."""
    rows = yield "SELECT id FROM place WHERE parent=$1 AND thread=$2", (channel, thread)
    if rows:
        return int(one(rows))
    [[chat, ref, community]] = yield "SELECT chat, channel, community FROM place WHERE id=$1", (channel,)
    [[title]] = yield "SELECT title FROM thread WHERE id=$1", (thread,)
    queue = yield from new_queue(f"chat:{chat}", chat, None)
    yield (
        "INSERT INTO place (id, community, chat, channel, parent, thread, label) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        (queue, community, chat, ref, channel, thread, title),
    )
    return queue


def forum_queue(thread: int) -> Unit[int]:
    """The queue of what is owed to the forum in one of its threads."""
    [[queue, forum, name]] = yield (
        "SELECT t.queue, t.forum, f.name FROM thread t JOIN forum f ON f.id=t.forum WHERE t.id=$1",
        (thread,),
    )
    if queue is not None:
        return int(queue)
    fresh = yield from new_queue(f"forum:{name}", "", forum)
    yield "UPDATE thread SET queue=$2 WHERE id=$1", (thread, fresh)
    return fresh


def new_queue(lane: str, chat: str, forum: int | None) -> Unit[int]:
    """An empty queue in a lane."""
    yield "INSERT INTO lane (id) VALUES ($1) ON CONFLICT DO NOTHING", (lane,)
    rows = yield "INSERT INTO queue (lane, chat, forum) VALUES ($1, $2, $3) RETURNING id", (lane, chat, forum)
    return int(one(rows))


def place_at(chat: str, where: Where) -> Unit[int | None]:
    """The place of a channel or an open chat thread, None where we show nothing."""
    rows = yield (
        "SELECT id FROM place WHERE chat=$1 AND channel=$2 AND thread_ref=$3",
        (chat, where.channel, where.thread),
    )
    return int(one(rows)) if rows else None


def mirrored_into(channel: int, community: int) -> Unit[bool]:
    """Whether a community mirrors anything into a channel."""
    found = yield (
        "SELECT 1 FROM mirror WHERE place=$1 AND community=$2 AND state<>'removed' LIMIT 1",
        (channel, community),
    )
    return bool(found)


def spoken(chat: str, where: Where) -> Unit[None]:
    """Note that what was said stands last in a place, and no post: what we add to a post of ours would stand behind."""
    yield (
        """UPDATE place SET last_act=NULL WHERE chat=$1 AND channel=$2 AND thread_ref=$3
             AND last_act IS NOT NULL""",
        (chat, where.channel, where.thread),
    )


def wanted_chats() -> Unit[list[str]]:
    """The chats that something is mirrored into or owed to."""
    rows = yield (
        """SELECT DISTINCT p.chat FROM place p WHERE EXISTS (SELECT 1 FROM mirror m WHERE m.place=p.id
             AND m.state<>'removed') OR EXISTS (SELECT 1 FROM delivery d WHERE d.queue=p.id
             AND d.state IN ('pending', 'sending', 'held') AND d.state<>'held')""",
        (),
    )
    return [chat for (chat,) in rows]


# ------------------------------------------------------------------------------------------------------------- mirrors


def audit(community: int, who: str, what: str, old: str, new: str, now: Millis) -> Unit[None]:
    """Note who did what."""
    yield (
        "INSERT INTO audit (community, who, what, old, new, done_at) VALUES ($1, $2, $3, $4, $5, $6)",
        (community, who, what, old, new, now),
    )
