"""`/mirror held`, `retry`, `skip`, `settle`: what waits for an admin's word."""

from __future__ import annotations

import msgspec

from bot.commands.desk import Desk
from bot.commands.sources import told_losing
from bot.commands.words import numeral, span
from bot.enclosing import given
from bot.errors import NotFound, ThreadlineError
from bot.model import Answer, Caller, Command, Parameter
from bot.offers import of_delivery, of_flood, of_losing
from bot.ports import AcceptsPosts
from bot.store.choosing import open_floods
from bot.store.decisions import decide_losing, held_one, may_stand, retry, settle_as, settle_part, skip
from bot.store.jobs import one_job
from bot.store.report import held, source_states
from bot.store.settling import Settled
from bot.texts import say

SOME, FEW = 4, 2
"""Held deliveries that can be decided by a press, and floods and sources; the others are named in commands."""


async def show_held(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """What is held, since when, why, and what can become of it."""
    rows = await desk.store.read(held, _community(caller), None)
    floods = await desk.store.read(open_floods, _community(caller))
    losing = [one for one in await desk.store.read(source_states, _community(caller)) if one.losing]
    now = desk.clock.now()
    lines = [
        say("held.line", number=h.id, what=h.what, place=h.place, since=span(now - h.since), why=h.reason) for h in rows
    ]
    if rows:
        lines.append(say("held.settle_others") if len(rows) > SOME else say("held.settle"))
    came = [say("held.flood", what=flood.what, since=span(now - flood.since)) for flood in floods]
    lines += came[:FEW]
    lines += [f"{line} {flood.choices}" for line, flood in zip(came[FEW:], floods[FEW:], strict=True)]
    lines += [told_losing(one) for one in losing[:FEW]]
    lines += [say("held.losing", losing=told_losing(one), number=one.id) for one in losing[FEW:]]
    offers = (
        *(offer for one in rows[:SOME] for offer in of_delivery(one.id)),
        *(offer for one in floods[:FEW] for offer in of_flood(one.mirror, say("held.of_mirror", number=one.mirror))),
        *(offer for one in losing[:FEW] for offer in of_losing(one.id, say("held.of_source", number=one.id))),
    )
    data: dict[str, object] = {
        "held": msgspec.to_builtins(rows),
        "floods": msgspec.to_builtins(floods),
        "losing": {one.id: one.losing for one in losing},
    }
    return Answer("\n".join(lines) or say("held.nothing"), data, offers=offers)


def _community(caller: Caller) -> int | None:
    return None if caller.operator else caller.community


def _number(word: str) -> int:
    number = numeral(word)
    if number is None:
        raise ThreadlineError(say("held.no_number", word=word))
    return number


async def do_retry(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Send a held delivery again."""
    number = _number(values["delivery"])
    what = await desk.store.write(retry, number, _community(caller), caller.person, desk.clock.now())
    desk.wake()
    return Answer(say("held.retried", what=what.what), {"delivery": number})


async def do_skip(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Give a held delivery up, or keep the posts that a source misses."""
    if (source := _source(values["delivery"])) is not None:
        return await _losing(desk, caller, source, delete=False)
    number = _number(values["delivery"])
    what = await desk.store.write(skip, number, _community(caller), caller.person, desk.clock.now())
    desk.wake()
    return Answer(say("held.skipped", what=what.what), {"delivery": number})


async def do_settle(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Say where a held delivery stands, or confirm that the posts that a source misses are deleted."""
    if (source := _source(values["delivery"])) is not None:
        return await _losing(desk, caller, source, delete=True)
    number = _number(values["delivery"])
    link = values.get("link", "")
    if not link:
        raise ThreadlineError(say("held.where"))
    await desk.store.read(held_one, number, _community(caller))
    job = await desk.store.read(one_job, number)
    words = ""
    if job.forum:
        forum = (await desk.forum(job.forum)).forum
        if not isinstance(forum, AcceptsPosts):
            raise NotFound(say("held.no_posts", forum=job.forum))
        remote: str = forum.named(link)
        words = given(job.parts[0].payload, forum.caps.format) if job.parts else ""
    else:
        remote = (await desk.chat(job.chat)).named(link)
    unknown = [part for part in job.parts if part.remote is None]
    if unknown and unknown[0].kind == "send":
        await desk.store.read(may_stand, job, remote)
    who, now = (_community(caller), caller.person), desk.clock.now()
    if len(unknown) > 1 and unknown[0].kind == "send":
        # One part is begun when the one before it is recorded: only the first can stand there.
        what = await desk.store.write(settle_part, number, unknown[0].part, remote, *who, now)
    else:
        remotes = {part.part: remote if part.remote is None else part.remote for part in job.parts}
        settled = Settled(job, remotes, job.rendered, job.shows, words=words)
        what = await desk.store.write(settle_as, settled, *who, now)
    desk.wake()
    return Answer(say("held.settled", what=what.what, link=link), {"delivery": number, "remote": remote})


def _source(word: str) -> int | None:
    kind, sign, number = word.partition(":")
    return numeral(number) if sign and kind == "source" else None


async def _losing(desk: Desk, caller: Caller, source: int, delete: bool) -> Answer:
    posts = await desk.store.write(decide_losing, source, _community(caller), delete, caller.person, desk.clock.now())
    desk.wake()
    text = say("held.deleted", posts) if delete else say("held.kept", posts)
    return Answer(text, {"source": source, "posts": posts})


DELIVERY = Parameter("delivery", "help.delivery", suggested=True)

COMMANDS = [
    (Command("mirror", "held", "help.mirror_held"), show_held),
    (Command("mirror", "retry", "help.mirror_retry", (DELIVERY,)), do_retry),
    (Command("mirror", "skip", "help.mirror_skip", (DELIVERY,)), do_skip),
    (
        Command(
            "mirror",
            "settle",
            "help.mirror_settle",
            (DELIVERY, Parameter("link", "help.mirror_settle_link", required=False)),
        ),
        do_settle,
    ),
]
