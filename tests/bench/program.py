"""Runs of the whole program: how soon its first message stands, and how much memory it keeps when idle."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "config" / "demo.toml"
SHOWN = "/chat/c/workshop"
"""The page of the demo's chat on which its first message appears."""

PATIENCE = 30.0
"""Seconds after which a program that does not do what is waited for has failed."""

MIB = 2**20

START = "import sys; sys.modules[sys.argv.pop(1)] = None; exec(sys.argv.pop(1)); from bot.cli import main; main()"
"""The program's own command, without a module, and behind what is to be done first."""


def first_message() -> float:
    """Seconds from the start of the demo, in an empty home, to the first mirrored message on the chat's page."""
    began = time.perf_counter()
    with threadline("--config", str(DEMO)) as (_, address):
        while b"<article" not in _page(address + SHOWN):
            if time.perf_counter() - began > PATIENCE:
                raise SystemExit(f"no message appeared on {SHOWN} within {PATIENCE:.0f} seconds")
            time.sleep(0.002)
        return time.perf_counter() - began


def bare_start() -> float:
    """Seconds that Python takes to start, to import aiohttp, and to end."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import aiohttp"], check=True)
    return time.perf_counter() - began


def idle_memory(settle: float) -> float:
    """Resident MiB of the program without settings, so many seconds after it came up."""
    with threadline() as (process, _):
        time.sleep(settle)
        return resident(process.pid)


def bare_memory(settle: float) -> float:
    """Resident MiB of a Python that imported aiohttp and aiosqlite."""
    script = "import aiohttp, aiosqlite, sys; print('up', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(settle)
        found = resident(process.pid)
        process.stdin.close()
        return found


def resident(process: int) -> float:
    """MiB of memory that a process has in use now."""
    if Path(f"/proc/{process}/status").exists():
        return _status(process, "VmRSS")
    asked = subprocess.run(["ps", "-o", "rss=", "-p", str(process)], check=True, capture_output=True, text=True)
    return int(asked.stdout) * 1024 / MIB


def peak(process: int) -> float:
    """MiB of memory that a process had in use at most; needs /proc.

    What `getrusage` says of a process that another one started begins with the other one's.
    """
    return _status(process, "VmHWM")


def used(process: int) -> float:
    """CPU seconds of a process so far, in hundredths; needs /proc."""
    fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _status(process: int, name: str) -> float:
    lines = Path(f"/proc/{process}/status").read_text("utf-8").splitlines()
    [line] = (line for line in lines if line.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024 / MIB


@contextmanager
def threadline(
    *options: str, home: Path | None = None, without: str = "", first: str = ""
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The running program on a free port, in an empty home if none is given, and its address; stopped afterwards.

    `without` names a module that an extra brings: it is not found, as where the extra is not installed. `first` is
    Python that runs before the program.
    """
    with tempfile.TemporaryDirectory(prefix="threadline-bench-") as folder, tempfile.TemporaryFile("w+") as log:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("THREADLINE_")}
        process = subprocess.Popen(
            [sys.executable, "-c", START, without, first, "--home", str(home or Path(folder, "home")), *options, "run"],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=folder,
            env=kept | {"THREADLINE_WEB_PORT": "0"},
        )
        assert process.stdout is not None
        try:
            found = re.search(r"http://\S+", process.stdout.readline())
            if found is None:
                log.seek(0)
                raise SystemExit(f"the program did not come up:\n{log.read()}")
            yield process, found[0]
        finally:
            process.terminate()
            process.wait(PATIENCE)
            process.stdout.close()


def _page(address: str) -> bytes:
    try:
        with urllib.request.urlopen(address, timeout=PATIENCE) as response:
            return bytes(response.read())
    except HTTPError as error:
        with error:
            return b""  # the channel is not there yet
