"""What was there when a board or thread was read for the first time is no news; what came after is."""

import pytest

from bot.model import DAY, Bookmark, Thread, ThreadKey, at
from bot.store.mirrors import mirrors
from bot.store.unmirror import remove_mirror
from bot.testing.store_rig import BEGINNING, listed, op, post

HOUR = 3600_000
EARLIER = at(BEGINNING - HOUR)


def counted(key, replies, token="1"):
    """A thread as a listing shows it that counts replies."""
    return Thread(ThreadKey(key), f"Thread {key}", token=token, replies=replies)


@pytest.fixture
async def begun(house):
    """A board whose first list held two threads; t9 is its newest."""
    await house.mirror()
    await house.read_list(listed("t9"), listed("t"))
    house.now += HOUR
    return house


async def test_the_first_new_reply_to_a_thread_of_the_first_list_is_shown_below_its_op(begun):
    """Else the first answer in every thread that stood there would be lost."""
    await begun.read_list(listed("t", "2"), listed("t9"))
    await begun.read_thread(op(created=EARLIER), post("p1", created=EARLIER), post("p2", created=at(begun.now)))
    assert await begun.numbers() == [("p0", 0, 0), ("p1", -1, -1), ("p2", 1, 1)]
    assert await begun.owed() == [("create", "p0", "channel"), ("create", "p2", "thread")]


async def test_the_replies_of_the_same_day_come_as_little_as_older_ones(begun):
    """Law 8: a busy board would flood its channel when one reply comes to each of its threads."""
    old = [post(f"p{n}", created=at(BEGINNING - n)) for n in range(1, 40)]
    await begun.read_list(listed("t", "2"), listed("t9"))
    await begun.read_thread(op(created=EARLIER), *old, post("p99", created=at(begun.now)))
    assert [key for _, key, _ in await begun.owed()] == ["p0", "p99"]


async def test_the_forums_count_tells_the_new_reply_where_its_clock_is_slow(house):
    """A board's time zone that is set wrong must not swallow what is written."""
    await house.mirror()
    await house.read_list(listed("t9"), counted("t", 2))
    house.now += HOUR
    slow = [at(BEGINNING - 5 * HOUR), at(BEGINNING - 4 * HOUR), at(house.now - 3 * HOUR)]
    await house.read_list(counted("t", 3, "2"), listed("t9"))
    replies = [post(f"p{n}", created=created) for n, created in enumerate(slow, 1)]
    await house.read_thread(op(created=slow[0]), *replies)
    assert [key for _, key, _ in await house.owed()] == ["p0", "p3"]


async def test_the_count_holds_over_a_first_reading_of_several_pages(house):
    await house.mirror()
    await house.read_list(listed("t9"), counted("t", 2))
    first = [op(created=EARLIER), post("p1", created=EARLIER)]
    await house.read_thread(*first, complete=False, more=True, bookmark=Bookmark("page 2"))
    await house.read_thread(post("p2", created=EARLIER), post("p3", created=EARLIER), complete=False)
    assert await house.numbers() == [("p0", 0, 0), ("p1", -1, -1), ("p2", -2, -2), ("p3", 1, 1)]


async def test_a_change_without_a_new_reply_shows_nothing(begun):
    """An edit of an old post, or a view, makes the thread due as well."""
    await begun.read_list(listed("t", "2"), listed("t9"))
    await begun.read_thread(op(created=EARLIER), post("p1", created=EARLIER))
    assert await begun.owed() == []


async def test_the_newest_thread_is_shown_whole_and_as_it_was(house):
    """Its posts are back-filled: they are new to nobody."""
    await house.mirror()
    await house.read_list(counted("t", 1))
    await house.read_thread(op(created=EARLIER), post("p1", created=EARLIER))
    assert await house.numbers() == [("p0", 0, 0), ("p1", -1, -1)]
    assert await house.owed() == [("create", "p0", "channel"), ("create", "p1", "thread")]


# --------------------------------------------------------------------------------------------------------- begun anew


async def unmirror(house):
    for mirror in await house.store.read(mirrors):
        await house.store.write(remove_mirror, mirror.id, None, "Ada", house.now)


@pytest.fixture
async def again(begun):
    """A board that was mirrored, followed, not mirrored for a day, and is mirrored again and read."""
    await begun.read_list(listed("t", "2"), listed("t9"))
    await begun.read_thread(op(created=EARLIER), post("p1", created=at(begun.now)))
    await begun.send()
    await unmirror(begun)
    begun.now += DAY
    await begun.mirror()
    await begun.read_list(listed("t9", "2"), counted("t", 41, "3"))
    return begun


async def test_what_was_written_while_nobody_mirrored_a_board_is_no_news(again):
    """Law 8: a channel gets what comes from now on, not the flood of weeks."""
    gap = [post(f"p{n}", created=at(again.now - HOUR)) for n in range(2, 42)]
    await again.read_thread(op(created=EARLIER), post("p1"), *gap)
    assert await again.owed() == []
    assert [n for _, n, _ in (await again.numbers())[2:]] == list(range(-1, -41, -1))


async def test_what_is_written_after_a_board_is_mirrored_again_is_news(again):
    gap = [post(f"p{n}", created=at(again.now - HOUR)) for n in range(2, 42)]
    again.now += HOUR
    await again.read_thread(op(created=EARLIER), post("p1"), *gap, post("p99", created=at(again.now)))
    assert await again.owed() == [("create", "p99", "thread")]


async def test_a_board_that_is_mirrored_again_shows_its_newest_thread(again):
    await again.read_thread(op("q0", created=EARLIER), key="t9")
    assert await again.owed() == [("create", "q0", "channel")]


async def test_another_mirror_of_a_board_begins_nothing_anew(begun):
    """What is written in an outage is news to a mirror that was there all the time."""
    await begun.mirror("library")
    await begun.read_list(listed("t", "2"), listed("t9"))
    assert await begun.value("SELECT baseline_at FROM source WHERE kind='board'") == BEGINNING


async def test_a_quiet_thread_goes_on_where_it_stopped(begun):
    """It is not polled by itself any more; its board's list is."""
    await begun.read_list(listed("t", "2"), listed("t9"))
    await begun.read_thread(op(created=EARLIER), post("p1", created=at(begun.now)))
    await begun.send()
    await begun.store.write(rest_thread)
    begun.now += 90 * DAY
    await begun.read_list(listed("t", "3"), listed("t9"))
    await begun.read_thread(op(created=EARLIER), post("p1"), post("p2", created=at(begun.now - DAY)))
    assert await begun.owed() == [("create", "p2", "thread")]


def rest_thread():
    yield "UPDATE source SET next_at=NULL WHERE kind='thread'", ()
