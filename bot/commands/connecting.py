"""`/forum connect`, `disconnect`, `accounts`: one's own account on a forum, so that replies are one's own."""

from __future__ import annotations

from contextlib import suppress

from bot.commands.boards import opened_here
from bot.commands.desk import Desk
from bot.commands.granting import told
from bot.commands.reader import reader
from bot.commands.words import said
from bot.errors import AdapterError, Forbidden, ThreadlineError
from bot.model import Answer, Caller, Command, Offer, Parameter
from bot.ports import Confides
from bot.store.accounts import accounts
from bot.store.granting import give_up, granted_here
from bot.store.in_names import Somebody
from bot.texts import say


async def do_connect(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Ask for an account, or try what was answered; what opens it is never shown again, whatever comes of it."""
    answer = values.get("answer", "")
    try:
        return await _connected(desk, caller, values["forum"], answer)
    finally:
        if answer:
            await _take_away(desk, caller)


async def _connected(desk: Desk, caller: Caller, forum: str, answer: str) -> Answer:
    opened = await opened_here(desk, caller, forum)
    if caller.anybody:
        raise Forbidden(say("accounts.anybody", sign=caller.sign, name=said(caller.person)))
    who = await reader(desk, caller)
    if not answer:
        asked = await desk.accounts.invite(who.person, opened)
        register = opened.forum.caps.register
        first = say("accounts.register", link=register) if register else ""
        how = say("accounts.how", sign=caller.sign, forum=opened.name)
        text = "\n".join(filter(None, (asked.words, asked.link, how, first)))
        return Answer(text, {"forum": opened.name, "link": asked.link, "register": register})
    if not await _confidential(desk, caller):
        raise ThreadlineError(say("accounts.seen", sign=caller.sign, forum=opened.name))
    kept = await desk.accounts.answer(who.person, opened, answer, _named(caller))
    desk.wake()
    return Answer(
        say("accounts.connected", name=said(kept.name), forum=said(opened.name)),
        {"forum": opened.name, "account": kept.name},
        offers=(Offer(say("accounts.disconnect"), "forum", ("disconnect", opened.name)),),
    )


async def do_disconnect(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Give an account back, and what was granted here of others."""
    if caller.anybody:
        raise Forbidden(say("answering.bare_disconnect", name=said(caller.person)))
    who = await reader(desk, caller)
    opened = await opened_here(desk, caller, values["forum"])
    gone = await desk.accounts.give_back(who.person, opened, _named(caller))
    ended = await desk.store.write(give_up, who.person, opened.name, caller.person, desk.clock.now())
    some = gone or ended
    text = say("accounts.gone", forum=said(opened.name)) if some else say("accounts.nothing", forum=said(opened.name))
    return Answer(text, {"forum": opened.name, "gone": gone, "ended": ended})


async def show_accounts(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """As whom the caller posts: with accounts of their own, and by grants; a name that anybody may take has none."""
    if caller.anybody:
        return Answer(
            say("accounts.anybody", sign=caller.sign, name=said(caller.person)), {"accounts": [], "granted": []}
        )
    who = await reader(desk, caller)
    kept = await desk.store.read(accounts, who.person)
    lines = [
        say("accounts.refused_line", forum=said(one.forum), name=said(one.name), why=said(one.refused))
        if one.refused
        else say("accounts.line", forum=said(one.forum), name=said(one.name))
        for one in kept
    ]
    here = who.sight.community
    granted = [] if here is None else await desk.store.read(granted_here, who.person, here)
    lines += [told(one) for one in granted if one.forum not in {own.forum for own in kept}]
    data: dict[str, object] = {
        "accounts": [[one.forum, one.name, one.refused] for one in kept],
        "granted": [[one.forum, one.name, one.by] for one in granted],
    }
    return Answer("\n".join(lines) or say("accounts.empty", sign=caller.sign), data)


def _named(caller: Caller) -> Somebody:
    return Somebody(caller.community, caller.chat, caller.id, caller.person)


async def _confidential(desk: Desk, caller: Caller) -> bool:
    """Whether nobody but the bot reads what the caller typed."""
    chat = await desk.chat(caller.chat)
    return caller.where is not None and isinstance(chat, Confides) and await chat.confides(caller.where, caller.id)


async def _take_away(desk: Desk, caller: Caller) -> None:
    """Let what was answered be seen no longer, where the chat lets us."""
    if caller.where is not None and caller.message:
        with suppress(AdapterError):
            await (await desk.chat(caller.chat)).delete(caller.where, caller.message)


ANSWER = Parameter("answer", "help.forum_connect_answer", required=False, rest=True, verbatim=True, secret=True)
FORUM = Parameter("forum", "help.forum", suggested=True)

COMMANDS = [
    (
        Command(
            "forum",
            "connect",
            "help.forum_connect",
            (FORUM, ANSWER),
        ),
        do_connect,
    ),
    (Command("forum", "disconnect", "help.forum_disconnect", (FORUM,)), do_disconnect),
    (Command("forum", "accounts", "help.forum_accounts"), show_accounts),
]
