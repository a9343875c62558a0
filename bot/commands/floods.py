"""`/mirror flood`: what becomes of news that came all at once."""

from __future__ import annotations

from bot.commands.desk import Desk
from bot.commands.options import MIRROR, known, mirror_number, own
from bot.commands.words import count
from bot.model import Answer, Caller, Command, Parameter
from bot.store.choosing import CHOICES, choose


async def do_flood(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Settle what came all at once."""
    number, choice = mirror_number(caller, values["mirror"]), values["choice"]
    await known(desk, caller, number)
    chosen = await desk.store.write(choose, number, choice, own(caller), caller.person, desk.clock.now())
    desk.wake()
    data = {"mirror": number, "choice": choice, "fresh": chosen.fresh, "owed": chosen.owed}
    if not chosen.fresh:
        return Answer(f"`{choice}` was chosen already; nothing was changed.", data)
    done = {
        "all": f"{count(chosen.owed, 'message')} will be posted",
        "digest": "one message will list the threads" if chosen.owed else "nothing of it is left to be listed",
        "seen": "nothing of it will be shown, and what comes later will",
    }[choice]
    return Answer(f"{chosen.what}: {done}.", data)


COMMANDS = [
    (
        Command(
            "mirror",
            "flood",
            "say what becomes of news that came all at once",
            (MIRROR, Parameter("choice", "all, digest or seen", choices=CHOICES)),
        ),
        do_flood,
    ),
]
