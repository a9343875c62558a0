"""The forum engines: pages read by their adapters, boards in which nothing happened, and very many of those.

The forums are the stand-ins of the tests, each run has its own; they count what they are asked. A run that asked more
often than once for each poll, or faster than the budget, or that parsed what had not changed, is no measurement.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tests.bench import engine_crowd, engine_parsing, engine_polling
from tests.bench.contest import Contest, Row

FASTEST = 3.0
"""What reading a post may take, compared with bare decoding."""


def contests(quick: bool) -> Iterator[Contest]:
    """Everything that is measured with the engines."""
    page = f"a page of {engine_parsing.POSTS} posts of {{}}, each (baseline: {{}})"
    yield Contest(
        partial(engine_parsing.figures, "ours", quick),
        partial(engine_parsing.figures, "bare", quick),
        tuple(
            Row(page.format(engine, _decoder(engine)), engine, "CPU µs", goal=FASTEST)
            for engine in engine_parsing.ENGINES
        ),
    )
    polls = 5 if quick else 300
    for engine in engine_polling.ADAPTERS:
        name = f"an unchanged board of {engine}, one request (baseline: bare aiohttp)"
        yield Contest(
            partial(engine_polling.figures, "ours", engine, polls),
            partial(engine_polling.figures, "bare", engine, polls),
            (Row(name, "cpu", "CPU µs"),),
        )
    hosts, boards = (4, 2) if quick else (20, 50)
    many = f"{hosts * boards:,} boards on {hosts} forums"
    yield Contest(
        partial(engine_crowd.figures, "ours", hosts, boards),
        partial(engine_crowd.figures, "bare", hosts, boards),
        (
            Row(f"{many}: a poll (baseline: bare aiohttp)", "cpu", "CPU µs"),
            Row(f"{many}: how fast one is asked (baseline: the budget)", "pace", "requests per s", goal=1.0),
        ),
    )


def _decoder(engine: str) -> str:
    return "lexbor parses it" if engine == "phpBB" else "msgspec decodes it"
