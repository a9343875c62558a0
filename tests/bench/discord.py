"""Discord, against the stand-in of the tests: sending by the adapter, mirroring by the whole program, its memory.

Each run has a stand-in of its own, in a process of its own, and what it wrote is read there again: a run that lost or
repeated anything, or mixed it up, is no measurement.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from tests.bench import discord_memory, discord_program
from tests.bench.contest import Contest, Figures, Row
from tests.bench.discord_bare import Job
from tests.bench.discord_sending import payloads
from tests.discord.own_process import OwnProcess

ROOT = Path(__file__).parents[2]
CHANNELS = 50
BUDGET = 45.0
"""Requests a second that the adapter makes at most, where nobody sets anything else."""

BUCKET, WINDOW = 5, 5.0
"""Messages that the stand-in lets into one channel in so many seconds, as Discord was seen to do."""

UNLIMITED = 1e6
SIDES = {"ours": "tests.bench.discord_sending", "bare": "tests.bench.discord_bare"}
PROGRAM = "tests.bench.discord_program"


def contests(quick: bool) -> Iterator[Contest]:
    """Everything that is measured with a Discord."""
    channels, each, posts = (5, 5, 5) if quick else (CHANNELS, 100, 40)
    sent = f"messages into {channels} Discord channels, {each} each (baseline: bare discord.py)"
    mirrored = f"posts into {channels} Discord channels, {posts} each, by the whole program (baseline: bare discord.py)"
    thousand = "CPU s per 1,000 messages"
    yield Contest(
        partial(sending, "ours", channels, each),
        partial(sending, "bare", channels, each),
        (Row(f"{sent}: speed", "speed", "messages per s"), Row(f"{sent}: CPU", "cpu", thousand, goal=2.0)),
    )
    yield Contest(
        partial(mirroring, channels, posts),
        partial(sending, "bare", channels, posts),
        (Row(f"{mirrored}: speed", "speed", "messages per s"), Row(f"{mirrored}: CPU", "cpu", thousand, goal=2.0)),
    )
    yield from _paced(channels, quick)
    guilds, rooms, settle = (10, 5, 0.1) if quick else (1_000, 20, 3.0)
    crowded = f"memory with {guilds:,} Discord servers of {rooms} channels"
    yield Contest(
        partial(discord_memory.ours, guilds, rooms, settle),
        partial(discord_memory.bare, guilds, rooms, settle),
        (Row(f"{crowded} (baseline: bare discord.py)", "memory", "MiB", limit=90.0),),
    )


def _paced(channels: int, quick: bool) -> Iterator[Contest]:
    """How much of what Discord's limits allow is reached, and how often they are met."""
    each, alone, pace = (8, 6, 10.0) if quick else (20, 26, 1.0)
    many, one = f"{channels} Discord channels under limits", "one Discord channel under limits"
    yield Contest(
        partial(sending, "ours", channels, each, pace),
        lambda: {"speed": BUDGET, "refused": channels},
        (
            Row(f"{many} (baseline: the budget)", "speed", "messages per s", least=0.95),
            Row(f"{many}: refused (baseline: once for each bucket)", "refused", "429s", goal=1.0),
        ),
    )
    # As many as fit into windows that are full, and one more: so long they last.
    allowed = alone / (alone // BUCKET * WINDOW / pace)
    yield Contest(
        partial(sending, "ours", 1, alone, pace),
        lambda: {"speed": allowed, "refused": 1},
        (
            Row(f"{one} (baseline: all that its bucket allows)", "speed", "messages per s", least=0.95),
            Row(f"{one}: refused (baseline: once)", "refused", "429s", goal=1.0),
        ),
    )


def sending(who: str, channels: int, each: int, limits: float = 0.0) -> Figures:
    """One run in a process of its own, by `ours` or `bare`: so many messages into each of so many channels.

    `limits` is how fast the windows of Discord's limits pass; 0 for none.
    """
    return asyncio.run(_sending(who, channels, each, limits))


async def _sending(who: str, channels: int, each: int, limits: float) -> Figures:
    warm = 0 if limits else 1
    async with OwnProcess(*(["--limits"] if limits else [])) as there:
        if limits:
            await there.call("set", "limits", "pace", limits)
        guild, rooms, ann = await _rooms(there, channels)
        job = Job(
            there.api,
            there.socket,
            there.token,
            guild,
            rooms,
            payloads(each + warm),
            BUDGET if limits else UNLIMITED,
            warm,
        )
        found: Figures = await _measured(SIDES[who], job)
        wanted = [payload["embed"]["description"] for payload in job.payloads]
        for room in rooms:
            _check([_words(one) for one in await there.call("sees", room, who=ann)], wanted)
        asked = await there.call("asked")
        return found | {"refused": sum(status == 429 for _, _, status in asked)}


def mirroring(channels: int, posts: int) -> Figures:
    """One run of the whole program: so many threads of so many posts, each mirrored into a channel of its own."""
    return asyncio.run(_mirroring(channels, posts))


async def _mirroring(channels: int, posts: int) -> Figures:
    async with OwnProcess() as there:
        _, rooms, ann = await _rooms(there, channels + 1)
        job = discord_program.Job(there.api, there.socket, there.token, rooms, posts, UNLIMITED)
        found: Figures = await _measured(PROGRAM, job)
        for place, room in enumerate(rooms):
            wanted = [f"no. {number}" for number in range(posts if place else 1)]
            said = await there.call("sees", room, who=ann)
            for thread in await there.call("threads_in", room, who=ann):
                said += await there.call("sees", thread["id"], who=ann)
            _check([discord_program.number(_words(one)) for one in said if one["embeds"]], wanted)
        return found


async def _rooms(there: OwnProcess, channels: int) -> tuple[str, list[str], str]:
    """A guild, so many channels in it, and somebody who sees them."""
    guild = (await there.call("guild"))["id"]
    rooms = [(await there.call("channel", guild, f"talk-{number}"))["id"] for number in range(channels)]
    return guild, rooms, (await there.call("person", "ann", guild))["id"]


async def _measured(module: str, job: msgspec.Struct) -> Figures:
    """The figures of a module of these that is given a job, in a process of its own."""
    command, given = [sys.executable, "-m", module], msgspec.json.encode(job)
    done = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, input=given, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"{module} failed:\n{done.stderr.decode(errors='replace')[-4000:]}")
    return msgspec.json.decode(done.stdout, type=Figures)


def _words(message: dict[str, Any]) -> str:
    return str(message["embeds"][0]["description"]) if message["embeds"] else ""


def _check(shown: list[str], wanted: list[str]) -> None:
    """Everything stands in a channel once, in order."""
    if shown != [one.strip() for one in wanted]:
        raise SystemExit(f"a channel does not hold what was sent, so nothing was measured: {len(shown)} messages")
