"""Which thread of a forum is one that somebody started from the chat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from bot.model import BodyState, ForumCapabilities, Millis, Post
from bot.recovery import same_title
from bot.rendering import words_digest
from bot.store.in_names import opener_done
from bot.store.notices import close_notice
from bot.store.openers import adopt_opener, tell_fate
from bot.store.unit import Unit
from bot.texts import say


def know_openers(thread: int, posts: Sequence[Post], caps: ForumCapabilities, now: Millis) -> Unit[None]:
    """Match the OP of a thread, where it is new, against the threads that were started from the chat.

    As with replies, what nothing marks is known by its words, and only what may stand on the forum is matched: what a
    start was begun of that did not certainly fail.
    """
    for post in posts:
        if not post.op or post.event:
            continue
        rows = yield (
            """SELECT o.id, t.title, o.post_key, o.name, o.title, f.account, COALESCE(p.marker, ''),
                 COALESCE(p.payload, '')
               FROM thread t JOIN forum f ON f.id=t.forum JOIN board b ON b.forum=f.id
                 JOIN opener o ON o.board=b.id AND o.post IS NULL AND o.fate<>'dropped'
                 LEFT JOIN delivery d ON d.subject='opener' AND d.subject_id=o.id
                 LEFT JOIN part p ON p.delivery=d.id AND p.part=0
               WHERE t.id=$1 AND (o.post_key<>'' OR p.delivery IS NOT NULL)
               ORDER BY CASE WHEN o.fate='refused' THEN 1 ELSE 0 END, o.id""",
            (thread,),
        )
        for id, called, *cells in rows:
            if _became(post, post.title or called, caps, *cells):
                yield from _settle_as(id, thread, post, cells[-1], now)
                break


def _became(
    post: Post,
    called: str,
    caps: ForumCapabilities,
    key: str,
    name: str,
    title: str,
    account: str,
    marker: str,
    payload: str,
) -> bool:
    """Whether an OP, of a thread that is called so, is the thread that somebody asked for."""
    if key:
        return key == post.key
    if post.marker and marker:
        return post.marker == marker
    if post.body.state is not BodyState.PRESENT or not payload:
        return False
    sent = msgspec.json.decode(payload, type=dict[str, Any])
    lent = sent.get("login")
    # What our shared account is called, we are not told; but the words that it sent name who said them.
    shared = caps.write_identity == "shared" and not lent
    renamed = lent is not None and post.author.id == lent["id"]
    if not shared and not renamed and post.author.name not in ({lent["name"]} if lent else {name, account}) - {""}:
        return False
    same = words_digest(post.body.text, post.body.format) == words_digest(str(sent["text"]), caps.format)
    return same and same_title(called, title)


def _settle_as(opener: int, thread: int, post: Post, payload: str, now: Millis) -> Unit[None]:
    """Note that a thread that was asked for is this one, whatever had been known of its fate."""
    yield (
        """UPDATE opener SET post_key=$2, thread_key=(SELECT key FROM thread WHERE id=$3), fate='posted', reason=''
           WHERE id=$1""",
        (opener, post.key, thread),
    )
    rows = yield (
        """UPDATE delivery SET state='sent', reason='', settled_at=made_at WHERE subject='opener' AND subject_id=$1
             AND state IN ('sending', 'held') RETURNING id""",
        (opener,),
    )
    for (delivery,) in rows:
        yield from close_notice(f"delivery:{delivery}", say("notices.found", number=delivery), now)
        login = msgspec.json.decode(payload, type=dict[str, Any]).get("login") if payload else None
        yield from opener_done(opener, login, now)
    # Claimed: read-back must not take it for another thread with the same words.
    yield (
        """UPDATE part SET remote=$2, payload='' WHERE part=0 AND delivery IN
             (SELECT id FROM delivery WHERE subject='opener' AND subject_id=$1)""",
        (opener, post.key),
    )
    yield from adopt_opener(opener, now)
    yield from tell_fate(opener, now)
