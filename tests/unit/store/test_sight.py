"""What is seen from where: boards and threads through the mirrors of a community, and of them what is private."""

from __future__ import annotations

import pytest

from bot.store import run
from bot.store.communities import ensure_community
from bot.store.naming import lively
from bot.store.sight import EVERYTHING, Sight, thread_of, thread_seen
from bot.store.unread import boards_seen
from bot.testing.store_rig import listed, op, post


@pytest.fixture
async def house(mirrored):
    """A board with one thread of two posts."""
    await mirrored.read_list(listed("t"))
    await mirrored.read_thread(op(), post("p1"))
    return mirrored


async def seen(house, sight):
    thread = await house.value("SELECT id FROM thread")
    return await house.store.read(thread_seen, thread, sight)


async def test_a_thread_is_seen_through_a_mirror_of_its_board_or_of_itself(house):
    sight = Sight(house.community)
    assert (await seen(house, sight)).title == "A thread"
    await house.store.write(run, "UPDATE mirror SET board=NULL, thread=(SELECT id FROM thread)")
    assert (await seen(house, sight)).title == "A thread"
    await house.store.write(run, "UPDATE mirror SET state='removed'")
    assert await seen(house, sight) is None
    assert await seen(house, EVERYTHING) is None


async def test_another_community_sees_nothing_of_it(house):
    """Law 12: neither the thread nor a post of it, whatever the number that is asked for."""
    other = Sight(await house.store.write(ensure_community, "web", "other", "Other"))
    assert await seen(house, other) is None
    assert await house.store.read(thread_of, await house.value("SELECT MIN(id) FROM post"), other) is None
    assert await house.store.read(boards_seen, other) == []
    assert await house.store.read(thread_of, 999, EVERYTHING) is None


async def test_what_is_private_is_seen_in_its_own_channel_alone(house):
    """Not everybody of a community reads there; who sees everything sees that, too."""
    await house.store.write(run, "UPDATE mirror SET private=1")
    channel = await house.value("SELECT place FROM mirror")
    assert await seen(house, Sight(house.community)) is None
    assert await seen(house, Sight(house.community, channel + 1)) is None
    assert await seen(house, Sight(house.community, channel)) is not None
    assert await seen(house, EVERYTHING) is not None


async def test_what_was_said_last_is_named_first_and_only_what_is_seen(house):
    """It is suggested with every letter that somebody types."""
    await house.read_list(listed("t"), listed("u"))
    await house.read_thread(op("q0"), key="u", title="Another")
    sight = Sight(house.community)
    boards = await house.store.read(boards_seen, sight)
    assert [one.title for one in await house.store.read(lively, boards, sight, 5)] == ["Another", "Thread t"]
    assert len(await house.store.read(lively, boards, sight, 1)) == 1
    first = "UPDATE mirror SET board=NULL, thread=(SELECT MIN(id) FROM thread)"
    await house.store.write(run, first)
    boards = await house.store.read(boards_seen, sight)
    assert [one.title for one in await house.store.read(lively, boards, sight, 5)] == ["Thread t"]
