"""`/forum quiet`: hours in which nothing comes to somebody in private by itself, and their time zone."""

from __future__ import annotations

import msgspec

from bot.commands.desk import Desk
from bot.commands.reader import reader
from bot.commands.words import said
from bot.errors import ThreadlineError
from bot.model import Answer, Caller, Command, Offer, Parameter
from bot.reading.due import clock, minute_of, next_moment, zone_named, zone_of
from bot.store.digests import digests_of, keep_hours
from bot.store.readers import Wishes, wishes
from bot.texts import say

OFF = "off"


async def do_quiet(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Keep the caller's quiet hours and time zone, or say how they are."""
    who = await reader(desk, caller)
    before = await desk.store.read(wishes, who.person)
    after = _wanted(before, values.get("hours", "").strip(), values.get("zone", "").strip())
    if after != before:
        now = desk.clock.now()
        zone = zone_of(after.zone)
        digests = await desk.store.read(digests_of, who.person) if after.zone != before.zone else []
        moved = [(one, next_moment(now, one.minute, one.days, zone)) for one in digests]
        await desk.store.write(keep_hours, who.person, after, moved, now)
    data: dict[str, object] = {"zone": after.zone, "from": after.quiet_from, "to": after.quiet_to}
    if after.quiet_from is None or after.quiet_to is None:
        return Answer(say("personal.quiet_none", zone=after.zone, sign=caller.sign), data)
    text = say("personal.quiet_is", begins=clock(after.quiet_from), ends=clock(after.quiet_to), zone=after.zone)
    return Answer(text, data, offers=(Offer(say("personal.quiet_stop"), "forum", ("quiet", OFF)),))


def _wanted(before: Wishes, hours: str, zone: str) -> Wishes:
    """What is wished from now on."""
    wanted = before
    if zone:
        known = zone_named(zone)
        if known is None:
            raise ThreadlineError(say("personal.quiet_zone", words=said(zone)))
        wanted = msgspec.structs.replace(wanted, zone=known.key)
    if hours.casefold() == OFF:
        return msgspec.structs.replace(wanted, quiet_from=None, quiet_to=None)
    if hours:
        first, _, last = hours.replace("–", "-").replace(" ", "").partition("-")
        begins, ends = minute_of(first), minute_of(last)
        if begins is None or ends is None or begins == ends:
            raise ThreadlineError(say("personal.quiet_hours", words=said(hours)))
        return msgspec.structs.replace(wanted, quiet_from=begins, quiet_to=ends)
    return wanted


COMMANDS = [
    (
        Command(
            "forum",
            "quiet",
            "help.forum_quiet",
            (
                Parameter("hours", "help.forum_quiet_hours", required=False, rest=True),
                Parameter("zone", "help.forum_quiet_zone", required=False, option=True, suggested=True),
            ),
        ),
        do_quiet,
    ),
]
