"""What somebody may mean who types a value of a command, as far as they may know of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.commands.desk import Desk
from bot.commands.options import own
from bot.commands.starting import open_boards
from bot.model import Caller, Suggestion
from bot.reading.due import zones
from bot.store.forums import mirrored_forums
from bot.store.granting import people_here
from bot.store.mirrors import mirrors
from bot.store.naming import lively
from bot.store.persons import identities, person_of
from bot.store.readers import seen_from
from bot.store.report import held
from bot.store.unread import boards_seen

SHOWN = 25
"""Suggestions at once: so many any chat can show."""

BOARDS = 50
THREADS = 25
"""Boards whose threads are suggested, and threads of each: those in which something was said last."""


async def _mirrors(desk: Desk, caller: Caller) -> list[Suggestion]:
    rows = await desk.store.read(mirrors, own(caller))
    return [Suggestion(str(m.id), f"{m.id}. {m.board or m.thread} ({m.forum}) → {m.label}") for m in rows]


async def _held(desk: Desk, caller: Caller) -> list[Suggestion]:
    rows = await desk.store.read(held, own(caller), None)
    return [Suggestion(str(one.id), f"{one.id}. {one.what} → {one.place}") for one in rows]


async def _forums(desk: Desk, caller: Caller) -> list[Suggestion]:
    return [Suggestion(name, name) for name in await desk.store.read(mirrored_forums, own(caller))]


async def _logins(desk: Desk, caller: Caller) -> list[Suggestion]:
    person = await desk.store.read(person_of, caller.chat, caller.id)
    logins = await desk.store.read(identities, person) if person is not None else []
    return [Suggestion(one.chat, f"{one.chat} ({one.name})") for one in logins]


async def _people(desk: Desk, caller: Caller) -> list[Suggestion]:
    if not (caller.admin or caller.operator):
        return []
    return [Suggestion(one.user, one.name) for one in await desk.store.read(people_here, caller.community)]


async def _zones(desk: Desk, caller: Caller) -> list[Suggestion]:
    return [Suggestion(name, name) for name in zones()]


async def _named(desk: Desk, caller: Caller) -> list[Suggestion]:
    sight = await desk.store.read(seen_from, caller.chat, caller.id, caller.community, caller.where)
    boards = await desk.store.read(boards_seen, sight)
    threads = await desk.store.read(lively, boards[:BOARDS], sight, THREADS)
    return [
        *(Suggestion(f"board:{b.id}", f"{b.name} ({b.forum_name})") for b in boards if b.id is not None),
        *(Suggestion(f"thread:{one.id}", f"{one.title} ({one.forum})") for one in threads),
    ]


async def _boards(desk: Desk, caller: Caller) -> list[Suggestion]:
    sight = await desk.store.read(seen_from, caller.chat, caller.id, caller.community, caller.where)
    return [Suggestion(f"board:{b.id}", f"{b.name} ({b.forum})") for b in await open_boards(desk, sight)]


SUGGESTS: dict[str, Callable[[Desk, Caller], Awaitable[list[Suggestion]]]] = {
    "mirror": _mirrors,
    "delivery": _held,
    "forum": _forums,
    "chat": _logins,
    "what": _named,
    "board": _boards,
    "zone": _zones,
    "person": _people,
}
"""What is asked for each parameter of which something can be suggested."""


async def suggest(desk: Desk, caller: Caller, group: str, parameter: str, typed: str) -> tuple[Suggestion, ...]:
    """What may be meant by what was typed, of the caller's own community; nothing to whom the command is not for."""
    if parameter not in SUGGESTS or (group == "mirror" and not (caller.admin or caller.operator)):
        return ()
    words = typed.casefold().split()
    there = await SUGGESTS[parameter](desk, caller)
    return tuple(one for one in there if all(word in one.label.casefold() for word in words))[:SHOWN]
