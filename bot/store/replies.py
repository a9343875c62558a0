"""Chat messages on their way to a forum, as they are rendered."""

from __future__ import annotations

import msgspec

from bot.acts import ReplyRow
from bot.model import Attached, ChatName, Login, PostKey, ThreadKey
from bot.replying import Accounts
from bot.store.unit import Unit
from bot.store.way_back import last_rules_at

ANCESTORS = 200
"""How far up a reply looks for what stands on the forum."""


def reply_row(id: int) -> Unit[ReplyRow | None]:
    """A chat message on its way to the forum, or there, with what it answers there and whose account posts it."""
    rows = yield (
        """SELECT r.name, r.text, r.format, r.title, r.revision, r.sent_revision, r.gone, r.post_key, t.key, t.title,
             r.parent_post, r.parent_reply, r.identity_chat,
             CASE WHEN r.fate IN ('queued', 'posted') THEN r.ticket ELSE '' END, r.account, t.forum, r.identity_user,
             r.files, r.bare, r.place, t.id
           FROM reply r JOIN thread t ON t.id=r.thread WHERE r.id=$1""",
        (id,),
    )
    if not rows:
        return None
    *cells, account, forum, user, files, bare, place, thread_id = rows[0]
    name, text, format, title, revision, sent, gone, post, thread, thread_title, parent, above, chat, ticket = cells
    posted = bool(post or ticket)
    # A name that anybody may take has no account, whomever it was linked with.
    lent = (None, "") if bare and not posted else (yield from lent_to(account, forum, user, chat, posted=posted))
    rules = None if posted else (yield from last_rules_at(place, thread_id))
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
            parent_key = above_key
            break
        if state == "held" and waiting is None:
            waiting = since
        parent, above = above_post, above_above
    if not parent_key and parent is not None:
        [[key, own_title, event]] = yield "SELECT key, title, event FROM post WHERE id=$1", (parent,)
        if not event:  # who answers what befell the thread answers the thread
            parent_key, parent_title = key, own_title or parent_title
    return ReplyRow(
        id=id,
        name=name,
        text=text,
        format=format,
        title=title,
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
        files=msgspec.json.decode(files, type=tuple[Attached, ...]),
    )


def lent_to(account: str, forum: int, user: str, chat: str, posted: bool) -> Unit[tuple[Login | None, str]]:
    """The account that a reply is posted with, or was: its author's own, where they let us use one."""
    if posted and not account:
        return None, ""
    rows = yield (
        """SELECT a.native, a.name, a.paused FROM forum_account a JOIN identity i ON i.person=a.person
           WHERE a.forum=$1 AND i.chat=$2 AND i.user_id=$3 AND ($4='' OR a.native=$4)""",
        (forum, chat, user, account),
    )
    for native, name, refused in rows:
        return Login(native, name, ""), refused
    return (Login(account, "", ""), "") if account else (None, "")
