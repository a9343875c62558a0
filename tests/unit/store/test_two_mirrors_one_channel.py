"""Where two mirrors of one channel show a thread, the oldest decides who may answer, on pages as in the chat."""

from __future__ import annotations

import pytest

from bot.model import UserId
from bot.replying import Answering, Rules
from bot.store import run
from bot.store.answering import set_rules
from bot.store.page_replies import answerable, write_reply
from bot.store.persons import ensure_person
from bot.store.sessions import SignedIn
from bot.store.sight import Sight
from bot.testing.store_rig import StoreRig, op


@pytest.fixture
async def twice(mirrored: StoreRig) -> StoreRig:
    """A thread that a channel shows because of its board, and by itself."""
    await mirrored.arrive(op())
    await mirrored.send()
    await mirrored.mirror(thread=await mirrored.value("SELECT id FROM thread"))
    return mirrored


async def rule(house: StoreRig, mirror: int, rules: Rules) -> None:
    await house.store.write(set_rules, mirror, rules, None, "Zoe", house.now)


async def written(house: StoreRig) -> bool:
    """Whether what somebody writes on a page is taken."""
    person = await house.store.write(ensure_person, "web", "u1", "Ada", house.now)
    thread, sight = await house.value("SELECT id FROM thread"), Sight(house.community)
    who = SignedIn(person, "web", UserId("u1"), "Ada", house.community, sight, 0)
    return await house.store.write(write_reply, who, thread, None, "May I?", "one", house.now)


@pytest.mark.parametrize("rules", [Rules("none"), Rules("all", Answering(who=("Helpers",)))])
async def test_a_page_takes_nothing_that_the_channel_does_not(twice: StoreRig, rules: Rules) -> None:
    """Nobody gets around what an admin said by writing elsewhere."""
    await rule(twice, 1, rules)
    assert not await written(twice)
    assert await twice.rows("SELECT * FROM reply") == []


async def test_it_takes_what_another_channel_takes(twice: StoreRig) -> None:
    """As in the chat, where people would go there."""
    await rule(twice, 1, Rules("none"))
    await twice.mirror("attic")
    assert await written(twice)
    attic = await twice.value("SELECT id FROM place WHERE label='attic'")
    assert await twice.rows("SELECT place FROM reply") == [(attic,)]


async def test_the_older_mirror_decides_as_long_as_it_is_there(twice: StoreRig) -> None:
    await rule(twice, 2, Rules("none"))
    thread, sight = await twice.value("SELECT id FROM thread"), Sight(twice.community)
    assert await twice.store.read(answerable, thread, sight) is not None
    await twice.store.write(run, "UPDATE mirror SET state='removed' WHERE id=1")
    assert await twice.store.read(answerable, thread, sight) is None
