"""Digests: when a person wants one, of which boards, and what arrived since the last one that they have not read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from bot.model import DAY, Millis, Offer
from bot.reading.digest import Line, Section
from bot.store.news import put_off
from bot.store.readers import Wishes, box, wish
from bot.store.sight import Sight
from bot.store.unit import Unit, one
from bot.store.unread import PAGE, boards_seen, unread_threads
from bot.store.whispers import whisper


class Digest(msgspec.Struct, frozen=True):
    """What a person wants to be told when."""

    id: int
    person: int
    community: int
    minute: int
    """Of the day, in the person's zone."""
    days: int
    """As `bot.reading.due` has them."""
    boards: tuple[int, ...]
    """None: all that are seen."""
    seen: Mapping[int, int]
    """The newest seq of each forum when the last one was made."""
    next_at: Millis


COLUMNS = "id, person, community, minute, days, boards, seen, next_at"
AHEAD = 8 * DAY
"""No digest is so far ahead: a clock went wrong, and its time is reckoned anew."""


def _digest(row: Sequence[object]) -> Digest:
    id, person, community, minute, days, boards, seen, next_at = row
    return msgspec.convert(
        {
            "id": id,
            "person": person,
            "community": community,
            "minute": minute,
            "days": days,
            "boards": msgspec.json.decode(str(boards)),
            "seen": msgspec.json.decode(str(seen), type=dict[int, int]),
            "next_at": next_at,
        },
        Digest,
    )


def digest_of(person: int, community: int) -> Unit[Digest | None]:
    """The digest that a person wants of a community."""
    rows = yield f"SELECT {COLUMNS} FROM digest WHERE person=$1 AND community=$2", (person, community)
    return _digest(rows[0]) if rows else None


def digests_of(person: int) -> Unit[list[Digest]]:
    """All digests of a person."""
    rows = yield f"SELECT {COLUMNS} FROM digest WHERE person=$1 ORDER BY id", (person,)
    return [_digest(row) for row in rows]


def keep_digest(
    person: int, community: int, minute: int, days: int, boards: Sequence[int], next_at: Millis
) -> Unit[None]:
    """Let a person have a digest from now on; what it tells begins now, or where the former one ended."""
    yield (
        """INSERT INTO digest (person, community, minute, days, boards, seen, next_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7)
           ON CONFLICT (person, community) DO UPDATE SET minute=excluded.minute, days=excluded.days,
             boards=excluded.boards, next_at=excluded.next_at""",
        (
            person,
            community,
            minute,
            days,
            msgspec.json.encode(list(boards)).decode(),
            msgspec.json.encode((yield from _tops())).decode(),
            next_at,
        ),
    )


def drop_digest(person: int, community: int) -> Unit[bool]:
    """Let a person have no digest any more; whether they had one."""
    return bool((yield "DELETE FROM digest WHERE person=$1 AND community=$2 RETURNING id", (person, community)))


def put_digest(id: int, before: Millis, next_at: Millis) -> Unit[None]:
    """Let a digest be due at another time, without one that was due at `before`."""
    yield "UPDATE digest SET next_at=$3 WHERE id=$1 AND next_at=$2", (id, before, next_at)


def keep_hours(person: int, wished: Wishes, moved: Sequence[tuple[Digest, Millis]], now: Millis) -> Unit[None]:
    """Keep the quiet hours and the time zone of a person; their digests are due at other times then.

    What was kept back is looked at again.
    """
    yield from wish(person, wished)
    yield from put_off(person, now)
    for digest, next_at in moved:
        yield from put_digest(digest.id, digest.next_at, next_at)


def due_digests(now: Millis, after: int = 0) -> Unit[list[Digest]]:
    """The digests behind `after` that are due, or so far ahead that a clock must have been wrong."""
    rows = yield (
        f"""SELECT {COLUMNS} FROM digest WHERE id IN (SELECT id FROM digest WHERE next_at<=$1 OR next_at>$1+{AHEAD})
              AND id>$2 ORDER BY id LIMIT 100""",
        (now, after),
    )
    return [_digest(row) for row in rows]


class Contents(msgspec.Struct, frozen=True):
    """What a digest tells, and how far each forum had come."""

    sections: tuple[Section, ...]
    seen: Mapping[int, int]


def contents(digest: Digest) -> Unit[Contents]:
    """What arrived since the last digest of a person in the boards of this one, and is unread."""
    sight = Sight(digest.community)
    sections: list[Section] = []
    for board in (yield from boards_seen(sight)):
        if digest.boards and board.id not in digest.boards:
            continue
        since = digest.seen.get(board.forum, 0)
        page = yield from unread_threads(digest.person, board, sight, limit=PAGE)
        since_then = [thread for thread in page.threads if thread.live_seq > since]
        if not since_then:
            continue
        begun = yield (
            "SELECT count(*) FROM post p WHERE p.thread=$1 AND p.op=1 AND p.seq>$2 AND p.state='live'",
            [(thread.id, since) for thread in since_then],
        )
        lines = [
            Line(thread.title, thread.link, thread.unread, bool(new))
            for thread, (new,) in zip(since_then, begun, strict=True)
        ]
        more = page.more and len(since_then) == len(page.threads)
        sections.append(Section(board.name or board.forum_name, board.link, tuple(lines), more))
    return Contents(tuple(sections), (yield from _tops()))


def digested(
    digest: Digest,
    moment: Millis,
    next_at: Millis,
    contents: Contents,
    text: str,
    offers: tuple[Offer, ...],
    now: Millis,
) -> Unit[bool]:
    """Owe a person the digest of a moment, and note when the next one is due; False where that was done.

    An empty text is not said.
    """
    rows = yield "SELECT next_at FROM digest WHERE id=$1", (digest.id,)
    if not rows or one(rows) != digest.next_at:
        return False
    seen = msgspec.json.encode(dict(contents.seen)).decode()
    yield "UPDATE digest SET next_at=$2, seen=$3 WHERE id=$1", (digest.id, next_at, seen)
    at = yield from box(digest.person, digest.community)
    if text and at is not None:
        key = f"digest-{digest.id}-{moment}"
        yield from whisper(at.chat, at.where.channel, at.where.thread, at.user, text, key, now, offers=offers)
    return True


def _tops() -> Unit[dict[int, int]]:
    return {int(forum): int(top) for forum, top in (yield "SELECT id, next_seq-1 FROM forum", ())}
