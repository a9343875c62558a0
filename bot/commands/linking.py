"""`/forum link` and `unlink`: logins in several chats that are one reader."""

from __future__ import annotations

import secrets

from bot.commands.desk import Desk
from bot.commands.reader import reader
from bot.commands.words import said, span
from bot.errors import Forbidden, NotFound, ThreadlineError
from bot.model import Answer, Caller, Command, Offer, Parameter
from bot.store.linking import ALPHABET, LENGTH, Came, keep_code, type_code, unlink_login
from bot.store.persons import Identity
from bot.texts import say


async def do_link(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Show a code, or let who types one be one reader with whom it was shown to."""
    if caller.anybody:
        raise Forbidden(say("answering.bare", name=said(caller.person)))
    await reader(desk, caller)
    typed = values.get("code", "")
    if not typed:
        return await _show(desk, caller)
    told = say("people.linked_there", name=said(caller.person), chat=said(caller.chat))
    now = desk.clock.now()
    done = await desk.store.write(type_code, typed, caller.chat, caller.id, told, now)
    name, chat = said(done.shown_to.name), said(done.shown_to.chat)
    data: dict[str, object] = {"linked": done.came is Came.LINKED, "chat": done.shown_to.chat}
    match done.came:
        case Came.WRONG:
            raise NotFound(say("people.no_code", sign=caller.sign))
        case Came.RESTS:
            raise Forbidden(say("people.too_many", wait=span(done.until - now)))
        case Came.OWN:
            raise ThreadlineError(say("people.own_code"))
        case Came.THERE:
            return Answer(say("people.one_already", name=name, chat=chat), data)
    desk.wake()
    undo = Offer(say("people.unlink"), "forum", ("unlink", done.shown_to.chat))
    return Answer(say("people.linked", sign=caller.sign, name=name, chat=chat), data, offers=(undo,))


async def _show(desk: Desk, caller: Caller) -> Answer:
    if caller.where is None:
        raise ThreadlineError(say("reading.nobody"))
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    await desk.store.write(keep_code, code, caller.chat, caller.id, caller.where, desk.clock.now())
    shown = f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"
    return Answer(say("people.code", sign=caller.sign, code=shown), {"code": shown}, secret=True)


async def do_unlink(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Let a login be a reader of its own again: this one, or the one in another chat."""
    who = await reader(desk, caller)
    chat = values.get("chat", "")
    asks = Identity(caller.chat, caller.id, caller.person)
    told = say("people.unlinked_there", name=said(caller.person), chat=said(caller.chat))
    done = await desk.store.write(unlink_login, who.person, asks, chat, told, desk.clock.now())
    if done.login is None:
        names = ", ".join(f"{said(one.name)} ({said(one.chat)})" for one in done.others)
        raise NotFound(say("people.no_login", chat=said(chat), names=names))
    if not done.others:
        raise NotFound(say("people.alone", sign=caller.sign))
    desk.wake()
    text = say("people.unlinked", name=said(done.login.name), chat=said(done.login.chat))
    return Answer(text, {"chat": done.login.chat})


COMMANDS = [
    (
        Command(
            "forum",
            "link",
            "help.forum_link",
            (Parameter("code", "help.forum_link_code", required=False, rest=True),),
        ),
        do_link,
    ),
    (
        Command(
            "forum",
            "unlink",
            "help.forum_unlink",
            (Parameter("chat", "help.forum_unlink_chat", required=False, suggested=True),),
        ),
        do_unlink,
    ),
]
