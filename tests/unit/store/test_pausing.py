"""Mirrors that pause: nothing is sent because of them, and nothing is lost."""

import pytest

from bot.mirroring import Layout, Options
from bot.model import DAY, MINUTE, Batch, ChannelRef, ChatPerson, Moved, UserId, Where
from bot.store import run
from bot.store.choosing import choose
from bot.store.inbox import receive
from bot.store.meaning import Found
from bot.store.obstacles import later, obstacle
from bot.store.options import set_options
from bot.store.outbox import next_try
from bot.store.pausing import pause, pausing, resume
from bot.store.story import story
from bot.store.unmirror import remove_mirror
from bot.testing.store_rig import op, post


async def change(house, unit, mirror):
    return await house.store.write(unit, mirror, None, "Ada", house.now)


async def test_what_is_owed_already_waits_with_what_comes_and_stands_in_its_order_later(house):
    """A pause is no filter: news wait."""
    mirror = await house.mirror()
    await house.read_list()
    await house.arrive(op())
    assert (await change(house, pause, mirror)).fresh
    await house.send()
    await house.read_thread(op(), post("p1"))
    await house.read_thread(op(), post("p1"), post("p2"))
    await house.send()
    assert await house.copies() == []
    [waits] = await house.store.read(pausing, None)
    assert (waits.mirror, waits.posts, waits.since) == (mirror, 3, house.now)
    done = await change(house, resume, mirror)
    assert (done.fresh, done.posts, done.flood) == (True, 3, False)
    await house.send()
    assert [key for key, *_ in await house.copies()] == ["p0", "p1", "p2"]
    assert await house.owed() == []


async def test_what_stands_is_edited_and_deleted_when_the_mirror_goes_on(house):
    mirror = await house.mirror(layout=Layout.STREAM)
    await house.read_list()
    await house.arrive(op(), post("p1"))
    await house.send()
    await change(house, pause, mirror)
    await house.read_thread(op(words="other words"))
    await house.send()
    assert await house.copies() == [("p0", 1, "shown", 0), ("p1", 1, "shown", 0)]
    await change(house, resume, mirror)
    await house.send()
    assert await house.copies() == [("p0", 2, "shown", 0), ("p1", 2, "tombstone", 0)]


async def test_what_is_deleted_while_its_mirror_pauses_is_never_shown(house):
    mirror = await house.mirror(layout=Layout.STREAM)
    await house.read_list()
    await change(house, pause, mirror)
    await house.arrive(op(), post("p1"))
    await house.read_thread(op())
    await change(house, resume, mirror)
    await house.send()
    assert [key for key, *_ in await house.copies()] == ["p0"]


async def test_a_mirror_that_does_not_pause_shows_what_both_cover(house):
    """Who pauses one of two asks for nothing to be sent because of that one."""
    first = await house.mirror(layout=Layout.STREAM)
    await house.read_list()
    await house.arrive(op())
    await house.send()
    thread = await house.value("SELECT id FROM thread WHERE key='t'")
    second = await house.mirror(layout=Layout.STREAM, thread=thread)
    await change(house, pause, first)
    await house.read_thread(op(words="other"), post("p1"))
    await house.send()
    assert await house.copies() == [("p0", 2, "shown", 0), ("p1", 1, "shown", 0)]
    await house.read_thread(op(words="other"), post("p1"), post("p2"))
    await change(house, pause, second)
    await house.send()
    assert len(await house.copies()) == 2
    await change(house, resume, second)
    await house.send()
    assert len(await house.copies()) == 3


async def test_the_end_of_a_mirror_that_pauses_leaves_what_another_shows(house):
    first = await house.mirror(layout=Layout.STREAM)
    await house.read_list()
    await house.arrive(op())
    await house.send()
    thread = await house.value("SELECT id FROM thread WHERE key='t'")
    second = await house.mirror(layout=Layout.STREAM, thread=thread)
    await change(house, pause, first)
    await change(house, pause, second)
    await house.read_thread(op(), post("p1"))
    await change(house, remove_mirror, second)
    await house.send()
    assert len(await house.copies()) == 1
    await change(house, resume, first)
    await house.send()
    assert len(await house.copies()) == 2


async def test_a_clock_that_goes_back_ends_no_pause(house):
    """It ends delays, which were counted on another clock; a pause is counted on none."""
    mirror = await house.mirror(layout=Layout.STREAM)
    await house.read_list()
    await house.arrive(op())
    await change(house, pause, mirror)
    house.now -= DAY
    await house.send()
    assert await house.copies() == []
    assert await house.store.read(next_try, house.now) is None


async def test_why_says_that_the_mirror_pauses_and_no_delay_is_told(house):
    mirror = await house.mirror(layout=Layout.STREAM)
    await house.read_list()
    await change(house, pause, mirror)
    await house.arrive(op())
    [[delivery, id]] = await house.rows("SELECT id, subject_id FROM delivery")
    assert f"mirror {mirror} pauses" in await house.store.read(obstacle, delivery, house.now)
    assert await house.store.read(later, None, house.now) == []
    told = await house.store.read(story, Found("post", id), None, house.now)
    assert f"mirror {mirror} pauses" in str(told)


async def test_a_delay_goes_on_counting_while_its_mirror_pauses(house):
    mirror = await house.mirror(layout=Layout.STREAM, options=Options(delay=600))
    await house.read_list()
    await house.arrive(op())
    await change(house, pause, mirror)
    house.now += MINUTE
    await house.store.write(set_options, mirror, Options(delay=300), None, "Ada", house.now)
    await change(house, resume, mirror)
    await house.send()
    assert await house.copies() == []
    house.now += 4 * MINUTE
    await house.send()
    assert len(await house.copies()) == 1


async def test_more_than_a_board_ever_brings_waits_for_a_choice_when_its_mirror_goes_on(house):
    """As after an outage: a channel is not flooded by a word."""
    mirror = await house.mirror(layout=Layout.STREAM)
    await house.read_list()
    await change(house, pause, mirror)
    for n in range(25):
        house.now += 2 * MINUTE
        await house.arrive(op(f"a{n}", position=0), key=f"t{n}")
    await house.store.write(run, "UPDATE source SET rate_slow=1, rate_fast=0")  # a quiet board, as it usually is
    done = await change(house, resume, mirror)
    assert (done.posts, done.flood) == (25, True)
    await house.send()
    assert await house.copies() == []
    await house.arrive(op("b1", position=0), key="later")
    await house.send()
    assert [key for key, *_ in await house.copies()] == ["b1"]
    assert (await house.store.write(choose, mirror, "all", None, "Ada", house.now)).owed == 25
    await house.send()
    assert len(await house.copies()) == 26


async def test_pausing_twice_is_pausing_once(house):
    mirror = await house.mirror()
    assert (await change(house, pause, mirror)).fresh
    assert not (await change(house, pause, mirror)).fresh
    assert (await change(house, resume, mirror)).fresh
    assert not (await change(house, resume, mirror)).fresh
    told = await house.rows("SELECT what, old, new FROM audit WHERE what LIKE '%pause%' OR what LIKE '%goes%'")
    assert told == [
        (f"mirror {mirror} paused", "active", "paused"),
        (f"mirror {mirror} goes on", "paused", "active"),
    ]


@pytest.mark.parametrize("equal", [False, True])
async def test_what_waits_for_a_mirror_goes_where_its_channel_goes(house, equal):
    """And waits there, unless another mirror goes on for it that does not pause."""
    mirror = await house.mirror(layout=Layout.STREAM)
    await house.read_list()
    await change(house, pause, mirror)
    await house.arrive(op())
    if equal:
        await house.mirror("hall", layout=Layout.STREAM)
    ada = ChatPerson(UserId("u1"), "Ada")
    moved = Moved("m", Where(ChannelRef("lounge")), ada, ChannelRef("hall"), house.now)
    await house.store.write(receive, "web", Batch((moved,), "m"), house.now)
    await house.send()
    assert len(await house.copies()) == int(equal)
    if not equal:
        await change(house, resume, mirror)
        await house.send()
        assert len(await house.copies()) == 1
