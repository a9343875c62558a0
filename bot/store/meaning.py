"""What somebody may mean by a few words: posts, replies of chat users, threads they started, what cannot be parsed.

A community means only what is its own: posts that its mirrors cover or that stand in its places, replies that were
said there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from bot.store.sources import READ_FOR
from bot.store.unit import Unit

MOST = 20
"""Things of one name that are told of, the newest first."""

NUMBER = 18
"""Digits of the longest number that anything here can have."""

OWN_POST = """($1 IS NULL
  OR o.thread IN (SELECT m.thread FROM mirror m WHERE m.community=$1 AND m.state<>'removed')
  OR EXISTS (SELECT 1 FROM listing l JOIN mirror m ON m.board=l.board WHERE l.thread=o.thread AND m.community=$1
       AND m.state<>'removed')
  OR EXISTS (SELECT 1 FROM delivery d JOIN place p ON p.id=d.queue WHERE d.subject='post' AND d.subject_id=o.id
       AND p.community=$1)
  OR EXISTS (SELECT 1 FROM copy c JOIN place p ON p.id=c.place WHERE c.post=o.id AND p.community=$1))"""
"""Whether a post `o` is a community's own."""

OWN_REPLY = "($1 IS NULL OR EXISTS (SELECT 1 FROM place p WHERE p.id=r.place AND p.community=$1))"
"""Whether a reply `r` was said in a community's place."""

BECAME = """SELECT o.id FROM reply r JOIN thread t ON t.id=r.thread JOIN post o ON o.forum=t.forum AND o.key=r.post_key
WHERE r.id=$1 AND r.post_key<>''"""
"""The post that a reply became, as far as it was read."""


class Found(NamedTuple):
    """One thing that somebody may mean."""

    kind: Literal["post", "reply", "opener", "damaged"]
    id: int


def by_name(words: str, community: int | None) -> Unit[list[Found]]:
    """What goes by a key, a link, `#n`, "op", a message or a ticket; a thread that was asked for, by its title too."""
    number = words.removeprefix("#")
    plain = number.isascii() and number.isdecimal() and len(number) <= NUMBER
    posts = yield (
        f"""SELECT o.id FROM post o WHERE (o.key=$2 OR o.number=$3 OR (o.op=1 AND lower($2)='op')
             OR (o.link<>'' AND (o.link IN ($2, 'https://' || $2, 'http://' || $2) OR (length($2)>=length(o.link)
               AND substr($2, length($2)-length(o.link)+1)=o.link)))
             OR EXISTS (SELECT 1 FROM copy c JOIN copy_message m ON m.copy=c.id JOIN place p ON p.id=m.place
               WHERE c.post=o.id AND m.message=$2 AND ($1 IS NULL OR p.community=$1)))
           AND {OWN_POST} ORDER BY o.id DESC LIMIT {MOST}""",
        (community, words, int(number) if plain else None),
    )
    replies = yield (
        f"""SELECT DISTINCT COALESCE(r.merged, r.id) FROM reply r WHERE (r.message=$2 OR (r.ticket<>'' AND r.ticket=$2)
             OR (r.post_key<>'' AND r.post_key=$2)) AND {OWN_REPLY} ORDER BY 1 DESC LIMIT {MOST}""",
        (community, words),
    )
    found = yield from _posts_first([id for (id,) in posts], [id for (id,) in replies])
    openers = yield (
        f"""SELECT o.id, o.post FROM opener o WHERE ((o.ticket<>'' AND o.ticket=$2) OR (o.link<>'' AND o.link=$2)
             OR o.title=$2) AND ($1 IS NULL OR o.community=$1) ORDER BY o.id DESC LIMIT {MOST}""",
        (community, words),
    )
    asked = [Found("opener", id) if post is None else Found("post", post) for id, post in openers]
    return list(dict.fromkeys((*found, *asked))) or (yield from _damaged("x.key=$2", words, community))


def by_message(chat: str, message: str, community: int | None) -> Unit[list[Found]]:
    """What a message of a chat shows or says."""
    posts = yield (
        f"""SELECT DISTINCT o.id FROM post o JOIN copy k ON k.post=o.id JOIN copy_message m ON m.copy=k.id
             JOIN place w ON w.id=m.place
           WHERE w.chat=$2 AND m.message=$3 AND ($1 IS NULL OR w.community=$1) AND {OWN_POST} ORDER BY o.id DESC""",
        (community, chat, message),
    )
    replies = yield (
        f"""SELECT DISTINCT COALESCE(r.merged, r.id) FROM reply r JOIN place w ON w.id=r.place
           WHERE w.chat=$2 AND r.message=$3 AND {OWN_REPLY} ORDER BY 1 DESC""",
        (community, chat, message),
    )
    return (yield from _posts_first([id for (id,) in posts], [id for (id,) in replies]))


def by_key(forum: str, key: str, community: int | None) -> Unit[list[Found]]:
    """The post of a forum that has a key; what waits there under it as a ticket, or could not be parsed."""
    posts = yield (
        f"SELECT o.id FROM post o JOIN forum f ON f.id=o.forum WHERE f.name=$2 AND o.key=$3 AND {OWN_POST}",
        (community, forum, key),
    )
    replies = yield (
        f"""SELECT r.id FROM reply r JOIN thread t ON t.id=r.thread JOIN forum f ON f.id=t.forum
           WHERE f.name=$2 AND (r.post_key=$3 OR r.ticket=$3) AND {OWN_REPLY} ORDER BY r.id DESC""",
        (community, forum, key),
    )
    found = yield from _posts_first([id for (id,) in posts], [id for (id,) in replies])
    return found or (yield from _damaged("f.name=$2 AND x.key=$3", (forum, key), community))


def in_thread(forum: str, thread: str, anchor: str, community: int | None) -> Unit[list[Found]]:
    """The post of a thread to which links lead that end with `#anchor`, or that has this number; its OP without one."""
    rows = yield (
        f"""SELECT o.id, o.link, o.number, o.op FROM post o JOIN thread t ON t.id=o.thread JOIN forum f ON f.id=t.forum
           WHERE f.name=$2 AND t.key=$3 AND {OWN_POST} ORDER BY o.id""",
        (community, forum, thread),
    )
    if not anchor:
        return [Found("post", id) for id, _, _, op in rows if op]
    exact = [Found("post", id) for id, link, _, _ in rows if link.partition("#")[2] == anchor]
    return exact or [Found("post", id) for id, _, number, _ in rows if number is not None and str(number) == anchor]


def damages(community: int | None) -> Unit[list[str]]:
    """Keys of items that could not be parsed and are kept, the newest first."""
    rows = yield (
        f"""SELECT DISTINCT x.key FROM damaged x JOIN source s ON s.id=x.source WHERE x.key<>'' AND {READ_FOR}
           ORDER BY x.key DESC LIMIT {MOST}""",
        (community,),
    )
    return [key for (key,) in rows]


def chats(community: int | None) -> Unit[list[str]]:
    """The chats in which a community has places; all with None."""
    rows = yield "SELECT DISTINCT chat FROM place WHERE ($1 IS NULL OR community=$1) ORDER BY chat", (community,)
    return [chat for (chat,) in rows]


def _damaged(where: str, words: str | tuple[str, str], community: int | None) -> Unit[list[Found]]:
    rows = yield (
        f"""SELECT x.id FROM damaged x JOIN source s ON s.id=x.source JOIN forum f ON f.id=s.forum
           WHERE x.key<>'' AND {where} AND {READ_FOR} ORDER BY x.id DESC LIMIT {MOST}""",
        (community, *((words,) if isinstance(words, str) else words)),
    )
    return [Found("damaged", id) for (id,) in rows]


def _posts_first(posts: Iterable[int], replies: Iterable[int]) -> Unit[list[Found]]:
    """Posts, then the replies that are none yet; a reply that is one is told with its post."""
    found = dict.fromkeys(Found("post", id) for id in posts)
    for reply in replies:
        became = yield BECAME, (reply,)
        found |= dict.fromkeys([Found("post", id) for (id,) in became] or [Found("reply", reply)])
    return list(found)
