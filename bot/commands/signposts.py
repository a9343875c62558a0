"""`/mirror button`: a message at the top of a channel, by which everybody there asks what is new to them."""

from __future__ import annotations

from bot.commands.desk import Desk
from bot.errors import NotFound, ThreadlineError
from bot.model import Answer, Caller, Command, Offer, Parameter, Where
from bot.ports import Pins
from bot.store.places import heir, mirrored_into, place_at
from bot.store.signposts import put_up, take_down
from bot.store.unit import Unit
from bot.texts import say

SWITCH = ("on", "off")


async def do_button(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Put the button up in the channel in which this is said, or take it away."""
    if caller.where is None:
        raise ThreadlineError(say("signposts.where"))
    channel = await desk.store.read(_channel, caller.chat, Where(caller.where.channel), caller.community)
    if channel is None:
        raise NotFound(say("signposts.nothing_here"))
    if values["switch"] == "off":
        gone = await desk.store.write(take_down, channel, caller.person, desk.clock.now())
        desk.wake()
        return Answer(say("signposts.down") if gone else say("signposts.none"), {"button": False})
    offers = (
        Offer(say("signposts.unread"), "forum", ("unread",)),
        Offer(say("signposts.catchup"), "forum", ("catchup",)),
    )
    about = say("signposts.text"), offers, caller.person, desk.clock.now()
    fresh = await desk.store.write(put_up, channel, *about)
    desk.wake()
    text = say("signposts.up") if fresh else say("signposts.stands")
    if fresh and not isinstance(await desk.chat(caller.chat), Pins):
        text = say("signposts.unpinned")
    return Answer(text, {"button": True})


def _channel(chat: str, where: Where, community: int) -> Unit[int | None]:
    """The channel of a place, where a community mirrors something into it."""
    place = yield from place_at(chat, where)
    if place is None:
        return None
    channel = yield from heir(place)
    return channel if (yield from mirrored_into(channel, community)) else None


COMMANDS = [
    (
        Command(
            "mirror",
            "button",
            "help.mirror_button",
            (Parameter("switch", "help.mirror_button_switch", choices=SWITCH),),
        ),
        do_button,
    ),
]
