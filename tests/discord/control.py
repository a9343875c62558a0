"""The stand-in by HTTP, for those in another process: whatever can be called here can be called there.

`POST /control` with `{"do": "says", "who": ID, "args": [CHANNEL, "Hello"], "named": {}}`. Ids stand for what they name.
Without `who` it is done by the stand-in itself: `guild`, `channel`, `person`, `forward`, and by the parts of it,
`gateway.reconnect`. `rule` makes a fault: `["Fail", "POST", "/messages"]` with `status=502`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

from aiohttp import web

from tests.discord import faults, wire
from tests.discord.interactions import Use
from tests.discord.nouns import Channel, Guild, Message, Role, User
from tests.discord.people import NotOffered, Person
from tests.discord.refusals import Refusal, unknown
from tests.discord.stand_in import StandIn

PATH = "/control"
PARTS = ("gateway", "talk", "faults", "world", "commands")
FAULTS = {one.__name__: one for one in (faults.Drop, faults.Fail, faults.Hold, faults.Limit, faults.LoseAnswer)}


class Control:
    """Does what another process asks."""

    def __init__(self, stand_in: StandIn) -> None:
        self._stand_in = stand_in
        self._people: dict[str, Person] = {}
        self._rules: list[faults.Rule] = []

    def route(self) -> web.RouteDef:
        """Where it is asked."""
        return web.post(PATH, self._answer)

    async def _answer(self, request: web.Request) -> web.Response:
        asked = await request.json()
        try:
            done = self._do(asked["do"], asked.get("who", ""), asked.get("args", []), asked.get("named", {}))
            if inspect.isawaitable(done):
                done = await done
        except Refusal as refusal:
            return web.json_response({"refused": refusal.body}, status=409)
        except NotOffered as why:
            return web.json_response({"not_offered": str(why)}, status=409)
        return web.json_response({"done": self._told(done)})

    def _do(self, name: str, who: str, args: list[Any], named: dict[str, Any]) -> Any:
        if not who and name in ("rule", "happened", "release", "set", "pinged", "asked"):
            return getattr(self, f"_{name}")(*args, **named)
        act = self._act(name, who)
        wanted = get_type_hints(act)
        names = list(inspect.signature(act).parameters)
        positional = [
            self._found(wanted.get(names[at] if at < len(names) else names[-1]), one) for at, one in enumerate(args)
        ]
        # Options of commands, which only people use, may be anything.
        by_name = {key: self._found(wanted.get(key, Any if who else None), value) for key, value in named.items()}
        return act(*positional, **by_name)

    def _act(self, name: str, who: str) -> Callable[..., Any]:
        if who:
            return getattr(self._people[who], name)
        part, _, inner = name.rpartition(".")
        if part and part not in PARTS:
            raise NotOffered(f"{name}; there are the parts {PARTS}")
        return getattr(getattr(self._stand_in, part) if part else self._stand_in, inner)

    # ------------------------------------------------------------------------------------------------ what is its own

    def _rule(self, fault: str, method: str = "", path: str = "", times: int | None = 1, **details: Any) -> int:
        """A fault by its name; gives the number that `happened` and `release` want."""
        made: Any = FAULTS[fault](**details)
        self._rules.append(self._stand_in.faults.rule(made, method, path, times=times))
        return len(self._rules) - 1

    def _happened(self, rule: int) -> int:
        return self._rules[rule].happened

    def _release(self, rule: int) -> None:
        fault = self._rules[rule].fault
        assert isinstance(fault, faults.Hold), "nothing is held by that"
        fault.release()

    def _set(self, part: str, field: str, value: Any) -> None:
        """Let a field of a part have a value: `["limits", "pace", 50]`."""
        of = getattr(self._stand_in, part, None)
        if not hasattr(of, field):
            raise NotOffered(f"{part}.{field}; there is no such thing")
        setattr(of, field, value)

    def _pinged(self) -> list[str]:
        return [ping.message for ping in self._stand_in.pinged]

    def _asked(self) -> list[list[Any]]:
        return [[one.method, one.path, one.status] for one in self._stand_in.rest.asked]

    # ------------------------------------------------------------------------------------------------ back and forth

    def _found(self, kind: Any, value: Any) -> Any:
        """What an id names, where something is wanted that has one."""
        world, said = self._stand_in.world, str(kind)
        if isinstance(value, list) and "Message" in said:
            return [self._found(Message, one) for one in value]
        if not isinstance(value, str):
            return value
        if "Channel" in said and (value in world.channels or "Message" not in said):
            return world.channel(value)
        if "Message" in said:
            for there in world.messages.values():
                if value in there:
                    return there[value]
            raise unknown("Message")
        if "Guild" in said:
            return world.guild(value)
        if "Use" in said and "User" not in said:
            return next(use for use in self._stand_in.interactions.uses.values() if use.id == value)
        if "User" in said:
            return world.users[value]
        if kind is Any and value in self._people:
            return self._people[value]
        return world.channels[value] if kind is Any and value in world.channels else value

    def _told(self, what: Any) -> Any:
        """What came of it, as JSON has it."""
        world = self._stand_in.world
        match what:
            case list():
                return [self._told(one) for one in what]
            case Message():
                return wire.message(world, what) | {"only_for": what.only_for}
            case Channel():
                return wire.channel(world, what)
            case Guild():
                return {"id": what.id, "name": what.name}
            case Role():
                return wire.role(what)
            case User():
                return wire.user(what)
            case Person():
                self._people[what.id] = what
                return wire.user(what.user)
            case Use():
                messages = [self._told(one) for one in what.messages]
                return {"id": what.id, "answer": what.answer, "messages": messages, "choices": what.choices} | {
                    "modal": what.modal
                }
            case str() | int() | float() | bool() | dict() | None:
                return what
            case _:
                return None
