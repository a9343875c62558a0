"""Whatever moment the process is killed at: nothing is lost, nothing is shown twice, nothing changes its order."""

import asyncio
import itertools
import math
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.crash.verdict import Judge, Verdict

ROOT = Path(__file__).parents[2]
AT_ONCE = 2
"""Processes that run side by side."""

MODES = ("keys", "keyless")
KILLS = int(os.environ.get("THREADLINE_KILLS", "1000"))
"""Kills of the slow form; a scenario has some 440 points: 1,000 are every point of one, with and without keys."""
SEED = int(os.environ.get("THREADLINE_SEED", "1"))
"""Chooses the scenario and the points of the quick form."""


class Case(msgspec.Struct, frozen=True):
    """A scenario, and the points at which its processes die, one after the other."""

    seed: int
    mode: str
    kills: tuple[int, ...]


class Tally(msgspec.Struct):
    """What all cases came to."""

    kills: int = 0
    again: int = 0
    starts: list[float] = []
    wrong: list[str] = []
    verdicts: list[Verdict] = []

    def line(self) -> str:
        """The summary."""
        lost, twice, disorder = (
            sum(len(getattr(v, name)) for v in self.verdicts) for name in Verdict.__struct_fields__[:3]
        )
        starts = sorted(self.starts) or [0.0]
        middle, last = starts[len(starts) // 2], starts[math.ceil(len(starts) * 0.99) - 1]
        return (
            f"{self.kills} kills, {lost} lost, {twice} twice, {disorder} out of order, "
            f"{self.again} repeated on the wire, restart p50 {middle:.2f} s, p99 {last:.2f} s"
        )


async def live(home: Path, case: Case, kill_at: int) -> tuple[int, bytes]:
    """One life of the process: how it ended, and what it had to say about that."""
    words = [str(home), str(case.seed), str(kill_at), *(["keyless"] if case.mode == "keyless" else [])]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.crash.world",
        *words,
        cwd=ROOT,
        env=os.environ | {"STARTED": str(time.time())},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out or err


async def suffer(home: Path, case: Case, tally: Tally) -> None:
    """Play a case to its end, and judge it."""
    for life in itertools.count():
        kill_at = case.kills[life] if life < len(case.kills) else 0
        before = len(starts(home))
        code, said = await live(home, case, kill_at)
        tally.starts += starts(home)[before:] if life else []
        if code == -signal.SIGKILL and kill_at:
            tally.kills += 1
        elif code == 0:
            break
        else:
            tally.wrong.append(f"{case} ended with {code}: {said.decode()[-2000:]}")
            return
    await judge(home, case, tally)


async def judge(home: Path, case: Case, tally: Tally) -> None:
    """Hold what the journals of a case that is over show against what people did."""
    verdict = await asyncio.to_thread(lambda: Judge(home).judge())
    tally.verdicts.append(verdict)
    tally.again += verdict.again
    if case.mode == "keyless" and verdict.again:
        # Nothing but a key keeps a repetition from being seen: where there is none, what landed is never repeated.
        tally.wrong.append(f"{case}: {verdict.again} acts that had landed were repeated")
    if not verdict.clean:
        where = (home / "kills").read_text().splitlines() if (home / "kills").exists() else []
        tally.wrong.append(f"{case} at {where}: {verdict}; see {home}")
    else:
        await asyncio.to_thread(shutil.rmtree, home)


def starts(home: Path) -> list[float]:
    """How long each life took from its start until what the one before had begun was found out, in seconds."""
    log = home / "starts"
    return [float(line.split()[1]) for line in log.read_text().splitlines()] if log.exists() else []


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
