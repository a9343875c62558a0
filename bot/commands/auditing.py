"""`/mirror audit` and `notices`: who did what, and where admins are told what went wrong."""

from __future__ import annotations

import msgspec

from bot.commands.channels import meant
from bot.commands.desk import Desk
from bot.commands.options import own
from bot.commands.words import numeral, said
from bot.errors import ThreadlineError
from bot.model import Answer, Caller, Command, Offer, Parameter
from bot.store.auditing import MOST, PAGE, Audited, audited
from bot.store.channels import ForNotices, choose_notices
from bot.store.obstacles import moment
from bot.texts import say

ADMINS, PEOPLE = "admins", "people"
"""Whose doing is listed."""


async def do_audit(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Who did what, before and after, the newest first; of `people`, what was done in their names on forums."""
    of = values.get("of", ADMINS)
    lines = _number(values.get("lines", str(PAGE)))
    before = _number(values["before"]) if "before" in values else None
    if not 1 <= lines <= MOST:
        raise ThreadlineError(say("mirrors.lines", most=MOST))
    done = await desk.store.read(audited, own(caller), lines + 1, before, of == PEOPLE)
    page = done[:lines]
    older = ("audit", str(lines), "--before", str(page[-1].id), "--of", of) if len(done) > lines else ()
    offers = (Offer(say("mirrors.older"), "mirror", older),) if older else ()
    text = "\n".join(map(_told, page)) or say("mirrors.nothing_done")
    return Answer(text, {"audit": msgspec.to_builtins(page)}, offers=offers)


def _number(word: str) -> int:
    number = numeral(word)
    if number is None:
        raise ThreadlineError(say("mirrors.no_number", word=said(word), most=MOST))
    return number


def _told(one: Audited) -> str:
    change = " → ".join(said(words) for words in (one.old, one.new) if words)
    if one.old and not one.new:
        change = say("mirrors.was", old=said(one.old))
    return f"{one.id}. {moment(one.at)} · {said(one.who)}: {said(one.what)}" + (f" ({change})" if change else "")


async def do_notices(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Let admins be told in a channel what went wrong: the one named, or the one in which this is said."""
    there = await meant(desk, caller, values.get("channel", ""))
    wish = ForNotices(
        there.chat, there.channel, there.label, caller.community, there.native, there.inside, caller.operator
    )
    fresh = await desk.store.write(choose_notices, wish, caller.person, desk.clock.now())
    desk.wake()
    name = f"{there.chat}:{said(there.label)}"
    text = say("mirrors.notices_here", channel=name) if fresh else say("mirrors.notices_stay", channel=name)
    return Answer(text, {"notices": f"{there.chat}:{there.label}", "fresh": fresh})


COMMANDS = [
    (
        Command(
            "mirror",
            "audit",
            "help.mirror_audit",
            (
                Parameter("lines", "help.mirror_audit_lines", required=False),
                Parameter("before", "help.mirror_audit_before", required=False, option=True),
                Parameter("of", "help.mirror_audit_of", required=False, option=True, choices=(ADMINS, PEOPLE)),
            ),
        ),
        do_audit,
    ),
    (
        Command(
            "mirror",
            "notices",
            "help.mirror_notices",
            (Parameter("channel", "help.mirror_notices_channel", required=False),),
        ),
        do_notices,
    ),
]
