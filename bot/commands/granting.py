"""`/mirror grant`: who here posts as which user of a forum, where the forum's operators allow it."""

from __future__ import annotations

import re

import msgspec

from bot.commands.desk import Desk
from bot.commands.options import own
from bot.commands.words import said, spelled
from bot.errors import Forbidden, NotFound, ThreadlineError
from bot.lanes import OpenForum
from bot.markup import clean_name
from bot.model import Answer, Caller, Command, Offer, Parameter
from bot.ports import Impersonates
from bot.store.forums import ensure_forum, mirrored_forums
from bot.store.granting import Grant, Granting, Known, end_grant, grant, grants, leave, people_here
from bot.texts import say

YES = "yes"

LABEL = 40
"""Characters of a name on a button."""

SOME = 5
"""People of one name that are told apart at once."""


async def do_grant(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Let somebody post as a user of a forum, end that, or say who does."""
    if "forum" not in values:
        return await _shown(desk, caller)
    if "user" not in values:
        raise ThreadlineError(say("grants.which", grant=spelled(caller, "grant")))
    if values.get("off") == YES:
        return await _ended(desk, caller, values["forum"], values["user"])
    if "person" not in values:
        raise ThreadlineError(say("grants.which", grant=spelled(caller, "grant")))
    if caller.where is None or not caller.id:
        raise ThreadlineError(say("grants.in_the_chat"))
    opened = await _mirrored(desk, caller, values["forum"])
    forum = _lends(opened, caller)
    person = _meant(await desk.store.read(people_here, caller.community), values["person"], caller)
    async with opened.gate.poll():
        login = await forum.user(values["user"])
    await desk.store.write(ensure_forum, opened.name, opened.adapter, opened.settings)
    await desk.store.write(leave, opened.name, opened.forum.caps.impersonates, desk.clock.now())
    wish = Granting(
        community=caller.community,
        forum=opened.name,
        chat=caller.chat,
        user=person.user,
        person=person.name,
        login=login,
        by=caller.person,
        maker=caller.id,
        operator=caller.operator,
        sign=caller.sign,
    )
    made = await desk.store.write(grant, wish, desk.clock.now())
    desk.wake()
    text = say("grants.granted", person=said(made.person), forum=said(made.forum), name=said(made.name))
    return Answer(text, {"grant": msgspec.to_builtins(made)}, offers=(_end(made),))


async def _shown(desk: Desk, caller: Caller) -> Answer:
    there = await desk.store.read(grants, own(caller))
    if not there:
        return Answer(say("grants.none", grant=spelled(caller, "grant")), {"grants": []})
    lines = [_line(one) for one in there]
    offers = tuple(_end(one) for one in there[:SOME])
    return Answer("\n".join(lines), {"grants": msgspec.to_builtins(there)}, offers=offers)


async def _ended(desk: Desk, caller: Caller, forum: str, name: str) -> Answer:
    there = await desk.store.read(grants, own(caller))
    found = [one for one in there if one.forum == forum and one.name.casefold() == name.removeprefix("@").casefold()]
    if not found:
        raise NotFound(say("grants.no_such", name=said(name), forum=said(forum)))
    for one in found:
        await desk.store.write(end_grant, one, caller.person, desk.clock.now())
    desk.wake()
    ended = [say("grants.ended", person=said(one.person), forum=said(one.forum), name=said(one.name)) for one in found]
    return Answer("\n".join(ended), {"ended": msgspec.to_builtins(found)})


async def _mirrored(desk: Desk, caller: Caller, named: str) -> OpenForum:
    """A forum of which something is mirrored for the caller's community: its key is used for nobody else."""
    here = await desk.store.read(mirrored_forums, caller.community)
    if named in here:
        return await desk.forum(named)
    if "/" in named and desk.forum_at(named) in here:
        return await desk.forum_for(named)
    raise NotFound(say("grants.not_here", forum=said(named), here=", ".join(here) or say("commands.none")))


def _lends(opened: OpenForum, caller: Caller) -> Impersonates:
    """The forum, where the caller may grant on it; raises `Forbidden` saying who may."""
    leave = opened.forum.caps.impersonates
    if not isinstance(opened.forum, Impersonates) or not leave:
        raise Forbidden(say("grants.nobody_may", forum=opened.name))
    if leave != "admins" and not caller.operator:
        raise Forbidden(say("grants.operators", forum=opened.name))
    return opened.forum


def _meant(people: list[Known], who: str, caller: Caller) -> Known:
    """The one person of the community whom a name, an id, or a mention that holds the id means."""
    who = who.strip()
    named = who.removeprefix("@").casefold()
    found = (
        [one for one in people if one.user == who]
        or [one for one in people if one.name.casefold() == named]
        or [one for one in people if re.search(rf"(?<![\w.:-]){re.escape(one.user)}(?![\w.:-])", who)]
    )
    if not found:
        raise NotFound(say("grants.nobody", who=said(who), sign=caller.sign))
    if len(found) > 1:
        ids = ", ".join(f"`{one.user}`" for one in found[:SOME])
        raise NotFound(say("grants.several", who=said(who), ids=ids))
    return found[0]


def _line(one: Grant) -> str:
    who, forum, name, by = said(one.person), said(one.forum), said(one.name), said(one.by)
    if one.valid:
        return say("grants.line", forum=forum, person=who, name=name, by=by)
    return say("grants.rests", forum=forum, person=who, name=name, by=by, why=_why(one))


def told(one: Grant) -> str:
    """What whoever was granted something hears of it."""
    forum, name, by = said(one.forum), said(one.name), said(one.by)
    if one.valid:
        return say("grants.own_line", forum=forum, name=name, by=by)
    if one.paused:
        return say("grants.own_refused", forum=forum, name=name, by=by, why=_why(one))
    return say("grants.own_rests", forum=forum, name=name, by=by, why=_why(one))


def _why(one: Grant) -> str:
    return said(one.paused) if one.paused else say("grants.disallowed_why")


def _end(one: Grant) -> Offer:
    return Offer(
        say("grants.end", name=clean_name(one.name, LABEL)), "mirror", ("grant", one.forum, one.name, "--off", YES)
    )


COMMANDS = [
    (
        Command(
            "mirror",
            "grant",
            "help.mirror_grant",
            (
                Parameter("forum", "help.forum", required=False, suggested=True),
                Parameter("user", "help.mirror_grant_user", required=False),
                Parameter("person", "help.mirror_grant_person", required=False, rest=True, suggested=True),
                Parameter("off", "help.mirror_grant_off", required=False, option=True, choices=(YES,)),
            ),
        ),
        do_grant,
    ),
]
