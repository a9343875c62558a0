"""What the forum counts is held against what is known: a post that nobody saw is told, and nothing else."""

import msgspec
import pytest

from bot.commands.sources import told_short
from bot.model import DAY, Damaged, PostState, Thread, ThreadKey
from bot.store.counting import SETTLING, is_counted, note_count, short_of, shorts
from bot.store.sources import source
from bot.testing.store_rig import listed, op, post


def counting(key, replies, token="1"):
    return msgspec.structs.replace(
        listed(key, token), replies=replies, link=f"https://f.example/{key}", title=f"Thread {key}"
    )


class Counter:
    """A board that is mirrored and counted."""

    def __init__(self, house):
        self.house = house

    async def board(self):
        [[id]] = await self.house.rows("SELECT id FROM source WHERE kind='board'")
        return await self.house.store.read(source, id)

    async def count(self):
        """Count as the poller does; how many threads are read again."""
        reader = await self.board()
        if not await self.house.store.read(is_counted, reader, self.house.now):
            return None
        short = await self.house.store.read(short_of, reader)
        return await self.house.store.write(note_count, reader, short, self.house.now)

    async def told(self, community=None):
        return [told_short(one) for one in await self.house.store.read(shorts, community, self.house.now)]


@pytest.fixture
async def counter(mirrored):
    """A thread of the board with one reply that is known; the board was counted when it was empty."""
    made = Counter(mirrored)
    assert await made.count() == 0
    await mirrored.read_list(counting("t", 1))
    await mirrored.read_thread(op(), post("p1"))
    mirrored.now += DAY
    return made


async def lists(counter, replies, token="2"):
    """The list is read, and what is due because of it."""
    await counter.house.read_list(counting("t", replies, token))
    await counter.house.store.write(_not_due)


def _not_due():
    yield "UPDATE source SET next_at=$1 WHERE kind='thread'", (10**15,)


async def test_a_board_is_counted_once_a_day(counter):
    assert await counter.count() == 0
    assert await counter.count() is None
    counter.house.now += DAY
    assert await counter.count() == 0


async def test_a_clock_that_was_set_back_does_not_end_the_counting(counter):
    assert await counter.count() == 0
    counter.house.now -= 3 * DAY
    assert await counter.count() == 0


async def test_a_missing_post_is_looked_for_once_before_it_is_told(counter):
    """The thread is read again whole; only what is missing then too is told, and while it is."""
    house = counter.house
    await lists(counter, 3)
    assert await counter.count() == 1
    [[cursor, due]] = await house.rows("SELECT cursor, next_at FROM source WHERE kind='thread'")
    assert (cursor, due <= house.now) == ("", True)
    house.now += SETTLING
    assert await counter.told() == [], "it was not read again yet"
    await house.read_thread(op(), post("p1"), post("p2"))
    assert await counter.told() == [
        "Board Lounge: the forum counts 3 replies, 2 are known here; missing in: https://f.example/t"
    ]
    house.now += DAY
    assert await counter.count() == 0, "it is not read again every day"
    assert len(await counter.told()) == 1
    await house.read_thread(op(), post("p1"), post("p2"), post("p3"))
    assert await counter.told() == []
    house.now += DAY
    assert await counter.count() == 0
    assert await house.rows("SELECT * FROM miscount") == []


async def test_a_difference_has_an_hour_to_settle(counter):
    await lists(counter, 2)
    assert await counter.count() == 1
    counter.house.now += 1000
    await counter.house.read_thread(op(), post("p1"))
    assert await counter.told() == []
    counter.house.now += SETTLING
    assert len(await counter.told()) == 1


async def test_what_is_just_about_to_be_read_is_not_counted(counter):
    """The list was read a moment ago, and says that there is more; it is looked at again an hour later."""
    await counter.house.read_list(counting("t", 5, "2"))
    assert await counter.count() == 0
    assert await counter.count() is None
    counter.house.now += SETTLING
    await counter.house.store.write(_not_due)
    assert await counter.count() == 1


@pytest.mark.parametrize("state", [PostState.DELETED, PostState.HIDDEN])
async def test_what_is_known_and_not_shown_may_be_counted_by_the_forum_or_not(counter, state):
    await counter.house.read_thread(op(), post("p1"), post("p2", state=state))
    for replies, token in ((1, "2"), (2, "3")):
        await lists(counter, replies, token)
        assert await counter.count() == 0
        counter.house.now += DAY


async def test_what_could_not_be_parsed_is_told_as_that_alone(counter):
    await counter.house.read_thread(op(), post("p1"), damaged=(Damaged("no author", b"", "p2"),))
    await lists(counter, 2)
    assert await counter.count() == 0


async def test_events_are_not_among_what_is_known(counter):
    await counter.house.read_thread(op(), post("p1"), post("p2", event=True))
    await lists(counter, 2)
    assert await counter.count() == 1


async def test_where_the_forum_counts_nothing_nothing_is_told(counter):
    await counter.house.read_list(msgspec.structs.replace(counting("u", 0), replies=None))
    await counter.house.read_thread(op("q0"), key="u")
    assert await counter.count() == 0


async def test_what_was_never_read_is_not_missing(counter):
    """Of a board that is mirrored from today on, the older threads are not known, and need not be."""
    await counter.house.store.write(_forget_readings)
    await lists(counter, 50)
    assert await counter.count() == 0


def _forget_readings():
    yield "UPDATE source SET baseline_at=NULL WHERE kind='thread'", ()


async def test_three_threads_are_named_and_the_others_counted(counter):
    house = counter.house
    for n in range(5):
        await house.read_list(counting(f"t{n}", 1))
        await house.read_thread(op(f"o{n}"), key=f"t{n}")
    await house.store.write(_not_due)
    assert await counter.count() == 5
    house.now += SETTLING
    for n in range(5):
        await house.read_thread(op(f"o{n}"), key=f"t{n}")
    [line] = await counter.told()
    links = ", ".join(f"https://f.example/t{n}" for n in range(3))
    assert line == f"Board Lounge: the forum counts 6 replies, 1 are known here; missing in: {links} and 2 threads more"


async def test_a_community_is_told_of_what_is_read_for_it(counter):
    """Law 12."""
    await lists(counter, 2)
    await counter.count()
    counter.house.now += SETTLING
    await counter.house.read_thread(op(), post("p1"))
    assert len(await counter.told(counter.house.community)) == 1
    assert await counter.told(counter.house.community + 1) == []


async def test_a_thread_that_is_mirrored_for_itself_is_counted(house):
    await house.read_thread(op(), post("p1"))
    [[thread]] = await house.rows("SELECT id FROM thread")
    [[id]] = await house.rows("SELECT id FROM source")
    reader = await house.store.read(source, id)
    assert not await house.store.read(is_counted, reader, house.now)
    await house.mirror(thread=thread)
    assert await house.store.read(is_counted, reader, house.now)
    assert Thread(ThreadKey("t"), "A thread").replies is None
