"""What is asked for every act costs the same, however much was sent before: counted in steps of the engine."""

from __future__ import annotations

from typing import Any

from bot.clock import Moment
from bot.mirroring import Layout
from bot.model import (
    MINUTE,
    Batch,
    Board,
    BoardKey,
    ChannelRef,
    ChatPerson,
    Deleted,
    Edited,
    Event,
    MessageId,
    Reacted,
    Said,
    ThreadRef,
    UserId,
    Where,
)
from bot.store import SQLite, Unit, open_store, run
from bot.store.forums import ensure_board
from bot.store.inbox import receive
from bot.store.jobs import head
from bot.store.mirrors import add_mirror, mirrors_of
from bot.store.obstacles import later
from bot.store.outbox import next_try, ready
from bot.store.page_replies import answerable
from bot.store.places import ensure_channel
from bot.store.sight import Sight
from bot.store.turns import Claim, turn
from bot.testing.store_rig import BEGINNING, StoreRig, answer, op, post


async def steps(connection: Any, act: Any) -> int:
    """The steps that the engine takes for something."""
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    await connection.set_progress_handler(count, 1)
    await act()
    await connection.set_progress_handler(lambda: 0, 0)
    return taken


async def costs(path: Any, sent: int) -> dict[str, int]:
    """The steps of everything that happens for one more reply in a thread of which so many posts were sent."""
    store = await open_store(path)
    try:
        house = await StoreRig(store).furnish()
        await house.mirror()
        await house.read_list()
        before = (op(), *(post(f"p{n}") for n in range(1, sent + 1)))
        await house.arrive(*before)
        await house.send()
        await house.store.write(run, "UPDATE delivery SET not_before=made_at")  # as if it had waited for a delay
        house.now += MINUTE
        await house.arrive(*before, answer(f"p{sent + 1}", parent=f"p{sent}"))
        [[id, queue]] = await house.rows("SELECT id, queue FROM delivery WHERE state='pending'")
        claim = Claim(id, (), "shown", 1, Moment(BEGINNING, 1, "boot"))
        assert isinstance(store, SQLite)
        return {
            "ready": await steps(store.reader, lambda: store.read(ready, house.now)),
            "next try": await steps(store.reader, lambda: store.read(next_try, house.now)),
            "head": await steps(store.reader, lambda: store.read(head, queue, house.now)),
            "delayed": await steps(store.reader, lambda: store.read(later, None, house.now)),
            "mirrors": await steps(store.reader, lambda: store.read(mirrors_of, 1)),
            "claim": await steps(store.writer, lambda: store.write(turn, queue, None, claim, 0, house.now)),
            "removal": await steps(
                store.writer, lambda: store.write(run, "UPDATE copy SET state=$1 WHERE reply=$2", "removed", 1)
            ),
        }
    finally:
        await store.close()


async def test_an_act_costs_the_same_after_many_as_after_few(tmp_path):
    """A year's worth of what was sent must not slow down what is owed today."""
    few, many = await costs(tmp_path / "few.db", 20), await costs(tmp_path / "many.db", 400)
    assert {question: many[question] / taken for question, taken in few.items() if many[question] > taken * 1.3} == {}


async def costs_before(path: Any, waiting: int) -> dict[str, int]:
    """The steps of the first act of a place in which so many wait."""
    store = await open_store(path)
    try:
        house = await StoreRig(store).furnish()
        await house.mirror()
        await house.read_list()
        await house.arrive(op())
        await house.send()
        await store.write(run, "UPDATE source SET rate_slow=1e9")  # as busy as this, or it would be a flood
        house.now += MINUTE
        await house.arrive(op(), *(post(f"p{n}") for n in range(1, waiting + 1)))
        pending = await house.rows("SELECT id, queue FROM delivery WHERE state='pending' ORDER BY ord")
        assert len(pending) == waiting
        id, queue = pending[0]
        claim = Claim(id, (), "shown", 1, Moment(BEGINNING, 1, "boot"))
        assert isinstance(store, SQLite)
        return {
            "head": await steps(store.reader, lambda: store.read(head, queue, house.now)),
            "claim": await steps(store.writer, lambda: store.write(turn, queue, None, claim, 0, house.now)),
        }
    finally:
        await store.close()


async def test_an_act_costs_the_same_before_many_as_before_few(tmp_path):
    """What waits behind an act is looked at when its turn comes, or a full place costs the square of what it holds."""
    few, many = await costs_before(tmp_path / "few.db", 20), await costs_before(tmp_path / "many.db", 400)
    assert {question: many[question] / taken for question, taken in few.items() if many[question] > taken * 1.3} == {}


async def costs_of_talk(path: Any, before: int) -> dict[str, int]:
    """The steps of what somebody does in a chat thread where so much was taken, and turned away, before."""
    store = await open_store(path)
    try:
        house = await StoreRig(store).furnish()
        await house.mirror()
        await house.read_list()
        await house.arrive(op())
        await house.send()
        for n in range(before // 2):
            await store.write(_elsewhere, house.forum, house.community, n, house.now)
        [[channel, thread]] = await house.rows("SELECT channel, thread_ref FROM place WHERE parent IS NOT NULL")
        where = Where(ChannelRef(channel), ThreadRef(thread))
        rule = "UPDATE mirror SET answering=$1"
        for answering in ('{"merge":30}', '{"who":["Helpers"],"merge":30}'):
            await store.write(run, rule, answering)
            for n in range(before):
                house.now += MINUTE
                said = _said(where, f"{answering}{n}", n, house.now)
                await store.write(receive, "web", Batch((said,), ""), house.now)
        await store.write(run, rule, '{"merge":30}')
        await store.write(run, "UPDATE delivery SET state='sent', settled_at=1 WHERE subject='reply'")
        house.now += MINUTE
        [[last]] = await house.rows("SELECT MAX(message) FROM reply")
        person = ChatPerson(UserId("u0"), "Ada")
        acts: dict[str, Event] = {
            "said": _said(where, "s", 0, house.now),
            "said again": _said(where, "t", 0, house.now),
            "edited": Edited("e", where, MessageId("s"), person, "else", "plain", house.now),
            "deleted": Deleted("d", Where(where.channel), MessageId("s"), house.now),
            "deleted of nobody": Deleted("n", Where(where.channel), MessageId("nothing"), house.now),
            "looked at": Reacted("r", where, MessageId(str(last)), person, "👀", True, house.now),
        }
        assert isinstance(store, SQLite)
        taken: dict[str, int] = {}
        for what, event in acts.items():
            batch = Batch((event,), what)
            taken[what] = await steps(store.writer, lambda batch=batch: store.write(receive, "web", batch, house.now))
        queue = await house.value("SELECT queue FROM thread")
        taken["head"] = await steps(store.reader, lambda: store.read(head, queue, house.now + MINUTE))
        taken["page"] = await steps(store.reader, lambda: store.read(answerable, 1, Sight(house.community)))
        return taken
    finally:
        await store.close()


def _elsewhere(forum: int, community: int, number: int, now: int) -> Unit[None]:
    """Mirror another board into another channel."""
    board = yield from ensure_board(forum, Board(BoardKey(f"b{number}"), f"Board {number}", ("Forum",)))
    place = yield from ensure_channel(community, "web", f"channel {number}", "")
    yield from add_mirror(community, board, None, place, Layout.THREADS, "all", "Ada", now)


def _said(where: Where, id: str, who: int, now: int) -> Said:
    person = ChatPerson(UserId(f"u{who % 20}"), "Ada")
    return Said(id, where, MessageId(id), person, f"words {id}", "plain", now)


async def test_what_somebody_says_costs_the_same_after_many_as_after_few(tmp_path):
    """A chat that talks all day, where few may answer, must not slow down for those who may."""
    few, many = await costs_of_talk(tmp_path / "few.db", 40), await costs_of_talk(tmp_path / "many.db", 400)
    assert {question: many[question] / taken for question, taken in few.items() if many[question] > taken * 1.3} == {}
