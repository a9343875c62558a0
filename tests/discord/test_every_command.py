"""Every command there is, chosen from Discord's menus: answered before the eyes of its giver alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app import App
from bot.listener import Listener
from bot.model import ChatName
from bot.testing.log import RecordingLog
from bot.texts import say
from tests.discord import permissions
from tests.discord.installed import Installed, mirror
from tests.discord.nouns import Channel, Guild
from tests.discord.people import Person
from tests.discord.stand_in import StandIn
from tests.lines import COMMANDS, answered, name, needed

PATIENCE = 60.0


@pytest.fixture
async def app(stand_in: StandIn, talk: Channel, tmp_path: Path) -> AsyncIterator[App]:
    """The program, which listens and shows a thread in the channel."""
    log = RecordingLog()
    async with Installed(tmp_path, stand_in).opened(log) as (app, board):
        await mirror(app, await board.start_thread("b1", "Zoe", "Talk", "The opening words"), talk)
        await app.once()
        chat = await app.chat("discord")
        about = app.store, app.clock, log, app.callers.carry, lambda: None
        listening = asyncio.create_task(Listener(ChatName("discord"), chat, *about).run())
        async with asyncio.timeout(PATIENCE):
            while "commands registered" not in log.events():
                await asyncio.sleep(0.01)
        yield app
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


@pytest.fixture
def mod(stand_in: StandIn, guild: Guild) -> Person:
    """Somebody who manages channels."""
    return stand_in.person("mod", guild, may=permissions.MANAGE_CHANNELS)


async def test_every_command_is_answered_for_its_giver_alone(
    app: App, talk: Channel, mod: Person, stand_in: StandIn, guild: Guild
) -> None:
    """An answer may hold what only its asker may see."""
    ann = stand_in.person("ann", guild)
    before = ann.reads(talk)
    async with asyncio.timeout(PATIENCE):
        for number, command in enumerate(COMMANDS, 1):
            use = mod.uses(talk, name(command), **needed(command))
            await answered(app, number)
            said = await use.said()
            assert use.ephemeral, name(command)
            assert {one.only_for for one in said} == {mod.id}, name(command)
            assert say("commands.fault") not in [one.content for one in said], name(command)
            assert ann.reads(talk) == before, name(command)


async def test_everything_that_can_be_suggested_is_completed(app: App, talk: Channel, mod: Person) -> None:
    """Discord asks with every letter, and shows 25 at the most."""
    async with asyncio.timeout(PATIENCE):
        for command in COMMANDS:
            for one in command.parameters:
                if one.suggested:
                    use = await mod.completes(talk, name(command), one.name, "").answered()
                    assert use.choices is not None, f"{name(command)}: {one.name}"
                    assert len(use.choices) <= 25
