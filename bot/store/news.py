"""What is to be told to people in private: what is new in threads that they follow, and posts that hold their words.

It is gathered when it is due, and told in the commit that notes that it was told: what a person has read meanwhile, or
does not see any more, is told to nobody.
"""

from __future__ import annotations

import msgspec

from bot.model import DAY, Millis, Offer
from bot.store.discussion import NEW
from bot.store.hidden import shown
from bot.store.marks import reached, stand
from bot.store.readers import Box, box
from bot.store.sight import Sight, thread_seen
from bot.store.unit import Unit
from bot.store.whispers import whisper

MOST = 100
"""Posts that are counted of one thread."""

SHOWN = 4
"""Posts of a thread of which it is said who wrote them."""

LOOKED_AT = 4000
"""Characters of a post of which the first words are said."""

AHEAD = 2 * DAY
"""Nothing is due so far ahead: a clock went wrong, and it is due now."""


class Glimpse(msgspec.Struct, frozen=True):
    """The beginning of a post, for those who have not read it."""

    post: int
    link: str
    author: str
    title: str
    body: str
    format: str


class ThreadNews(msgspec.Struct, frozen=True):
    """What is new to somebody in a thread that they follow."""

    thread: int
    title: str
    link: str
    upto: int
    """The newest seq of its forum: up to here it is told."""
    posts: tuple[Glimpse, ...]
    """The oldest of what is new."""
    count: int
    """All of it, counted up to `MOST`."""


class Hit(msgspec.Struct, frozen=True):
    """A post that holds words that somebody waits for."""

    thread: int
    title: str
    words: str
    post: Glimpse


class Due(msgspec.Struct, frozen=True):
    """What is to be told to a person in a community, and what of it was looked at."""

    person: int
    community: int
    box: Box | None
    threads: tuple[ThreadNews, ...]
    hits: tuple[Hit, ...]
    followed: tuple[tuple[int, int, int], ...]
    """Threads, with the seq up to which they were told and the one up to which they are now."""
    found: tuple[int, ...]
    """Posts that hold words, told or not worth it any more."""


PENDING = " UNION ".join(
    f"SELECT person, community FROM {table} WHERE due_at{when}"
    for table in ("follow", "alert_hit")
    for when in ("<=$1", f">$1+{AHEAD}")
)
"""Each of the four is found by index: most of those who follow something are told nothing now."""


def due_people(now: Millis) -> Unit[list[tuple[int, int]]]:
    """Some persons and communities of which something is due."""
    rows = yield f"SELECT person, community FROM ({PENDING}) w LIMIT 100", (now,)
    return [(person, community) for person, community in rows]


def news(person: int, community: int) -> Unit[Due]:
    """What a person is to be told in a community, also what would be due a little later."""
    followed: list[tuple[int, int, int]] = []
    threads: list[ThreadNews] = []
    rows = yield (
        """SELECT w.thread, w.told, f.next_seq-1 FROM follow w JOIN thread t ON t.id=w.thread
             JOIN forum f ON f.id=t.forum
           WHERE w.person=$1 AND w.community=$2 AND w.due_at IS NOT NULL ORDER BY w.due_at, w.thread""",
        (person, community),
    )
    for thread, told, top in rows:
        followed.append((thread, told, top))
        new = yield from _new(person, community, thread, told)
        if new is not None:
            threads.append(new)
    found = yield (
        "SELECT post, words FROM alert_hit WHERE person=$1 AND community=$2 ORDER BY post",
        (person, community),
    )
    hits: list[Hit] = []
    for post, words in found:
        hit = yield from _hit(person, community, post, words)
        if hit is not None:
            hits.append(hit)
    where = yield from box(person, community)
    return Due(person, community, where, tuple(threads), tuple(hits), tuple(followed), tuple(post for post, _ in found))


def put_off(person: int, until: Millis) -> Unit[None]:
    """Let nothing of a person be due before a time: they want quiet until then."""
    for table in ("follow", "alert_hit"):
        yield f"UPDATE {table} SET due_at=$2 WHERE person=$1 AND due_at IS NOT NULL", (person, until)


def told(due: Due, text: str, offers: tuple[Offer, ...], now: Millis) -> Unit[bool]:
    """Owe a person the news, and note that they were told; False where something of it changed meanwhile.

    With an empty text there is nothing to tell, and that is noted.
    """
    for thread, before, _ in due.followed:
        if not (
            yield (
                """SELECT 1 FROM follow WHERE person=$1 AND thread=$2 AND community=$3 AND told=$4 AND level='follow'
                     AND due_at IS NOT NULL""",
                (due.person, thread, due.community, before),
            )
        ):
            return False
    for post in due.found:
        if not (yield "SELECT 1 FROM alert_hit WHERE person=$1 AND post=$2", (due.person, post)):
            return False
    if due.followed:
        yield (
            "UPDATE follow SET told=$3, due_at=NULL WHERE person=$1 AND thread=$2",
            [(due.person, thread, upto) for thread, _, upto in due.followed],
        )
    if due.found:
        yield "DELETE FROM alert_hit WHERE person=$1 AND post=$2", [(due.person, post) for post in due.found]
    if text and due.box is not None:
        at = due.box
        yield from whisper(at.chat, at.where.channel, at.where.thread, at.user, text, _key(due), now, offers=offers)
    return True


def _key(due: Due) -> str:
    """Never twice the same: what was told of a thread only rises, and a post is told of once."""
    what = f"{due.threads[0].thread}.{due.threads[0].upto}" if due.threads else f"post.{due.found[0]}"
    return f"news-{due.person}-{due.community}-{what}"


def _new(person: int, community: int, thread: int, told: int) -> Unit[ThreadNews | None]:
    """What a person has not read of a thread behind a seq; None where nothing, or where it is not seen any more."""
    seen = yield from thread_seen(thread, Sight(community))
    if seen is None:
        return None
    [upto] = yield from reached([(yield from stand(person, thread))])
    rows = yield (
        f"{NEW} AND p.seq>$5 AND {shown('p', '$4')} ORDER BY p.n LIMIT {MOST}",
        (person, thread, upto, community, told),
    )
    if not rows:
        return None
    glimpses: list[Glimpse] = []
    for post, *_ in rows[:SHOWN]:
        glimpses.append((yield from _glimpse(post)))
    return ThreadNews(thread, seen.title, seen.link, seen.shown, tuple(glimpses), len(rows))


def _hit(person: int, community: int, post: int, words: str) -> Unit[Hit | None]:
    rows = yield (
        f"""SELECT p.thread, p.n FROM post p WHERE p.id=$1 AND p.state='live' AND {shown("p", "$2")}
              AND NOT EXISTS (SELECT 1 FROM follow w WHERE w.person=$3 AND w.thread=p.thread AND w.level='mute')""",
        (post, community, person),
    )
    if not rows:
        return None
    [[thread, n]] = rows
    seen = yield from thread_seen(thread, Sight(community))
    [upto] = yield from reached([(yield from stand(person, thread))])
    alone = yield "SELECT 1 FROM post_mark WHERE person=$1 AND thread=$2 AND n=$3", (person, thread, n)
    if seen is None or n <= upto or alone:
        return None
    return Hit(thread, seen.title, words, (yield from _glimpse(post)))


def _glimpse(post: int) -> Unit[Glimpse]:
    [row] = yield (
        f"SELECT id, link, author, title, substr(body, 1, {LOOKED_AT}), body_format FROM post WHERE id=$1",
        (post,),
    )
    return Glimpse(*row)
