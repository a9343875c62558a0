"""`/forum receipts`: whether it is kept how far a reader has read, as their chat tells it."""

from __future__ import annotations

from bot.commands.desk import Desk
from bot.errors import ThreadlineError
from bot.model import Answer, Caller, Command, Offer, Parameter
from bot.store.receipts import drop_receipts, keep_receipts, keeping
from bot.texts import say

SWITCH = ("on", "off")


async def do_receipts(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Keep how far the caller reads, forget it, or say which of the two it is."""
    if not caller.id:
        raise ThreadlineError(say("reading.nobody"))
    wish = values.get("switch", "")
    if wish == "off":
        await desk.store.write(drop_receipts, caller.chat, caller.id)
        return Answer(say("receipts.forgotten"), {"receipts": False, "places": 0})
    if not (await desk.chat(caller.chat)).caps.receipts:
        return Answer(say("receipts.untold", chat=caller.chat), {"receipts": False, "places": 0}, ok=not wish)
    if wish == "on":
        await desk.store.write(keep_receipts, caller.chat, caller.id, caller.person, desk.clock.now())
    kept = await desk.store.read(keeping, caller.chat, caller.id)
    data: dict[str, object] = {"receipts": kept.on, "places": kept.places}
    if not kept.on:
        keep = Offer(say("receipts.keep"), "forum", ("receipts", "on"))
        return Answer(say("receipts.not_kept"), data, offers=(keep,))
    text = say("receipts.known", kept.places) if kept.places else say("receipts.kept")
    forget = Offer(say("receipts.forget"), "forum", ("receipts", "off"))
    return Answer(text, data, offers=(forget,))


COMMANDS = [
    (
        Command(
            "forum",
            "receipts",
            "help.forum_receipts",
            (Parameter("switch", "help.forum_receipts_switch", required=False, choices=SWITCH),),
        ),
        do_receipts,
    ),
]
