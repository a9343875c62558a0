"""`/mirror pause` and `resume`: nothing of a mirror is sent for a while, and then what waited."""

from __future__ import annotations

from bot.commands.desk import Desk
from bot.commands.options import MIRROR, known, mirror_number, own
from bot.commands.words import said
from bot.model import Answer, Caller, Command, Offer
from bot.offers import of_flood
from bot.store.pausing import pause, resume
from bot.texts import say


async def do_pause(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Let nothing of a mirror be sent until it goes on."""
    number = mirror_number(caller, values["mirror"])
    await known(desk, caller, number)
    done = await desk.store.write(pause, number, own(caller), caller.person, desk.clock.now())
    of = said(done.mirror.board or done.mirror.thread)
    text = say("mirrors.paused", of=of, mirror=number) if done.fresh else say("mirrors.pauses", of=of, mirror=number)
    if done.posts:
        text += " " + say("mirrors.posts_wait", done.posts)
    offers = (Offer(say("mirrors.go_on"), "mirror", ("resume", str(number))),)
    return Answer(text, {"mirror": number, "fresh": done.fresh, "posts": done.posts}, offers=offers)


async def do_resume(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Let a mirror go on: what waited comes in its order."""
    number = mirror_number(caller, values["mirror"])
    await known(desk, caller, number)
    done = await desk.store.write(resume, number, own(caller), caller.person, desk.clock.now())
    desk.wake()
    of = said(done.mirror.board or done.mirror.thread)
    data: dict[str, object] = {"mirror": number, "fresh": done.fresh, "posts": done.posts, "flood": done.flood}
    if not done.fresh:
        return Answer(say("mirrors.runs", of=of, mirror=number), data)
    text = say("mirrors.goes_on", of=of, mirror=number)
    if done.flood:
        return Answer(f"{text} {say('mirrors.too_many', done.posts)}", data, offers=of_flood(number))
    return Answer(f"{text} {say('mirrors.posts_come', done.posts)}" if done.posts else text, data)


COMMANDS = [
    (Command("mirror", "pause", "help.mirror_pause", (MIRROR,)), do_pause),
    (Command("mirror", "resume", "help.mirror_resume", (MIRROR,)), do_resume),
]
