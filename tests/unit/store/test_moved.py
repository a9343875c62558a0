"""Posts that moderators moved from one thread to another: they stay where they stood, and count where they are."""

import pytest

from bot.mirroring import Layout
from bot.model import PostState
from bot.testing.store_rig import answer, op, post


@pytest.fixture
async def two(mirrored):
    """Two threads, and a post of the first that is about to be moved into the second."""
    await mirrored.arrive(op(), post("p1"), post("p2"), key="t")
    await mirrored.arrive(op("q0"), key="u")
    await mirrored.send()
    return mirrored


async def home(house, key="p1"):
    rows = "SELECT t.key, p.state, p.revision FROM post p JOIN thread t ON t.id=p.thread WHERE p.key=$1"
    return await house.rows(rows, key)


async def test_a_moved_post_is_neither_buried_nor_edited(two):
    """Law 7: the thread that it left would bury it, the other revive it, at every reading."""
    for _ in range(3):
        await two.read_thread(op("q0"), post("p1"), key="u")
        await two.read_thread(op(), post("p2"), key="t")
        assert await home(two) == [("u", "live", 1)]
    assert await two.owed() == []


async def test_a_moved_post_that_was_missed_first_stands_again_and_stays(two):
    for _ in range(3):
        await two.read_thread(op(), post("p2"), key="t")
        await two.read_thread(op("q0"), post("p1"), key="u")
        assert await home(two) == [("u", "live", 3)]
    await two.send()
    assert [(key, state) for key, _, state, _ in await two.copies() if key == "p1"] == [("p1", "shown")]


async def test_what_the_old_thread_shows_in_its_place_does_not_bury_a_moved_post(two):
    await two.read_thread(op("q0"), post("p1"), key="u")
    await two.read_thread(op(), post("p1", state=PostState.DELETED), post("p2"), key="t")
    assert await home(two) == [("u", "live", 1)]


async def test_a_moved_post_is_new_where_it_is_and_counted_no_more_where_it_was(two):
    """The marks of readers need dense numbers: the old one counts as that of a dead post."""
    await two.read_thread(op("q0"), post("p1"), key="u")
    assert await two.numbers("u") == [("p1", 2, 5), ("q0", 1, 4)]
    assert await two.numbers("t") == [("p0", 1, 1), ("p2", 3, 3)]
    assert await two.counts() == [(1, 3), (0, 5)]
    assert await two.rows("SELECT n FROM post_dead") == [(2,)]


async def test_a_moved_post_that_is_the_newest_takes_the_newest_of_its_thread_with_it(two):
    await two.read_thread(op("q0"), post("p2"), key="u")
    assert await two.counts() == [(1, 2), (0, 5)]


async def test_a_back_filled_post_stays_back_filled_where_it_comes(house):
    """Law 8."""
    await house.read_thread(op(), post("p1"), key="t")
    await house.read_thread(op("q0"), key="u")
    await house.read_thread(op("q0"), post("p1"), key="u")
    assert await house.numbers("u") == [("p1", -1, -1), ("q0", 0, 0)]
    assert await house.counts() == [(1, 0), (0, 0)]


async def test_a_moved_post_comes_into_channels_where_it_did_not_stand(two):
    """It is new there."""
    thread = await two.value("SELECT id FROM thread WHERE key='u'")
    await two.mirror("library", thread=thread)
    await two.read_thread(op("q0"), post("p1"), key="u")
    assert [key for _, key, _ in await two.owed()] == ["q0", "p1"]
    await two.send()
    assert len([key for key, *_ in await two.copies() if key == "p1"]) == 2


@pytest.mark.parametrize("layout", [Layout.THREADS, Layout.CARDS])
async def test_the_replies_of_a_thread_that_was_split_off_stand_in_the_channel(house, layout):
    """Its OP stands in the chat thread of the old one; no chat thread can be hung on it there."""
    await house.mirror(layout=layout)
    await house.read_list()
    await house.arrive(op(), post("p1"), key="t")
    await house.send()
    await house.arrive(op("p1", title=""), answer("q1", "p1"), key="v")
    assert await house.owed() == [("create", "q1", "channel")]
