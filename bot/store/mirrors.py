"""Mirrors: which stand, with their options, whose they are, and what they show of older threads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from bot.errors import NotFound
from bot.mirroring import Layout, MirrorView, Options, Withheld
from bot.model import Millis
from bot.replying import Answering, Rules
from bot.store.places import audit
from bot.store.unit import Rows, Unit, one
from bot.texts import say


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


def stored_answering(answering: Answering) -> str:
    """The stored form of a mirror's rules."""
    return msgspec.json.encode(answering).decode()


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
