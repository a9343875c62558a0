"""How far people have read is kept of those who asked for it, as far as it rises, and of nobody else."""

from __future__ import annotations

import pytest

from bot.model import Batch, ChannelRef, ChatPerson, MessageId, Millis, Receipt, Said, ThreadRef, UserId, Where
from bot.store import SQLite
from bot.store.inbox import cursor, receive
from bot.store.receipts import Keeping, drop_receipts, keep_receipts, keeping
from bot.testing.store_rig import BEGINNING, StoreRig, op, post
from tests.unit.store.test_cost import steps

ADA, BEN = ChatPerson(UserId("u1"), "Ada"), ChatPerson(UserId("u2"), "Ben")
CHANNEL = Where(ChannelRef("lounge"))
LATER: Millis = BEGINNING + 1_000_000


@pytest.fixture
async def read(mirrored: StoreRig) -> StoreRig:
    """A thread with a reply that stands in the chat; Ada asked that it is kept how far she has read."""
    await mirrored.arrive(op(), post("p1"))
    await mirrored.send()
    await mirrored.store.write(keep_receipts, "web", ADA.id, ADA.name, BEGINNING)
    return mirrored


async def inside(house: StoreRig) -> Where:
    return Where(CHANNEL.channel, ThreadRef(await house.value("SELECT thread_ref FROM place WHERE parent IS NOT NULL")))


def receipt(
    where: Where, message: str, at: Millis = BEGINNING, who: ChatPerson = ADA, everywhere: bool = False
) -> Receipt:
    return Receipt(f"{message} {who.id} {at}", where, MessageId(message), who, at, everywhere)


async def happen(house: StoreRig, *events: Receipt | Said, now: Millis = LATER) -> int:
    return await house.store.write(receive, "web", Batch(events, events[-1].id), now)


async def positions(house: StoreRig) -> list[tuple[object, ...]]:
    return await house.rows(
        """SELECT r.user_id, p.thread_ref, r.everywhere, r.message, r.read_at FROM receipt r
           JOIN place p ON p.id=r.place ORDER BY r.user_id, p.id, r.everywhere"""
    )


async def test_a_position_is_kept_for_a_chat_thread_for_the_channel_and_for_all_of_it(read):
    """Three things that a client may say, and none of them says another."""
    thread = await inside(read)
    told = (
        receipt(thread, "m1", BEGINNING + 1),
        receipt(CHANNEL, "m2", BEGINNING + 2),
        receipt(CHANNEL, "m3", BEGINNING + 3, everywhere=True),
    )
    assert await happen(read, *told) == 0
    assert await positions(read) == [
        ("u1", "", 0, "m2", BEGINNING + 2),
        ("u1", "", 1, "m3", BEGINNING + 3),
        ("u1", thread.thread, 0, "m1", BEGINNING + 1),
    ]


async def test_it_is_found_which_post_a_position_means(read):
    """Marks are reckoned from it."""
    thread = await inside(read)
    rows = """SELECT m.message FROM copy_message m JOIN copy c ON c.id=m.copy JOIN post o ON o.id=c.post
              WHERE o.key='p1'"""
    await happen(read, receipt(thread, await read.value(rows)))
    assert await read.rows(
        """SELECT o.key FROM receipt r JOIN copy_message m ON m.place=r.place AND m.message=r.message
           JOIN copy c ON c.id=m.copy JOIN post o ON o.id=c.post"""
    ) == [("p1",)]


async def test_positions_only_rise(read):
    """Law 8: chats repeat what they told, and in any order."""
    for at, message in ((5, "m2"), (4, "m1"), (5, "m2"), (9, "m3"), (8, "m2")):
        await happen(read, receipt(CHANNEL, message, BEGINNING + at))
    assert await positions(read) == [("u1", "", 0, "m3", BEGINNING + 9)]
    await happen(read, *(receipt(CHANNEL, f"m{n}", BEGINNING + n) for n in (12, 11, 10)))
    assert await positions(read) == [("u1", "", 0, "m12", BEGINNING + 12)]


async def test_a_time_that_is_still_to_come_stops_no_later_position(read):
    """The clock of whoever told it is wrong, and by how much nobody knows."""
    await happen(read, receipt(CHANNEL, "m1", LATER * 2), now=LATER)
    await happen(read, receipt(CHANNEL, "m2", 10**30), now=LATER + 1)
    await happen(read, receipt(CHANNEL, "m3", LATER + 2), now=LATER + 2)
    assert await positions(read) == [("u1", "", 0, "m3", LATER + 2)]


async def test_of_people_who_did_not_ask_nothing_is_left_anywhere(read):
    """It is nobody's business: no position, no event, no name."""
    before = await read.value("SELECT count(*) FROM inbox")
    assert await happen(read, receipt(CHANNEL, "m1", who=BEN), receipt(CHANNEL, "m1")) == 0
    assert await read.value("SELECT count(*) FROM inbox") == before
    assert await read.rows("SELECT user_id FROM identity") == [("u1",)]
    assert [user for user, *_ in await positions(read)] == ["u1"]


async def test_whoever_asked_in_one_chat_did_not_ask_in_another(read):
    """The same id there may be somebody else's."""
    await read.store.write(receive, "matrix", Batch((receipt(CHANNEL, "m1"),), "c"), LATER)
    assert await positions(read) == []


async def test_a_place_of_which_nothing_is_known_is_passed_over(read):
    """A room that nothing is mirrored into; and those beside it in the batch are kept."""
    elsewhere = Where(ChannelRef("kitchen"))
    strange = Where(CHANNEL.channel, ThreadRef("a talk of people"))
    await happen(read, receipt(elsewhere, "m1"), receipt(strange, "m1"), receipt(CHANNEL, "m2"))
    assert [message for *_, message, _ in await positions(read)] == ["m2"]


async def test_receipts_that_make_no_sense_harm_nothing(read):
    """Law 9: what stands beside them is taken in with them."""
    said = Said("s1", CHANNEL, MessageId("s1"), BEN, "words", "plain", BEGINNING)
    odd = ChatPerson(UserId("half \ud800"), "nul \0")
    strange = [
        receipt(Where(ChannelRef("\ud800"), ThreadRef("\0")), "\ud800"),
        receipt(CHANNEL, "m1", who=odd),
        receipt(CHANNEL, "no message at all", -(10**30)),
    ]
    assert await happen(read, *strange, said) == 1
    assert await read.rows("SELECT event, state FROM inbox WHERE kind<>'commanded'") == [("s1", "done")]
    await happen(read, receipt(CHANNEL, "m2"))
    assert [message for *_, message, _ in await positions(read)] == ["m2"]


async def test_what_was_kept_is_forgotten_at_once_and_nothing_more_is_kept(read):
    """A word is enough."""
    await happen(read, receipt(CHANNEL, "m1"), receipt(await inside(read), "m2"))
    assert await read.store.read(keeping, "web", ADA.id) == Keeping(True, 2)
    assert await read.store.write(keep_receipts, "web", BEN.id, BEN.name, BEGINNING) is True
    await happen(read, receipt(CHANNEL, "m1", who=BEN))
    assert await read.store.write(drop_receipts, "web", ADA.id) is True
    assert [user for user, *_ in await positions(read)] == ["u2"]
    await happen(read, receipt(CHANNEL, "m3", BEGINNING + 5))
    assert await read.store.read(keeping, "web", ADA.id) == Keeping(False, 0)


async def test_asking_twice_is_asking_once(read):
    """A command may be carried out again after a crash; a person is one, whatever they ask."""
    assert await read.store.write(keep_receipts, "web", ADA.id, "Ada L.", BEGINNING) is False
    assert await read.store.write(drop_receipts, "web", ADA.id) is True
    assert await read.store.write(drop_receipts, "web", ADA.id) is False
    assert await read.store.write(keep_receipts, "web", ADA.id, "Ada L.", BEGINNING) is True
    assert await read.rows("SELECT person, name, receipts FROM identity") == [(1, "Ada L.", 1)]
    assert await read.value("SELECT count(*) FROM person") == 1


async def test_who_never_asked_and_asks_for_nothing_leaves_no_row(read):
    """To be told that nothing is kept must not make us keep something."""
    assert await read.store.write(drop_receipts, "web", BEN.id) is False
    assert await read.store.read(keeping, "web", BEN.id) == Keeping(False, 0)
    assert await read.rows("SELECT user_id FROM identity") == [("u1",)]


async def test_a_position_commits_with_the_cursor(read):
    """What is behind the cursor is never told again."""
    await happen(read, receipt(CHANNEL, "m1"))

    def broken():
        yield from receive("web", Batch((receipt(CHANNEL, "m2", BEGINNING + 5),), "later"), LATER)
        raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        await read.store.write(broken)
    assert await read.store.read(cursor, "web") == receipt(CHANNEL, "m1").id
    assert [message for *_, message, _ in await positions(read)] == ["m1"]


async def test_what_others_read_costs_little_and_the_same_however_many_asked(read):
    """A room of thousands reads all day long."""
    assert isinstance(read.store, SQLite)
    storm = Batch(tuple(receipt(CHANNEL, "m1", who=ChatPerson(UserId(f"v{n}"), "Vic")) for n in range(100)), "c")

    async def cost() -> int:
        return await steps(read.store.writer, lambda: read.store.write(receive, "web", storm, LATER))

    few = await cost()
    for n in range(300):
        await read.store.write(keep_receipts, "web", UserId(f"w{n}"), "Wes", BEGINNING)
    assert await cost() <= few * 1.3
    assert few < 100 * 60
