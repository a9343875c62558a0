"""Short messages in a row by one person that become one post: which join it, what ends it, what they share.

The first of them owes the post, and waits for more while its delivery has no turn yet. Each of the others is a reply
of its own that names the first (`reply.merged`) and owes nothing itself. The post's words are those of all that stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bot.model import ChatPerson, Millis, Said
from bot.store.unit import Unit, one

STRETCH = 5
"""Windows after which a run ends at the latest, however fast somebody goes on: others wait for what they say."""

MOST = 20
"""Messages of one post."""

BACK = 50
"""Messages of a place among which the last one is looked for that was taken: in a busy place many are turned away."""

LONGEST = 8_000
"""Characters that the messages of one post have together: forums that bound their posts take as many."""

OF_RUN = "(r.id=$1 OR r.merged=$1)"
"""Whether a reply `r` is the first message of a post, or became part of it."""

STANDS = """EXISTS (SELECT 1 FROM reply s WHERE s.gone=0 AND (s.id=r.id OR s.merged=r.id))"""
"""Whether any message of the post of which a reply `r` is the first still stands."""


class Run(NamedTuple):
    """Messages that become one post, which waits for more of them."""

    first: int
    delivery: int
    owed_at: Millis
    thread: int
    chat: str
    user: str
    parents: tuple[int | None, int | None]
    """The post and the reply that the first one answers."""
    began: Millis
    last: Millis
    messages: int
    characters: int

    def by(self, chat: str, person: ChatPerson) -> bool:
        """Whether somebody's words are these."""
        return (self.chat, self.user) == (chat, person.id)

    def takes(self, chat: str, said: Said, thread: int, parents: tuple[int | None, int | None], window: Millis) -> bool:
        """Whether what somebody says becomes part of it; `parents` is what that answers."""
        alike = parents == self.parents and parents != (None, None)
        return (
            self.by(chat, said.person)
            and thread == self.thread
            and (alike or not said.reply_to)
            and 0 <= said.at - self.last <= window
            and said.at - self.began <= STRETCH * window
            and self.messages < MOST
            and self.characters + len(said.text) <= LONGEST
        )


def gathering(place: int, message: str, now: Millis) -> Unit[Run | None]:
    """The run in a place that waits for more, as what is taken in now finds it; `message` is that itself.

    There is one at most: whatever is said in a place becomes part of its run, or ends it.
    """
    rows = yield (
        """SELECT f.id, d.id, d.made_at, f.thread, f.identity_chat, f.identity_user, f.parent_post, f.parent_reply,
             f.said_at
           FROM delivery d JOIN reply f ON f.id=d.subject_id
           WHERE d.id=(SELECT x.id FROM (SELECT l.id, l.merged FROM reply l WHERE l.place=$1 AND l.message<>$2
               AND l.paged=0 ORDER BY l.id DESC LIMIT $4) r
             JOIN delivery x ON x.subject='reply' AND x.subject_id=COALESCE(r.merged, r.id) AND x.act='create'
             ORDER BY r.id DESC LIMIT 1)
             AND d.state='pending' AND d.rendered IS NULL AND d.not_before>$3 AND d.made_at<=$3{lock}""",
        (place, message, now, BACK),
    )
    for first, delivery, owed_at, thread, chat, user, post, reply, began in rows:
        [[last, messages, standing, characters]] = yield (
            f"""SELECT MAX(r.said_at), count(*), SUM(1-r.gone), SUM(length(r.text)) FROM reply r WHERE {OF_RUN}""",
            (first,),
        )
        if standing:
            return Run(first, delivery, owed_at, thread, chat, user, (post, reply), began, last, messages, characters)
    return None


def join(run: Run, reply: int, window: Millis, now: Millis) -> Unit[None]:
    """Let a reply become part of a run, which then waits for the next one."""
    yield "UPDATE reply SET merged=$2 WHERE id=$1", (reply, run.first)
    # What is rendered meanwhile lacks it, and is not claimed: this is another version.
    yield "UPDATE reply SET revision=revision+1 WHERE id=$1", (run.first,)
    until = min(now + window, run.owed_at + STRETCH * window)
    yield "UPDATE delivery SET not_before=$2 WHERE id=$1", (run.delivery, until)


def let_go(delivery: int) -> Unit[bool]:
    """Let a post go that waits for more of its author's words; whether it did."""
    rows = yield (
        "UPDATE delivery SET not_before=0 WHERE id=$1 AND state='pending' AND not_before>0 RETURNING id",
        (delivery,),
    )
    return bool(rows)


def share(reply: int) -> Unit[None]:
    """Let the messages that became part of a reply's post have its fate."""
    yield (
        """UPDATE reply SET fate=(SELECT f.fate FROM reply f WHERE f.id=$1),
             reason=(SELECT f.reason FROM reply f WHERE f.id=$1) WHERE merged=$1""",
        (reply,),
    )


def unsaid(reply: int) -> Unit[bool]:
    """Whether no message of a reply's post stands any more."""
    return not (yield f"SELECT 1 FROM reply r WHERE {OF_RUN} AND r.gone=0 LIMIT 1", (reply,))


def more_words(replies: Sequence[int]) -> Unit[dict[int, list[tuple[str, str]]]]:
    """What else stands of the posts of some replies: text and format of each later message, in order."""
    rows = yield (
        "SELECT merged, text, format FROM reply WHERE merged=$1 AND gone=0 ORDER BY id",
        [(reply,) for reply in replies],
    )
    found: dict[int, list[tuple[str, str]]] = {}
    for first, text, format in rows:
        found.setdefault(int(first), []).append((text, format))
    return found


def messages_of(reply: int) -> Unit[int]:
    """How many messages a reply's post is made of, with those that were taken away."""
    return int(one((yield f"SELECT count(*) FROM reply r WHERE {OF_RUN}", (reply,))))
