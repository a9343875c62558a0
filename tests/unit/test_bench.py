"""What `make bench` writes is read by others: its form is held here, on a smoke run whose numbers mean nothing."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.environment import NotInstalled, python_of
from tests.matrix.homeserver import PROGRAM

ROOT = Path(__file__).parents[2]
BENCH = ROOT / "tests" / "bench" / "run.py"
PATIENCE = 400
"""Seconds for a smoke run; alone on a machine it takes a minute."""

pytestmark = pytest.mark.timeout(PATIENCE + 10)

MEASURED = {
    "mirroring": 3,
    "from start": 1,
    "memory when idle": 1,
    "a post of": 5,
    "the worst hostile": 3,
    "a feed of": 2,
    "a small feed": 1,
    "a poll of": 8,
    "reading:": 26,
    "a page of": 5,
    "an unchanged board of": 5,
    "8 boards on": 2,
    "messages into": 2,
    "posts into": 2,
    "5 Discord channels under": 2,
    "one Discord channel under": 2,
    "memory with": 1,
}
"""What the names of the results begin with, and how many results each kind has."""

WITH_A_HOMESERVER = {
    "events into": 2,
    "mirrored into": 3,
    "from a post": 2,
}
"""The same of what needs Synapse; where that cannot be had, they are left out, and a line says so."""


@pytest.fixture(scope="module")
def homeserver() -> bool:
    """Whether there is Synapse; it is installed here, or the smoke run would wait for that."""
    try:
        python_of("synapse", PROGRAM)
    except NotInstalled:
        return False
    return True


@pytest.fixture(scope="module")
def quick(homeserver: bool, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The table and the file of one smoke run."""
    output = tmp_path_factory.mktemp("bench") / "results.json"
    done = subprocess.run(
        [sys.executable, str(BENCH), "--quick", "--output", str(output)],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, output.read_text("utf-8")


def results_of(written: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(written)["results"]
    return found


def test_every_measure_stands_in_the_results_and_in_the_table(quick: tuple[str, str], homeserver: bool) -> None:
    """A measure that silently falls out would look like one that nothing is wrong with."""
    table, written = quick
    names = [result["name"] for result in results_of(written)]
    measured = MEASURED | (WITH_A_HOMESERVER if homeserver else {})
    assert {start: sum(name.startswith(start) for name in names) for start in measured} == measured
    assert len(names) == sum(measured.values())
    assert all(name in table for name in names)


def test_a_result_says_both_sides_their_ratio_and_whether_its_goal_is_met(quick: tuple[str, str]) -> None:
    """A missed goal stays: `met` follows from the figures and from nothing else."""
    for result in results_of(quick[1]):
        assert set(result) == {
            *("name", "ours", "baseline", "unit", "ratio", "goal", "least", "limit", "met"),
            *("ours_runs", "baseline_runs"),
        }
        assert result["ours"] > 0 or result["unit"] == "429s"
        assert result["baseline"] > 0
        assert result["ratio"] == pytest.approx(result["ours"] / result["baseline"], rel=2e-3)
        assert len(result["ours_runs"]) == len(result["baseline_runs"]) == 1
        ratio, goal, least, limit = (result[name] for name in ("ratio", "goal", "least", "limit"))
        if any(abs(ratio - bound) <= 0.01 for bound in (goal, least) if bound is not None):
            continue  # what is written is rounded
        asked = [ratio < goal] if goal is not None else []
        asked += [ratio > least] if least is not None else []
        asked += [result["ours"] <= limit] if limit is not None else []
        assert result["met"] is (all(asked) if asked else None)


def test_what_is_asked_of_the_figures_is_asked_here_too(quick: tuple[str, str], homeserver: bool) -> None:
    """A goal that is loosened or lost must be seen in a review."""
    results = results_of(quick[1])
    asked = {
        kind: [(result["name"].split()[0], result[kind]) for result in results if result[kind] is not None]
        for kind in ("goal", "least", "limit")
    }
    matrix = [("events", 2.0)] if homeserver else []
    discord = [("messages", 2.0), ("posts", 2.0), ("5", 1.0), ("one", 1.0)]
    engines = [*[("a", 3.0)] * 5, ("8", 1.0)]
    growth = [("reading:", 1.3)] * 8
    assert asked["goal"] == [("mirroring", 3.0), ("a", 1.3), *growth, *engines, *matrix, *discord]
    assert asked["least"] == [*([("events", 0.9)] if homeserver else []), ("5", 0.95), ("one", 0.95)]
    limits = [limit for _, limit in asked["limit"]]
    texts, feeds, reading = [*[150.0] * 5, 100.0, 100.0, 32.0], [20.0, 20.0], [*[0.5] * 7, *[3.0] * 7, 20.0, 20.0]
    assert limits == [*texts, *feeds, *reading, *([1.2, 60.0] if homeserver else []), 90.0]


def test_the_machine_is_described_and_not_named(quick: tuple[str, str]) -> None:
    """The file is published: it holds what the numbers depend on, no host name and no path."""
    written = json.loads(quick[1])
    assert set(written["machine"]) == {
        *("cpu", "cores", "memory_mib", "os", "kernel", "architecture", "disk_sync_us"),
    }
    assert {"python", "threadline", "sqlite", "aiohttp", "aiosqlite", "msgspec"} <= set(written["versions"])
    assert platform.node() not in written["machine"].values()
    assert str(ROOT) not in quick[1]


def test_a_smoke_run_says_that_it_is_one(quick: tuple[str, str]) -> None:
    """Its numbers must never be taken for a measurement."""
    assert json.loads(quick[1])["quick"] is True


def test_a_part_of_it_is_measured_alone(quick: tuple[str, str], tmp_path: Path) -> None:
    """Whoever works on a feed need not wait for a homeserver; what else was measured stays."""
    output = tmp_path / "results.json"
    before = json.loads(quick[1])
    feeds = [row for row in before["results"] if row["name"].split()[1] in ("feed", "small")]
    output.write_text(json.dumps(before | {"results": [row | {"ours": -1.0} for row in before["results"]]}), "utf-8")
    done = subprocess.run(
        [sys.executable, str(BENCH), "--quick", "--only", "feeds", "--output", str(output)],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    after = results_of(output.read_text("utf-8"))
    assert [row["name"] for row in after] == [row["name"] for row in before["results"]]
    assert {row["name"] for row in after if row["ours"] > 0} == {row["name"] for row in feeds}


def test_fewer_than_three_runs_are_refused() -> None:
    """A median of two is a mean of two accidents."""
    done = subprocess.run([sys.executable, str(BENCH), "--runs", "2"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "too few" in done.stderr
