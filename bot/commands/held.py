"""`/mirror held`, `retry`, `skip`, `settle`: what waits for an admin's word."""

from __future__ import annotations

import msgspec

from bot.commands.desk import Desk
from bot.commands.sources import told_losing
from bot.commands.words import count, numeral, span
from bot.errors import NotFound, ThreadlineError
from bot.model import Answer, Caller, Command, Parameter
from bot.offers import of_delivery, of_flood, of_losing
from bot.ports import AcceptsPosts
from bot.store.choosing import open_floods
from bot.store.decisions import decide_losing, held_one, may_stand, retry, settle_as, settle_part, skip
from bot.store.jobs import one_job
from bot.store.report import held, source_states
from bot.store.turns import Settled

SOME, FEW = 4, 2
"""Held deliveries that can be decided by a press, and floods and sources; the others are named in commands."""


async def show_held(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """What is held, since when, why, and what can become of it."""
    rows = await desk.store.read(held, _community(caller), None)
    floods = await desk.store.read(open_floods, _community(caller))
    losing = [one for one in await desk.store.read(source_states, _community(caller)) if one.losing]
    now = desk.clock.now()
    lines = [f"{h.id}. {h.what} → {h.place}, for {span(now - h.since)}: {h.reason}" for h in rows]
    if rows:
        others = "`retry N` sends it again, `skip N` gives it up, " if len(rows) > SOME else ""
        lines.append(f"{others}`settle N LINK` says where it stands.")
    lines += [f"{flood.what} came at once, {span(now - flood.since)} ago." for flood in floods[:FEW]]
    lines += [f"{flood.what} came at once, {span(now - flood.since)} ago. {flood.choices}" for flood in floods[FEW:]]
    lines += [told_losing(one) for one in losing[:FEW]]
    lines += [f"{told_losing(one)}: `settle source:{one.id}`, `skip source:{one.id}`" for one in losing[FEW:]]
    offers = (
        *(offer for one in rows[:SOME] for offer in of_delivery(one.id)),
        *(offer for one in floods[:FEW] for offer in of_flood(one.mirror, f"mirror {one.mirror}")),
        *(offer for one in losing[:FEW] for offer in of_losing(one.id, f"source {one.id}")),
    )
    data: dict[str, object] = {
        "held": msgspec.to_builtins(rows),
        "floods": msgspec.to_builtins(floods),
        "losing": {one.id: one.losing for one in losing},
    }
    return Answer("\n".join(lines) or "Nothing is held.", data, offers=offers)


def _community(caller: Caller) -> int | None:
    return None if caller.operator else caller.community


def _number(word: str) -> int:
    number = numeral(word)
    if number is None:
        raise ThreadlineError(f"`{word}` is no delivery's number; `held` lists them")
    return number


async def do_retry(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Send a held delivery again."""
    number = _number(values["delivery"])
    what = await desk.store.write(retry, number, _community(caller), caller.person, desk.clock.now())
    desk.wake()
    return Answer(f"{what.what} is sent again.", {"delivery": number})


async def do_skip(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Give a held delivery up, or keep the posts that a source misses."""
    if (source := _source(values["delivery"])) is not None:
        return await _losing(desk, caller, source, delete=False)
    number = _number(values["delivery"])
    what = await desk.store.write(skip, number, _community(caller), caller.person, desk.clock.now())
    desk.wake()
    return Answer(f"{what.what} is given up.", {"delivery": number})


async def do_settle(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Say where a held delivery stands, or confirm that the posts that a source misses are deleted."""
    if (source := _source(values["delivery"])) is not None:
        return await _losing(desk, caller, source, delete=True)
    number = _number(values["delivery"])
    link = values.get("link", "")
    if not link:
        raise ThreadlineError("say where it stands: `settle N LINK`, with the link of the message or post")
    await desk.store.read(held_one, number, _community(caller))
    job = await desk.store.read(one_job, number)
    if job.forum:
        forum = (await desk.forum(job.forum)).forum
        if not isinstance(forum, AcceptsPosts):
            raise NotFound(f"{job.forum} takes no posts, so none can stand there")
        remote: str = forum.named(link)
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
        settled = Settled(job, remotes, job.rendered, job.shows)
        what = await desk.store.write(settle_as, settled, *who, now)
    desk.wake()
    return Answer(f"{what.what} stands at {link}.", {"delivery": number, "remote": remote})


def _source(word: str) -> int | None:
    kind, sign, number = word.partition(":")
    return numeral(number) if sign and kind == "source" else None


async def _losing(desk: Desk, caller: Caller, source: int, delete: bool) -> Answer:
    posts = await desk.store.write(decide_losing, source, _community(caller), delete, caller.person, desk.clock.now())
    desk.wake()
    word = "are taken for deleted" if delete else "are kept"
    return Answer(f"{count(posts, 'missing post')} {word}.", {"source": source, "posts": posts})


DELIVERY = Parameter("delivery", "its number in `held`, or source:N", suggested=True)

COMMANDS = [
    (Command("mirror", "held", "what waits for a decision"), show_held),
    (Command("mirror", "retry", "send a held delivery again", (DELIVERY,)), do_retry),
    (Command("mirror", "skip", "give a held delivery up", (DELIVERY,)), do_skip),
    (
        Command(
            "mirror",
            "settle",
            "say where a held delivery stands",
            (DELIVERY, Parameter("link", "of the message or post", required=False)),
        ),
        do_settle,
    ),
]
