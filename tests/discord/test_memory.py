"""A bot may be in a thousand guilds: discord.py remembers none of them, and reads all the same what happens there."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.chats.discord import gateway
from tests.discord.hearing import Hearing, heard, texts
from tests.discord.listener import until
from tests.discord.nouns import Channel, Guild
from tests.discord.people import Person
from tests.discord.permissions import MANAGE_CHANNELS
from tests.discord.stand_in import StandIn


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> list[gateway.Client]:
    """The clients that are made, oldest first."""
    made: list[gateway.Client] = []

    class Client(gateway.Client):
        def __init__(self, *args: Any, **named: Any) -> None:
            super().__init__(*args, **named)
            made.append(self)

    monkeypatch.setattr(gateway, "Client", Client)
    return made


async def test_no_guild_is_kept(stand_in: StandIn, hearing: Hearing, clients: list[gateway.Client]) -> None:
    """With their channels and roles they are most of what a large bot would need."""
    for number in range(5):
        stand_in.channel(stand_in.guild(f"guild-{number}"))
    await hearing.ears()
    [client] = clients
    await until(lambda: not client.guilds)
    stand_in.channel(stand_in.guild("another"))
    await until(lambda: not client.guilds)


async def test_what_happens_in_a_guild_that_is_not_kept_ends_no_line(
    stand_in: StandIn, hearing: Hearing, guild: Guild, talk: Channel, board: Channel, ann: Person
) -> None:
    """discord.py reads every event before it is thrown away, and a mistake of its own would end the line."""
    mod = stand_in.person("mod", guild, may=MANAGE_CHANNELS)
    ears = await hearing.ears()
    await heard(ears, ann, talk)  # commands are offered from now on
    world = stand_in.world
    role = world.new_role(guild, "readers")
    world.change_role(guild, role, 1)
    world.give_roles(guild, world.bot, [world.bots_role(guild).id, role.id])
    world.remove_role(guild, role)
    room = stand_in.channel(guild, "another")
    world.changed(room)
    world.remove_channel(room)
    message = ann.says(talk, "Hello")
    ann.edits(message, "Hello yourself")
    ann.reacts(message, "📖")
    ann.unreacts(message, "📖")
    thread = ann.opens_thread(message, "a talk")
    ann.says(thread, "in it")
    mod.uses(thread, "mirror status")
    mod.uses(talk, "mirror status")
    mod.uses_on(message, "Reply on forum")
    ann.changes_thread(thread, archived=True)
    ann.posts(board, "A post", "and its text")
    ann.deletes(message)
    ann.writes_to_bot("in private")
    world.outage(guild)
    world.outage(guild, over=True)
    assert "in private" in texts(await heard(ears, ann, talk))
    assert len(stand_in.gateway.logins) == 1
    assert stand_in.gateway.closed == []
