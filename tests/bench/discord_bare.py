"""One run of sending into Discord channels with discord.py alone, all of them at once, one message at a time in each.

It is logged in by HTTP only, and listens to nothing; it makes an embed of what it is given for each message, as whoever
uses discord.py has to. How both sides are measured stands here too.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import discord
import msgspec

from tests.bench.contest import Figures
from tests.discord.stand_in import addressed

Payload = dict[str, Any]

Send = Callable[[str, Payload, str], Awaitable[object]]
"""Sends into a channel, under a key."""


class Job(msgspec.Struct, frozen=True):
    """What is sent into each channel: payloads of the adapter, the first `warm` of which are not measured.

    These make the connections, and whatever is made once. `budget` is how many requests a second may be made.
    """

    api: str
    socket: str
    token: str
    guild: str
    channels: list[str]
    payloads: list[Payload]
    budget: float
    warm: int


async def measured(job: Job, send: Send) -> Figures:
    """Messages per second, CPU seconds per 1,000 of them, and how long they took."""

    async def fill(place: int, numbers: range) -> None:
        for number in numbers:
            await send(job.channels[place], job.payloads[number], key(place, number))

    async def everywhere(numbers: range) -> None:
        async with asyncio.TaskGroup() as group:
            for place in range(len(job.channels)):
                group.create_task(fill(place, numbers))

    await everywhere(range(job.warm))
    used, began = time.process_time(), time.perf_counter()
    await everywhere(range(job.warm, len(job.payloads)))
    used, seconds = time.process_time() - used, time.perf_counter() - began
    messages = len(job.channels) * (len(job.payloads) - job.warm)
    return {"speed": messages / seconds, "cpu": used / messages * 1000, "seconds": seconds}


def key(place: int, number: int) -> str:
    """The key of a post in one of the channels, as long as keys are."""
    return f"{place:012}{number:012}"


async def bare(job: Job) -> Figures:
    """Send with nothing but discord.py."""
    client = discord.Client(intents=discord.Intents.none())
    async with client:
        await client.login(job.token)
        rooms = {channel: client.get_partial_messageable(int(channel)) for channel in job.channels}

        async def send(channel: str, payload: Payload, key: str) -> object:
            embed = discord.Embed.from_dict(payload["embed"])
            embed.url = f"https://discord.com/channels/{job.guild}/{channel}#{key}"
            return await rooms[channel].send(embed=embed)

        return await measured(job, send)


if __name__ == "__main__":
    wanted = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    with addressed(wanted.api, wanted.socket):
        found = asyncio.run(bare(wanted))
    sys.stdout.buffer.write(msgspec.json.encode(found))
