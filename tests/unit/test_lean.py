"""What a process does not need it does not load: each of these costs megabytes for as long as the process runs."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import sys
from bot import app, cli
from bot.registry import Registry
registry = Registry()
for kind in ("forum", "chat"):
    for name in registry.installed(kind):
        registry.settings(kind, name)
print(*sys.modules)
"""


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """The modules of a process that has read settings in which every adapter is named."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module",
    [
        pytest.param("cryptography", id="the ciphers, before a secret is sealed or opened"),
        pytest.param("nio", id="what a Matrix login needs once it is used"),
        pytest.param("discord", id="what a Discord bot needs once it is used"),
    ],
)
def test_what_is_heavy_is_loaded_when_it_is_used(loaded: set[str], module: str) -> None:
    """A program that keeps its tokens in files and mirrors into open rooms does without."""
    assert "bot.app" in loaded
    assert module not in loaded


KNOWN = """
import sys
from bot.registry import Registry
registry = Registry()
registry.settings("forum", "sandbox")
registry.recognise("sandbox:b1")
print(*sys.modules)
"""


def test_where_an_adapter_in_use_has_no_doubt_no_other_is_loaded() -> None:
    """Half a dozen engines take a quarter of a second at the start, and memory for ever."""
    done = subprocess.run([sys.executable, "-c", KNOWN], capture_output=True, text=True, check=True, timeout=60)
    forums = {module.split(".")[2] for module in done.stdout.split() if module.startswith("adapters.forums.")}
    assert forums == {"sandbox"}
