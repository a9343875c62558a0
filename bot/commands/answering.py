"""`/mirror replies`: what of a mirror's channel goes back to its forum, from whom, and as whose."""

from __future__ import annotations

import msgspec

from bot.answering import TAKES, WHOSE, Given, applied, as_given, given, in_words
from bot.commands.desk import Desk
from bot.commands.options import MIRROR, known, mirror_number, own
from bot.commands.words import said, worded
from bot.errors import ThreadlineError
from bot.model import Answer, Caller, Command, Parameter
from bot.ports import AcceptsPosts, ConnectsAccounts
from bot.store.answering import set_rules
from bot.store.mirrors import Mirror
from bot.texts import say


async def do_replies(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Show or change who may answer what a mirror shows."""
    number, new = mirror_number(caller, values["mirror"]), given(values)
    before = await known(desk, caller, number)
    rules = applied(new, before.rules)
    await _possible(desk, before, new)
    mirror = await desk.store.write(set_rules, number, rules, own(caller), caller.person, desk.clock.now())
    desk.wake()
    text = say("answering.rules", mirror=number, rules=said("; ".join(in_words(mirror.rules))))
    if new.empty:
        helps = {one.name: one.help for one in worded(COMMANDS[0][0]).parameters}
        lines = (f"`--{name} {value}`: {helps[name]}" for name, value in as_given(rules).items())
        text = "\n".join((text, *lines))
    return Answer(text, {"mirror": number, "rules": msgspec.to_builtins(mirror.rules)})


async def rule(desk: Desk, caller: Caller, number: int, new: Given) -> None:
    """Give a mirror these rules, also where its forum cannot be answered so: then nobody answers it."""
    rules = applied(new, (await known(desk, caller, number)).rules)
    await desk.store.write(set_rules, number, rules, own(caller), caller.person, desk.clock.now())


async def _possible(desk: Desk, mirror: Mirror, new: Given) -> None:
    """Raise `ThreadlineError` where the forum of a mirror cannot be answered as it was said."""
    takes, owns = new.take not in (None, "none"), new.accounts == "own"
    if not takes and not owns:
        return
    opened = await desk.forum(mirror.forum)
    lends = isinstance(opened.forum, ConnectsAccounts)
    if takes and not (isinstance(opened.forum, AcceptsPosts) and (opened.forum.caps.write_identity != "none" or lends)):
        raise ThreadlineError(say("answering.unwritable", forum=mirror.forum))
    if owns and not lends:
        raise ThreadlineError(say("answering.no_lenders", forum=mirror.forum))


COMMANDS = [
    (
        Command(
            "mirror",
            "replies",
            "help.mirror_replies",
            (
                MIRROR,
                Parameter("take", "help.mirror_replies_take", required=False, option=True, choices=TAKES),
                Parameter("accounts", "help.mirror_replies_accounts", required=False, option=True, choices=WHOSE),
                Parameter("from", "help.mirror_replies_from", required=False, option=True),
                Parameter("merge", "help.mirror_replies_merge", required=False, option=True),
                Parameter("at-most", "help.mirror_replies_at_most", required=False, option=True),
            ),
        ),
        do_replies,
    )
]
