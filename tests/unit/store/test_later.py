"""A mirror's delay: what the forum deletes meanwhile is never shown, what it changes is shown once."""

import pytest

from bot.acts import Wait, step
from bot.mirroring import Layout, Options
from bot.model import DAY
from bot.store.ingest import owe_known
from bot.store.jobs import head
from bot.store.obstacles import later, obstacle
from bot.store.options import set_options
from bot.store.outbox import next_try, ready
from bot.testing.store_rig import answer, op, post

DELAYED = Options(delay=600)
WAIT = 600_000


@pytest.fixture
async def delayed(house):
    """The board, mirrored with a delay of ten minutes, and read when it was empty."""
    await house.mirror(options=DELAYED)
    await house.read_list()
    return house


async def shown(house):
    """What stands."""
    await house.send()
    return [key for key, *_ in await house.copies()]


async def test_a_new_post_waits_for_the_delay(delayed):
    await delayed.arrive(op(), post("p1"))
    assert await shown(delayed) == []
    assert await delayed.store.read(ready, delayed.now) == []
    assert await delayed.store.read(next_try, delayed.now) == delayed.now + WAIT
    delayed.now += WAIT
    assert await shown(delayed) == ["p0", "p1"]


async def test_what_is_deleted_meanwhile_is_never_shown(delayed):
    """Spam is often gone within minutes."""
    await delayed.arrive(op(), post("p1"), post("p2"))
    await delayed.read_thread(op(), post("p2"))
    delayed.now += WAIT
    assert await shown(delayed) == ["p0", "p2"]


async def test_what_is_changed_meanwhile_is_shown_once_as_it_is_then(delayed):
    await delayed.arrive(op(), post("p1"))
    await delayed.read_thread(op(), post("p1", "other words"))
    await delayed.send()
    delayed.now += WAIT
    await delayed.send()
    assert await delayed.copies() == [("p0", 1, "shown", 0), ("p1", 2, "shown", 0)]
    assert await delayed.value("SELECT count(*) FROM delivery WHERE act='edit' AND state='sent'") == 0


async def test_the_text_of_what_was_deleted_meanwhile_leaves(delayed):
    """Law 10."""
    await delayed.arrive(op(), post("p1", "secret"))
    await delayed.read_thread(op())
    delayed.now += WAIT
    await delayed.send()
    assert await delayed.rows("SELECT body FROM post WHERE key='p1'") == [("",)]


async def test_back_filled_posts_do_not_wait(house):
    """Nobody deletes them any more than yesterday."""
    await house.read_thread(op(), post("p1"))
    [[thread]] = await house.rows("SELECT id FROM thread")
    mirror = await house.mirror(thread=thread, options=DELAYED)
    await house.store.write(owe_known, mirror, thread, house.now)
    assert await shown(house) == ["p0", "p1"]


@pytest.mark.parametrize("layout", Layout)
async def test_posts_keep_their_order(house, layout):
    await house.mirror(options=DELAYED, layout=layout)
    await house.read_list()
    await house.arrive(op())
    house.now += WAIT // 2
    await house.read_thread(op(), answer("p1", "p0"))
    house.now += WAIT // 2
    assert await shown(house) == ["p0"]
    house.now += WAIT // 2
    assert await shown(house) == ["p0", "p1"]


async def test_others_of_the_channel_pass(house):
    """One board is slow in its channel, the other is not."""
    await house.mirror(options=DELAYED)
    await house.read_list()
    await house.read_thread(op("q0"), key="u")
    await house.arrive(op("p0"), key="t")
    [[thread]] = await house.rows("SELECT id FROM thread WHERE key='u'")
    mirror = await house.mirror(thread=thread)
    await house.store.write(owe_known, mirror, thread, house.now)
    assert await shown(house) == ["q0"]


async def test_a_reply_waits_for_a_parent_that_is_delayed_by_another_mirror(house):
    """In one channel the first mirror delays and leaves the reply out, and the second shows it at once."""
    await house.mirror(options=Options(delay=600, not_words=("quick",)), layout=Layout.STREAM)
    await house.read_list()
    await house.arrive(op())
    house.now += WAIT
    await house.send()
    [[thread]] = await house.rows("SELECT id FROM thread")
    await house.mirror(thread=thread, layout=Layout.STREAM)
    await house.read_thread(op(), answer("p1", "p0"), answer("p2", "p1", words="quick"))
    assert await house.rows("SELECT not_before>0 FROM delivery WHERE state='pending' ORDER BY ord") == [(1,), (0,)]
    [[queue, _, _]] = await house.store.read(ready, house.now)
    job = await house.store.read(head, queue, house.now)
    assert step(job, house.now, False) == Wait(
        house.now + WAIT, "a reply waits for what it answers, which is shown later"
    )
    house.now += WAIT
    assert await shown(house) == ["p0", "p1", "p2"]


async def test_a_clock_that_was_set_back_lets_nothing_wait_for_a_year(delayed):
    await delayed.arrive(op())
    delayed.now -= 365 * DAY
    assert await shown(delayed) == ["p0"]


async def test_a_shorter_delay_holds_for_what_waits(delayed):
    await delayed.arrive(op())
    await delayed.store.write(set_options, 1, Options(), delayed.community, "Ada", delayed.now)
    assert await shown(delayed) == ["p0"]


async def test_why_and_status_say_until_when_it_waits(delayed):
    await delayed.arrive(op(), post("p1"))
    until = "14 Nov 2023 22:23:20 UTC"
    [[first]] = await delayed.rows("SELECT MIN(id) FROM delivery")
    assert await delayed.store.read(obstacle, first, delayed.now) == f"it waits until {until} (delay of mirror 1)"
    assert await delayed.store.read(later, None, delayed.now) == [("web:lounge", 2, delayed.now + WAIT, 1)]
    assert await delayed.store.read(later, delayed.community + 1, delayed.now) == []
