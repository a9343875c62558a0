"""The whole program behind a line and a homeserver that fail: what another account reads in the room at the end."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.listener import Listener
from bot.model import MINUTE, ChatName
from bot.testing.clock import FakeClock
from tests.matrix.conftest import Own
from tests.matrix.homeserver import Homeserver
from tests.matrix.listening import in_thread
from tests.matrix.mirrored import PATIENCE, SEND, Mirrored, Moments, When
from tests.matrix.people import newcomer
from tests.matrix.proxy import Cut, Drip, Drop, Fail, Fault, Limit, LoseAnswer

SEED = int(os.environ.get("THREADLINE_SEED", "1"))
"""Chooses the moments of the quick forms."""

WHENS: tuple[When, ...] = ("unsent", "landing", "landed")

Mirrors = Callable[..., Awaitable[tuple[Mirrored, Moments]]]


@pytest.fixture
async def mirrors(tmp_path: Path) -> AsyncIterator[Mirrors]:
    """Makes a room of Ann's with the bot in it, and a home for the program behind a proxy."""
    async with AsyncExitStack() as stack:

        async def make(at: Homeserver) -> tuple[Mirrored, Moments]:
            ann, bot = await newcomer(at, "ann"), await newcomer(at, "bot")
            stack.push_async_callback(ann.close)
            stack.push_async_callback(bot.close)
            room = await ann.room()
            await bot.join(room)
            proxy = Moments(at.address)
            await stack.enter_async_context(proxy)
            return Mirrored(tmp_path, bot.login, ann, room, proxy.address, FakeClock()), proxy

        yield make


# ---------------------------------------------------------------------------------------------------------- the line


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(LoseAnswer(), id="the answer lost"),
        pytest.param(Drop(), id="the connection lost"),
        pytest.param(Fail(502), id="502, done all the same"),
        pytest.param(Fail(504, asked=False), id="504, not done"),
        pytest.param(Cut(), id="half an answer"),
        pytest.param(Drip(8), id="a slow drip"),
    ],
)
async def test_whatever_happens_to_answers_everything_stands_there_once_and_in_order(
    homeserver: Homeserver, mirrors: Mirrors, fault: Fault
) -> None:
    """Two of five messages meet the fault, posts are written and changed meanwhile; then two changes meet it."""
    mirrored, proxy = await mirrors(homeserver)
    dice = random.Random(SEED)
    proxy.each = lambda: proxy.rule(fault, "PUT", SEND) if dice.random() < 0.4 else None
    async with mirrored.running():
        await mirrored.begin(10)
        await mirrored.work()
        await mirrored.mend(0, 2, 9)
        await mirrored.grow(4)
        await mirrored.settle()
        proxy.each = lambda: None
        proxy.mend()
        changes = proxy.rule(fault, "PUT", SEND, times=2)
        await mirrored.mend(3, 12)
        await mirrored.settle()
    assert changes.happened == 2
    assert sum(asked.fault is not None for asked in proxy.asked) >= 5


@pytest.mark.parametrize(
    "limit",
    [
        pytest.param(Limit(20, body=False), id="the header alone says how long"),
        pytest.param(Limit(20, header=False), id="the body alone says how long"),
    ],
)
async def test_a_storm_of_limits_is_waited_out_as_long_as_it_is_told(
    homeserver: Homeserver, mirrors: Mirrors, limit: Limit
) -> None:
    """Nothing is given up for it, and nobody asks again before the time that was named: that would prolong it."""
    mirrored, proxy = await mirrors(homeserver)
    async with mirrored.running():
        await mirrored.begin(10)
        storm = proxy.rule(limit, "PUT", SEND, times=None)
        told = 0
        for _ in range(80):
            await mirrored.work()
            assert storm.happened - told <= 1
            told = storm.happened
        # Every look is five seconds later than the one before: three of four find that it is not time yet.
        assert 15 <= storm.happened <= 20
        proxy.mend()
        await mirrored.mend(4)
        await mirrored.settle()


async def test_a_sync_that_is_cut_in_the_middle_loses_no_words_and_takes_none_twice(
    homeserver: Homeserver, mirrors: Mirrors
) -> None:
    """While it waits, then in the middle of the very answer that holds what was said."""
    mirrored, proxy = await mirrors(homeserver)
    async with mirrored.running() as app:
        await mirrored.begin(3)
        await mirrored.settle()
        root = (await mirrored.shown()).first
        log, clock = mirrored.log, app.clock
        chat = await app.chat("matrix")
        listening = asyncio.create_task(
            Listener(ChatName("matrix"), chat, app.store, clock, log, app.callers.carry, lambda: None).run()
        )
        try:
            async with asyncio.timeout(PATIENCE):
                while not await mirrored.rows("SELECT 1 FROM chat_cursor WHERE cursor<>''") or not proxy.waiting(
                    "/sync"
                ):
                    await asyncio.sleep(0.01)
                half = proxy.rule(Cut(), "GET", "/sync")
                assert proxy.cut("/sync") == 1
                said = [f"words {n}" for n in range(5)]
                for words in said:
                    await mirrored.ann.say(mirrored.room, words, **in_thread(root))
                await half.met()
                while (await mirrored.forum())[3:] != said or await mirrored.owed():
                    await mirrored.work()
                    await asyncio.sleep(0.01)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        # What came from the room stands in it already, and the thread's other posts are shown as before.
        await mirrored.work()
        assert (await mirrored.forum())[3:] == said
        await mirrored.check()
        everything = [text for text in await mirrored.ann.texts(mirrored.room) if text.startswith("words")]
        assert everything == said


# ---------------------------------------------------------------------------------------------------- the homeserver


@pytest.mark.parametrize("gateway", [pytest.param(False, id="refused"), pytest.param(True, id="502 from a gateway")])
async def test_a_homeserver_that_is_away_for_an_hour_costs_nothing(
    homeserver: Homeserver, mirrors: Mirrors, gateway: bool
) -> None:
    """Nobody has to decide anything when it is back; posts are written and changed meanwhile."""
    mirrored, proxy = await mirrors(homeserver)
    async with mirrored.running():
        await mirrored.begin(5)
        await mirrored.settle()
        await mirrored.grow(3)
        await mirrored.mend(2)
        if gateway:
            proxy.rule(Fail(502, asked=False), times=None)
        else:
            await proxy.down()
        for _ in range(60):
            await mirrored.work(MINUTE)
        await mirrored.mend(0, 5)
        await mirrored.grow(2)
        proxy.mend()
        await proxy.up()
        await mirrored.settle()


@pytest.mark.parametrize(
    ("posts", "kills"),
    [
        pytest.param(60, 1, id="60 posts"),
        pytest.param(200, 6, id="200 posts", marks=[pytest.mark.faults, pytest.mark.timeout(600)]),
    ],
)
async def test_a_homeserver_that_is_killed_in_the_middle_of_a_mirror_shows_it_whole(
    own: Own, mirrors: Mirrors, posts: int, kills: int
) -> None:
    """It comes back with what it had acknowledged, and perhaps with the message of which nobody has heard."""
    mirrored, proxy = await mirrors(own)
    dice, dead, loop = random.Random(SEED), asyncio.Event(), asyncio.get_running_loop()

    def kill() -> None:
        own.kill()
        loop.call_soon_threadsafe(dead.set)

    async with mirrored.running():
        await mirrored.begin(posts)
        for _ in range(kills):
            dead.clear()
            proxy.at(dice.randrange(posts // 4, posts // 2) // kills + 1, dice.choice(WHENS), kill)
            working = asyncio.create_task(_until(mirrored, dead))
            await dead.wait()
            await own.begin()
            await working
        await mirrored.mend(0, posts // 2, posts - 1)
        await mirrored.grow(3)
        await mirrored.settle()


async def _until(mirrored: Mirrored, happened: asyncio.Event) -> None:
    """Work until something happened, and once more: so long it goes on without noticing."""
    while not happened.is_set():
        await mirrored.work()
    await mirrored.work()
