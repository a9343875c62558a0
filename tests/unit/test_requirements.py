"""What is installed is exactly what was compiled and checked, from whichever index a machine uses."""

import re
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).parents[2] / "requirements"
FILES = ["run.txt", "dev.txt", "servers.txt", "synapse.txt"]

_PIN = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?: ; [^\\]+)?(?P<hashes>(?: --hash=sha256:[0-9a-f]{64})+)")


def pins(file: str) -> dict[str, str]:
    """The packages of a requirements file with their versions; every entry must be a pin with hashes."""
    text = (REQUIREMENTS / file).read_text("utf-8")
    found = {}
    for entry in re.sub(r"\s*\\\n\s*", " ", text).splitlines():
        pin = _PIN.fullmatch(entry.strip())
        assert pin, f"{file}: not a pinned, hashed requirement: {entry[:80]!r}"
        found[pin["name"]] = pin["version"]
    return found


@pytest.mark.parametrize("file", FILES)
def test_requirements_name_no_address(file: str) -> None:
    """A recorded download host would break every machine that reaches another one."""
    text = (REQUIREMENTS / file).read_text("utf-8")
    assert "://" not in text
    assert "index" not in text


@pytest.mark.parametrize("file", FILES)
def test_every_requirement_is_pinned_with_hashes(file: str) -> None:
    """pip checks hashes only if all of them are there; an unpinned line would be another program each day."""
    assert len(pins(file)) > 20


def test_the_bot_is_tested_with_the_versions_it_runs_on() -> None:
    """A test run on other versions than those `make run` installs would prove nothing about them."""
    run, dev = pins("run.txt"), pins("dev.txt")
    assert {name: dev.get(name) for name in run} == run


def test_aiosqlite_stays_on_the_minor_version_whose_private_names_we_use() -> None:
    """The store runs a whole transaction in one hop by a private name, which any minor version may rename."""
    assert pins("run.txt")["aiosqlite"].startswith("0.22.")


def test_test_tools_are_not_installed_with_the_bot() -> None:
    """A bot that runs on a small machine does not carry a browser driver and a type checker."""
    assert not {"pytest", "playwright", "mypy", "apsw", "hypothesis"} & set(pins("run.txt"))
