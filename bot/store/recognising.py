"""Which post of a forum is what somebody said in a chat."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec

from bot.enclosing import given
from bot.mirroring import Act
from bot.model import MINUTE, BodyState, ForumCapabilities, Millis, Post, PostKey
from bot.rendering import words_digest
from bot.store.in_names import reply_done
from bot.store.merging import more_words, share
from bot.store.notices import close_notice
from bot.store.said import tell_author
from bot.store.settling import adopt
from bot.store.unit import Unit
from bot.texts import say

SHOWN_WITHIN: Millis = 10 * MINUTE
"""Milliseconds within which a forum shows what it took, caches and all."""


def recognise(thread: int, posts: Sequence[Post], caps: ForumCapabilities, now: Millis) -> Unit[None]:
    """Match new posts of a thread against what chat users said in it: what came from a chat is that message.

    Where nothing marks it, its words do: those that were sent, for the message may say others by now. Only what may
    stand on the forum is matched, that is what a submit was begun of that did not certainly fail; a moderator may
    still let through what was rejected.
    """
    rows = yield (
        """SELECT r.id, r.post_key, r.name, r.text, r.format, f.account, COALESCE(p.marker, ''),
             COALESCE(p.payload, '')
           FROM reply r JOIN thread t ON t.id=r.thread JOIN forum f ON f.id=t.forum
             LEFT JOIN delivery d ON d.subject='reply' AND d.subject_id=r.id AND d.act='create'
             LEFT JOIN part p ON p.delivery=d.id AND p.part=0
           WHERE r.thread=$1 AND r.fate<>'dropped' AND CASE WHEN r.post_key='' THEN p.delivery IS NOT NULL
             WHEN r.paged=1 THEN NOT EXISTS (SELECT 1 FROM post o WHERE o.forum=t.forum AND o.key=r.post_key
               AND o.seen_at<$2)
             ELSE NOT EXISTS (SELECT 1 FROM copy c WHERE c.reply=r.id) END
           ORDER BY CASE WHEN r.fate='refused' THEN 1 ELSE 0 END, r.id""",
        (thread, now),
    )
    more = yield from more_words([row[0] for row in rows])
    waiting = {row[0]: _Waiting(caps, more.get(row[0], ()), *row[1:]) for row in rows}
    for post in posts:
        if post.event:
            continue  # nobody said it
        for id, reply in waiting.items():
            if reply.became(post):
                del waiting[id]
                yield from settle_reply_as(id, post.key, now, reply.given)
                break


def unseen(thread: int, now: Millis) -> Unit[None]:
    """Tell people whose posts a forum took a while ago, and of which a page that shows the whole thread has nothing.

    Nobody here ever read them, so there is nothing of which a deletion could be told. One that comes up after all is
    recognised.
    """
    rows = yield (
        """SELECT r.id FROM reply r JOIN thread t ON t.id=r.thread JOIN delivery d ON d.subject='reply'
             AND d.subject_id=r.id AND d.act='create' AND d.state='sent' AND d.settled_at<$2
           WHERE r.thread=$1 AND r.post_key<>'' AND r.fate='posted' AND r.gone=0 AND r.merged IS NULL
             AND NOT EXISTS (SELECT 1 FROM post o WHERE o.forum=t.forum AND o.key=r.post_key)""",
        (thread, now - SHOWN_WITHIN),
    )
    why = say("fates.unseen")
    for (reply,) in rows:
        yield "UPDATE reply SET fate='refused', reason=$2 WHERE id=$1", (reply, why)
        yield from share(reply)
        told = partial(_not_shown, why)
        yield from tell_author(reply, told, f"unseen-{reply}", now)


def _not_shown(why: str, said: str) -> str:
    return say("fates.refused", said=said, why=why)


class _Waiting:
    """What a chat user said that is not known as a post yet."""

    def __init__(
        self,
        caps: ForumCapabilities,
        more: Sequence[tuple[str, str]],
        key: str,
        name: str,
        text: str,
        format: str,
        account: str,
        marker: str,
        payload: str,
    ) -> None:
        self._key = key
        sent = msgspec.json.decode(payload, type=dict[str, Any]) if payload else {}
        lent = sent.get("login")
        self._shared = caps.write_identity == "shared" and not lent
        # An author whose name is not told is nobody whom we know. Our shared account is not called as who speaks is.
        self._names = ({lent["name"]} if lent else {account} if self._shared else {name, account}) - {""}
        self._account = str(lent["id"]) if lent else ""
        self._marker = marker
        self._said = words_digest(text, format, more) if text.strip() else ""  # of a file alone nothing was said
        self.given = given(sent, caps.format)
        """Digest of what the forum was given; empty where that is not known any more."""
        self._title = "" if self.given else str(sent.get("title", ""))

    def became(self, post: Post) -> bool:
        """Whether a post is this message."""
        if self._key:
            return self._key == post.key
        if post.marker and self._marker:
            return post.marker == self._marker
        theirs = post.author.name in self._names or (self._account != "" and post.author.id == self._account)
        if self._title and post.body.state is BodyState.EMPTY:  # what is said in the title has no other words
            return theirs and post.title == self._title
        if post.body.state is not BodyState.PRESENT:
            return False
        words = words_digest(post.body.text, post.body.format)
        if theirs:
            return words in (self._said, self.given)
        # What our shared account is called, we are not told; but the words that it sent name who said them.
        return self._shared and words == self.given


def settle_reply_as(reply: int, post: PostKey, now: Millis, given: str = "") -> Unit[None]:
    """Note that a chat message is this post, whatever had been known of its fate.

    `given` is the digest of what the forum was given, where it was not noted yet.
    """
    yield (
        """UPDATE reply SET post_key=$2, fate='posted', reason='', given=CASE WHEN given='' THEN $3 ELSE given END,
             sent_revision=CASE WHEN sent_revision=0 THEN 1 ELSE sent_revision END WHERE id=$1""",
        (reply, post, given),
    )
    rows = yield (
        """UPDATE delivery SET state='sent', reason='', settled_at=made_at WHERE subject='reply' AND subject_id=$1
             AND act='create' AND state IN ('sending', 'held') RETURNING id""",
        (reply,),
    )
    for (delivery,) in rows:
        yield from close_notice(f"delivery:{delivery}", say("notices.found", number=delivery), now)
        yield from _sent_with(reply, delivery, now)
    # Claimed: read-back must not take it for another message with the same words.
    yield (
        """UPDATE part SET remote=$2, payload='' WHERE part=0 AND delivery IN
             (SELECT id FROM delivery WHERE subject='reply' AND subject_id=$1 AND act='create')""",
        (reply, post),
    )
    yield from share(reply)
    yield from adopt(reply, now)


def _sent_with(reply: int, delivery: int, now: Millis) -> Unit[None]:
    """Note whose account a reply was sent with whose answer was never heard: it is changed with the same one."""
    for (payload,) in (yield "SELECT payload FROM part WHERE delivery=$1 AND part=0 AND payload<>''", (delivery,)):
        login = msgspec.json.decode(payload, type=dict[str, Any]).get("login")
        if login:
            yield "UPDATE reply SET account=$2 WHERE id=$1", (reply, login["id"])
        yield from reply_done(reply, Act.CREATE, login, now)
