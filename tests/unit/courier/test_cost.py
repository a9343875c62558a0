"""What it costs to tell people, and what a fault costs."""

from __future__ import annotations

from functools import partial

from bot.courier import BATCH
from bot.model import (
    HOUR,
)
from bot.store import SQLite
from bot.store.alerts import add_alert
from bot.store.arrivals import behind
from bot.store.digests import due_digests
from bot.store.news import due_people
from bot.store.unit import Unit
from bot.testing.store_rig import post
from tests.unit.store.test_cost import steps


async def test_a_new_post_touches_no_row_of_those_who_follow(opens):
    """Law 8: who is to be told is found out afterwards."""
    taken = []
    for name, followers in (("few", 1), ("many", 100)):
        here = await opens(name)
        for n in range(followers):
            person = await here.follower(f"reader{n}")
            await here.store.write(add_alert, person, here.community, "words")
        await here.store.write(_pause)
        here.posts.append(post("p1"))
        assert isinstance(here.store, SQLite)
        taken.append(await steps(here.store.writer, partial(here.read_thread, *here.posts)))
        assert await here.rows("SELECT 1 FROM follow WHERE due_at IS NOT NULL") == []
    assert taken[0] == taken[1]


async def test_a_look_costs_the_same_however_many_follow_while_nothing_is_due(opens):
    """It is taken every ten seconds."""
    taken = []
    for name, followers in (("few", 1), ("many", 100)):
        here = await opens(name)
        for n in range(followers):
            await here.digest(await here.follower(f"reader{n}"), "18:00")
        now = here.clock.now()
        assert isinstance(here.store, SQLite)
        reader = here.store.reader
        taken.append(
            (
                await steps(reader, partial(here.store.read, due_people, now)),
                await steps(reader, partial(here.store.read, due_digests, now)),
                await steps(reader, partial(here.store.read, behind)),
            )
        )
    assert taken[0] == taken[1]


def _pause() -> Unit[None]:
    yield "UPDATE mirror SET state='paused'", ()


async def test_a_fault_with_one_reader_stops_no_other(here, monkeypatch):
    """It is tried again later."""
    await here.follower("ada")
    await here.follower("bob")
    await here.posted("p1")
    await here.courier.look()
    here.clock.advance(BATCH)
    real = here.courier._tell

    async def tell(person: int, community: int) -> None:
        if person == 1:
            raise ValueError("broken")
        await real(person, community)

    monkeypatch.setattr(here.courier, "_tell", tell)
    await here.courier.look()
    assert await here.who() == ["bob"]
    monkeypatch.undo()
    await here.after(HOUR)
    assert await here.who() == ["ada"]
