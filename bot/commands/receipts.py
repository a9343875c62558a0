"""`/forum receipts`: whether it is kept how far a reader has read, as their chat tells it."""

from __future__ import annotations

from bot.commands.desk import Desk
from bot.commands.words import count
from bot.errors import ThreadlineError
from bot.model import Answer, Caller, Command, Offer, Parameter
from bot.store.receipts import drop_receipts, keep_receipts, keeping

SWITCH = ("on", "off")
KEEP, FORGET = (
    Offer(label, "forum", ("receipts", switch)) for label, switch in (("Keep it", "on"), ("Forget it", "off"))
)


async def do_receipts(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Keep how far the caller reads, forget it, or say which of the two it is."""
    if not caller.id:
        raise ThreadlineError("this is about one reader's own login; say it in the chat in which you read")
    wish = values.get("switch", "")
    if wish == "off":
        await desk.store.write(drop_receipts, caller.chat, caller.id)
        return Answer(
            "How far you read is not kept any more, and what was kept is forgotten.", {"receipts": False, "places": 0}
        )
    if not (await desk.chat(caller.chat)).caps.receipts:
        return Answer(
            f"{caller.chat} tells nobody how far you read, so nothing of it is kept, and nothing can be.",
            {"receipts": False, "places": 0},
            ok=not wish,
        )
    if wish == "on":
        await desk.store.write(keep_receipts, caller.chat, caller.id, caller.person, desk.clock.now())
    kept = await desk.store.read(keeping, caller.chat, caller.id)
    data: dict[str, object] = {"receipts": kept.on, "places": kept.places}
    if not kept.on:
        return Answer("How far you read is not kept.", data, offers=(KEEP,))
    known = f" It is known for {count(kept.places, 'place')}." if kept.places else ""
    text = f"How far you read is kept, as far as your client tells it to everybody.{known}"
    return Answer(text, data, offers=(FORGET,))


COMMANDS = [
    (
        Command(
            "forum",
            "receipts",
            "let it be kept how far you read, or not",
            (Parameter("switch", "on or off; neither says which it is", required=False, choices=SWITCH),),
        ),
        do_receipts,
    ),
]
