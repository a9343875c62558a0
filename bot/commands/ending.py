"""`/mirror remove` and `undo`: the end of a mirror, and of what it showed where that is asked for."""

from __future__ import annotations

from bot.commands.desk import Desk
from bot.commands.options import MIRROR, known, mirror_number, own
from bot.model import Answer, Caller, Command, Parameter
from bot.store.unmirror import Ended, remove_mirror, undo_mirror
from bot.texts import say

YES = "yes"


async def do_remove(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """End a mirror; what it showed stays, or goes where that is asked for."""
    number, copies = mirror_number(caller, values["mirror"]), values.get("copies") == YES
    await known(desk, caller, number)
    ended = await desk.store.write(remove_mirror, number, own(caller), caller.person, desk.clock.now(), copies)
    desk.wake()
    return _told(ended, copies)


async def do_undo(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """End a mirror that was just made, and take away what it showed."""
    number = mirror_number(caller, values["mirror"])
    await known(desk, caller, number)
    ended = await desk.store.write(undo_mirror, number, own(caller), caller.person, desk.clock.now())
    desk.wake()
    return _told(ended, True)


def _told(ended: Ended, copies: bool) -> Answer:
    gone = ended.mirror
    text = say("mirrors.ended", of=gone.board or gone.thread, into=f"{gone.chat}:{gone.label}")
    what = say("mirrors.goes", ended.messages) if copies else say("mirrors.stays")
    return Answer(f"{text} {what}", {"mirror": gone.id, "messages": ended.messages})


COMMANDS = [
    (
        Command(
            "mirror",
            "remove",
            "help.mirror_remove",
            (
                MIRROR,
                Parameter("copies", "help.mirror_remove_copies", required=False, option=True, choices=(YES,)),
            ),
        ),
        do_remove,
    ),
    (Command("mirror", "undo", "help.mirror_undo", (MIRROR,)), do_undo),
]
