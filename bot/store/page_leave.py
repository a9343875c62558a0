"""Whether somebody may write to a forum from a page, and as whom: what they are told before they type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bot.replying import Accounts, Rules, listed
from bot.store.page_replies import takers
from bot.store.readers import nobodys
from bot.store.replies import lent_to
from bot.store.sessions import SignedIn
from bot.store.sight import ThreadSeen
from bot.store.startable import rules_on
from bot.store.unit import Unit


class Leave(NamedTuple):
    """Whether what somebody writes on a page is taken; where it is not, one of the others may say why."""

    given: bool
    among: str = ""
    """The roles and levels of which somebody has to have one, which pages do not know of anybody."""
    connect: str = ""
    """The forum on which they would have to connect an account."""
    own: str = ""
    """The name on the forum of the account that it goes out with, where that is theirs."""


def leave_to_answer(who: SignedIn, thread: ThreadSeen) -> Unit[Leave]:
    """Whether somebody may answer a thread."""
    there = yield from takers(thread.id, who.sight)
    return (yield from _leave(who, thread.forum, [one.rules for one in there]))


def leave_to_start(who: SignedIn, board: int) -> Unit[Leave]:
    """Whether somebody may start a thread on a board."""
    rules = yield from rules_on(board, who.sight)
    [[forum]] = yield "SELECT forum FROM board WHERE id=$1", (board,)
    return (yield from _leave(who, forum, rules))


def _leave(who: SignedIn, forum: int, there: Sequence[Rules]) -> Unit[Leave]:
    rules = next((one for one in there if not one.answering.who), None)
    if rules is None:
        return Leave(False, among=listed(there[0].answering.who) if there else "")
    own = None
    if not (yield from nobodys(who.chat, who.user)):
        own, _ = yield from lent_to("", forum, who.user, who.chat, who.community, posted=False)
    if own is not None:
        return Leave(True, own=own.name or own.id)
    if rules.answering.accounts is Accounts.OWN:
        [[name]] = yield "SELECT name FROM forum WHERE id=$1", (forum,)
        return Leave(False, connect=name)
    return Leave(True)
