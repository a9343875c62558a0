"""Environments that the servers of tests run in: their own, for the program itself never needs what they need.

Each is installed once, from requirements/NAME.txt, into build/NAME; by tests/conftest.py before the first test, whose
time limit is not meant for that.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
INSTALLING = 600.0
"""Seconds that it may take."""


class NotInstalled(Exception):
    """What a test wants is not here and could not be had; says why."""


_tried: dict[tuple[Path, str], str] = {}
"""What could not be had, and why: it is tried once by each process that asks for it."""


def python_of(
    name: str,
    proof: str,
    *,
    place: Path | None = None,
    requirements: Path | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Path:
    """The interpreter that has what requirements/NAME.txt names; installs it unless that was done for these very ones.

    `proof` is a module of it that can be imported then. Raises NotInstalled. `say` is told when it takes longer.
    """
    place = place or ROOT / "build" / name
    requirements = requirements or ROOT / "requirements" / f"{name}.txt"
    wanted = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
    ready = place / "ready"
    with _alone(place):
        if not ready.is_file() or ready.read_text("utf-8") != wanted:
            if (place, wanted) in _tried:
                raise NotInstalled(_tried[place, wanted])
            say(f"Installing {name} into {place} (once; a minute or so)")
            ready.unlink(missing_ok=True)
            try:
                _install(name, proof, place / "venv", requirements)
            except NotInstalled as why:
                _tried[place, wanted] = str(why)
                raise
            ready.write_text(wanted, "utf-8")
    return place / "venv" / "bin" / "python"


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Two who want it at the same time install it once."""
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(name: str, proof: str, venv: Path, requirements: Path) -> None:
    shutil.rmtree(venv, ignore_errors=True)
    # Our own pip installs there: an environment without one is made in no time.
    pip: list[str | Path] = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    pip += ["--python", venv / "bin" / "python", "install", "-q"]
    commands: list[list[str | Path]] = [
        [sys.executable, "-m", "venv", "--without-pip", venv],
        # Compiling all of it takes longer than everything else; the import below compiles what is needed.
        [*pip, "--no-compile", "--require-hashes", "--prefer-binary", "-r", requirements],
        [venv / "bin" / "python", "-c", f"import {proof}"],
    ]
    end = time.monotonic() + INSTALLING
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for command in commands:
        try:
            made = subprocess.run(
                command,
                env=environ,
                capture_output=True,
                text=True,
                timeout=max(end - time.monotonic(), 1.0),
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise NotInstalled(f"{name} was not installed: it took longer than {INSTALLING:.0f} s") from None
        if made.returncode:
            said = made.stderr.strip().splitlines() or ["no reason given"]
            why = next((line for line in said if line.startswith("ERROR")), said[-1])[:300]
            raise NotInstalled(f"{name} cannot be installed from {requirements.name}: {why}")
