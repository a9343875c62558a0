"""How much of a post a channel shows: as its oldest mirror that is at work and covers the thread says."""

from __future__ import annotations

from typing import Any

import pytest

from bot.store import run
from bot.store.jobs import head
from bot.testing.store_rig import StoreRig, op


async def say(house: StoreRig, mirror: int, length: int) -> None:
    """Let a mirror show so many characters of a post."""
    options = f'{{"max_length":{length}}}'
    await house.store.write(run, "UPDATE mirror SET options=$2 WHERE id=$1", mirror, options)


async def longest(house: StoreRig) -> int:
    """The characters that are shown of what stands first in the queue of the lounge."""
    job = await house.store.read(head, await house.channel(), house.now)
    assert job is not None
    return job.longest


@pytest.fixture
async def mirrors(house: StoreRig) -> list[int]:
    """A mirror of a board into the lounge, where its thread is owed, then of that thread, there and into the attic."""
    await house.read_list()
    board = await house.mirror()
    await house.arrive(op())
    thread = await house.value("SELECT id FROM thread")
    return [board, await house.mirror(thread=thread), await house.mirror("attic", thread=thread)]


async def test_a_post_is_shown_whole_where_no_mirror_says_otherwise(house: StoreRig, mirrors: Any) -> None:
    assert await longest(house) == 0


async def test_a_mirror_of_a_board_says_how_much_of_a_post_is_shown(house: StoreRig, mirrors: Any) -> None:
    await say(house, mirrors[0], 300)
    assert await longest(house) == 300


async def test_the_oldest_mirror_of_a_channel_says_it(house: StoreRig, mirrors: Any) -> None:
    """Under it the post is shown there; what a younger one says concerns what it alone shows."""
    await say(house, mirrors[1], 500)
    assert await longest(house) == 0
    await say(house, mirrors[0], 300)
    assert await longest(house) == 300


@pytest.mark.parametrize("state", ["paused", "removed"])
async def test_a_mirror_that_is_not_at_work_says_nothing(house: StoreRig, mirrors: Any, state: str) -> None:
    await say(house, mirrors[0], 300)
    await say(house, mirrors[1], 500)
    await house.store.write(run, "UPDATE mirror SET state=$2 WHERE id=$1", mirrors[0], state)
    assert await longest(house) == 500


async def test_a_mirror_into_another_channel_says_nothing_here(house: StoreRig, mirrors: Any) -> None:
    await say(house, mirrors[2], 300)
    assert await longest(house) == 0


async def test_a_mirror_of_a_board_says_nothing_of_threads_that_are_not_in_its_list(
    house: StoreRig, mirrors: Any
) -> None:
    await say(house, mirrors[0], 300)
    await house.store.write(run, "DELETE FROM listing")
    assert await longest(house) == 0
