"""Threads that readers start on our own pages: the same straight line as from a chat."""

from __future__ import annotations

import msgspec

from bot.model import DAY, ChatPerson, Millis, UserId
from bot.replying import Accounts, Lately, Rules, Verdict, may
from bot.store.lately import wrote_lately
from bot.store.openers import Asked, ask, asked_for
from bot.store.readers import nobodys
from bot.store.sessions import SignedIn
from bot.store.sight import Sight
from bot.store.startable import rules_on, whose
from bot.store.unit import Unit
from bot.texts import say

REMEMBERED = 7 * DAY
"""For how long a page reminds somebody of a thread that the forum did not take."""

MOST = 20
"""Threads of somebody that a page shows."""


class PageOpener(msgspec.Struct, frozen=True):
    """A thread that somebody asked for and that is no thread of the board before them, or never becomes one."""

    title: str
    text: str
    format: str
    fate: str
    reason: str
    made_at: Millis


def openable(board: int, sight: Sight) -> Unit[Rules | None]:
    """What a mirror of a board says that takes threads from pages; None where none does.

    Which roles somebody has in a chat is not known on pages: where only some may write, they do so in the chat.
    """
    rules = yield from rules_on(board, sight)
    return next((one for one in rules if not one.answering.who), None)


def write_opener(who: SignedIn, board: int, title: str, text: str, form: str, now: Millis) -> Unit[str]:
    """Take a thread that somebody wrote, once for each form; why it is not taken, empty where it is."""
    asked = f"form:{form}"
    if (yield from asked_for(who.chat, asked)) is not None:
        return ""
    rules = yield from openable(board, who.sight)
    if rules is None:
        return say("web.no_openers")
    [[forum]] = yield "SELECT f.name FROM board b JOIN forum f ON f.id=b.forum WHERE b.id=$1", (board,)
    bare = yield from nobodys(who.chat, who.user)
    before = yield from wrote_lately(who.chat, who.user, False, forum, now)
    ruling = may(rules, ChatPerson(UserId(who.user), who.name), answers=True, lately=Lately(before), now=now)
    if ruling.verdict is not Verdict.TAKEN:
        return ruling.reason
    own, refused = (None, "") if bare else (yield from whose(board, who.community, who.chat, who.user))
    if own is not None and refused:
        return refused
    own_only = rules.answering.accounts is Accounts.OWN
    if own_only and own is None:
        return say("answering.own_only", forum=forum, sign="")
    made = Asked(who.chat, who.user, who.name, asked, title, text, own=own_only, bare=bare)
    yield from ask(board, who.community, made, now)
    return ""


def page_openers(person: int, board: int, now: Millis) -> Unit[list[PageOpener]]:
    """The threads that somebody asked for on a board and that are not there yet, or were not taken lately; in order."""
    rows = yield (
        """SELECT o.title, o.text, o.format, o.fate, o.reason, o.made_at FROM opener o
             JOIN identity i ON i.chat=o.identity_chat AND i.user_id=o.identity_user AND i.person=$1
           WHERE o.board=$2 AND o.post IS NULL AND (o.fate NOT IN ('refused', 'dropped') OR o.made_at>$3)
           ORDER BY o.id DESC LIMIT $4""",
        (person, board, now - REMEMBERED, MOST),
    )
    return [PageOpener(*row) for row in reversed(rows)]
