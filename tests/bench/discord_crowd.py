"""A stand-in for Discord with very many servers in which a bot is: `python -m tests.bench.discord_crowd`.

Each has so many channels, and what servers have besides: 15 roles, 40 emoji, 5 threads that are active. Its first line
says where it is.
"""

from __future__ import annotations

import argparse
import asyncio

from tests.discord import permissions
from tests.discord.nouns import FORUM, PUBLIC_THREAD, TEXT, Channel, Guild, Overwrite, Thread
from tests.discord.serve import serve
from tests.discord.stand_in import StandIn

ROLES, EMOJI, THREADS = 15, 40, 5
HIDDEN = 4
"""One of so many channels is not for everybody."""


def crowd(guilds: int, channels: int) -> StandIn:
    """The stand-in, with so many servers of so many channels."""
    there = StandIn()
    for number in range(guilds):
        furnish(there, there.guild(f"The readers of town no. {number}"), channels)
    return there


def furnish(there: StandIn, guild: Guild, channels: int) -> None:
    """Give a server all that servers have."""
    world = there.world
    roles = [world.new_role(guild, f"members of group {n}", permissions.EVERYONE) for n in range(ROLES - 2)]
    guild.emoji = {world.ids.new(): f"emoji_{n}" for n in range(EMOJI)}
    made = [Channel(world.ids.new(), guild.id, TEXT, f"about-things-{n}", position=n) for n in range(channels)]
    made[-1].kind = FORUM
    for place, channel in enumerate(made):
        channel.topic = f"What is said about things, part {place}"
        channel.last_message = world.ids.new()
        if place % HIDDEN == HIDDEN - 1:
            shut = Overwrite(guild.id, 0, deny=permissions.VIEW_CHANNEL)
            opened = Overwrite(roles[0].id, 0, allow=permissions.VIEW_CHANNEL)
            channel.overwrites = {one.id: one for one in (shut, opened)}
        world.channels[channel.id] = channel
    for n in range(THREADS):
        state = Thread(guild.owner, world.clock.now(), messages=7, said=7)
        thread = Channel(world.ids.new(), guild.id, PUBLIC_THREAD, f"a talk, no. {n}", made[0].id, thread=state)
        thread.last_message = world.ids.new()
        world.channels[thread.id] = thread


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--guilds", type=int, required=True)
    parser.add_argument("--channels", type=int, required=True)
    asked = parser.parse_args()
    asyncio.run(serve(crowd(asked.guilds, asked.channels)))
