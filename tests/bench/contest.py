"""What is compared, and what comes of it: both sides run in turns, and a line of the table for each figure."""

from __future__ import annotations

import statistics
from collections.abc import Callable

import msgspec

Figures = dict[str, float]


class Row(msgspec.Struct, frozen=True):
    """A line of the table: which figure of both sides it shows.

    `goal` is the highest ratio, `least` the lowest, `limit` the highest figure of ours; None for none.
    """

    name: str
    figure: str
    unit: str
    goal: float | None = None
    least: float | None = None
    limit: float | None = None


class Contest(msgspec.Struct, frozen=True):
    """What is run in turns, and which lines of the table come of it."""

    ours: Callable[[], Figures]
    baseline: Callable[[], Figures]
    rows: tuple[Row, ...]


class Result(msgspec.Struct, frozen=True):
    """A line of the table: medians, their ratio (ours / baseline), whether what is asked is met, and every run."""

    name: str
    ours: float
    baseline: float
    unit: str
    ratio: float
    goal: float | None
    least: float | None
    limit: float | None
    met: bool | None
    ours_runs: list[float]
    baseline_runs: list[float]


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
        least=row.least,
        limit=row.limit,
        met=_met(row, mine, ratio),
        ours_runs=[_round(figure) for figure in ours],
        baseline_runs=[_round(figure) for figure in baseline],
    )


def _met(row: Row, ours: float, ratio: float) -> bool | None:
    """Whether what is asked of a line holds; None where nothing is."""
    asked = [ratio <= row.goal] if row.goal is not None else []
    asked += [ratio >= row.least] if row.least is not None else []
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
        asked = [f"<= {result.goal:g}"] if result.goal is not None else []
        asked += [f">= {result.least:g}"] if result.least is not None else []
        asked += [f"ours <= {result.limit:g}"] if result.limit is not None else []
        met = "" if result.met is None else "yes" if result.met else "NO"
        figures = (f"{result.ours:,g}", f"{result.baseline:,g}", result.unit, f"{result.ratio:g}")
        lines.append((result.name, *figures, ", ".join(asked), met))
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
