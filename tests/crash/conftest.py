"""A bench for every test that asks for one; it is taken down at the end, dead or alive."""

from pathlib import Path
from typing import Any

import pytest

from tests.crash.bench import Bench


@pytest.fixture
async def bench_of(tmp_path: Path):
    """Builds benches, also of another kind: capabilities to be changed by side, such as `chat={"key_window": None}`."""
    made: list[Bench] = []

    def build(kind: type[Bench] = Bench, **wishes: Any) -> Bench:
        folder = tmp_path / f"bench-{len(made)}"
        folder.mkdir()
        made.append(kind(folder, **wishes))
        return made[-1]

    yield build
    for bench in made:
        await bench.crash()
