"""Measures Threadline against something simpler, prints a table, and writes bench/results.json.

Both sides of every measure run in turns on the same machine, each time in a process of its own; what stands in the
table are medians. A goal is the highest ratio of ours to the baseline, a limit the highest figure of ours; one that is
missed stays in the table.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[2]
# Not this directory: its modules are `tests.bench.…`, and `adapters` is the product's.
sys.path[0] = str(ROOT)

from tests.bench import feed, machine, markup, polling, program  # noqa: E402
from tests.bench.mirroring import Run  # noqa: E402

RESULTS = ROOT / "bench" / "results.json"
RUNS = 5
FEWEST = 3
"""Runs below which a median says nothing."""

Figures = dict[str, float]


class Row(msgspec.Struct, frozen=True):
    """A line of the table: which figure of both sides it shows.

    `goal` is the highest ratio, `limit` the highest figure of ours; None for none.
    """

    name: str
    figure: str
    unit: str
    goal: float | None = None
    limit: float | None = None


class Contest(msgspec.Struct, frozen=True):
    """What is run in turns, and which lines of the table come of it."""

    ours: Callable[[], Figures]
    baseline: Callable[[], Figures]
    rows: tuple[Row, ...]


class Result(msgspec.Struct, frozen=True):
    """A line of the table: medians, their ratio (ours / baseline), whether goal and limit are met, and every run."""

    name: str
    ours: float
    baseline: float
    unit: str
    ratio: float
    goal: float | None
    limit: float | None
    met: bool | None
    ours_runs: list[float]
    baseline_runs: list[float]


class Results(msgspec.Struct, frozen=True):
    """All that is written."""

    machine: dict[str, str | int]
    versions: dict[str, str]
    quick: bool
    """True for a smoke run, whose numbers mean nothing."""
    results: list[Result]


def contests(quick: bool) -> list[Contest]:
    """Everything that is measured; a smoke run does the same with less."""
    threads, posts, settle = (4, 10, 0.1) if quick else (200, 50, 3.0)
    many = f"{threads * posts:,} posts over {threads} places"
    thousand = "CPU s per 1,000 posts"
    return [
        Contest(
            lambda: mirror("ours", threads, posts),
            lambda: mirror("bare", threads, posts),
            (
                Row(f"mirroring {many}: CPU", "cpu", thousand, goal=3.0),
                Row(f"mirroring {many}: speed", "speed", "posts per s"),
                Row(f"mirroring {many}: CPU of the other side", "stand_in", thousand),
            ),
        ),
        Contest(
            lambda: {"seconds": program.first_message()},
            lambda: {"seconds": program.bare_start()},
            (Row("from start to the first message (baseline: Python imports aiohttp)", "seconds", "s"),),
        ),
        Contest(
            lambda: {"memory": program.idle_memory(settle)},
            lambda: {"memory": program.bare_memory(settle)},
            (Row("memory when idle (baseline: Python with aiohttp and aiosqlite)", "memory", "MiB"),),
        ),
        *texts(quick),
        *feeds(quick),
        *polls(quick),
    ]


def texts(quick: bool) -> list[Contest]:
    """Reading and writing posts."""
    rounds = 1 if quick else markup.ROUNDS
    name = "a post of 1.4 KB from HTML to {} (baseline: lexbor parses it)"
    return [
        Contest(
            lambda: markup.posts(rounds),
            lambda: markup.bare_posts(rounds),
            tuple(Row(name.format(chat), chat, "CPU µs", limit=150.0) for chat in markup.CHATS),
        ),
        Contest(
            lambda: markup.hostile(0.01 if quick else 1.0),
            markup.bare_hostile,
            (
                Row("the worst hostile post, read (baseline: lexbor)", "read", "CPU ms", limit=100.0),
                Row("the worst hostile post, written for a chat (baseline: lexbor)", "write", "CPU ms", limit=100.0),
                Row("the worst hostile post, memory (baseline: its source)", "memory", "MiB", limit=32.0),
            ),
        ),
    ]


def feeds(quick: bool) -> list[Contest]:
    """Reading a large feed, and how long the event loop waits for that."""
    entries, times = (50, 1) if quick else (1000, 10)
    many = f"a feed of {entries:,} entries"
    return [
        Contest(
            lambda: feed.figures("ours", entries, times),
            lambda: feed.figures("bare", entries, times),
            (
                Row(f"{many} (baseline: feedparser)", "cpu", "CPU ms", goal=1.3),
                Row(f"{many}: the event loop's longest wait (p99.9)", "stall_large", "ms", limit=20.0),
                Row("a small feed: the event loop's longest wait (p99.9)", "stall_small", "ms", limit=20.0),
            ),
        )
    ]


def polls(quick: bool) -> list[Contest]:
    """Asking very many sources that have nothing new."""
    few, many = (20, 40) if quick else (polling.FEW, polling.MANY)
    found = []
    for answer, through in (("304", "stub"), ("equal", "stub"), ("304", "net"), ("equal", "net")):
        what = f"a poll of {many:,} sources, {'not modified' if answer == '304' else 'an equal text'}"
        what += " over HTTP" if through == "net" else ""
        rows = [Row(f"{what} (baseline: a bare loop)", "cpu", "CPU µs")]
        rows.append(Row(f"{what}: against one of {few:,}", "growth", "times"))
        found.append(
            Contest(
                partial(polling.growth, "ours", answer, through, few, many),
                partial(polling.growth, "bare", answer, through, few, many),
                tuple(rows),
            )
        )
    return found


def mirror(who: str, threads: int, posts: int) -> Figures:
    """One run of mirroring, by `ours` or `bare`, against a stand-in of its own."""
    size = ["--threads", str(threads), "--posts", str(posts)]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.bench.stand_in", *size], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        try:
            address = other.stdout.readline().strip()
            command = [sys.executable, "-m", "tests.bench.mirroring", who, "--address", address, *size]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
        finally:
            other.kill()
    if done.returncode:
        raise SystemExit(f"mirroring ({who}) failed:\n{done.stderr.decode(errors='replace')[-4000:]}")
    run = msgspec.json.decode(done.stdout, type=Run)
    thousands = threads * posts / 1000
    return {"cpu": run.cpu / thousands, "speed": thousands * 1000 / run.wall, "stand_in": run.stand_in / thousands}


def compete(contest: Contest, runs: int) -> list[Result]:
    """Run both sides in turns, each as often first as second."""
    ours: list[Figures] = []
    baseline: list[Figures] = []
    sides = [(ours, contest.ours), (baseline, contest.baseline)]
    for _ in range(runs):
        for figures, side in sides:
            figures.append(side())
        sides.reverse()
    return [_result(row, [f[row.figure] for f in ours], [f[row.figure] for f in baseline]) for row in contest.rows]


def _result(row: Row, ours: list[float], baseline: list[float]) -> Result:
    mine, other = statistics.median(ours), statistics.median(baseline)
    ratio = mine / other if other else 0.0
    return Result(
        name=row.name,
        ours=_round(mine),
        baseline=_round(other),
        unit=row.unit,
        ratio=_round(ratio),
        goal=row.goal,
        limit=row.limit,
        met=_met(row, mine, ratio),
        ours_runs=[_round(figure) for figure in ours],
        baseline_runs=[_round(figure) for figure in baseline],
    )


def _met(row: Row, ours: float, ratio: float) -> bool | None:
    """Whether what is asked of a line holds; None where nothing is."""
    asked = [ratio <= row.goal] if row.goal is not None else []
    asked += [ours <= row.limit] if row.limit is not None else []
    return all(asked) if asked else None


def _round(figure: float) -> float:
    """Four digits that count: more are noise."""
    return float(f"{figure:.4g}")


def table(results: list[Result]) -> str:
    """The results for a terminal."""
    head = ("", "ours", "baseline", "unit", "ratio", "goal", "met")
    lines = [head]
    for result in results:
        goal = f"<= {result.goal:g}" if result.goal is not None else ""
        if result.limit is not None:
            goal = f"ours <= {result.limit:g}"
        met = "" if result.met is None else "yes" if result.met else "NO"
        figures = (f"{result.ours:,g}", f"{result.baseline:,g}", result.unit, f"{result.ratio:g}")
        lines.append((result.name, *figures, goal, met))
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def main() -> None:
    """Measure, show, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a smoke run: whether everything can be measured")
    parser.add_argument("--runs", type=int, default=RUNS, help=f"of each side (default {RUNS}, at least {FEWEST})")
    parser.add_argument(
        "--output", type=Path, help="where the results go (default bench/results.json; --quick: nowhere)"
    )
    asked = parser.parse_args()
    if asked.runs < FEWEST:
        parser.error(f"--runs {asked.runs} is too few: the median of at least {FEWEST} is needed")
    runs = 1 if asked.quick else asked.runs
    found = [result for contest in contests(asked.quick) for result in compete(contest, runs)]
    print(table(found))
    output = asked.output or (None if asked.quick else RESULTS)
    if output is not None:
        written = Results(machine.machine(), machine.versions(), asked.quick, found)
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_bytes(msgspec.json.format(msgspec.json.encode(written), indent=2) + b"\n")
        print(f"\nwritten to {output.relative_to(ROOT) if output.is_relative_to(ROOT) else output}")


if __name__ == "__main__":
    main()
