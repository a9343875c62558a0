"""What somebody may mean who types a value of a command, as far as they may know of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.commands.desk import Desk
from bot.commands.options import own
from bot.model import Caller, Suggestion
from bot.store.forums import mirrored_forums
from bot.store.places import mirrors
from bot.store.report import held

SHOWN = 25
"""Suggestions at once: so many any chat can show."""


async def _mirrors(desk: Desk, caller: Caller) -> list[Suggestion]:
    rows = await desk.store.read(mirrors, own(caller))
    return [Suggestion(str(m.id), f"{m.id}. {m.board or m.thread} ({m.forum}) → {m.label}") for m in rows]


async def _held(desk: Desk, caller: Caller) -> list[Suggestion]:
    rows = await desk.store.read(held, own(caller), None)
    return [Suggestion(str(one.id), f"{one.id}. {one.what} → {one.place}") for one in rows]


async def _forums(desk: Desk, caller: Caller) -> list[Suggestion]:
    return [Suggestion(name, name) for name in await desk.store.read(mirrored_forums, own(caller))]


SUGGESTS: dict[str, Callable[[Desk, Caller], Awaitable[list[Suggestion]]]] = {
    "mirror": _mirrors,
    "delivery": _held,
    "forum": _forums,
}
"""What is asked for each parameter of which something can be suggested."""


async def suggest(desk: Desk, caller: Caller, group: str, parameter: str, typed: str) -> tuple[Suggestion, ...]:
    """What may be meant by what was typed, of the caller's own community; nothing to whom the command is not for."""
    if parameter not in SUGGESTS or (group == "mirror" and not (caller.admin or caller.operator)):
        return ()
    words = typed.casefold().split()
    there = await SUGGESTS[parameter](desk, caller)
    return tuple(one for one in there if all(word in one.label.casefold() for word in words))[:SHOWN]
