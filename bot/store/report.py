"""What people are shown of all this: status, what is held, why a post is where it is."""

from __future__ import annotations

import msgspec

from bot.model import Millis
from bot.store.unit import Rows, Unit, one

PLACE = "p.chat || ':' || COALESCE((SELECT u.label FROM place u WHERE u.id=p.parent) || ' › ', '') || p.label"
"""A place `p` as people call it."""

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
    counts = []
    for table in ("forum", "board", "thread", "post"):
        counts.append(int(one((yield f"SELECT count(*) FROM {table}", ()))))
    mirrors = one(
        (
            yield (
                "SELECT count(*) FROM mirror WHERE state<>'removed' AND ($1 IS NULL OR community=$1)",
                (community,),
            )
        )
    )
    rows = yield (
        """SELECT d.state, count(*) FROM delivery d LEFT JOIN place p ON p.id=d.queue WHERE d.act<>'open'
             AND ($1 IS NULL OR p.community=$1) GROUP BY d.state""",
        (community,),
    )
    deliveries = dict.fromkeys(STATES, 0) | dict(map(tuple, rows))
    rows = yield (
        """SELECT r.fate, count(*) FROM reply r JOIN place p ON p.id=r.place
           WHERE ($1 IS NULL OR p.community=$1) GROUP BY r.fate""",
        (community,),
    )
    replies = dict(map(tuple, rows))
    oldest = yield (
        """SELECT MIN(d.made_at) FROM delivery d LEFT JOIN place p ON p.id=d.queue
           WHERE d.state IN ('pending', 'sending') AND ($1 IS NULL OR p.community=$1)""",
        (community,),
    )
    paused = yield (
        f"""SELECT COALESCE({PLACE}, f.name), q.paused FROM queue q LEFT JOIN place p ON p.id=q.id
             LEFT JOIN forum f ON f.id=q.forum
           WHERE q.paused<>'' AND ($1 IS NULL OR p.community=$1) ORDER BY q.id""",
        (community,),
    )
    sources = yield from source_states(community)
    forums, boards, threads, posts = counts
    return Status(
        forums,
        boards,
        threads,
        posts,
        int(mirrors),
        deliveries,
        replies,
        sources,
        [(place, why) for place, why in paused],
        one(oldest),
    )


def source_states(community: int | None) -> Unit[list[SourceState]]:
    """Boards that are read, and threads that fail, lose posts or hold damaged ones."""
    rows = yield (
        """SELECT s.id, f.name, s.kind, COALESCE(b.name, t.title), s.next_at, s.read_at, s.failures, s.error, s.losing,
             (SELECT count(*) FROM damaged x WHERE x.source=s.id)
           FROM source s JOIN forum f ON f.id=s.forum LEFT JOIN board b ON b.id=s.board LEFT
           JOIN thread t ON t.id=s.thread
           WHERE (s.kind='board' OR s.failures>0 OR s.losing<>'' OR EXISTS (SELECT 1 FROM damaged x
           WHERE x.source=s.id))
             AND ($1 IS NULL OR EXISTS (SELECT 1 FROM mirror m WHERE m.community=$1 AND m.state<>'removed' AND
               (m.board=s.board OR m.thread=s.thread OR m.board IN (SELECT board FROM listing WHERE thread=s.thread))))
           ORDER BY s.id LIMIT 200""",
        (community,),
    )
    return [
        SourceState(
            id, forum, kind, name, next_at, read_at, failures, error, len(msgspec.json.decode(losing or "[]")), bad
        )
        for id, forum, kind, name, next_at, read_at, failures, error, losing, bad in rows
    ]


# ---------------------------------------------------------------------------------------------------------------- held


class Held(msgspec.Struct, frozen=True):
    """A delivery that waits for somebody's word."""

    id: int
    what: str
    place: str
    reason: str
    since: Millis


HELD = f"""
SELECT d.id, d.subject || ' ' || d.act, COALESCE(o.title, r.text, n.text, ''),
COALESCE({PLACE}, f.name),
       d.reason, COALESCE(d.claimed_at, d.made_at)
FROM delivery d JOIN queue q ON q.id=d.queue LEFT JOIN place p ON p.id=d.queue LEFT JOIN forum f ON f.id=q.forum
LEFT JOIN post o ON d.subject='post' AND o.id=d.subject_id
LEFT JOIN reply r ON d.subject='reply' AND r.id=d.subject_id LEFT JOIN place rp ON rp.id=r.place
LEFT JOIN notice n ON d.subject='notice' AND n.id=d.subject_id
WHERE d.state='held' AND ($1 IS NULL OR COALESCE(p.community, rp.community)=$1) AND ($2 IS NULL OR d.id=$2)
ORDER BY d.id LIMIT 100
"""


def held(community: int | None, delivery: int | None = None) -> Unit[list[Held]]:
    """What is held in a community, or one such delivery."""
    rows = yield HELD, (community, delivery)
    return [
        Held(id, f"{what} {words[:60]}".strip(), place, reason, since) for id, what, words, place, reason, since in rows
    ]


# ----------------------------------------------------------------------------------------------------------------- why


class Stage(msgspec.Struct, frozen=True):
    """One thing that happened to a post, or is owed about it, in words."""

    at: Millis | None
    text: str


class Story(msgspec.Struct, frozen=True):
    """Everything that `why` knows of one post."""

    post: int
    title: str
    number: str
    link: str
    stages: list[Stage]


def find_posts(what: str, community: int | None) -> Unit[list[int]]:
    """The posts that an address, a key, a message or `#n` may mean, newest first; only of the community's mirrors."""
    words = what.strip()
    number = words.removeprefix("#")
    rows: Rows = yield (
        """SELECT DISTINCT p.id FROM post p
             LEFT JOIN copy c ON c.post=p.id LEFT JOIN copy_message m ON m.copy=c.id
           WHERE (p.key=$1 OR p.link=$1 OR m.message=$1 OR (p.link<>'' AND $1 LIKE '%' || p.link)
               OR CAST(p.number AS TEXT)=$2 OR (p.op=1 AND lower($1)='op'))
             AND ($3 IS NULL OR p.thread IN (SELECT thread FROM mirror WHERE community=$3 AND state<>'removed')
               OR EXISTS (SELECT 1 FROM listing l JOIN mirror w ON w.board=l.board AND w.state<>'removed'
                 WHERE l.thread=p.thread AND w.community=$3))
           ORDER BY p.id DESC LIMIT 20""",
        (words, number if number.isdigit() else "", community),
    )
    return [id for (id,) in rows]


def story(post: int, community: int | None) -> Unit[Story]:
    """What happened to a post: read, decided, sent, and what stands where."""
    [[title, number, op, link, seen, changed, state, revision, n, thread, thread_title, forum]] = yield (
        """SELECT p.title, p.number, p.op, p.link, p.seen_at, p.changed_at, p.state, p.revision, p.n, p.thread, t.title,
             f.name FROM post p JOIN thread t ON t.id=p.thread JOIN forum f ON f.id=p.forum WHERE p.id=$1""",
        (post,),
    )
    stages = [Stage(seen, f"read from {forum}, thread “{thread_title}”" + (" (back-filled)" if n <= 0 else ""))]
    if revision > 1:
        stages.append(Stage(changed, f"changed on the forum; this is version {revision}"))
    if state != "live":
        stages.append(Stage(changed, f"{state} on the forum"))
    rows = yield (
        """SELECT m.id, m.state, p.chat, p.label FROM mirror m JOIN place p ON p.id=m.place
           WHERE (m.thread=$1 OR m.board IN (SELECT board FROM listing WHERE thread=$1)) AND ($2 IS NULL
           OR m.community=$2)
           ORDER BY m.id""",
        (thread, community),
    )
    if not rows:
        stages.append(Stage(None, "no mirror covers its thread"))
    for mirror, mirror_state, chat, label in rows:
        stages.append(Stage(None, f"mirror {mirror} into {chat}:{label} covers it ({mirror_state})"))
    deliveries = yield (
        f"""SELECT d.id, d.act, d.state, d.reason, d.made_at, d.claimed_at, d.settled_at, {PLACE}, q.paused,
             d.attempts FROM delivery d JOIN place p ON p.id=d.queue JOIN queue q ON q.id=d.queue
           WHERE d.subject='post' AND d.subject_id=$1 AND ($2 IS NULL OR p.community=$2) ORDER BY d.id""",
        (post, community),
    )
    for id, act, state, reason, made, claimed, settled, place, paused, attempts in deliveries:
        text = f"delivery {id}: {act} in {place}: {state}"
        if reason:
            text += f" ({reason})"
        if state in ("pending", "sending") and paused:
            text += f"; the place is paused: {paused}"
        if attempts:
            text += f"; {attempts} failed tries"
        stages.append(Stage(settled or claimed or made, text))
    if rows and not deliveries:
        stages.append(Stage(None, "nothing was owed: it is older than the mirror, or the mirror does not show it"))
    copies = yield (
        f"""SELECT {PLACE}, c.state, c.revision, c.reply FROM copy c JOIN place p ON p.id=c.place
           WHERE c.post=$1 AND ($2 IS NULL OR p.community=$2) ORDER BY c.id""",
        (post, community),
    )
    for place, state, version, reply in copies:
        whose = " (a chat user's own message)" if reply is not None else ""
        stages.append(Stage(None, f"stands in {place} as {state}, version {version}{whose}"))
    name = "OP" if op else f"#{number}" if number is not None else ""
    return Story(post, title or thread_title, name, link, stages)
