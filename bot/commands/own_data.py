"""`/forum mydata` and `forgetme`: what is kept of a reader, and that nothing is any more."""

from __future__ import annotations

from bot.commands.desk import Desk
from bot.commands.reader import reader
from bot.commands.signing_in import near, token
from bot.commands.words import said
from bot.errors import ThreadlineError
from bot.model import Answer, Caller, Command, Offer, Parameter
from bot.store.own_data import forget
from bot.store.persons import identities
from bot.store.sessions import DATA, issue
from bot.texts import say

YES = "yes"
"""The word behind `forgetme` without which nothing is forgotten."""


async def do_mydata(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Give whoever asks a link to a file with all that is kept of them."""
    await reader(desk, caller)
    new = token()
    await desk.store.write(issue, new, DATA, caller.chat, caller.id, caller.community, desk.clock.now())
    lines = [say("people.mydata", link=f"{desk.site()}/read/mydata/{new}"), *await near(desk, caller)]
    return Answer("\n".join(lines), secret=True)


async def do_forgetme(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Say what would go; with the word for it, let it go."""
    who = await reader(desk, caller)
    if not (word := values.get("word", "")):
        logins = await desk.store.read(identities, who.person)
        named = ", ".join(say("people.login", name=said(one.name), chat=said(one.chat)) for one in logins)
        sure = Offer(say("people.forget_yes"), "forum", ("forgetme", YES))
        return Answer(say("people.forget", logins=named, sign=caller.sign), {"forgotten": False}, offers=(sure,))
    if word.casefold() != YES:
        raise ThreadlineError(say("people.forget_word", sign=caller.sign))
    await desk.store.write(forget, who.person, desk.clock.now())
    desk.wake()
    return Answer(say("people.forgotten"), {"forgotten": True})


COMMANDS = [
    (Command("forum", "mydata", "help.forum_mydata"), do_mydata),
    (
        Command(
            "forum",
            "forgetme",
            "help.forum_forgetme",
            (Parameter("word", "help.forum_forgetme_word", required=False),),
        ),
        do_forgetme,
    ),
]
