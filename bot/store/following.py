"""Threads that people follow, and those that they want to hear nothing of."""

from __future__ import annotations

import msgspec

from bot.model import Millis, Said
from bot.store.readers import meet
from bot.store.sight import Sight, shows, thread_seen
from bot.store.unit import Unit


class Followed(msgspec.Struct, frozen=True):
    """A thread that a person follows or muted."""

    thread: int
    title: str
    link: str
    muted: bool


def follow(person: int, thread: int, community: int) -> Unit[bool]:
    """Let a person be told of what is new in a thread from now on, as they said in a community; whether that is new."""
    return (yield from _say(person, thread, community, "follow"))


def mute(person: int, thread: int, community: int) -> Unit[bool]:
    """Let a person hear nothing of a thread any more; whether that is new."""
    return (yield from _say(person, thread, community, "mute"))


def unfollow(person: int, thread: int) -> Unit[bool]:
    """Let a thread be to a person like any other; whether that is new."""
    return bool((yield "DELETE FROM follow WHERE person=$1 AND thread=$2 RETURNING thread", (person, thread)))


def take_part(chat: str, said: Said, place: int, thread: int, now: Millis) -> Unit[None]:
    """Let who speaks in a thread follow it, unless they said what they want of it.

    What is seen in one channel only is left to those who look there: its news are told to nobody.
    """
    [[community]] = yield "SELECT community FROM place WHERE id=$1", (place,)
    if (yield from thread_seen(thread, Sight(community))) is not None:
        who = yield from meet(chat, said.person.id, said.person.name, community, said.where, now, said.person.anybody)
        yield f"{SAY} DO NOTHING", (who.person, thread, community, "follow")


def level(person: int, thread: int) -> Unit[str]:
    """What a thread is to a person: `follow`, `mute`, or empty."""
    rows = yield "SELECT level FROM follow WHERE person=$1 AND thread=$2", (person, thread)
    return str(rows[0][0]) if rows else ""


def followed(person: int, sight: Sight, limit: int) -> Unit[list[Followed]]:
    """What a person follows or muted of what is seen, the newest first."""
    rows = yield (
        f"""SELECT t.id, t.title, t.link, CASE WHEN w.level='mute' THEN 1 ELSE 0 END FROM follow w
              JOIN thread t ON t.id=w.thread WHERE w.person=$3 AND {shows("$1", "$2")}
            ORDER BY t.live_seq DESC, t.id LIMIT $4""",
        (sight.community, sight.channel, person, limit),
    )
    return [Followed(thread, title, link, bool(muted)) for thread, title, link, muted in rows]


SAY = """INSERT INTO follow (person, thread, level, community, told)
  SELECT $1, t.id, $4, $3, f.next_seq-1 FROM thread t JOIN forum f ON f.id=t.forum WHERE t.id=$2
  ON CONFLICT (person, thread)"""
"""What arrived before is told to nobody who begins to follow."""


def _say(person: int, thread: int, community: int, level: str) -> Unit[bool]:
    rows = yield (
        f"""{SAY} DO UPDATE SET level=excluded.level, community=excluded.community, told=excluded.told, due_at=NULL
            WHERE follow.level<>excluded.level RETURNING thread""",
        (person, thread, community, level),
    )
    return bool(rows)
