"""Chat messages on their way to a forum, as they are rendered."""

from __future__ import annotations

import msgspec

from bot.jobs import ReplyRow
from bot.model import Attached, ChatName, Login, PostKey, ThreadKey
from bot.replying import Accounts
from bot.store.granting import granted_login
from bot.store.reply_words import accounts_of_called, quoted
from bot.store.unit import Unit
from bot.store.way_back import last_rules_at
from bot.texts import say

FILES = tuple[Attached, ...]

ANCESTORS = 200
"""How far up a reply looks for what stands on the forum."""


def reply_row(id: int) -> Unit[ReplyRow | None]:
    """A chat message on its way to the forum, or there, with what it answers there and whose account posts it."""
    rows = yield (
        """SELECT r.name, r.text, r.format, r.revision, r.sent_revision, r.gone, r.post_key, t.key, t.title,
             r.parent_post, r.parent_reply, r.identity_chat,
             CASE WHEN r.fate IN ('queued', 'posted') THEN r.ticket ELSE '' END, r.account, t.forum, r.identity_user,
             r.files, r.bare, r.place, t.id, p.community
           FROM reply r JOIN thread t ON t.id=r.thread JOIN place p ON p.id=r.place WHERE r.id=$1""",
        (id,),
    )
    if not rows:
        return None
    *cells, account, forum, user, files, bare, place, thread_id, community = rows[0]
    name, text, format, revision, sent, gone, post, thread, thread_title, parent, above, chat, ticket = cells
    posted = bool(post or ticket)
    # A name that anybody may take has no account, whomever it was linked with.
    lent: tuple[Login | None, str] = (None, "")
    if posted or not bare:
        lent = yield from lent_to(account, forum, user, chat, community, posted=posted)
    rules = None if posted else (yield from last_rules_at(place, thread_id))
    later = yield "SELECT text, format, files FROM reply WHERE merged=$1 AND gone=0 ORDER BY id", (id,)
    if gone and later:  # what is left of the post is what its author said besides
        text, files, gone = "", "[]", 0
    parent_key, parent_title, waiting = "", thread_title, None
    # A parent that is itself a chat reply stands in the same queue before this one; refused ones are climbed over.
    for _ in range(ANCESTORS):
        if above is None:
            break
        [[above_key, above_post, above_above, state, since]] = yield (
            """SELECT r.post_key, r.parent_post, r.parent_reply, r.fate,
                 (SELECT COALESCE(claimed_at, made_at) FROM delivery WHERE subject='reply' AND subject_id=r.id
                    AND act='create' AND state='held')
               FROM reply r WHERE r.id=$1""",
            (above,),
        )
        if above_key:
            [[parent]] = yield "SELECT MIN(id) FROM post WHERE forum=$1 AND key=$2", (forum, above_key)
            parent_key = above_key if parent is None else ""
            break
        if state == "held" and waiting is None:
            waiting = since
        parent, above = above_post, above_above
    # Of what was deleted on the forum meanwhile the next one above is answered that stands, as in a chat.
    for _ in range(ANCESTORS):
        if parent_key or parent is None:
            break
        [[key, own_title, event, state, next_above]] = yield (
            """SELECT o.key, o.title, o.event, o.state, (SELECT a.id FROM post a WHERE o.parent_state='known'
                 AND a.forum=o.forum AND a.key=o.parent_key) FROM post o WHERE o.id=$1""",
            (parent,),
        )
        if event:
            break  # who answers what befell the thread answers the thread
        if state != "deleted" or posted:
            parent_key, parent_title = key, own_title or parent_title
        parent = next_above
    more = tuple((words, how) for words, how, _ in later)
    return ReplyRow(
        id=id,
        name=name,
        text=text,
        format=format,
        revision=revision,
        sent_revision=sent,
        gone=bool(gone),
        post=PostKey(post),
        thread=ThreadKey(thread),
        parent=PostKey(parent_key),
        parent_title=parent_title,
        chat=ChatName(chat),
        waiting=waiting,
        ticket=ticket,
        lent=lent[0],
        lent_refused=lent[1],
        own=rules is not None and rules.answering.accounts is Accounts.OWN,
        files=tuple(
            file for some in (files, *(row[2] for row in later)) for file in msgspec.json.decode(some, type=FILES)
        ),
        more=more,
        calls=(yield from accounts_of_called(((text, format), *more), chat, forum, community)),
        quoted=(yield from quoted(forum, thread_id, parent_key)),
    )


def lent_to(
    account: str, forum: int, user: str, chat: str, community: int, posted: bool
) -> Unit[tuple[Login | None, str]]:
    """The account that a reply is posted with, or was: its author's own, else the one that they were granted there.

    Besides, why the forum does not take that any more, in words for them; empty: it does.
    """
    if posted and not account:
        return None, ""
    rows = yield (
        """SELECT a.native, a.name, a.paused, f.name FROM forum_account a JOIN identity i ON i.person=a.person
             JOIN forum f ON f.id=a.forum WHERE a.forum=$1 AND i.chat=$2 AND i.user_id=$3 AND ($4='' OR a.native=$4)""",
        (forum, chat, user, account),
    )
    for native, name, why, called in rows:
        return Login(native, name, ""), say("accounts.refused", forum=called, name=name, why=why) if why else ""
    granted = yield from granted_login(account, forum, community, chat, user)
    if granted is not None:
        return granted
    return (Login(account, "", ""), "") if account else (None, "")
