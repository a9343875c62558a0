"""Matrix, against a real Synapse on this machine: sending by the adapter, mirroring by the whole program.

One homeserver without rate limits serves all runs; each of them has new accounts and new rooms, and what it wrote is
read again: a run that lost or repeated anything, or mixed it up, is no measurement.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec

from tests.bench.contest import Contest, Figures, Row
from tests.bench.matrix_bare import Job, Payload, content, key
from tests.bench.matrix_program import House, mirroring, saying, showing
from tests.bench.matrix_sending import payloads
from tests.environment import NotInstalled, python_of
from tests.matrix.homeserver import PROGRAM, Homeserver
from tests.matrix.people import Person, newcomer

ROOT = Path(__file__).parents[2]
ROOMS = 10
SIDES = {"ours": "tests.bench.matrix_sending", "bare": "tests.bench.matrix_bare"}


@contextmanager
def homeserver() -> Iterator[Homeserver | None]:
    """The homeserver of the runs; None, and the reason on standard error, where there can be none."""
    try:
        python = python_of("synapse", PROGRAM, say=_say)
    except NotInstalled as why:
        _say(f"Matrix is not measured: {why}")
        yield None
        return
    if not Path("/proc/self/status").exists():
        _say("Matrix is not measured: without /proc nobody says what a program used that runs on")
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="threadline-bench-") as folder:
        server = Homeserver(python, Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop()


def contests(quick: bool) -> Iterator[Contest]:
    """Everything that is measured with a homeserver, which runs as long as they are taken; none where there is none."""
    with homeserver() as server:
        if server is not None:
            yield from _contests(server, quick)


def _contests(server: Homeserver, quick: bool) -> list[Contest]:
    each, posts, seen = (3, 12, 3) if quick else (100, 1_000, 40)
    events = f"events into {ROOMS} Matrix rooms, {each:,} each (baseline: bare aiohttp)"
    mirrored = f"mirrored into a Matrix room, {posts:,} posts (baseline: bare aiohttp)"
    published = "from a post in the forum to another Matrix client (baseline: from a bare PUT)"
    return [
        Contest(
            partial(sending, server, "ours", ROOMS, each),
            partial(sending, server, "bare", ROOMS, each),
            (
                Row(f"{events}: speed", "speed", "events per s", least=0.9),
                Row(f"{events}: CPU", "cpu", "CPU s per 1,000 events", goal=2.0),
            ),
        ),
        Contest(
            partial(_in_a_house, server, partial(mirroring, posts=posts)),
            partial(sending, server, "bare", 1, posts),
            (
                Row(f"{mirrored}: CPU", "cpu", "CPU s per 1,000 posts", limit=1.2),
                Row(f"{mirrored}: memory at most", "memory", "MiB", limit=60.0),
                Row(f"{mirrored}: speed", "speed", "posts per s"),
            ),
        ),
        Contest(
            partial(_in_a_house, server, partial(showing, posts=seen)),
            partial(_in_a_house, server, partial(saying, posts=seen)),
            (Row(f"{published}: p50", "p50", "ms"), Row(f"{published}: p95", "p95", "ms")),
        ),
    ]


def sending(server: Homeserver, who: str, rooms: int, each: int) -> Figures:
    """One run in a process of its own, by `ours` or `bare`: so many events into each of so many rooms."""
    return asyncio.run(_sending(server, who, rooms, each))


async def _sending(server: Homeserver, who: str, rooms: int, each: int) -> Figures:
    bot, ann = await newcomer(server, "bot"), await newcomer(server, "ann")
    try:
        job = Job(
            server.address, bot.login.access_token, [await _room(bot, ann) for _ in range(rooms)], payloads(each + 1)
        )
        command = [sys.executable, "-m", SIDES[who]]
        given = msgspec.json.encode(job)
        done = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, input=given, capture_output=True, check=False)
        if done.returncode:
            raise SystemExit(f"sending ({who}) failed:\n{done.stderr.decode(errors='replace')[-4000:]}")
        for place, room in enumerate(job.rooms):
            await _check(ann, room, place, job.payloads)
        return msgspec.json.decode(done.stdout, type=Figures)
    finally:
        await bot.close()
        await ann.close()


async def _check(ann: Person, room: str, place: int, payloads: list[Payload]) -> None:
    """Everything stands in a room once, in order, as it was meant."""
    events = await ann.events(room)
    root = str(events[0]["event_id"]) if events else ""
    wanted = [content(one, root if n else "", key(place, n)) for n, one in enumerate(payloads)]
    if [event["content"] for event in events] != wanted:
        raise SystemExit(f"a room does not hold what was sent, so nothing was measured: {len(events)} events")


async def _room(bot: Person, ann: Person) -> str:
    """A room of Ann's with the bot in it."""
    room = await ann.room()
    await bot.join(room)
    return room


def _in_a_house(server: Homeserver, run: Callable[[House], Awaitable[Figures]]) -> Figures:
    """One run with a home, a forum and a room of its own."""

    async def go() -> Figures:
        bot, ann = await newcomer(server, "bot"), await newcomer(server, "ann")
        try:
            with tempfile.TemporaryDirectory(prefix="threadline-bench-") as folder:
                return await run(House(Path(folder), bot, ann, await _room(bot, ann)))
        finally:
            await bot.close()
            await ann.close()

    return asyncio.run(go())


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
