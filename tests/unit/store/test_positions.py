"""Receipts become marks: what stands before a position is read, and nothing of which that is not certain."""

from __future__ import annotations

import pytest

from bot.mirroring import Act
from bot.model import Batch, ChannelRef, ChatPerson, MessageId, Millis, Receipt, Said, ThreadRef, UserId, Where
from bot.positions import Positions
from bot.schedule import Schedule
from bot.store import SQLite, Store, positions, run
from bot.store.discussion import have_read, unread_posts
from bot.store.inbox import receive
from bot.store.marks import mark_unread, unread_in
from bot.store.persons import person_of
from bot.store.positions import due_positions, forget_heard, mark_position
from bot.store.receipts import SOON, drop_receipts, keep_receipts
from bot.testing.clock import FakeClock
from bot.testing.log import RecordingLog
from bot.testing.store_rig import BEGINNING, StoreRig, op, post
from tests.unit.store.test_cost import steps

ADA, BEN = ChatPerson(UserId("u1"), "Ada"), ChatPerson(UserId("u2"), "Ben")
CHANNEL = Where(ChannelRef("lounge"))


@pytest.fixture
async def read(mirrored: StoreRig) -> StoreRig:
    """A thread with three replies that stands in the chat; Ada asked that it is kept how far she has read."""
    await mirrored.arrive(op(), post("p1"), post("p2"), post("p3"))
    await mirrored.send()
    await mirrored.store.write(keep_receipts, "web", ADA.id, ADA.name, BEGINNING)
    return mirrored


async def inside(house: StoreRig, key: str = "t") -> Where:
    rows = "SELECT p.thread_ref FROM place p JOIN thread t ON t.id=p.thread WHERE t.key=$1"
    return Where(CHANNEL.channel, ThreadRef(await house.value(rows, key)))


async def message(house: StoreRig, key: str) -> MessageId:
    rows = """SELECT m.message FROM copy_message m JOIN copy c ON c.id=m.copy JOIN post o ON o.id=c.post
              WHERE o.key=$1 AND c.reply IS NULL ORDER BY m.part DESC LIMIT 1"""
    return MessageId(await house.value(rows, key))


async def happen(house: StoreRig, *events: Receipt | Said) -> None:
    await house.store.write(receive, "web", Batch(events, events[-1].id), house.now)


async def looked(
    house: StoreRig, where: Where, at: str, who: ChatPerson = ADA, everywhere: bool = False, when: Millis | None = None
) -> None:
    """Somebody reads up to a message, and a moment passes."""
    when = house.now if when is None else when
    await happen(house, Receipt(f"{at} {who.id} {when}", where, MessageId(at), who, when, everywhere))
    house.now += SOON
    await settle(house)


async def settle(house: StoreRig) -> RecordingLog:
    log = RecordingLog()
    await Positions(house.store, FakeClock(house.now), Schedule(), log).mark()
    return log


async def unread(house: StoreRig, key: str = "t", who: ChatPerson = ADA) -> list[str]:
    """The posts of a thread that somebody has not read."""
    person = await house.store.read(person_of, "web", who.id)
    assert person is not None
    thread = await house.value("SELECT id FROM thread WHERE key=$1", key)
    new = {new.id for new in await house.store.read(unread_posts, person, thread)}
    assert await house.store.read(unread_in, person, thread) == len(new)
    return [key for id, key in await house.rows("SELECT id, key FROM post ORDER BY n") if id in new]


async def test_what_stands_before_a_position_in_its_chat_thread_is_read(read: StoreRig):
    """With the OP, which chats show above the thread; what stands behind it is new as before."""
    await looked(read, await inside(read), await message(read, "p2"))
    assert await unread(read) == ["p3"]
    assert await read.rows("SELECT n FROM post_mark") == []
    assert await read.rows("SELECT n, forced FROM thread_mark") == [(3, 0)]


async def test_a_position_becomes_marks_a_moment_later_and_once(read: StoreRig):
    """Who scrolls tells many."""
    thread = await inside(read)
    for n, key in enumerate(("p1", "p2", "p3")):
        id = await message(read, key)
        await happen(read, Receipt(f"r{n}", thread, id, ADA, read.now + n))
        read.now += SOON // 4
        await settle(read)
        assert await unread(read) == ["p0", "p1", "p2", "p3"]
    read.now += SOON
    await settle(read)
    assert await unread(read) == []
    assert await read.store.read(due_positions, read.now + SOON) == []


async def test_what_is_new_behind_a_position_stays_new(read: StoreRig):
    """Also where it arrived before the position became marks."""
    await happen(read, Receipt("r", await inside(read), await message(read, "p3"), ADA, read.now))
    await read.arrive(op(), post("p1"), post("p2"), post("p3"), post("p4"))
    await read.send()
    read.now += SOON
    await settle(read)
    assert await unread(read) == ["p4"]


async def test_what_is_not_shown_in_the_chat_was_not_read_there(read: StoreRig):
    """A reply that waits is new, though one behind it was seen: that one is read by itself."""
    await read.arrive(op(), post("p1"), post("p2"), post("p3"), post("p4"), post("p5"))
    await read.send(refuse={(Act.CREATE, "p4")})
    await looked(read, await inside(read), await message(read, "p5"))
    assert await unread(read) == ["p4"]
    assert await read.rows("SELECT n FROM post_mark") == [(6,)]


async def test_a_position_in_the_channel_reads_what_stands_there_and_in_no_chat_thread(read: StoreRig):
    """OPs; their replies stand elsewhere."""
    await read.arrive(op("q0"), post("q1"), key="s")
    await read.send()
    await looked(read, CHANNEL, await message(read, "q0"))
    assert await unread(read) == ["p1", "p2", "p3"]
    assert await unread(read, "s") == ["q1"]


async def test_a_position_for_all_of_the_channel_reads_every_chat_thread_up_to_it(read: StoreRig):
    """Clients that know of no chat threads tell it so."""
    read.now += 1000
    await read.arrive(op("q0"), post("q1"), key="s")
    await read.send()
    read.now += 1000
    await read.read_thread(op(), post("p1"), post("p2"), post("p3"), post("p4"))
    await read.send()
    await looked(read, CHANNEL, await message(read, "q1"), everywhere=True)
    assert await unread(read) == ["p4"]
    assert await unread(read, "s") == []


async def test_of_what_is_sent_at_the_same_time_only_what_is_certain_is_read(read: StoreRig):
    """Of two chat threads nobody knows which message stood first; the next position finds it."""
    await looked(read, CHANNEL, await message(read, "p3"), everywhere=True)
    read.now += 1000
    await read.arrive(op("q0"), post("q1"), key="s")
    await read.send()
    read.now += 1000
    late = "UPDATE delivery SET settled_at=$1 WHERE subject_id=(SELECT id FROM post WHERE key='q0')"
    await read.store.write(run, late, read.now)
    await looked(read, CHANNEL, await message(read, "q1"), everywhere=True)
    assert await unread(read, "s") == ["q0"]
    await read.arrive(op("q0"), post("q1"), post("q2"), key="s")
    await read.send()
    await looked(read, CHANNEL, await message(read, "q2"), everywhere=True)
    assert await unread(read, "s") == []


async def test_a_position_at_somebodys_message_reads_what_stood_there_when_it_was_said(read: StoreRig):
    """Most positions are at what people say."""
    thread = await inside(read)
    read.now += 1000
    await happen(read, Said("s1", thread, MessageId("s1"), BEN, "words", "plain", read.now))
    read.now += 1000
    await read.read_thread(op(), post("p1"), post("p2"), post("p3"), post("p4"))
    await read.send()
    await looked(read, thread, "s1")
    assert await unread(read) == ["p4"]


async def test_what_was_shown_after_a_message_is_not_read_with_it_however_late_it_is_heard(read: StoreRig):
    """Chats tell what people say with a delay."""
    thread = await inside(read)
    said = read.now + 1000
    read.now += 5000
    await read.read_thread(op(), post("p1"), post("p2"), post("p3"), post("p4"))
    await read.send()
    await happen(read, Said("s1", thread, MessageId("s1"), BEN, "words", "plain", said))
    await looked(read, thread, "s1")
    assert await unread(read) == ["p4"]


async def test_however_much_was_shown_before_a_message_was_heard_it_is_not_read_with_it(
    read: StoreRig, monkeypatch: pytest.MonkeyPatch
):
    """A chat that could not be heard for a while tells everything at once; where it is too much, nothing is read."""
    monkeypatch.setattr(positions, "BESIDE", 2)
    thread, said = await inside(read), read.now + 1000
    read.now += 5000
    await read.read_thread(op(), *(post(f"p{n}") for n in range(1, 9)))
    await read.send()
    await happen(read, Said("s1", thread, MessageId("s1"), BEN, "words", "plain", said))
    monkeypatch.setattr(positions, "WINDOWS", 2)
    await happen(read, Said("s2", thread, MessageId("s2"), BEN, "words", "plain", said))
    await looked(read, thread, "s2")
    assert await unread(read) == [f"p{n}" for n in range(1, 9)]
    await looked(read, thread, "s1")
    assert await unread(read) == [f"p{n}" for n in range(4, 9)]


async def test_a_position_at_a_message_of_which_nothing_is_known_reads_nothing(read: StoreRig):
    """Err towards unread."""
    await looked(read, await inside(read), "s7")
    await looked(read, CHANNEL, "s8", everywhere=True)
    assert await unread(read) == ["p0", "p1", "p2", "p3"]
    assert await read.store.read(due_positions, read.now + SOON) == []


async def test_a_position_at_the_opener_of_a_chat_thread_reads_the_op_alone(read: StoreRig):
    """Some chats count it to the thread, and it stands in the channel."""
    await looked(read, await inside(read), await message(read, "p0"))
    assert await unread(read) == ["p1", "p2", "p3"]


async def test_a_long_post_is_read_at_its_last_message(read: StoreRig):
    """It was not seen to its end before."""
    copy = await read.value("SELECT c.id FROM copy c JOIN post o ON o.id=c.post WHERE o.key='p2'")
    first = await message(read, "p2")
    place = await read.value("SELECT place FROM copy WHERE id=$1", copy)
    await read.store.write(
        run, "INSERT INTO copy_message (copy, part, place, message) VALUES ($1, 1, $2, 'more')", copy, place
    )
    await looked(read, await inside(read), first)
    assert await unread(read) == ["p2", "p3"]
    await looked(read, await inside(read), "more")
    assert await unread(read) == ["p3"]


async def test_what_was_marked_unread_stays_so_until_something_newer_is_read(read: StoreRig):
    """Law 8: a position that was told once says nothing more."""
    thread = await inside(read)
    await looked(read, thread, await message(read, "p3"))
    [[p2]] = await read.rows("SELECT id FROM post WHERE key='p2'")
    await read.store.write(mark_unread, 1, p2)
    await looked(read, thread, await message(read, "p3"), when=read.now + 1)
    await looked(read, thread, await message(read, "p2"), when=read.now + 2)
    assert await unread(read) == ["p2", "p3"]
    await read.arrive(op(), post("p1"), post("p2"), post("p3"), post("p4"))
    await read.send()
    await looked(read, thread, await message(read, "p4"))
    assert await unread(read) == ["p2", "p3"]


async def test_a_position_for_all_of_the_channel_that_is_further_up_says_nothing_more(read: StoreRig):
    """Law 8: clients tell in any order."""
    await looked(read, CHANNEL, await message(read, "p3"), everywhere=True)
    [[p2]] = await read.rows("SELECT id FROM post WHERE key='p2'")
    await read.store.write(mark_unread, 1, p2)
    await looked(read, CHANNEL, await message(read, "p2"), everywhere=True)
    assert await unread(read) == ["p2", "p3"]


async def test_a_copy_that_was_taken_away_was_not_seen(read: StoreRig):
    """A moderator may have been faster."""
    await read.store.write(run, "UPDATE copy SET state='removed' WHERE post=(SELECT id FROM post WHERE key='p1')")
    await looked(read, await inside(read), await message(read, "p3"))
    assert await unread(read) == ["p1"]


async def test_many_copies_become_marks_in_several_commits(read: StoreRig, monkeypatch: pytest.MonkeyPatch):
    """Others write between them, and a crash between them loses nothing."""
    monkeypatch.setattr(positions, "AT_ONCE", 2)
    await happen(read, Receipt("r", await inside(read), await message(read, "p3"), ADA, read.now))
    read.now += SOON
    [position] = await read.store.read(due_positions, read.now)
    assert await read.store.write(mark_position, position) is False
    assert await unread(read) == ["p3"]
    assert await read.store.read(due_positions, read.now) == [position]
    await settle(read)
    assert await unread(read) == []


async def test_of_whoever_wants_it_no_more_nothing_becomes_a_mark(read: StoreRig):
    """Also of what was told a moment before."""
    await happen(read, Receipt("r", await inside(read), await message(read, "p3"), ADA, read.now))
    [position] = await read.store.read(due_positions, read.now + SOON)
    await read.store.write(drop_receipts, "web", ADA.id)
    assert await read.store.write(mark_position, position) is True
    assert await unread(read) == ["p0", "p1", "p2", "p3"]


async def test_marks_by_positions_are_of_one_person_alone(read: StoreRig):
    """Law 8."""
    await read.store.write(keep_receipts, "web", BEN.id, BEN.name, BEGINNING)
    await looked(read, await inside(read), await message(read, "p3"))
    assert await unread(read, who=BEN) == ["p0", "p1", "p2", "p3"]


async def test_a_position_that_goes_wrong_stops_no_other(read: StoreRig, monkeypatch: pytest.MonkeyPatch):
    """Law 9."""
    await read.store.write(keep_receipts, "web", BEN.id, BEN.name, BEGINNING)
    thread, last = await inside(read), await message(read, "p3")
    for who in (ADA, BEN):
        await happen(read, Receipt(f"r{who.id}", thread, last, who, read.now))
    whole = have_read

    def breaks(person, posts):
        if person == 1:
            raise RuntimeError("a fault of ours")
        return (yield from whole(person, posts))

    monkeypatch.setattr(positions, "have_read", breaks)
    read.now += SOON
    log = await settle(read)
    assert [line.event for line in log.lines] == ["position not marked"]
    assert await unread(read, who=BEN) == []
    assert await unread(read) == ["p0", "p1", "p2", "p3"]
    monkeypatch.undo()
    read.now += 60_000
    await settle(read)
    assert await unread(read) == []


async def test_where_nobody_wants_to_be_followed_it_is_not_kept_where_messages_stand(read: StoreRig):
    """Nothing is kept for nobody's sake; and what is, not for ever."""
    thread = await inside(read)
    await happen(read, Said("s1", thread, MessageId("s1"), BEN, "words", "plain", read.now))
    assert await read.rows("SELECT message FROM heard") == [("s1",)]
    await read.store.write(drop_receipts, "web", ADA.id)
    await happen(read, Said("s2", thread, MessageId("s2"), BEN, "words", "plain", read.now))
    assert await read.rows("SELECT message FROM heard") == [("s1",)]
    assert await read.store.write(forget_heard, read.now + positions.KEPT) == 0
    assert await read.store.write(forget_heard, read.now + positions.KEPT + 1) == 1


async def cost_of_one_more(house: StoreRig, before: int) -> int:
    """What a position takes that is one copy further, behind so many that were marked."""
    posts = [op(), *(post(f"p{n}") for n in range(1, before + 1))]
    for some in range(10, before + 1, 10):  # more at once would be a flood
        await house.arrive(*posts[: some + 1])
        await house.send()
        house.now += 3_600_000
    await looked(house, await inside(house), await message(house, f"p{before}"))
    await house.arrive(*posts, post(f"p{before + 1}"))
    await house.send()
    last = await message(house, f"p{before + 1}")
    await happen(house, Receipt("r", await inside(house), last, ADA, house.now))
    [position] = await house.store.read(due_positions, house.now + SOON)
    store: Store = house.store
    assert isinstance(store, SQLite)
    return await steps(store.writer, lambda: store.write(mark_position, position))


async def test_a_position_costs_what_is_new_and_not_what_was_read(read: StoreRig):
    """A room that is years old is read like a new one."""
    few = await cost_of_one_more(read, 10)
    assert await cost_of_one_more(read, 300) <= few * 1.3
