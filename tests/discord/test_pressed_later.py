"""A button is pressed long after it was made: whoever made it is gone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.model import Offer
from bot.store import Unit
from bot.store.communities import set_notices
from bot.store.notices import open_notice
from bot.store.places import ensure_channel
from bot.testing.log import RecordingLog
from tests.discord import permissions
from tests.discord.installed import Installed, mirror
from tests.discord.interactions import Use
from tests.discord.nouns import Channel, Guild, Message
from tests.discord.people import Person
from tests.discord.stand_in import StandIn

PATIENCE = 60.0
OFFER = Offer("Which mirrors there are", "mirror", ("list",))


def told(channel: str) -> Unit[None]:
    """Admins are told something in a channel, and offered a look."""
    [[community]] = yield "SELECT community FROM mirror", ()
    place = yield from ensure_channel(community, "discord", channel, "admins")
    yield from set_notices(community, place)
    yield from open_notice(community, "x", "Look at this.", 0, offers=(OFFER,))


async def pressed(person: Person, message: Message) -> Use:
    """A press that somebody answers: Discord tells none again to who was not there."""
    while True:
        use = person.presses(message, OFFER.label)
        for _ in range(50):
            if use.answer is not None:
                return use
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("identity", ["bot", "webhook"])
async def test_a_button_of_a_program_that_was_killed_works(
    stand_in: StandIn, guild: Guild, talk: Channel, tmp_path: Path, identity: str
) -> None:
    """It holds its command itself, and nothing of the process that made it is left."""
    mod, admins = stand_in.person("mod", guild, may=permissions.MANAGE_CHANNELS), stand_in.channel(guild, "admins")
    installed = Installed(tmp_path, stand_in, identity)
    async with installed.opened(RecordingLog()) as (app, board):
        await mirror(app, await board.start_thread("b1", "Zoe", "Talk", "The opening words"), talk)
        await app.store.write(told, admins.id)
    async with asyncio.timeout(PATIENCE):
        async with installed.started() as first:
            while not mod.sees(admins):
                await asyncio.sleep(0.05)
            first.kill()
            await first.wait()
        [notice] = mod.sees(admins)
        async with installed.started() as second:
            use = await pressed(mod, notice)
            said = [one.content for one in await use.said()]
            await installed.ended(second)
    assert use.ephemeral
    assert "1. Talk (sandbox)" in "\n".join(said).replace("\\", "")
