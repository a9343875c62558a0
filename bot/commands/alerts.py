"""`/forum alert`: words of which somebody is told in private, wherever their community shows them."""

from __future__ import annotations

from bot.commands.desk import Desk
from bot.commands.reader import reader
from bot.commands.words import numeral, said
from bot.errors import NotFound, ThreadlineError
from bot.filters import holds
from bot.model import Answer, Caller, Command, Offer, Parameter
from bot.store.alerts import LONGEST, MOST, Alert, add_alert, alerts, drop_alert
from bot.store.readers import Reader
from bot.texts import say

OFF = "off"


async def do_alert(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Let the caller be told of words, or of some no more; without words, say which there are."""
    who = await reader(desk, caller)
    community = who.sight.community if who.sight.community is not None else caller.community
    words = " ".join(values.get("words", "").split())
    first, _, rest = words.partition(" ")
    if first.casefold() == OFF and (not rest or numeral(rest) is not None):
        return await _drop(desk, caller, who, community, rest)
    if not words:
        return _list(caller, await desk.store.read(alerts, who.person, community))
    if len(words) > LONGEST:
        raise ThreadlineError(say("personal.alert_long", most=LONGEST))
    if not any(sign.isalnum() for sign in words) or not holds([words], words.replace("*", "a")):
        raise ThreadlineError(say("personal.alert_empty", words=said(words)))
    if not await desk.store.write(add_alert, who.person, community, words):
        raise ThreadlineError(say("personal.alert_most", most=MOST, sign=caller.sign))
    there = await desk.store.read(alerts, who.person, community)
    number = next(one.id for one in there if one.words == words)
    return Answer(
        say("personal.alert_added", words=said(words, LONGEST)),
        {"alerts": [one.words for one in there]},
        offers=(_take(number),),
    )


async def _drop(desk: Desk, caller: Caller, who: Reader, community: int, number: str) -> Answer:
    there = await desk.store.read(alerts, who.person, community)
    gone = next((one for one in there if one.id == numeral(number)), None)
    if gone is None:
        raise NotFound(say("personal.alert_unknown", number=number, sign=caller.sign))
    await desk.store.write(drop_alert, who.person, gone.id)
    left = [one.words for one in there if one.id != gone.id]
    return Answer(say("personal.alert_off", words=said(gone.words, LONGEST)), {"alerts": left})


def _list(caller: Caller, there: list[Alert]) -> Answer:
    if not there:
        return Answer(say("personal.alert_none", sign=caller.sign), {"alerts": []})
    lines = [say("personal.alert_one", number=one.id, words=said(one.words, LONGEST)) for one in there]
    return Answer(
        "\n".join([say("personal.alert_list"), *lines]),
        {"alerts": [one.words for one in there]},
        offers=tuple(_take(one.id) for one in there),
    )


def _take(number: int) -> Offer:
    return Offer(say("personal.alert_take", number=number), "forum", ("alert", OFF, str(number)))


COMMANDS = [
    (
        Command(
            "forum",
            "alert",
            "help.forum_alert",
            (Parameter("words", "help.forum_alert_words", required=False, rest=True),),
        ),
        do_alert,
    ),
]
