"""`/forum web`: a link that signs one in to the reader in the browser."""

from __future__ import annotations

import secrets

from bot.commands.desk import Desk
from bot.commands.reader import reader
from bot.model import Answer, Caller, Command
from bot.ports import Serves
from bot.store.sessions import READER, issue
from bot.texts import say


def token() -> str:
    """What stands in a one-time link: nobody guesses it."""
    return secrets.token_urlsafe(32)


async def do_web(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Give whoever asks a link that signs them in once."""
    who = await reader(desk, caller)
    new = token()
    community = who.sight.community or caller.community
    await desk.store.write(issue, new, READER, caller.chat, caller.id, community, desk.clock.now())
    lines = [say("people.web", link=f"{desk.site()}/read/in/{new}"), *await near(desk, caller)]
    return Answer("\n".join(lines), secret=True)


async def near(desk: Desk, caller: Caller) -> list[str]:
    """What to say of a link that may not be reached from where the caller is; who is on our pages is there already."""
    site = desk.site()
    if site.startswith("https:") or isinstance(await desk.chat(caller.chat), Serves):
        return []
    return [say("people.near", site=site)]


COMMANDS = [(Command("forum", "web", "help.forum_web"), do_web)]
