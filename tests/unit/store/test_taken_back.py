"""What a mirror showed goes with it where that is asked for: all that it alone showed, and nothing else."""

import msgspec
import pytest

from bot.acts import parts
from bot.clock import Moment
from bot.errors import ThreadlineError
from bot.mirroring import Layout
from bot.model import MINUTE
from bot.store.endings import taken_away
from bot.store.jobs import head
from bot.store.settling import Settled
from bot.store.turns import Claim, turn
from bot.store.unmirror import UNDO, remove_mirror, undo_mirror
from bot.testing.store_rig import op, post


async def undo(house, mirror):
    return await house.store.write(undo_mirror, mirror, None, "Ada", house.now)


async def shown(house):
    """The posts of which a message stands in the chat."""
    rows = """SELECT p.key FROM copy c JOIN post p ON p.id=c.post WHERE c.taken=0 AND c.state<>'removed'
              AND EXISTS (SELECT 1 FROM copy_message m WHERE m.copy=c.id) ORDER BY c.id"""
    return [key for (key,) in await house.rows(rows)]


@pytest.fixture
async def mirror(house):
    made = await house.mirror()
    await house.read_list()
    await house.arrive(op(), post("p1"))
    return made


async def test_what_was_posted_goes_and_what_waits_is_dropped(house, mirror):
    await house.send()
    await house.read_thread(op(), post("p1"), post("p2"))
    assert (await undo(house, mirror)).messages == 2
    await house.send()
    assert await shown(house) == []
    assert await house.value("SELECT count(*) FROM copy_message") == 0
    assert await house.owed() == []


async def test_what_is_being_sent_is_finished_and_goes_then(house, mirror):
    """Nothing is guessed: what may stand there is waited for."""
    [queue] = [queue for (queue,) in await house.rows("SELECT DISTINCT queue FROM delivery ORDER BY 1 LIMIT 1")]
    job = await house.store.read(head, queue, house.now)
    job = msgspec.structs.replace(job, parts=parts(job, "shown", [{}], "home"))
    claim = Claim(job.id, job.parts, "shown", 1, Moment(house.now, 1, "boot"))
    await house.store.write(turn, queue, None, claim, 0, house.now)
    assert (await undo(house, mirror)).messages == 1
    settled = Settled(job, {part.part: f"x{part.part}" for part in job.parts}, 1, "shown")
    await house.store.write(turn, queue, settled, None, 0, house.now)
    assert await shown(house) == ["p0"]
    await house.send()
    assert await shown(house) == []


async def test_after_ten_minutes_only_remove_takes_it_away(house, mirror):
    await house.send()
    house.now += UNDO + 1
    with pytest.raises(ThreadlineError, match="--copies yes"):
        await undo(house, mirror)
    assert await shown(house) == ["p0", "p1"]
    assert (await house.store.write(remove_mirror, mirror, None, "Ada", house.now, True)).messages == 2
    await house.send()
    assert await shown(house) == []


async def test_a_removed_mirror_leaves_what_it_showed(house, mirror):
    await house.send()
    await house.store.write(remove_mirror, mirror, None, "Ada", house.now)
    await house.send()
    assert await shown(house) == ["p0", "p1"]


async def test_what_another_mirror_shows_in_the_channel_stays(house):
    first = await house.mirror(layout=Layout.STREAM)
    await house.read_list()
    await house.arrive(op())
    await house.arrive(op("q0"), key="q")
    thread = await house.value("SELECT id FROM thread WHERE key='t'")
    await house.mirror(layout=Layout.STREAM, thread=thread)
    await house.send()
    await undo(house, first)
    await house.send()
    assert await shown(house) == ["p0"]


async def test_what_a_person_took_away_is_left_alone(house, mirror):
    await house.send()
    [[copy, message]] = await house.rows(
        "SELECT c.id, m.message FROM copy c JOIN copy_message m ON m.copy=c.id JOIN post p ON p.id=c.post AND p.op=0"
    )
    await house.store.write(taken_away, copy, message)
    assert (await undo(house, mirror)).messages == 1


async def test_a_mirror_that_is_made_again_shows_it_again_in_a_chat_thread_of_its_own(house, mirror):
    """Undoing is no verdict about the posts: with another layout, say, they are wanted."""
    await house.send()
    before = await house.value("SELECT thread_ref FROM place WHERE parent IS NOT NULL")
    await undo(house, mirror)
    await house.send()
    thread = await house.value("SELECT id FROM thread WHERE key='t'")
    again = await house.mirror(thread=thread)
    await house.read_thread(op(), post("p1"), post("p2"))
    await house.send()
    assert await shown(house) == ["p0", "p2"]
    assert await house.value("SELECT thread_ref FROM place WHERE parent IS NOT NULL") != before
    assert again != mirror


async def test_what_an_undone_mirror_showed_is_not_changed_any_more(house, mirror):
    await house.send()
    await undo(house, mirror)
    await house.send()
    await house.read_thread(op(words="other"), post("p1"))
    assert await house.owed() == []


async def test_undo_is_undone_by_nothing_twice(house, mirror):
    await house.send()
    await undo(house, mirror)
    with pytest.raises(ThreadlineError, match="no mirror"):
        await undo(house, mirror)
    house.now += MINUTE
    assert len(await house.rows("SELECT 1 FROM audit WHERE what LIKE '%removed with what it showed%'")) == 1
