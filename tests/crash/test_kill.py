"""Whatever moment the process is killed at: nothing is lost, nothing is shown twice, nothing changes its order."""

import asyncio
import itertools
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.crash.killing import Case, Tally, judge, live, suffer

AT_ONCE = 2
"""Processes that run side by side."""

MODES = ("keys", "keyless")
KILLS = int(os.environ.get("THREADLINE_KILLS", "1000"))
"""Kills of the slow form; a scenario has some 440 points: 1,000 are every point of one, with and without keys."""
SEED = int(os.environ.get("THREADLINE_SEED", "1"))
"""Chooses the scenario and the points of the quick form."""


async def play(cases: Iterator[Case], folder: Path, kills: int) -> Tally:
    """Cases, some side by side, until there were so many kills."""
    tally = Tally()

    async def worker(number: int) -> None:
        for count in itertools.count():
            case = next(cases, None)
            if case is None or tally.kills >= kills or len(tally.wrong) >= 3:
                return
            await suffer(folder / f"{number}-{count}", case, tally)

    await asyncio.gather(*(worker(number) for number in range(AT_ONCE)))
    return tally


async def points(folder: Path, seed: int, mode: str) -> int:
    """How many points a scenario has, counted in a life without a kill; what that shows must be right, too."""
    tally = Tally()
    home = folder / f"whole-{seed}-{mode}"
    code, said = await live(home, Case(seed, mode, ()), 0)
    assert code == 0, said.decode()
    await judge(home, Case(seed, mode, ()), tally)
    assert not tally.wrong, tally.wrong
    return int(msgspec.json.decode(said)["points"])


async def test_a_process_that_is_killed_at_any_moment_loses_nothing_and_shows_nothing_twice(tmp_path, capsys):
    """A sample of the slow form below: single kills and chains of kills, on networks with keys and without."""
    dice, seed = random.Random(SEED), SEED
    most = {mode: await points(tmp_path, seed, mode) for mode in MODES}
    cases = [
        Case(seed, mode, tuple(dice.randrange(1, most[mode]) // (1 + life) + 1 for life in range(lives)))
        for lives in (1, 1, 3)
        for mode in MODES
    ]
    tally = await play(iter(cases), tmp_path, sys.maxsize)
    with capsys.disabled():
        print(f"\n{tally.line()}")
    assert not tally.wrong, "\n".join(tally.wrong)


@pytest.mark.faults
@pytest.mark.timeout(0)
async def test_every_moment_of_whole_scenarios_can_be_the_last_one(tmp_path, capsys):
    """Every point of one scenario after the other, every third with more kills behind the first."""

    async def most(seed: int, mode: str) -> int:
        return await points(tmp_path, seed, mode)

    counts = {(seed, mode): await most(seed, mode) for seed in range(1, 2 + KILLS // 800) for mode in MODES}

    def every() -> Iterator[Case]:
        dice = random.Random(1)
        for (seed, mode), count in counts.items():
            for point in range(1, count + 1):
                more = [dice.randrange(1, count) for _ in range(dice.choice((0, 0, 0, 1, 2)))]
                yield Case(seed, mode, (point, *more))

    tally = await play(every(), tmp_path, KILLS)
    with capsys.disabled():
        print(f"\n{tally.line()}")
    assert not tally.wrong, "\n".join(tally.wrong)
    assert tally.again > 0 or KILLS < 100, "no act was ever repeated on the wire: the kills struck nothing"
