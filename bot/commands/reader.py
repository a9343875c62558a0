"""Who reads: the person behind a command, and what they see from where they give it."""

from __future__ import annotations

from bot.commands.desk import Desk
from bot.errors import ThreadlineError
from bot.model import Caller
from bot.store.readers import Reader, meet
from bot.texts import say


async def reader(desk: Desk, caller: Caller) -> Reader:
    """The person who gives a command; raises `ThreadlineError` where nobody in particular does."""
    if not caller.id:
        raise ThreadlineError(say("reading.nobody"))
    who = (caller.chat, caller.id, caller.person, caller.community, caller.where)
    return await desk.store.write(meet, *who, desk.clock.now(), caller.anybody)
