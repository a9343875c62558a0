"""`/mirror flood`: what becomes of news that came all at once."""

from __future__ import annotations

from bot.commands.desk import Desk
from bot.commands.options import MIRROR, known, mirror_number, own
from bot.model import Answer, Caller, Command, Parameter
from bot.store.choosing import CHOICES, choose
from bot.texts import say


async def do_flood(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Settle what came all at once."""
    number, choice = mirror_number(caller, values["mirror"]), values["choice"]
    await known(desk, caller, number)
    chosen = await desk.store.write(choose, number, choice, own(caller), caller.person, desk.clock.now())
    desk.wake()
    data = {"mirror": number, "choice": choice, "fresh": chosen.fresh, "owed": chosen.owed}
    if not chosen.fresh:
        return Answer(say("floods.again", choice=choice), data)
    if choice == "all":
        return Answer(say("floods.all", chosen.owed, what=chosen.what), data)
    if choice == "seen":
        return Answer(say("floods.seen", what=chosen.what), data)
    text = say("floods.digest", what=chosen.what) if chosen.owed else say("floods.nothing", what=chosen.what)
    return Answer(text, data)


COMMANDS = [
    (
        Command(
            "mirror",
            "flood",
            "help.mirror_flood",
            (MIRROR, Parameter("choice", "help.mirror_flood_choice", choices=CHOICES)),
        ),
        do_flood,
    ),
]
