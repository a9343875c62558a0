"""What was done in somebody's name: as themselves on a forum, for their community's admins to see.

What goes out with the account that the settings name is nobody's doing but ours, and says itself who spoke.
"""

from __future__ import annotations

from typing import Any

import msgspec

from bot.mirroring import Act
from bot.model import Millis
from bot.store.accounts import Account, connect, disconnect
from bot.store.said import SOMEBODY
from bot.store.unit import Unit

DONE = {Act.CREATE: "posted", Act.EDIT: "changed", Act.DELETE: "deleted"}


class Somebody(msgspec.Struct, frozen=True):
    """In whose name something is done: a login in a chat, what it is called there, and whose admins see it."""

    community: int
    chat: str
    user: str
    name: str


def done(who: Somebody, what: str, about: str, now: Millis) -> Unit[None]:
    """Note what was done in somebody's name, and about what."""
    yield (
        """INSERT INTO audit (community, who, what, new, done_at, chat, user_id)
           VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        (who.community, who.name, what, about, now, who.chat, who.user),
    )


def reply_done(reply: int, act: Act, login: Any, now: Millis) -> Unit[None]:
    """Note what became of a reply that was sent with a login; nothing where it was the one that the settings name."""
    if not login:
        return
    rows = yield (
        """SELECT p.community, r.identity_chat, r.identity_user, r.name, f.name, r.post_key, r.ticket
           FROM reply r JOIN place p ON p.id=r.place JOIN thread t ON t.id=r.thread JOIN forum f ON f.id=t.forum
           WHERE r.id=$1""",
        (reply,),
    )
    for community, chat, user, name, forum, post, ticket in rows:
        who = Somebody(community, chat, user, name)
        yield from _as(who, login["name"], DONE[act], forum, post, ticket, now)


def opener_done(opener: int, login: Any, now: Millis) -> Unit[None]:
    """Note that a thread was started with a login; nothing where it was the one that the settings name."""
    if not login:
        return
    rows = yield (
        """SELECT o.community, o.identity_chat, o.identity_user, o.name, f.name, o.post_key, o.ticket
           FROM opener o JOIN board b ON b.id=o.board JOIN forum f ON f.id=b.forum WHERE o.id=$1""",
        (opener,),
    )
    for community, chat, user, name, forum, post, ticket in rows:
        who = Somebody(community, chat, user, name)
        yield from _as(who, login["name"], "thread started", forum, post, ticket, now)


def _as(who: Somebody, name: str, did: str, forum: str, post: str, ticket: str, now: Millis) -> Unit[None]:
    """A line; who asked to be forgotten meanwhile has no name in it."""
    became = f"post {post}" if post else f"waits for a moderator as {ticket}" if ticket else ""
    about = ", ".join(filter(None, (f"as {name}" if name else "", became)))
    if not who.user:
        who, about = msgspec.structs.replace(who, name=SOMEBODY), became
    yield from done(who, f"{did} in their name on {forum}", about, now)


def account_connected(
    who: Somebody, person: int, forum: str, account: Account, sealed: bytes, now: Millis
) -> Unit[None]:
    """Keep an account that somebody lets us use, and note it."""
    yield from connect(person, forum, account, sealed, now)
    yield from done(who, f"own account on {forum} connected", "", now)


def account_taken_back(who: Somebody, person: int, forum: str, now: Millis) -> Unit[bool]:
    """Forget an account of somebody, and note it; whether there was one."""
    gone = yield from disconnect(person, forum)
    if gone:
        yield from done(who, f"own account on {forum} taken back", "", now)
    return gone


def forget_done(chat: str, user: str) -> Unit[None]:
    """Let what was done in the name of a login be done in nobody's."""
    yield "UPDATE audit SET who=$3, user_id='', new='' WHERE chat=$1 AND user_id=$2", (chat, user, SOMEBODY)
