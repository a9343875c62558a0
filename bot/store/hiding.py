"""What an admin hides in their community: posts, and all that somebody writes; and how it is shown again."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bot.errors import NotFound
from bot.filters import folded
from bot.mirroring import PostView
from bot.model import DAY, Millis
from bot.store.beneath import noted_again, unnoted
from bot.store.endings import conclude
from bot.store.forums import VIEW, view
from bot.store.hidden import of_author
from bot.store.meaning import OWN_POST
from bot.store.outbox import take_away
from bot.store.owing import accepted, covered, owe_added, withdraw
from bot.store.places import audit
from bot.store.unit import Unit
from bot.texts import say

BACK = 30 * DAY
"""How far back what somebody wrote is taken away: as far as edits are followed."""

TITLE = 60
"""Characters of a title in what is told of a hidden post."""


class Author(msgspec.Struct, frozen=True):
    """Somebody who writes on a forum; `id` is empty where the forum tells only a name."""

    forum: int
    name: str
    id: str = ""


class Hidden(msgspec.Struct, frozen=True):
    """Something that a community does not show."""

    id: int
    community: int
    forum: str
    post: int | None
    author: str
    title: str
    """Of a post: its own, or its thread's."""
    number: int | None
    who: str
    since: Millis


class Done(msgspec.Struct, frozen=True):
    """What came of it; not `fresh` where it was so before. `messages` are posts that leave channels, or come back."""

    fresh: bool
    messages: int = 0


def hide_post(post: int, community: int | None, by: str, now: Millis) -> Unit[Done]:
    """Take a post away from the channels of a community, or of all that mirror it, and let it stay away."""
    [[forum, thread, author]] = yield "SELECT forum, thread, author FROM post WHERE id=$1", (post,)
    done = Done(False)
    for one in (yield from _showing(thread, community)):
        rows = yield (
            """INSERT INTO hidden (community, forum, post, author, who, hidden_at) VALUES ($1, $2, $3, $4, $5, $6)
               ON CONFLICT DO NOTHING RETURNING id""",
            (one, forum, post, author, by, now),
        )
        if not rows:
            continue
        yield from audit(one, by, f"post {post} by {author} hidden", "shown", "hidden", now)
        done = Done(True, done.messages + (yield from _leave(one, [post], now)))
    return done


def hide_author(author: Author, community: int | None, by: str, now: Millis) -> Unit[Done]:
    """Show nothing any more that somebody writes, and take away what stands of the last 30 days."""
    done = Done(False)
    for one in (yield from _reading(author.forum, community)):
        rows = yield (
            """INSERT INTO hidden (community, forum, author, author_id, who, hidden_at) VALUES ($1, $2, $3, $4, $5, $6)
               ON CONFLICT DO NOTHING RETURNING id""",
            (one, author.forum, author.name, author.id, by, now),
        )
        if not rows:
            continue
        posts = yield (
            f"""SELECT p.id FROM hidden h JOIN post p ON p.forum=h.forum AND p.seen_at>=$2 AND p.event=0
                  AND {of_author("p", "h")} WHERE h.id=$1 ORDER BY p.id DESC""",
            (rows[0][0], now - BACK),
        )
        yield from audit(one, by, f"all that {author.name} writes hidden", "shown", "hidden", now)
        done = Done(True, done.messages + (yield from _leave(one, [id for (id,) in posts], now)))
    return done


def _leave(community: int, posts: Sequence[int], now: Millis) -> Unit[int]:
    """Let posts leave the channels of a community: what waits is dropped, what stands is taken away."""
    rows = yield "SELECT id FROM place WHERE community=$1 AND parent IS NULL ORDER BY id", (community,)
    messages = 0
    for (channel,) in rows:
        yield from withdraw(channel, now)
        messages += yield from take_away(channel, posts, True, now)
        yield from unnoted("channel=$1 AND post=$2", [(channel, post) for post in posts], now)
    return messages


def unhide_post(post: int, community: int | None, by: str, now: Millis) -> Unit[Done]:
    """Show a post again; where it was taken away it comes back."""
    rows = yield (
        """DELETE FROM hidden WHERE post=$1 AND ($2 IS NULL OR community=$2) RETURNING community, author""",
        (post, community),
    )
    done = Done(bool(rows))
    [cells] = yield f"SELECT thread, {VIEW} FROM post WHERE id=$1", (post,)
    thread, *seen = cells
    for one, author in rows:
        yield from audit(one, by, f"post {post} by {author} shown again", "hidden", "shown", now)
        done = Done(True, done.messages + (yield from _back(one, thread, view(tuple(seen)), now)))
    return done


def _back(community: int, thread: int, post: PostView, now: Millis) -> Unit[int]:
    """Let a post stand again where it was taken away, at once; what was not taken away yet stays."""
    waiting = yield (
        """SELECT d.id FROM delivery d JOIN place p ON p.id=d.channel WHERE d.subject='post' AND d.subject_id=$1
             AND d.takes=1 AND p.community=$2 AND d.state IN ('pending', 'sending', 'held') AND d.state='pending'""",
        (post.id, community),
    )
    for (delivery,) in waiting:
        yield from conclude(delivery, "dropped", "it is shown again", now)
    taken = yield (
        """SELECT DISTINCT c.channel FROM copy c JOIN place p ON p.id=c.channel
           WHERE c.post=$1 AND c.taken=1 AND p.community=$2""",
        (post.id, community),
    )
    channels = {channel for (channel,) in taken}
    yield from noted_again(post.id, community, now)
    here = yield from covered(thread)
    mirrors = [
        msgspec.structs.replace(mirror, whole=True, options=msgspec.structs.replace(mirror.options, delay=0))
        for mirror in here.mirrors
        if mirror.channel in channels
    ]
    here = msgspec.structs.replace(here, mirrors=mirrors)
    return (yield from owe_added(here, [post], (yield from accepted(here, [post])), now))


def unhide_author(author: Author, community: int | None, by: str, now: Millis) -> Unit[Done]:
    """Show what somebody writes from now on; what was taken away stays away."""
    rows = yield (
        """SELECT id, community, author, author_id FROM hidden WHERE forum=$1 AND post IS NULL
             AND ($2 IS NULL OR community=$2)""",
        (author.forum, community),
    )
    fresh = False
    for id, one, name, native in rows:
        if native != author.id if native and author.id else folded(name) != folded(author.name):
            continue
        yield "DELETE FROM hidden WHERE id=$1", (id,)
        yield from audit(one, by, f"all that {name} writes shown again", "hidden", "shown", now)
        fresh = True
    return Done(fresh)


def author_of(post: int) -> Unit[Author]:
    """Who wrote a post."""
    [row] = yield "SELECT forum, author, author_id FROM post WHERE id=$1", (post,)
    return Author(*row)


def authors_called(name: str, community: int | None) -> Unit[list[Author]]:
    """Those who are called so and wrote what a community mirrors, or are hidden under that name."""
    rows = yield (
        f"""SELECT DISTINCT o.forum, o.author, o.author_id FROM post o WHERE lower(o.author)=lower($2) AND {OWN_POST}
            UNION SELECT h.forum, h.author, h.author_id FROM hidden h WHERE h.post IS NULL
              AND lower(h.author)=lower($2) AND ($1 IS NULL OR h.community=$1) ORDER BY 1, 2, 3""",
        (community, name),
    )
    return [Author(*row) for row in rows]


def hidden_here(community: int | None) -> Unit[list[Hidden]]:
    """All that a community hides, the newest first."""
    rows = yield (
        """SELECT h.id, h.community, f.name, h.post, h.author, COALESCE(p.title, ''), COALESCE(t.title, ''), p.number,
             h.who, h.hidden_at
           FROM hidden h JOIN forum f ON f.id=h.forum LEFT JOIN post p ON p.id=h.post
             LEFT JOIN thread t ON t.id=p.thread
           WHERE $1 IS NULL OR h.community=$1 ORDER BY h.id DESC LIMIT 100""",
        (community,),
    )
    return [
        Hidden(id, one, forum, post, author, (title or above)[:TITLE], number, who, since)
        for id, one, forum, post, author, title, above, number, who, since in rows
    ]


def _showing(thread: int, community: int | None) -> Unit[list[int]]:
    """The community, where it mirrors a thread; all that do, where none is named. Raises `NotFound` where none does."""
    rows = yield (
        """SELECT DISTINCT m.community FROM mirror m WHERE m.state<>'removed' AND ($2 IS NULL OR m.community=$2)
             AND (m.thread=$1 OR m.board IN (SELECT l.board FROM listing l WHERE l.thread=$1)) ORDER BY 1""",
        (thread, community),
    )
    if not rows:
        raise NotFound(say("mirrors.not_shown"))
    return [int(one) for (one,) in rows]


def _reading(forum: int, community: int | None) -> Unit[list[int]]:
    """The communities that mirror something of a forum, or the one that is named."""
    rows = yield (
        """SELECT DISTINCT m.community FROM mirror m LEFT JOIN board b ON b.id=m.board
             LEFT JOIN thread t ON t.id=m.thread
           WHERE m.state<>'removed' AND COALESCE(b.forum, t.forum)=$1 AND ($2 IS NULL OR m.community=$2) ORDER BY 1""",
        (forum, community),
    )
    return [int(one) for (one,) in rows]
