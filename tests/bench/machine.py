"""What the numbers were measured on: enough to judge them by, nothing that names the machine."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import tempfile
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

SYNCS = 200
"""Writes whose median is the disk's."""

PACKAGES = (
    *("aiohttp", "aiosqlite", "apscheduler", "discord.py", "jinja2", "markdown-it-py", "msgspec", "selectolax"),
    "structlog",
)


REQUIREMENTS = Path(__file__).parents[2] / "requirements"


def machine() -> dict[str, str | int]:
    """Processor, cores that may be used, memory, system, and what a write to the disk costs."""
    return {
        "cpu": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        "memory_mib": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20,
        "os": _system(),
        "kernel": f"{platform.system()} {platform.release().partition('-')[0]}",
        "architecture": platform.machine(),
        "disk_sync_us": _sync_time(),
    }


def versions() -> dict[str, str]:
    """Of everything whose speed is in the numbers."""
    found = {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "threadline": version("threadline"),
        "sqlite": sqlite3.sqlite_version,
    }
    return found | {name: version(name) for name in PACKAGES} | {"matrix-synapse": _pinned("matrix-synapse", "synapse")}


def _pinned(package: str, environment: str) -> str:
    """The version of a package in an environment of its own."""
    lines = (REQUIREMENTS / f"{environment}.txt").read_text("utf-8").splitlines()
    [line] = (line for line in lines if line.startswith(f"{package}=="))
    return line.partition("==")[2].split()[0]


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _system() -> str:
    with suppress(OSError):
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    return platform.system()


def _sync_time() -> int:
    """Microseconds until 4 KiB, appended to a file where the databases of the runs stand, are on the disk."""
    took = []
    with tempfile.TemporaryFile() as file:
        for _ in range(SYNCS):
            file.write(bytes(4096))
            file.flush()
            before = time.perf_counter()
            os.fsync(file.fileno())
            took.append(time.perf_counter() - before)
    return round(statistics.median(took) * 1e6)
