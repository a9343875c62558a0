"""One run of sending into Matrix rooms with nothing but aiohttp, all rooms at once and one event at a time in each.

It is given what it sends, and knows no errors, no login that ends and no room that is encrypted. How both sides are
measured stands here too, for this one must not load anything of ours: its memory is a figure.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec

from tests.bench.program import peak

Payload = dict[str, Any]

Send = Callable[[str, str, Payload, str], Awaitable[str]]
"""Sends into a room, in the thread of an event (empty: into the room itself), under a key; the event's id."""

Figures = dict[str, float]


class Job(msgspec.Struct, frozen=True):
    """What is sent into each room: payloads of the adapter, of which the first opens the thread of the others."""

    address: str
    token: str
    rooms: list[str]
    payloads: list[Payload]


async def measured(job: Job, send: Send) -> Figures:
    """Events per second, CPU seconds per 1,000 of them and the most memory, MiB.

    Opening the threads is not measured: it makes the connections, and whatever is made once.
    """

    async def fill(place: int, room: str, root: str) -> None:
        for number in range(1, len(job.payloads)):
            await send(room, root, job.payloads[number], key(place, number))

    roots = [await send(room, "", job.payloads[0], key(place, 0)) for place, room in enumerate(job.rooms)]
    used, began = time.process_time(), time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for place, (room, root) in enumerate(zip(job.rooms, roots, strict=True)):
            group.create_task(fill(place, room, root))
    used, seconds = time.process_time() - used, time.perf_counter() - began
    events = len(job.rooms) * (len(job.payloads) - 1)
    return {"speed": events / seconds, "cpu": used / events * 1000, "memory": peak(os.getpid())}


def key(place: int, number: int) -> str:
    """The key of a post in one of the rooms, as long as keys are."""
    return f"{place:032}{number:032}"


def content(payload: Payload, root: str, key: str) -> dict[str, Any]:
    """What the event of a payload holds, in the thread of a root if there is one."""
    said: dict[str, Any] = {**payload["content"], "org.threadline.key": key}
    if root:
        answered = {"is_falling_back": True, "m.in_reply_to": {"event_id": root}}
        said["m.relates_to"] = {"rel_type": "m.thread", "event_id": root, **answered}
    return said


async def bare(job: Job) -> Figures:
    """Send with nothing but aiohttp."""
    headers = {"Authorization": f"Bearer {job.token}", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as session:

        async def send(room: str, root: str, payload: Payload, key: str) -> str:
            url = f"{job.address}/_matrix/client/v3/rooms/{quote(room, safe='')}/send/m.room.message/{key}"
            async with session.put(url, data=msgspec.json.encode(content(payload, root, key))) as answer:
                answer.raise_for_status()
                return str(msgspec.json.decode(await answer.read())["event_id"])

        return await measured(job, send)


if __name__ == "__main__":
    wanted = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(bare(wanted))))
