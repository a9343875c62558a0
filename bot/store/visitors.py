"""Visitors: who signed in to our pages with a login of another chat, as the chat on those pages knows them.

A visitor is no login: it goes where the login goes that it stands for.
"""

from __future__ import annotations

from bot.model import Millis, UserId
from bot.store.persons import ensure_person, join, login_of
from bot.store.sessions import SignedIn
from bot.store.unit import Unit


def visitor_id(chat: str, user: str) -> UserId:
    """What a login of another chat is called in the chat on our pages: always the same, and never like a name there."""
    return UserId(f"{chat}:{user}")


def visits(chat: str, who: SignedIn) -> Unit[bool]:
    """Whether who signed in is known already to the chat on our pages as who they are."""
    rows = yield (
        "SELECT 1 FROM identity WHERE chat=$1 AND user_id=$2 AND of_chat=$3 AND of_user=$4 AND person=$5",
        (chat, visitor_id(who.chat, who.user), who.chat, who.user, who.person),
    )
    return bool(rows)


def admit(chat: str, who: SignedIn, now: Millis) -> Unit[None]:
    """Let who signed in be the same person in the chat on our pages."""
    login = yield from login_of(who.chat, who.user)
    if login is None:  # forgotten since they were asked who they are
        return
    visitor = visitor_id(who.chat, who.user)
    # Somebody of that id may be there: what a visitor had said is heard late, when all of them was forgotten.
    yield from join(login.person, (yield from ensure_person(chat, visitor, who.name, now)))
    yield (
        "UPDATE identity SET of_chat=$3, of_user=$4 WHERE chat=$1 AND user_id=$2",
        (chat, visitor, who.chat, who.user),
    )
