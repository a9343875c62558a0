"""What people are shown of all this: status, and what is held."""

from __future__ import annotations

import math

import msgspec

from bot import markup
from bot.model import MINUTE, Millis
from bot.store.counts import counts
from bot.store.sources import READ_FOR
from bot.store.unit import Unit, one

PLACE = "p.chat || ':' || COALESCE((SELECT u.label FROM place u WHERE u.id=p.parent) || ' › ', '') || p.label"
"""A place `p` as people call it."""

LATEST = 2000
"""Posts that are looked at for how long they took."""

STATES = ("pending", "sending", "sent", "held", "refused", "dropped")


class SourceState(msgspec.Struct, frozen=True):
    """How the reading of one source goes."""

    id: int
    forum: str
    kind: str
    name: str
    next_at: Millis | None
    read_at: Millis | None
    failures: int
    error: str
    losing: int
    damaged: int
    pause: Millis
    """From one reading to the next."""
    slides: Millis | None
    """Until what its page shows may be pushed out; None where nothing ever is."""
    gap: str
    """What may have been missed, in words."""
    gap_at: Millis | None
    slowed: float
    """By how much the forum was to be asked more rarely when it complained last, at `slowed_at`."""
    slowed_at: Millis
    pushed: int
    """News of the forum that were read because it pushed."""
    missed: int
    """News of a forum that pushes that were read before it did."""
    delay_half: Millis | None = None
    """Within how long half of its newest posts were here after they were written; None where that is not known."""
    delay_most: Millis | None = None
    """Within how long 95 of 100 were."""


class Status(msgspec.Struct, frozen=True):
    """The counts that `status` shows; `deliveries` by state, without the opening of chat threads."""

    forums: int
    boards: int
    threads: int
    posts: int
    mirrors: int
    deliveries: dict[str, int]
    replies: dict[str, int]
    sources: list[SourceState]
    paused: list[tuple[str, str]]
    oldest_owed: Millis | None


def status(community: int | None = None) -> Unit[Status]:
    """The state of everything; of one community's mirrors where one is named."""
    forums, boards, threads, posts = yield from counts(community)
    mirrors = one(
        (
            yield (
                "SELECT count(*) FROM mirror WHERE state<>'removed' AND ($1 IS NULL OR community=$1)",
                (community,),
            )
        )
    )
    rows = yield (
        """SELECT r.fate, count(*) FROM reply r JOIN place p ON p.id=r.place
           WHERE ($1 IS NULL OR p.community=$1) GROUP BY r.fate""",
        (community,),
    )
    replies = dict(map(tuple, rows))
    oldest = yield (
        """SELECT MIN(d.made_at) FROM delivery d LEFT JOIN place p ON p.id=d.queue
           WHERE d.state IN ('pending', 'sending', 'held') AND d.state<>'held' AND ($1 IS NULL OR p.community=$1)""",
        (community,),
    )
    paused = yield (
        f"""SELECT COALESCE({PLACE}, f.name), q.paused FROM queue q LEFT JOIN place p ON p.id=q.id
             LEFT JOIN forum f ON f.id=q.forum
           WHERE q.paused<>'' AND ($1 IS NULL OR p.community=$1) ORDER BY q.id""",
        (community,),
    )
    sources = yield from source_states(community)
    return Status(
        forums,
        boards,
        threads,
        posts,
        int(mirrors),
        (yield from deliveries(community)),
        replies,
        sources,
        [(place, why) for place, why in paused],
        one(oldest),
    )


def deliveries(community: int | None = None) -> Unit[dict[str, int]]:
    """How many deliveries there are in each state, without the opening of chat threads."""
    rows = yield (
        """SELECT d.state, count(*) FROM delivery d LEFT JOIN place p ON p.id=d.queue WHERE d.act<>'open'
             AND ($1 IS NULL OR p.community=$1) GROUP BY d.state""",
        (community,),
    )
    return dict.fromkeys(STATES, 0) | dict(map(tuple, rows))


def source_states(community: int | None) -> Unit[list[SourceState]]:
    """Boards that are read, and threads that fail, lose posts, may miss some or hold damaged ones."""
    rows = yield (
        f"""SELECT s.id, f.name, s.kind, COALESCE(b.name, t.title), s.next_at, s.read_at, s.failures, s.error, s.losing,
             (SELECT count(*) FROM damaged x WHERE x.source=s.id), s.pause, s.slides, s.gap, s.gap_at, f.slowed,
             f.slowed_at, f.pushed, f.missed
           FROM source s JOIN forum f ON f.id=s.forum LEFT JOIN board b ON b.id=s.board
             LEFT JOIN thread t ON t.id=s.thread
           WHERE (s.kind='board' OR s.error<>'' OR s.gap<>'' OR s.losing<>'' OR EXISTS
             (SELECT 1 FROM damaged x WHERE x.source=s.id)) AND {READ_FOR}
           ORDER BY s.id LIMIT 200""",
        (community,),
    )
    took = yield from delays()
    return [
        SourceState(
            id,
            forum,
            kind,
            name,
            next_at,
            read_at,
            failures,
            error,
            len(msgspec.json.decode(losing or "[]")),
            *rest,
            *took.get(id, (None, None)),
        )
        for id, forum, kind, name, next_at, read_at, failures, error, losing, *rest in rows
    ]


def delays() -> Unit[dict[int, tuple[Millis, Millis]]]:
    """For the boards that are read: how long half, and 95 of 100, of their newest posts took from there to here.

    Only posts count that arrived and whose time the forum tells exactly.
    """
    rows = yield (
        """SELECT s.id, x.seen_at-x.latest FROM (SELECT thread, n, seen_at, earliest, latest FROM post
             ORDER BY id DESC LIMIT $1) x JOIN listing l ON l.thread=x.thread JOIN source s ON s.board=l.board
           WHERE x.n>0 AND x.latest-x.earliest<$2 AND s.next_at IS NOT NULL""",
        (LATEST, MINUTE),
    )
    took: dict[int, list[Millis]] = {}
    for id, delay in rows:
        took.setdefault(id, []).append(max(delay, 0))
    return {id: (_at(sorted(some), 0.5), _at(sorted(some), 0.95)) for id, some in took.items()}


def _at(some: list[Millis], part: float) -> Millis:
    return some[math.ceil(part * len(some)) - 1]


# ---------------------------------------------------------------------------------------------------------------- held


class Held(msgspec.Struct, frozen=True):
    """A delivery that waits for somebody's word."""

    id: int
    what: str
    place: str
    reason: str
    since: Millis


HELD = f"""
SELECT d.id, d.subject || ' ' || d.act, COALESCE(o.title, r.text, s.title, n.text, ''),
COALESCE({PLACE}, f.name),
       d.reason, COALESCE(d.claimed_at, d.made_at), COALESCE(r.format, 'plain')
FROM delivery d JOIN queue q ON q.id=d.queue LEFT JOIN place p ON p.id=d.queue LEFT JOIN forum f ON f.id=q.forum
LEFT JOIN post o ON o.id=CASE d.subject WHEN 'post' THEN d.subject_id
  WHEN 'note' THEN (SELECT c.post FROM copy c WHERE c.id=d.subject_id) END
LEFT JOIN reply r ON d.subject='reply' AND r.id=d.subject_id LEFT JOIN place rp ON rp.id=r.place
LEFT JOIN opener s ON d.subject='opener' AND s.id=d.subject_id
LEFT JOIN notice n ON d.subject='notice' AND n.id=d.subject_id
WHERE d.state='held' AND ($1 IS NULL OR COALESCE(p.community, rp.community, s.community)=$1) AND ($2 IS NULL OR d.id=$2)
ORDER BY d.id LIMIT 100
"""


def held(community: int | None, delivery: int | None = None) -> Unit[list[Held]]:
    """What is held in a community, or one such delivery."""
    rows = yield HELD, (community, delivery)
    return [
        Held(id, f"{what} {markup.excerpt(markup.read(words, format), 60)}".strip(), place, reason, since)
        for id, what, words, place, reason, since, format in rows
    ]
