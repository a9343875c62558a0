"""`/forum digest`: what is new, told in private at a time of the day."""

from __future__ import annotations

from datetime import datetime

from bot.commands.desk import Desk
from bot.commands.naming import meant
from bot.commands.reader import reader
from bot.commands.words import said
from bot.errors import ThreadlineError
from bot.model import Answer, Caller, Command, Offer, Parameter
from bot.reading.due import DAILY, clock, days_of, minute_of, named, next_moment, zone_of
from bot.store.digests import Digest, digest_of, drop_digest, keep_digest
from bot.store.readers import Reader, wishes
from bot.store.sight import Sight
from bot.store.unread import boards_seen
from bot.texts import say

OFF = "off"

MORNING = 8 * 60
"""When a digest comes, where nothing else is said."""

MONDAY = 1


async def do_digest(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Let the caller have a digest, or none, or say how it is."""
    who = await reader(desk, caller)
    community = who.sight.community if who.sight.community is not None else caller.community
    when = values.get("when", "").strip()
    if when.casefold() == OFF:
        gone = await desk.store.write(drop_digest, who.person, community)
        text = say("personal.digest_off") if gone else say("personal.digest_none", sign=caller.sign)
        return Answer(text, {"digest": None})
    before = await desk.store.read(digest_of, who.person, community)
    if when or values.get("days") or values.get("boards"):
        minute, days = _when(when, before)
        if values.get("days"):
            days = _days(values["days"])
        boards = before.boards if before is not None else ()
        if values.get("boards"):
            boards = await _boards(desk, caller, who, values["boards"])
        zone = zone_of((await desk.store.read(wishes, who.person)).zone)
        following = next_moment(desk.clock.now(), minute, days, zone)
        await desk.store.write(keep_digest, who.person, community, minute, days, boards, following)
    return await _told(desk, caller, who, community)


def _when(words: str, before: Digest | None) -> tuple[int, int]:
    """The minute of the day and the days that are meant; what is not said is as before."""
    minute, days = (before.minute, before.days) if before is not None else (MORNING, DAILY)
    for word in words.split():
        time, some = minute_of(word), days_of(word)
        if word.casefold() == "weekly":
            days = MONDAY
        elif time is not None:
            minute = time
        elif some is not None:
            days = some
        else:
            raise ThreadlineError(say("personal.digest_when", words=said(words)))
    return minute, days


def _days(words: str) -> int:
    days = days_of(words)
    if days is None:
        raise ThreadlineError(say("personal.digest_days", words=said(words)))
    return days


async def _boards(desk: Desk, caller: Caller, who: Reader, words: str) -> tuple[int, ...]:
    """The boards that are named, with commas between; none for all of them."""
    found: list[int] = []
    seen = await desk.store.read(boards_seen, Sight(who.sight.community))
    told = {board.id for board in seen if board.id is not None}
    for name in words.split(","):
        one = await meant(desk, caller, who, name)
        if one.everything:
            return ()
        if not one.boards:
            raise ThreadlineError(say("personal.digest_boards", words=said(name.strip())))
        for board in one.boards:
            if board.id not in told:
                raise ThreadlineError(say("personal.only_here", title=said(board.name)))
            found.append(board.id)
    return tuple(dict.fromkeys(found))


async def _told(desk: Desk, caller: Caller, who: Reader, community: int) -> Answer:
    digest = await desk.store.read(digest_of, who.person, community)
    if digest is None:
        return Answer(say("personal.digest_none", sign=caller.sign), {"digest": None})
    zone = zone_of((await desk.store.read(wishes, who.person)).zone)
    next_on = datetime.fromtimestamp(digest.next_at / 1000, zone)
    seen = await desk.store.read(boards_seen, Sight(community))
    names = [said(board.name) for board in seen if board.id in digest.boards]
    text = say(
        "personal.digest_is",
        time=clock(digest.minute),
        zone=zone.key,
        days=say("personal.every_day") if digest.days == DAILY else named(digest.days),
        next=f"{next_on:%Y-%m-%d %H:%M}",
        boards=say("personal.comma").join(names) if digest.boards else say("personal.digest_all_boards"),
    )
    data: dict[str, object] = {"minute": digest.minute, "days": digest.days, "next_at": digest.next_at}
    stop = Offer(say("personal.digest_stop"), "forum", ("digest", OFF))
    return Answer(text, {"digest": data, "boards": list(digest.boards)}, offers=(stop,))


COMMANDS = [
    (
        Command(
            "forum",
            "digest",
            "help.forum_digest",
            (
                Parameter("when", "help.forum_digest_when", required=False, rest=True),
                Parameter("boards", "help.forum_digest_boards", required=False, option=True),
                Parameter("days", "help.forum_digest_days", required=False, option=True),
            ),
        ),
        do_digest,
    ),
]
