"""One-time links and the browsers that they sign in: whose they are, until when. Only digests of them are kept.

All belong to one chat login. Who that is, is asked anew each time: a login that is forgotten or is somebody else's
opens nothing.
"""

from __future__ import annotations

import hashlib

import msgspec

from bot.model import DAY, MINUTE, Millis, UserId
from bot.store.sight import Sight
from bot.store.unit import Unit

TICKET_LASTS = 10 * MINUTE
"""Milliseconds in which a one-time link can be used."""

SESSION_LASTS = 90 * DAY
"""Milliseconds that a browser stays signed in after it was used last."""

SESSIONS = 20
"""Browsers that one login may be signed in with; the oldest leaves."""

READER, DATA = "reader", "data"
"""What a one-time link opens: the pages, or the file of everything that is kept of somebody."""


def digest(token: str) -> str:
    """What is kept of a token: enough to know it again, and not to make it."""
    return hashlib.sha256(token.encode()).hexdigest()


class Ticket(msgspec.Struct, frozen=True):
    """A one-time link: whose it is, and for what of a community."""

    person: int
    chat: str
    user: UserId
    name: str
    community: int


class SignedIn(msgspec.Struct, frozen=True):
    """Who reads in a browser, and what they see."""

    person: int
    chat: str
    user: UserId
    name: str
    community: int
    sight: Sight
    session: int


TICKET = """SELECT i.person, t.chat, t.user_id, i.name, t.community FROM ticket t
  JOIN identity i ON i.chat=t.chat AND i.user_id=t.user_id WHERE t.digest=$1 AND t.opens=$2 AND t.until>$3"""


def issue(token: str, opens: str, chat: str, user: str, community: int, now: Millis) -> Unit[None]:
    """Let a token, once, open something to a login; the one that it had for that before opens nothing any more.

    What a visitor asks for is for the login that they signed in with.
    """
    rows = yield "SELECT of_chat, of_user FROM identity WHERE chat=$1 AND user_id=$2 AND of_chat<>''", (chat, user)
    if rows:
        [[chat, user]] = rows
    yield (
        """INSERT INTO ticket (chat, user_id, opens, digest, community, until) VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (chat, user_id, opens) DO UPDATE SET digest=excluded.digest, community=excluded.community,
             until=excluded.until""",
        (chat, user, opens, digest(token), community, now + TICKET_LASTS),
    )


def ticket(token: str, opens: str, now: Millis) -> Unit[Ticket | None]:
    """Whose token it is, which is not used up by asking; None where it opens nothing (any more)."""
    rows = yield TICKET, (digest(token), opens, now)
    return Ticket(*rows[0]) if rows else None


def redeem(token: str, opens: str, now: Millis) -> Unit[Ticket | None]:
    """Use a token up: whose it was; None where it opens nothing (any more)."""
    found = yield from ticket(token, opens, now)
    # Of two who come at once, it is gone for one.
    rows = yield "DELETE FROM ticket WHERE digest=$1 AND opens=$2 RETURNING opens", (digest(token), opens)
    return found if rows else None


def sign_in(chat: str, user: str, community: int, session: str, now: Millis) -> Unit[None]:
    """Let a browser that shows the token `session` be signed in as a login, to read what a community sees."""
    yield (
        """INSERT INTO session (digest, chat, user_id, community, made_at, until) VALUES ($1, $2, $3, $4, $5, $6)""",
        (digest(session), chat, user, community, now, now + SESSION_LASTS),
    )
    yield (
        """DELETE FROM session WHERE chat=$1 AND user_id=$2 AND id NOT IN
             (SELECT id FROM session WHERE chat=$1 AND user_id=$2 ORDER BY id DESC LIMIT $3)""",
        (chat, user, SESSIONS),
    )


def enter(token: str, session: str, now: Millis) -> Unit[Ticket | None]:
    """Use a one-time link up and sign the browser in that shows the token `session` from now on."""
    found = yield from redeem(token, READER, now)
    if found is not None:
        yield from sign_in(found.chat, found.user, found.community, session, now)
    return found


class Session(msgspec.Struct, frozen=True):
    """A browser that is signed in, until a time."""

    who: SignedIn
    until: Millis


def session(token: str, now: Millis) -> Unit[Session | None]:
    """Who is signed in with a browser that shows this token; None for nobody (any more)."""
    rows = yield (
        """SELECT i.person, s.chat, s.user_id, i.name, s.community, s.id, s.until FROM session s
             JOIN identity i ON i.chat=s.chat AND i.user_id=s.user_id WHERE s.digest=$1 AND s.until>$2""",
        (digest(token), now),
    )
    if not rows:
        return None
    person, chat, user, name, community, id, until = rows[0]
    return Session(SignedIn(person, chat, UserId(user), name, community, Sight(community), id), until)


def extend(session: int, now: Millis) -> Unit[None]:
    """Let a browser stay signed in for the full time from now on."""
    yield "UPDATE session SET until=$2 WHERE id=$1", (session, now + SESSION_LASTS)


def sign_out(token: str) -> Unit[None]:
    """Let the browser that shows this token be signed in no longer."""
    yield "DELETE FROM session WHERE digest=$1", (digest(token),)


def shut(chat: str, user: str) -> Unit[None]:
    """Let nothing that was opened to a login be open any more: its one-time links, codes and signed-in browsers."""
    for table in ("ticket", "session", "link_code", "mistyped"):
        yield f"DELETE FROM {table} WHERE chat=$1 AND user_id=$2", (chat, user)


def forget_expired(now: Millis) -> Unit[int]:
    """Forget what opens nothing any more, by its age; how many rows."""
    gone = 0
    for table in ("ticket", "session", "link_code"):
        gone += len((yield f"DELETE FROM {table} WHERE until<=$1 RETURNING chat", (now,)))
    return gone
