"""Measures Threadline against something simpler, prints a table, and writes bench/results.json.

Both sides of every measure run in turns on the same machine, each time in a process of its own; what stands in the
table are medians. A goal is a bound of the ratio of ours to the baseline, or of our figure; one that is missed stays
in the table.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[2]
# Not this directory: its modules are `tests.bench.…`, and `adapters` is the product's.
sys.path[0] = str(ROOT)

from tests.bench import discord, engines, feed, machine, markup, matrix, polling, program, reading  # noqa: E402
from tests.bench.contest import Contest, Figures, Result, Row, compete, table  # noqa: E402
from tests.bench.mirroring import Run  # noqa: E402

RESULTS = ROOT / "bench" / "results.json"
RUNS = 5
FEWEST = 3
"""Runs below which a median says nothing."""


class Results(msgspec.Struct, frozen=True):
    """All that is written."""

    machine: dict[str, str | int]
    versions: dict[str, str]
    quick: bool
    """True for a smoke run, whose numbers mean nothing."""
    results: list[Result]


def whole(quick: bool) -> list[Contest]:
    """The program from its start on, and what mirroring costs it; a smoke run does the same with less."""
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


SECTIONS: dict[str, Callable[[bool], Iterable[Contest]]] = {
    "program": whole,
    "texts": texts,
    "feeds": feeds,
    "polls": polls,
    "reading": reading.contests,
    "engines": engines.contests,
    "matrix": matrix.contests,
    "discord": discord.contests,
}
"""What is measured, in this order; each may be measured alone."""


def joined(before: Results, anew: Results) -> Results:
    """Earlier results, the rows that were measured anew in place of theirs.

    Raises `SystemExit` where they are of another machine or of other versions: figures are held against each other.
    """
    if _of(before) != _of(anew):
        raise SystemExit("the earlier results are of another machine, or of other versions; measure everything")
    rows = {result.name: result for result in (*before.results, *anew.results)}
    return msgspec.structs.replace(anew, results=[*rows.values()])


def _of(results: Results) -> tuple[object, ...]:
    """What results must have in common; how fast the disk is varies from one minute to the next."""
    here = {name: value for name, value in results.machine.items() if name != "disk_sync_us"}
    return here, results.versions, results.quick


def main() -> None:
    """Measure, show, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a smoke run: whether everything can be measured")
    parser.add_argument("--runs", type=int, default=RUNS, help=f"of each side (default {RUNS}, at least {FEWEST})")
    parser.add_argument("--only", choices=SECTIONS, help="measure this alone; its rows take the place of earlier ones")
    parser.add_argument(
        "--output", type=Path, help="where the results go (default bench/results.json; --quick and --only: nowhere)"
    )
    asked = parser.parse_args()
    if asked.runs < FEWEST:
        parser.error(f"--runs {asked.runs} is too few: the median of at least {FEWEST} is needed")
    runs = 1 if asked.quick else asked.runs
    sections = [SECTIONS[asked.only]] if asked.only else SECTIONS.values()
    found = [result for section in sections for contest in section(asked.quick) for result in compete(contest, runs)]
    print(table(found))
    output = asked.output or (None if asked.quick or asked.only else RESULTS)
    if output is not None:
        written = Results(machine.machine(), machine.versions(), asked.quick, found)
        if asked.only and output.is_file():
            written = joined(msgspec.json.decode(output.read_bytes(), type=Results), written)
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_bytes(msgspec.json.format(msgspec.json.encode(written), indent=2) + b"\n")
        print(f"\nwritten to {output.relative_to(ROOT) if output.is_relative_to(ROOT) else output}")


if __name__ == "__main__":
    main()
