"""Commands are registered on the stand-in within Discord's limits, and so are the choices for their options."""

from __future__ import annotations

import pytest

from tests.discord.listener import Listener, asked, refused
from tests.discord.nouns import Channel, Guild
from tests.discord.people import NotOffered, Person
from tests.discord.stand_in import StandIn

CHOICE = {"name": "x", "value": "x"}
SLASH = {"name": "x", "description": "x"}


async def test_choices_have_limits(stand_in: StandIn, client: Listener, talk: Channel, ann: Person) -> None:
    """25 of them, and a hundred characters each."""
    option = {"type": 3, "name": "o", "description": "x", "autocomplete": True}
    await client.ask("PUT", f"/applications/{client.me}/commands", [{**SLASH, "options": [option]}])
    use = ann.completes(talk, "x", "o", "typed")
    path = f"/interactions/{use.id}/{use.token}/callback"
    one = {"name": "x", "value": "x"}
    for where, choices in (
        ("data.choices", [one] * 26),
        ("data.choices.0.name", [{**one, "name": "x" * 101}]),
        ("data.choices.0.value", [{**one, "value": "x" * 101}]),
    ):
        with refused(50035, where):
            await client.ask("POST", path, {"type": 8, "data": {"choices": choices}})
    await client.ask("POST", path, {"type": 8, "data": {"choices": [one] * 25}})
    assert len(use.choices or []) == 25


async def test_options_are_as_they_were_registered(client: Listener, talk: Channel, ann: Person) -> None:
    """One of the choices, of the length that is allowed: a client lets nobody send anything else."""
    chosen = {"type": 3, "name": "chosen", "description": "x", "choices": [CHOICE]}
    short = {"type": 3, "name": "short", "description": "x", "min_length": 2, "max_length": 3}
    await client.ask("PUT", f"/applications/{client.me}/commands", [{**SLASH, "options": [chosen, short]}])
    for options in ({"chosen": "y"}, {"short": "a"}, {"short": "abcd"}):
        with pytest.raises(NotOffered):
            ann.uses(talk, "x", **options)
    ann.uses(talk, "x", chosen="x", short="abc")
    used = await client.hears("interaction")
    assert {one["name"]: one["value"] for one in used.data["options"]} == {"chosen": "x", "short": "abc"}


async def test_commands_have_limits(client: Listener, guild: Guild, stand_in: StandIn) -> None:
    """In number, in length, in names, and in how many are made a day."""
    path = f"/applications/{client.me}/commands"
    option = {"type": 3, "name": "o", "description": "x"}
    for where, wanted in (
        ("0.name", [{**SLASH, "name": "Not Lower"}]),
        ("0.name", [{"name": "x" * 33, "type": 3}]),
        ("0.description", [{"name": "x", "type": 3, "description": "x"}]),
        ("0.options.0.name", [{**SLASH, "options": [{**option, "name": "X"}]}]),
        ("0.options.0.choices.0.name", [{**SLASH, "options": [{**option, "choices": [{"name": "", "value": "x"}]}]}]),
        ("0.options.0", [{**SLASH, "options": [{**option, "autocomplete": True, "choices": [CHOICE]}]}]),
        ("0.options.0.options", [{**SLASH, "options": [{**option, "type": 1, "options": [option] * 26}]}]),
        ("0.description", [{**SLASH, "description": "x" * 101}]),
        ("0.options", [{**SLASH, "options": [{**option, "name": f"o{one}"} for one in range(26)]}]),
        ("0.options.0.choices", [{**SLASH, "options": [{**option, "choices": [{"name": "x", "value": "x"}] * 26}]}]),
        ("0.options.1", [{**SLASH, "options": [option, {**option, "name": "p", "required": True}]}]),
        ("1.name", [SLASH, SLASH]),
        (
            "0",
            [
                {
                    **SLASH,
                    "options": [
                        {**option, "name": f"o{one}", "choices": [{"name": "x" * 100, "value": "y" * 100}] * 4}
                        for one in range(11)
                    ],
                }
            ],
        ),
    ):
        with refused(50035, where):
            await client.ask("PUT", path, wanted)
    with refused(30032):
        await client.ask("PUT", path, [{**SLASH, "name": f"c{one}"} for one in range(101)])
    with refused(30032):
        await client.ask("PUT", path, [{"name": f"c{one}", "type": 3} for one in range(16)])
    told = await client.ask("PUT", path, [{**SLASH, "name": f"c{one}"} for one in range(100)])
    again = await client.ask("PUT", path, [{**SLASH, "name": f"c{one}"} for one in range(100)])
    assert [one["id"] for one in told] == [one["id"] for one in again]
    assert [one["version"] for one in told] == [one["version"] for one in again]
    await client.ask("PUT", path, [{**SLASH, "name": f"d{one}"} for one in range(100)])
    status, _, said = await asked(stand_in, "PUT", path, [{**SLASH, "name": "one-more"}])
    assert (status, said["code"]) == (429, 30034)
    in_guild = f"/applications/{client.me}/guilds/{guild.id}/commands"
    await client.ask("PUT", in_guild, [SLASH])
    assert [one["guild_id"] for one in await client.ask("GET", in_guild)] == [guild.id]
    stand_in.forward(86_401)
    await client.ask("PUT", path, [{**SLASH, "name": "one-more"}])
    assert stand_in.commands.synced == ["", "", "", guild.id, ""]
