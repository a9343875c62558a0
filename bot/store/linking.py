"""Two logins that turn out to be one reader: a code that one shows and the other types."""

from __future__ import annotations

import enum
from collections.abc import Sequence

import msgspec

from bot.model import MINUTE, Millis, Where
from bot.store.persons import Identity, identities, join, person_of, unlink
from bot.store.sessions import digest
from bot.store.unit import Unit
from bot.store.whispers import whisper

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""What codes are made of: nothing that looks or sounds like another sign of it."""

LENGTH = 8
"""Characters of a code: with so few tries, nobody guesses one of the 650,000,000,000 that there can be."""

CODE_LASTS = 10 * MINUTE
"""Milliseconds in which a code can be typed."""

WRONG, REST = 5, 10 * MINUTE
"""Wrong codes after which a login can type none for a while, and the milliseconds of both: of counting, and of that."""


def plain(code: str) -> str:
    """A code as it is compared, however it was typed."""
    return "".join(sign for sign in code.upper() if sign in ALPHABET)


def keep_code(code: str, chat: str, user: str, where: Where, now: Millis) -> Unit[None]:
    """Show a code to a login, in the place of the one that it was shown before."""
    yield (
        """INSERT INTO link_code (chat, user_id, digest, channel, thread_ref, until) VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (chat, user_id) DO UPDATE SET digest=excluded.digest, channel=excluded.channel,
             thread_ref=excluded.thread_ref, until=excluded.until""",
        (chat, user, digest(plain(code)), where.channel, where.thread, now + CODE_LASTS),
    )


class Came(enum.StrEnum):
    """What came of a code that was typed."""

    LINKED = "linked"
    THERE = "there"  # both were one reader already
    OWN = "own"  # it was shown to the very login that typed it
    WRONG = "wrong"  # it is none, or none any more
    RESTS = "rests"  # too many were wrong


class Typed(msgspec.Struct, frozen=True):
    """What came of a code that was typed, and to whom it had been shown; or until when no code is taken."""

    came: Came
    shown_to: Identity = Identity("", "", "")
    until: Millis = 0


def type_code(code: str, chat: str, user: str, told: str, now: Millis) -> Unit[Typed]:
    """Let the login that types a code be one reader with the login that it was shown to, who hears `told`.

    Who typed it goes on with what they wish. What went wrong is no error: that it was tried is kept.
    """
    rows = yield "SELECT times, since FROM mistyped WHERE chat=$1 AND user_id=$2", (chat, user)
    times, since = rows[0] if rows else (0, now)
    if not 0 <= now - since < REST:
        times, since = 0, now
    if times >= WRONG:
        return Typed(Came.RESTS, until=since + REST)
    key = digest(plain(code))
    rows = yield (
        """SELECT x.chat, x.user_id, i.name, i.person, x.channel, x.thread_ref FROM link_code x
             JOIN identity i ON i.chat=x.chat AND i.user_id=x.user_id WHERE x.digest=$1 AND x.until>$2""",
        (key, now),
    )
    login = Identity(*rows[0][:3]) if rows else None
    if login is not None and (login.chat, login.user) == (chat, user):
        return Typed(Came.OWN, login)
    # Of two who type it at once, it is gone for one.
    if login is None or not (yield "DELETE FROM link_code WHERE digest=$1 RETURNING chat", (key,)):
        yield (
            """INSERT INTO mistyped (chat, user_id, times, since) VALUES ($1, $2, $3, $4)
               ON CONFLICT (chat, user_id) DO UPDATE SET times=excluded.times, since=excluded.since""",
            (chat, user, times + 1, since),
        )
        return Typed(Came.WRONG)
    [[_, _, _, other, channel, thread]] = rows
    person = yield from person_of(chat, user)
    assert person is not None  # who gives a command was met
    if person == other:
        return Typed(Came.THERE, login)
    yield from join(person, other)
    yield from whisper(login.chat, channel, thread, login.user, told, f"linked-{key}", now)
    return Typed(Came.LINKED, login)


def forget_tries(now: Millis) -> Unit[int]:
    """Forget wrong codes that count no more; how many logins had typed some."""
    return len((yield "DELETE FROM mistyped WHERE since<=$1 RETURNING chat", (now - REST,)))


class Unlinked(msgspec.Struct, frozen=True):
    """The login that became a person of its own, where one was meant, and those that it was linked with."""

    login: Identity | None
    others: tuple[Identity, ...]


def unlink_login(person: int, asks: Identity, chat: str, told: str, now: Millis) -> Unit[Unlinked]:
    """Let the login of a person in a chat be one of its own; with no chat, the one that asks.

    Another one hears `told`, where it was met last.
    """
    known = yield from identities(person)
    logins = [one for one in known if not one.of_chat]
    own = _login(known, next(one for one in known if (one.chat, one.user) == (asks.chat, asks.user)))
    there = [_login(known, one) for one in known if one.chat.casefold() == chat.casefold()] if chat else [own]
    meant = own if own in there else there[0] if len(there) == 1 else None
    others = tuple(one for one in logins if one != meant)
    if meant is None or not others:
        return Unlinked(meant, others)
    alone = yield from unlink(meant.chat, meant.user, now)
    rows = yield (
        "SELECT channel, thread_ref FROM member WHERE chat=$1 AND user_id=$2 ORDER BY seen_at DESC LIMIT 1",
        (meant.chat, meant.user),
    )
    if rows and meant != own:
        [[channel, thread]] = rows
        yield from whisper(meant.chat, channel, thread, meant.user, told, f"alone-{alone}", now)
    return Unlinked(meant, others)


def _login(known: Sequence[Identity], one: Identity) -> Identity:
    """The login that an identity stands for, or is."""
    return next((login for login in known if (login.chat, login.user) == (one.of_chat, one.of_user)), one)
