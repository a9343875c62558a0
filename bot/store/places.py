"""Queues, places and mirrors."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

import msgspec

from bot.errors import Forbidden, NotFound
from bot.mirroring import Layout, MirrorView, Options, Withheld
from bot.model import Millis, Where
from bot.replying import Answering, Rules
from bot.store.communities import ensure_community
from bot.store.unit import Rows, Unit, one
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


class Mirror(msgspec.Struct, frozen=True):
    """A mirror as people see it."""

    id: int
    community: int
    forum: str
    board: str
    thread: str
    chat: str
    channel: str
    label: str
    layout: str
    replies: str
    state: str
    made_by: str
    made_at: Millis
    options: Options
    answering: Answering

    @property
    def rules(self) -> Rules:
        """Who may answer what it shows, and how."""
        return Rules(self.replies, self.answering)


MIRRORS = """
SELECT m.id, m.community, f.name, COALESCE(b.name, ''), COALESCE(t.title, ''), p.chat, p.channel, p.label,
       m.layout, m.replies, m.state, m.made_by, m.made_at, m.options, m.answering
FROM mirror m JOIN place p ON p.id=m.place
LEFT JOIN board b ON b.id=m.board LEFT JOIN thread t ON t.id=m.thread
JOIN forum f ON f.id=COALESCE(b.forum, t.forum)
"""


def mirrors(community: int | None = None) -> Unit[list[Mirror]]:
    """The mirrors of a community that were not removed, oldest first; of all communities with None."""
    where = "WHERE m.state<>'removed' AND ($1 IS NULL OR m.community=$1) ORDER BY m.id"
    rows = yield MIRRORS + where, (community,)
    return [_mirror(row) for row in rows]


def one_mirror(id: int, community: int | None) -> Unit[Mirror]:
    """A mirror of a community that was not removed; raises `NotFound`."""
    rows: Rows = yield (
        MIRRORS + "WHERE m.id=$1 AND m.state<>'removed' AND ($2 IS NULL OR m.community=$2)",
        (id, community),
    )
    if not rows:
        raise NotFound(say("commands.no_mirror", number=id))
    return _mirror(rows[0])


def _mirror(row: Sequence[Any]) -> Mirror:
    *cells, options, answering = row
    named: list[Any] = [*cells, read_options(options), read_answering(answering)]
    return Mirror(*named)


def read_options(cell: str) -> Options:
    """A mirror's options from their stored form."""
    return msgspec.json.decode(cell, type=Options)


def read_answering(cell: str) -> Answering:
    """Who may answer what a mirror shows, from the stored form."""
    return msgspec.json.decode(cell, type=Answering)


def stored_options(options: Options) -> str:
    """The stored form of a mirror's options."""
    return msgspec.json.encode(options).decode()


def mirrors_of(thread: int) -> Unit[list[MirrorView]]:
    """The mirrors that cover a thread, oldest first, and those that pause behind all others."""
    rows = yield (
        """SELECT m.id, m.place, m.layout, m.start_seq,
             CASE WHEN EXISTS (SELECT 1 FROM backfill w WHERE w.mirror=m.id AND w.thread=$1) THEN 1 ELSE 0 END,
             m.options, m.community, m.state
           FROM mirror m WHERE m.state<>'removed' AND (m.thread=$1
             OR m.board IN (SELECT l.board FROM listing l WHERE l.thread=$1)) ORDER BY m.state, m.id""",
        (thread,),
    )
    if not rows:
        return []
    floods = yield (
        """SELECT f.mirror, f.id, x.from_seq, x.to_seq FROM flood_thread x JOIN flood f ON f.id=x.flood
           WHERE x.thread=$1 AND f.choice<>'all'""",
        (thread,),
    )
    withheld: dict[int, tuple[Withheld, ...]] = {}
    for mirror, *cells in floods:
        withheld[mirror] = (*withheld.get(mirror, ()), Withheld(*cells))
    return [
        MirrorView(
            id,
            place,
            Layout(layout),
            start,
            bool(whole),
            read_options(options),
            withheld.get(id, ()),
            community,
            state == "paused",
        )
        for id, place, layout, start, whole, options, community, state in rows
    ]


def add_mirror(
    community: int,
    board: int | None,
    thread: int | None,
    place: int,
    layout: str,
    replies: str,
    made_by: str,
    now: Millis,
    options: Options = Options(),  # noqa: B008  frozen
) -> Unit[tuple[int, bool]]:
    """A mirror of a board or thread into a channel, and whether it is new; an equal one is left as it is.

    What arrives from now on is shown; what was there before only where `backfill` says so.
    """
    rows = yield (
        "SELECT id FROM mirror WHERE state<>'removed' AND place=$3 AND (board=$1 OR thread=$2)",
        (board, thread, place),
    )
    if rows:
        return int(one(rows)), False
    rows = yield (
        """SELECT f.next_seq FROM forum f WHERE f.id=
             COALESCE((SELECT forum FROM board WHERE id=$1), (SELECT forum FROM thread WHERE id=$2))""",
        (board, thread),
    )
    start = int(one(rows))
    rows = yield (
        """INSERT INTO mirror
             (community, board, thread, place, layout, replies, start_seq, state, made_by, made_at, options)
           VALUES ($1, $2, $3, $4, $5, $6, $7, 'active', $8, $9, $10) RETURNING id""",
        (community, board, thread, place, layout, replies, start, made_by, now, stored_options(options)),
    )
    mirror = int(one(rows))
    made = yield from one_mirror(mirror, None)
    what = f"{made.board or made.thread} into {made.chat}:{made.label} as {layout}"
    yield from audit(community, made_by, f"mirror {mirror} made", "", what, now)
    return mirror, True


class Maker(msgspec.Struct, frozen=True):
    """Who made a mirror, and where they said so: there they can be told something in private."""

    chat: str
    person: str
    channel: str


def made_by(mirror: int, maker: Maker) -> Unit[None]:
    """Note who made a mirror, to be told of what fails where their community has no channel for that."""
    yield (
        "UPDATE mirror SET maker_chat=$2, maker=$3, maker_channel=$4 WHERE id=$1",
        (mirror, maker.chat, maker.person, maker.channel),
    )


def keep_private(mirror: int) -> Unit[None]:
    """Let what a mirror shows be seen in its own channel alone: guests of the forum cannot read it."""
    yield "UPDATE mirror SET private=1 WHERE id=$1", (mirror,)


def show_private(mirror: int, community: int, by: str, forum: str, now: Millis) -> Unit[None]:
    """Note that somebody lets what guests of a forum cannot read be shown, and keep it to its channel."""
    yield from keep_private(mirror)
    yield from audit(community, by, f"mirror {mirror} shows what guests cannot read", "", forum, now)


def show_newest(mirror: int, threads: int) -> Unit[None]:
    """Let a mirror of a board that is read for the first time show so many of its newest threads whole."""
    yield "UPDATE mirror SET newest=$2 WHERE id=$1", (mirror, threads)


def show_whole(mirror: int, thread: int) -> Unit[None]:
    """Let a mirror show a thread's older posts too."""
    yield "INSERT INTO backfill (mirror, thread) VALUES ($1, $2) ON CONFLICT DO NOTHING", (mirror, thread)


def audit(community: int, who: str, what: str, old: str, new: str, now: Millis) -> Unit[None]:
    """Note who did what."""
    yield (
        "INSERT INTO audit (community, who, what, old, new, done_at) VALUES ($1, $2, $3, $4, $5, $6)",
        (community, who, what, old, new, now),
    )
