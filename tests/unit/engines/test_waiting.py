"""What becomes of posts that moderators keep, where the forum itself does not say it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.engines.waiting import MOST, Waiting
from bot.model import Judgement, Millis, PostKey, Written, at
from bot.ports import Context
from bot.testing.context import context


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Context]:
    """The folder of a forum."""
    ours = context(tmp_path, "forum")
    yield ours
    await ours.net.close()


async def judged(waiting: Waiting, *tickets: str, **there: str) -> dict[str, tuple[Judgement, str]]:
    """What became of tickets, while these posts stand in the thread."""

    async def look(since: Millis) -> list[Written]:
        return [Written(PostKey(key), "bridge", text, at(since)) for key, text in there.items()]

    told = await waiting.judged(tickets, look)
    return {one.ticket: (one.judgement, one.post) for one in told}


async def test_what_stands_in_the_thread_was_let_through(place: Context) -> None:
    """By its words, and each post is one ticket's alone: two people may have said the same."""
    waiting = Waiting(place)
    await waiting.waits("q1", "Me  too")
    await waiting.waits("q2", "Me too")
    assert await judged(waiting, "q1", "q2", p5="Me too", p6="Me too") == {
        "q1": (Judgement.APPROVED, "p5"),
        "q2": (Judgement.APPROVED, "p6"),
    }


async def test_what_is_nowhere_was_rejected(place: Context) -> None:
    """Posts that were known before say nothing about it, whatever their words are."""
    waiting = Waiting(place)
    await waiting.wrote("p1")
    await waiting.waits("q1", "Me too")
    assert await judged(waiting, "q1", p1="Me too") == {"q1": (Judgement.REJECTED, "")}


async def test_nothing_is_said_while_it_may_stand_there_in_other_words(place: Context) -> None:
    """A moderator may have changed them."""
    waiting = Waiting(place)
    await waiting.waits("q1", "Me too")
    assert await judged(waiting, "q1", p5="Me, too") == {}


async def test_what_was_found_out_is_remembered_over_a_restart(place: Context) -> None:
    """The words may be changed afterwards, or the post deleted."""
    waiting = Waiting(place)
    await waiting.waits("q1", "Me too")
    await judged(waiting, "q1", p5="Me too")
    assert await judged(Waiting(place), "q1") == {"q1": (Judgement.APPROVED, "p5")}


async def test_what_was_never_kept_is_not_judged(place: Context) -> None:
    """It is another account's, or older than what is remembered."""
    waiting = Waiting(place)
    for n in range(MOST + 1):
        await waiting.waits(f"q{n}", "Me too")
    assert await judged(waiting, "q0", "other", p5="Me too") == {}
