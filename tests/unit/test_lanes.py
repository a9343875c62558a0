"""The gate before a forum, and who owns the lanes."""

import asyncio

import pytest

from bot.lanes import Gate, own_all
from bot.store import open_store, run


async def settle():
    """Let everything run that can."""
    for _ in range(20):
        await asyncio.sleep(0)


class Visitors:
    """Tasks that pass a gate and stay inside until they are let out."""

    def __init__(self):
        self.gate = Gate()
        self.inside: list[str] = []
        self.order: list[str] = []
        self._out: dict[str, asyncio.Event] = {}

    def come(self, name):
        self._out[name] = asyncio.Event()
        return asyncio.create_task(self._visit(name))

    async def _visit(self, name):
        way = self.gate.write if name.startswith("write") else self.gate.poll
        async with way():
            self.inside.append(name)
            self.order.append(name)
            assert len(self.inside) == 1
            try:
                await self._out[name].wait()
            finally:
                self.inside.remove(name)

    def let_out(self, name=""):
        self._out[name or self.inside[0]].set()


@pytest.fixture
async def visitors():
    return Visitors()


async def test_one_passes_at_a_time(visitors):
    tasks = [visitors.come(f"poll {n}") for n in range(5)]
    for _ in tasks:
        await settle()
        assert len(visitors.inside) == 1
        visitors.let_out()
    await asyncio.gather(*tasks)
    assert visitors.order == [f"poll {n}" for n in range(5)]


async def test_writes_pass_before_polls_that_came_earlier(visitors):
    """A person waits for a write; a poll can wait."""
    names = ["poll 1", "poll 2", "write 1", "poll 3", "write 2"]
    tasks = []
    for name in names:
        tasks.append(visitors.come(name))
        await settle()
    for _ in names:
        visitors.let_out()
        await settle()
    await asyncio.gather(*tasks)
    assert visitors.order == ["poll 1", "write 1", "write 2", "poll 2", "poll 3"]


async def test_a_waiter_that_is_cancelled_holds_nobody_up(visitors):
    first, gone, last = [visitors.come(name) for name in ("poll 1", "poll 2", "poll 3")]
    await settle()
    gone.cancel()
    await settle()
    visitors.let_out("poll 1")
    await settle()
    assert visitors.inside == ["poll 3"]
    visitors.let_out("poll 3")
    await asyncio.gather(first, last)
    assert gone.cancelled()


async def test_a_waiter_that_is_cancelled_at_its_turn_hands_it_on(visitors):
    """The turn is given and the cancellation comes before the waiter has run: the gate must not stay shut."""
    first, unlucky, last = [visitors.come(name) for name in ("poll 1", "poll 2", "poll 3")]
    await settle()

    async def leave_and_cancel():
        visitors.let_out("poll 1")
        while visitors.inside:
            await asyncio.sleep(0)
        unlucky.cancel()

    await leave_and_cancel()
    await settle()
    assert visitors.order == ["poll 1", "poll 3"]
    visitors.let_out("poll 3")
    await asyncio.gather(first, last)
    with pytest.raises(asyncio.CancelledError):
        await unlucky


async def test_who_is_cancelled_inside_leaves_the_gate_open(visitors):
    inside, waiting = visitors.come("write 1"), visitors.come("poll 1")
    await settle()
    inside.cancel()
    await settle()
    assert visitors.inside == ["poll 1"]
    visitors.let_out()
    await waiting


async def test_who_fails_inside_leaves_the_gate_open():
    gate = Gate()
    with pytest.raises(LookupError):
        async with gate.write():
            raise LookupError
    async with gate.poll():
        pass


@pytest.mark.parametrize("seed", range(5))
async def test_no_mix_of_visits_and_cancellations_shuts_the_gate(seed):
    """Cancellations at every possible moment: in the end everybody has passed or gone."""
    gate, inside = Gate(), []

    async def visit(n):
        async with gate.write() if n % 3 == 0 else gate.poll():
            inside.append(n)
            assert inside == [n]
            try:
                await asyncio.sleep(0)
            finally:
                inside.remove(n)

    async def cancel_after(task, turns):
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()

    tasks = [asyncio.create_task(visit(n)) for n in range(60)]
    some = [(n, task) for n, task in enumerate(tasks) if (n + seed) % 4 == 0]
    cancelling = [asyncio.create_task(cancel_after(task, (n * 7 + seed) % 90)) for n, task in some]
    outcomes = await asyncio.gather(*tasks, *cancelling, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} <= {type(None), asyncio.CancelledError}
    async with gate.poll():
        pass


# -------------------------------------------------------------------------------------------------------------- owning


async def test_every_claim_of_the_lanes_has_a_higher_epoch(tmp_path):
    """What an earlier owner began can be told from what this one did."""
    store = await open_store(tmp_path / "threadline.db")
    await store.write(run, "INSERT INTO lane (id) VALUES ('chat:web')")
    assert await store.write(own_all, "host:1") == 1
    assert await store.write(own_all, "host:2") == 2
    rows = await store.read(run, "SELECT id, owner, epoch FROM lane ORDER BY id")
    assert list(rows) == [("chat:web", "host:2", 2), ("process", "host:2", 2)]
    await store.close()


async def test_polls_lie_apart_and_a_write_waits_for_none_of_them(monkeypatch):
    """A host is asked no faster than its owner can bear; what people say does not wait for that."""
    rests: list[float] = []
    sleep = asyncio.sleep
    loop = asyncio.get_running_loop()
    clock = [0.0]

    async def rest(seconds):
        rests.append(seconds)
        clock[0] += seconds
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", rest)
    monkeypatch.setattr(loop, "time", lambda: clock[0])
    gate = Gate(spacing=2.0)
    async with gate.poll():
        clock[0] += 5.0  # counted from the end of a slow answer
    async with gate.write():
        assert rests == [0.0]
    async with gate.poll():
        assert rests == [0.0, 2.0]
