"""Processes that are killed again and again until a scenario is over, and what that came to."""

from __future__ import annotations

import asyncio
import itertools
import math
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import msgspec

from tests.crash.verdict import Judge, Verdict

ROOT = Path(__file__).parents[2]


class Case(msgspec.Struct, frozen=True):
    """A scenario, and the points at which its processes die, one after the other; `size` is that of a crossing."""

    seed: int
    mode: str
    kills: tuple[int, ...]
    size: int = 0

    @property
    def words(self) -> list[str]:
        """What is said of it to its processes besides."""
        crossing = ["crossing", str(self.size)] if self.size else []
        return [*(["keyless"] if self.mode == "keyless" else []), *crossing]


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
            f"{sum(v.posts for v in self.verdicts)} posts on both sides, {self.kills} kills, {lost} lost, "
            f"{twice} twice, {disorder} out of order, "
            f"{self.again} repeated on the wire, restart p50 {middle:.2f} s, p99 {last:.2f} s"
        )


async def live(home: Path, case: Case, kill_at: int) -> tuple[int, bytes]:
    """One life of the process: how it ended, and what it had to say about that."""
    words = [str(home), str(case.seed), str(kill_at), *case.words]
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
