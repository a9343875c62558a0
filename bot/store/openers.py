"""Threads that people start from the chat: asked for, owed to the forum, and told of, for no message stands for them.

What such a thread becomes is mirrored into every channel like any other (`bot.store.opened` knows it again).
"""

from __future__ import annotations

import msgspec

from bot import markup
from bot.jobs import OpenerRow, Subject
from bot.mirroring import Act
from bot.model import DAY, BoardKey, ChatName, Login, Millis, PostKey, Where
from bot.store.discussion import have_read
from bot.store.following import SAY
from bot.store.outbox import owe_one
from bot.store.persons import ensure_person
from bot.store.places import new_queue
from bot.store.replies import lent_to
from bot.store.reply_words import accounts_of_called
from bot.store.said import EXCERPT, OPEN, SOMEBODY
from bot.store.sight import Sight, thread_seen
from bot.store.sources import DUE_AT_ONCE
from bot.store.unit import Unit, one
from bot.store.whispers import whisper_plain
from bot.texts import say


class Asked(msgspec.Struct, frozen=True):
    """A thread as somebody asks for it; `asked` is the event or form by which they do: it counts once."""

    chat: str
    user: str
    name: str
    asked: str
    title: str
    text: str
    format: str = "markdown"
    tags: tuple[str, ...] = ()
    where: Where | None = None
    """Where they asked, for there they are told what becomes of it; None: on a page."""
    own: bool = False
    """With an account of theirs, or not at all."""
    bare: bool = False
    """Whether the name is one that anybody may take there: it has no account, whomever it was linked with."""


def asked_for(chat: str, asked: str) -> Unit[int | None]:
    """The number of a thread that was asked for already by an event or form of a chat; None where none was."""
    rows = yield "SELECT id FROM opener WHERE identity_chat=$1 AND asked=$2", (chat, asked)
    return int(one(rows)) if rows else None


def ask(board: int, community: int, asked: Asked, now: Millis) -> Unit[int]:
    """Take what somebody asks for and owe it to the board's forum, once however often this is said; its number."""
    who = (asked.chat, asked.asked)
    before = yield from asked_for(*who)
    if before is not None:
        return before
    channel, thread = (asked.where.channel, asked.where.thread) if asked.where is not None else ("", "")
    rows = yield (
        """INSERT INTO opener (board, community, identity_chat, asked, identity_user, name, channel, thread_ref, title,
             text, format, tags, own, bare, fate, made_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'pending', $15) RETURNING id""",
        (
            board,
            community,
            *who,
            asked.user,
            asked.name,
            channel,
            thread,
            asked.title,
            asked.text,
            asked.format,
            msgspec.json.encode(asked.tags).decode(),
            int(asked.own),
            int(asked.bare),
            now,
        ),
    )
    opener = int(one(rows))
    yield from owe_one((yield from board_queue(board)), Subject.OPENER, opener, Act.CREATE, 1, now)
    return opener


def board_queue(board: int) -> Unit[int]:
    """The queue of what is owed to the forum on one of its boards."""
    [[queue, forum, name]] = yield (
        "SELECT b.queue, b.forum, f.name FROM board b JOIN forum f ON f.id=b.forum WHERE b.id=$1",
        (board,),
    )
    if queue is not None:
        return int(queue)
    fresh = yield from new_queue(f"forum:{name}", "", forum)
    yield "UPDATE board SET queue=$2 WHERE id=$1", (board, fresh)
    return fresh


def opener_row(id: int) -> Unit[OpenerRow | None]:
    """A thread that is to be started, with whose account starts it."""
    rows = yield (
        """SELECT o.name, b.key, b.name, o.title, o.text, o.format, o.tags, o.identity_chat, o.post_key, b.forum,
             o.identity_user, o.account, o.ticket, o.own, o.community, o.bare
           FROM opener o JOIN board b ON b.id=o.board WHERE o.id=$1""",
        (id,),
    )
    for name, board, called, title, text, format, tags, chat, post, forum, user, account, ticket, own, at, bare in rows:
        posted = bool(post or ticket)
        lent: tuple[Login | None, str] = (None, "")
        if posted or not bare:
            lent = yield from lent_to(account, forum, user, chat, at, posted=posted)
        return OpenerRow(
            id=id,
            name=name,
            board=BoardKey(board),
            board_name=called,
            title=title,
            text=text,
            format=format,
            tags=tuple(msgspec.json.decode(tags, type=list[str])),
            chat=ChatName(chat),
            post=PostKey(post),
            lent=lent[0],
            lent_refused=lent[1],
            own=bool(own),
            calls=(yield from accounts_of_called([(text, format)], chat, forum, at)),
        )
    return None


# ------------------------------------------------------------------------------------------------ what becomes of it


class Taken(msgspec.Struct, frozen=True):
    """What a forum made of a thread that was started: shown under these keys, or kept under a ticket."""

    post: str = ""
    thread: str = ""
    link: str = ""
    ticket: str = ""
    account: str = ""
    """The account of theirs that started it; empty: the one that the settings name."""


def taken(opener: int, as_: Taken, now: Millis) -> Unit[None]:
    """Note what the forum made of it, tell who asked for it, and have its board read: there it is known again."""
    yield (
        """UPDATE opener SET post_key=$2, thread_key=$3, link=$4, ticket=$5, account=$6, reason='',
             fate=CASE WHEN $5<>'' THEN 'queued' ELSE 'posted' END WHERE id=$1 AND post IS NULL""",
        (opener, as_.post, as_.thread, as_.link, as_.ticket, as_.account),
    )
    yield from adopt_opener(opener, now)
    yield from tell_fate(opener, now)
    yield (
        f"""UPDATE source SET next_at={DUE_AT_ONCE} WHERE next_at IS NOT NULL
             AND board=(SELECT board FROM opener WHERE id=$1)""",
        (opener,),
    )


def adopt_opener(opener: int, now: Millis) -> Unit[None]:
    """Let a thread that was started here be its OP, as soon as both are known: read and followed by who started it."""
    rows = yield (
        """UPDATE opener SET post=p.id, link=CASE WHEN opener.link<>'' THEN opener.link WHEN p.link<>'' THEN p.link
             ELSE t.link END FROM board b, post p, thread t
           WHERE opener.id=$1 AND opener.post IS NULL AND opener.post_key<>'' AND b.id=opener.board
             AND p.forum=b.forum AND p.key=opener.post_key AND t.id=p.thread
           RETURNING opener.post, opener.community, opener.identity_chat, opener.identity_user, opener.name""",
        (opener,),
    )
    for post, community, chat, user, name in rows:
        if not user:
            return  # they asked to be forgotten
        person = yield from ensure_person(chat, user, name, now)
        yield from have_read(person, [post])
        [[thread]] = yield "SELECT thread FROM post WHERE id=$1", (post,)
        if (yield from thread_seen(thread, Sight(community))) is not None:  # else its news are told to nobody
            yield f"{SAY} DO NOTHING", (person, thread, community, "follow")


def rejected_opener(opener: int, why: str, now: Millis) -> Unit[None]:
    """Note that a moderator rejected it: it is known by its words no more."""
    yield "UPDATE opener SET fate='refused', reason=$2 WHERE id=$1", (opener, why[:500])
    yield (
        """UPDATE part SET payload='' WHERE delivery IN
             (SELECT id FROM delivery WHERE subject='opener' AND subject_id=$1)""",
        (opener,),
    )
    yield from tell_fate(opener, now)


def approved_opener(opener: int, post: PostKey, now: Millis) -> Unit[None]:
    """Note that a moderator let it through, as this post; it is told where that is, once it was read."""
    yield "UPDATE opener SET post_key=$2 WHERE id=$1", (opener, post)
    yield from adopt_opener(opener, now)
    rows = yield "UPDATE opener SET fate='posted' WHERE id=$1 AND post IS NOT NULL RETURNING id", (opener,)
    if rows:
        yield from tell_fate(opener, now)


def claimed_openers(queue: int, begun: Millis) -> Unit[list[tuple[str, int]]]:
    """What a start that was begun on a board at a time cannot have made, with what did; see `turns.claimed_messages`.

    Boards may show each other's threads: those of the whole forum count, as far back as read-back may reach.
    """
    rows = yield (
        """SELECT o.ticket, o.id FROM opener o JOIN board b ON b.id=o.board
             WHERE b.forum=(SELECT forum FROM board WHERE queue=$1)
           UNION SELECT o.post_key, o.id FROM opener o JOIN board b ON b.id=o.board
             WHERE b.forum=(SELECT forum FROM board WHERE queue=$1)
           UNION SELECT p.key, 0 FROM thread t JOIN post p ON p.thread=t.id AND p.op=1
             WHERE t.forum=(SELECT forum FROM board WHERE queue=$1) AND p.seen_at<$2 AND p.seen_at>$3""",
        (queue, begun, begun - 2 * DAY),
    )
    return [(key, id) for key, id in rows]


def ends(opener: int, delivery: int, state: str, reason: str, now: Millis) -> Unit[None]:
    """Note that it was refused, dropped or is held, and tell who asked for it why.

    One that was known again on the forum meanwhile is posted, whatever becomes of its delivery.
    """
    rows = yield (
        "UPDATE opener SET fate=$2, reason=$3 WHERE id=$1 AND post_key='' RETURNING id",
        (opener, state, reason[:500]),
    )
    if rows:
        yield from tell_fate(opener, now, f"-{delivery}")


def tell_fate(opener: int, now: Millis, again: str = "") -> Unit[None]:
    """Tell who asked for a thread what became of it, once for each fate; `again` tells one such end from another."""
    [[fate, reason, title, link, board, forum]] = yield (
        """SELECT o.fate, o.reason, o.title, o.link, b.name, f.name FROM opener o JOIN board b ON b.id=o.board
             JOIN forum f ON f.id=b.forum WHERE o.id=$1""",
        (opener,),
    )
    title = markup.clean_name(title, EXCERPT)
    match fate:
        case "posted" if link:
            told = say("openers.posted", title=title, forum=forum, link=link)
        case "posted":
            told = say("openers.stands", title=title, forum=forum, board=board)
        case "queued":
            told = say("openers.queued", title=title, forum=forum)
        case "refused":
            told = say("openers.refused", title=title, forum=forum, why=reason)
        case "held":
            told = say("openers.held", title=title, forum=forum, why=reason)
        case _:
            told = say("openers.dropped", title=title, forum=forum, why=reason)
    yield from _tell(opener, told, f"opener-{opener}-{fate}{again}", now)


def _tell(opener: int, told: str, key: str, now: Millis) -> Unit[None]:
    """Say something in private to who asked for a thread, where they did, or where they were met last."""
    [[chat, user, channel, thread, community]] = yield (
        "SELECT identity_chat, identity_user, channel, thread_ref, community FROM opener WHERE id=$1",
        (opener,),
    )
    if not user:
        return  # they asked to be forgotten
    if not channel:
        met = yield (
            "SELECT chat, channel, thread_ref FROM member WHERE chat=$1 AND user_id=$2 AND community=$3",
            (chat, user, community),
        )
        if not met:
            return
        [[chat, channel, thread]] = met
    yield from whisper_plain(chat, channel, thread, user, told, key, now)


# --------------------------------------------------------------------------------------------------- its words leave

OVER = f"""(fate IN ('refused', 'dropped') OR post IS NOT NULL) AND NOT EXISTS
  (SELECT 1 FROM delivery WHERE subject='opener' AND subject_id=opener.id AND {OPEN})"""
"""The condition under which nothing is sent or known again by its words any more."""


def forget_older_opened(before: Millis) -> Unit[int]:
    """Let the words leave of threads that were asked for before a time and are over; how many."""
    rows = yield f"UPDATE opener SET text='', title='' WHERE made_at<$1 AND text<>'' AND {OVER} RETURNING id", (before,)
    return len(rows)


def forget_opened_by_nobody() -> Unit[None]:
    """Let words and names leave of threads whose author is forgotten, once they are over."""
    yield (
        f"""UPDATE opener SET text='', title='', account='', name='{SOMEBODY}'
            WHERE identity_user='' AND name<>'{SOMEBODY}' AND {OVER}""",
        (),
    )
