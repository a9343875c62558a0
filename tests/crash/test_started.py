"""Threads that are started from the chat, killed at every moment: on the forum once, in the chat once, told of."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.crash.bench import CHANNEL
from tests.crash.starters import Starters

Build = Callable[..., Starters]

NETWORKS: dict[str, dict[str, Any]] = {
    "keys": {},
    "keys for an instant": {"forum": {"key_window": 0.5}},
    "proof by markers": {"forum": {"key_window": None}},
    "proof by words": {"forum": {"key_window": None, "write_identity": "shared"}, "markers": False},
}
"""What was begun is made again under its key, or it is read back: what the forum does not show did not happen."""

SILENT: dict[str, dict[str, Any]] = {
    "what is not found may be there": {"forum": {"key_window": None, "read_back": "finds"}},
    "nothing can be read back": {"forum": {"key_window": None, "read_back": "none"}},
    "nothing can be read back, nothing is marked": {
        "forum": {"key_window": None, "read_back": "none", "write_identity": "shared"},
        "markers": False,
    },
}

SAMPLE = 9
"""The quick form takes every so many moments."""


@pytest.fixture
def starters(bench_of: Callable[..., Any]) -> Build:
    return partial(bench_of, Starters)


async def told_with_a_death(bench: Starters, point: int, answers: bool = True) -> int:
    """Two people start a thread each, and the process dies at a moment; how many moments there were.

    Without `answers` those of the forum are lost, the first one's after it was taken, the second one's before.
    """
    await bench.begin()
    if not answers:
        bench.delays["start"] += [1.0, float("inf")]
    bench.life.count, bench.life.kill_at = 0, point
    for name in ("zoe", "yan"):
        bench.room.person(name).command(CHANNEL, f"forum post General {name}s words of {name}")
    died = await bench.survive(bench.work)
    count = bench.life.count
    for _ in range(6):
        died |= await bench.survive(lambda: bench.pass_time(60))
    assert died == bool(point)
    return count


async def is_right(bench: Starters) -> None:
    """Each stands once on both sides, is known as what was asked for, and its author heard of it once."""
    for name in ("zoe", "yan"):
        assert len(bench.begun(f"{name}s")) == len(bench.shown(f"words of {name}")) == 1
        heard = bench.heard(name)
        assert [sum(sign in told for told in heard) for sign in ("goes to", "stands on")] == [1, 1], heard
    assert await bench.fates() == [("posted", ""), ("posted", "")]
    assert len(set(await bench.ask("SELECT post FROM opener WHERE post IS NOT NULL"))) == 2
    assert len(await bench.ask("SELECT 1 FROM follow")) == 2
    assert bench.told() == []


async def nothing_is_twice(bench: Starters) -> None:
    """What is not known is held, and everybody concerned hears of it; an admin who looks brings it to its end."""
    for name in ("zoe", "yan"):
        assert len(bench.begun(f"{name}s")) <= 1
        assert len(bench.shown(f"words of {name}")) <= 1
    held = await bench.ask("SELECT id FROM delivery WHERE state='held' ORDER BY id")
    assert [f"delivery {id} is held" in told for (id,), told in zip(held, bench.told(), strict=True)] == [True] * len(
        held
    )
    for (delivery,) in held:
        [(title,)] = await bench.ask(
            "SELECT o.title FROM delivery d JOIN opener o ON o.id=d.subject_id WHERE d.id=$1", delivery
        )
        stands = bench.begun(title)
        answer = await bench.admin(f"settle {delivery} {stands[0].post}" if stands else f"retry {delivery}")
        assert answer.ok, answer.text
        await bench.pass_time(300)
    for name in ("zoe", "yan"):
        assert len(bench.begun(f"{name}s")) == len(bench.shown(f"words of {name}")) == 1
        assert sum("stands on" in told for told in bench.heard(name)) == 1
    assert await bench.fates() == [("posted", ""), ("posted", "")]


async def dies_everywhere(starters: Build, network: dict[str, Any], every: int, right: Any, answers: bool) -> None:
    bench = starters(**network)
    points = await told_with_a_death(bench, 0, answers)
    await right(bench)
    await bench.crash()
    for point in range(1, points + 1, every):
        bench = starters(**network)
        await told_with_a_death(bench, point, answers)
        try:
            await right(bench)
        except AssertionError as error:
            error.add_note(f"died at point {point} of {points}: {bench.deaths}")
            raise
        await bench.crash()


@pytest.mark.parametrize("answers", [True, False], ids=["answered", "unanswered"])
@pytest.mark.parametrize("network", NETWORKS)
async def test_a_death_at_any_moment_starts_a_thread_once(starters: Build, network: str, answers: bool) -> None:
    """A sample of the slow form below."""
    await dies_everywhere(starters, NETWORKS[network], SAMPLE, is_right, answers)


@pytest.mark.parametrize("network", SILENT)
async def test_a_death_at_any_moment_starts_no_thread_twice_where_nothing_can_be_known(
    starters: Build, network: str
) -> None:
    """A sample of the slow form below."""
    await dies_everywhere(starters, SILENT[network], SAMPLE, nothing_is_twice, True)


@pytest.mark.faults
@pytest.mark.timeout(0)
@pytest.mark.parametrize("answers", [True, False], ids=["answered", "unanswered"])
@pytest.mark.parametrize("network", NETWORKS)
async def test_a_death_at_every_moment_starts_a_thread_once(starters: Build, network: str, answers: bool) -> None:
    """The process may die between any two things that it does, and with either answer under way."""
    await dies_everywhere(starters, NETWORKS[network], 1, is_right, answers)


@pytest.mark.faults
@pytest.mark.timeout(0)
@pytest.mark.parametrize("network", SILENT)
async def test_a_death_at_every_moment_starts_no_thread_twice_where_nothing_can_be_known(
    starters: Build, network: str
) -> None:
    """A thread that stands there twice is a nuisance that nobody here can take back."""
    await dies_everywhere(starters, SILENT[network], 1, nothing_is_twice, True)
