"""A reply whose answer is lost stands on the forum once, whichever engine that runs on, or its author knows why not.

The whole way: somebody speaks in the chat, the adapter posts across a line that fails, and the program finds out.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.ports import ConnectsAccounts
from bot.testing.faults import UNANSWERED, Line
from tests.crash.adapters import WORLDS, Between, between

A_WHILE = 20 * 60.0
"""Seconds within which the program knows what became of a reply."""


@pytest.fixture(params=[name for name in WORLDS if name != "sandbox"])
async def here(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Between]:
    """A mirrored thread of each engine; the sandbox has no line that could fail."""
    async with between(request.param, tmp_path, monkeypatch) as made:
        yield made


def says(here: Between, name: str, text: str) -> None:
    here.room.person(name).say(here.place, text)


async def across(here: Between, state: Line) -> None:
    """What was said is sent across a line in a state, and found out about afterwards."""
    await here.rig.line(state)
    await here.take_in()
    await here.sender.drain()
    await here.rig.line(Line.WHOLE)
    await here.pass_time(A_WHILE)


@pytest.mark.parametrize("state", [Line.LOST, *UNANSWERED])
async def test_a_reply_whose_answer_was_lost_stands_once(here: Between, state: Line) -> None:
    says(here, "zoe", "Was it there?")
    await across(here, state)
    there = await here.stands("Was it there?")
    known = state is not Line.LOST or here.opened.forum.caps.read_back == "proof"
    assert (len(there), [fate for fate, _ in await here.fates()]) == ((1, ["posted"]) if known else (0, ["held"]))
    assert bool(here.told()) is not known, "what is held is told"
    assert not [message for message in here.room.ours(here.place) if "Was it there?" in message.text], "no echo"


@pytest.mark.parametrize("state", [Line.LOST, Line.DEAF])
async def test_equal_replies_stay_two(here: Between, state: Line) -> None:
    """The second one's answer is lost; the first one is not taken for it, whoever said the same."""
    says(here, "zoe", "Thank you so much")
    await here.work()
    says(here, "zoe", "Thank you so much")
    await across(here, state)
    there, fates = await here.stands("Thank you so much"), await here.fates()
    assert fates[0] == ("posted", "")
    match fates[1]:
        case ("posted", _):
            assert len(there) == 2
        case (fate, why):
            assert (fate in ("refused", "held"), bool(why), len(there)) == (True, True, 1)


@pytest.mark.parametrize("state", [Line.LOST, Line.DEAF])
async def test_equal_replies_from_two_accounts_stay_two(here: Between, state: Line) -> None:
    """Each is looked for among what its own person wrote."""
    if not isinstance(here.opened.forum, ConnectsAccounts):
        pytest.skip("people cannot lend us their accounts on this forum (ConnectsAccounts)")
    for name in ("dora", "emil"):
        await here.lends(name)
    says(here, "dora", "Thank you so much")
    await here.work()
    says(here, "emil", "Thank you so much")
    await across(here, state)
    there = await here.stands("Thank you so much")
    if state is Line.LOST and here.opened.forum.caps.read_back != "proof":
        assert (there, [fate for fate, _ in await here.fates()]) == (["dora"], ["posted", "held"])
    else:
        assert (there, [fate for fate, _ in await here.fates()]) == (["dora", "emil"], ["posted", "posted"])
