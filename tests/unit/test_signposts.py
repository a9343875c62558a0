"""A button at the top of a channel: shown once, pinned, taken away at a word."""

from __future__ import annotations

import pytest

from bot import errors
from bot.commands import carry_out
from bot.model import Caller, ChannelRef, ChatName, Where
from bot.testing.faults import Fault
from tests.crash.bench import Bench

LOUNGE = Where(ChannelRef("lounge"))


@pytest.fixture
async def bench(tmp_path):
    there = Bench(tmp_path)
    await there.start()
    await there.mirror(there.board.start_thread("Title", "op says", "ann"))
    await there.work()
    yield there
    await there.crash()


async def said(bench: Bench, switch: str, where: Where | None = LOUNGE) -> str:
    """What an admin hears who gives the command in a channel."""
    [[community]] = await bench.ask("SELECT community FROM mirror")
    caller = Caller(ChatName("fake"), community, "Ann", admin=True, where=where)
    answer = await carry_out(bench, caller, "mirror", ["button", switch])
    await bench.work()
    return answer.text


def buttons(bench: Bench) -> list[list[str]]:
    """The labels below each message of the channel that is a signpost."""
    rows = [row for row in bench.room.messages.values() if row.where == LOUNGE and not row.deleted]
    labels = [[offer.label for offer in row.offers] for row in rows]
    return [found for found in labels if "My unread" in found]


async def test_the_button_stands_once_and_is_pinned(bench):
    """However often it is asked for."""
    assert "pinned" in await said(bench, "on")
    assert "already" in await said(bench, "on")
    assert buttons(bench) == [["My unread", "Catch up"]]
    [pinned] = bench.room.pins
    assert bench.room.messages[pinned].offers


async def test_who_did_it_is_kept(bench):
    """Like everything that an admin does."""
    for switch in ("on", "on", "off"):
        await said(bench, switch)
    rows = await bench.ask("SELECT who, what, old, new FROM audit WHERE what LIKE 'button%' ORDER BY id")
    assert rows == [("Ann", "button in lounge", "off", "on"), ("Ann", "button in lounge", "on", "off")]


async def test_it_is_no_failure_that_anybody_is_told_of(bench):
    """It is shown like a notice, and nothing is wrong."""
    await said(bench, "on")
    operator = Caller(ChatName(""), 0, "the operator", operator=True)
    assert "What is new" not in (await carry_out(bench, operator, "mirror", ["status"])).text


async def test_it_is_taken_away_and_can_come_back(bench):
    """Its message goes with its pin."""
    await said(bench, "on")
    assert "taken away" in await said(bench, "off")
    assert buttons(bench) == []
    assert "No button" in await said(bench, "off")
    await said(bench, "on")
    assert buttons(bench) == [["My unread", "Catch up"]]


async def test_where_it_cannot_be_pinned_it_stands_all_the_same(bench):
    """Somebody who may can pin it."""
    bench.room.faults.append(Fault(errors.NotAllowed("no power"), act="pin"))
    await said(bench, "on")
    assert buttons(bench) == [["My unread", "Catch up"]]
    assert not bench.room.pins
    await bench.work()
    assert await bench.ask("SELECT count(*) FROM signpost WHERE message<>''") == [(1,)]


async def test_a_pin_that_failed_on_the_way_is_tried_again(bench):
    """A chat that does not answer is nobody's own failure."""
    bench.room.faults.append(Fault(errors.Unreachable("cut"), act="pin"))
    await said(bench, "on")
    await bench.pass_time(600)
    assert len(bench.room.pins) == 1


async def test_only_a_channel_that_shows_something_has_it(bench):
    """And whoever says nothing of where is asked."""
    assert "nothing is mirrored" in await said(bench, "on", Where(ChannelRef("attic")))
    assert "in the channel" in await said(bench, "on", None)
