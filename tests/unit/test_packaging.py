"""What is installed says truly what it is, and its doors lead somewhere."""

import importlib
import tomllib
from importlib.metadata import Distribution, distribution
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

import bot

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
DOORS = {
    f"{group}:{name}": target
    for group, entries in {"console_scripts": PROJECT["scripts"], **PROJECT["entry-points"]}.items()
    for name, target in entries.items()
}


@pytest.fixture(scope="module")
def installed() -> Distribution:
    return distribution("threadline")


@pytest.mark.parametrize("door", DOORS)
def test_a_declared_entry_point_leads_to_something(door: str) -> None:
    """An entry point with a slip in its target fails on an operator's machine, long after the build."""
    module, _, name = DOORS[door].partition(":")
    assert module.split(".")[0] in {"bot", "adapters"}
    assert getattr(importlib.import_module(module), name) is not None


def test_what_is_declared_is_what_is_installed(installed: Distribution) -> None:
    """The registry reads the installed metadata, not pyproject.toml."""
    assert {f"{point.group}:{point.name}": point.value for point in installed.entry_points} == DOORS


def test_the_version_has_one_source(installed: Distribution) -> None:
    """Two places that hold a version disagree one day."""
    assert installed.version == bot.__version__
    assert "version" in PROJECT["dynamic"]


def test_the_licence_travels_with_the_package(installed: Distribution) -> None:
    """The licence asks for nothing but to be handed on with every copy."""
    assert installed.metadata["License-Expression"] == "MIT"
    held = [path for path in installed.files or [] if path.name == "LICENSE"]
    assert [path.read_text("utf-8") for path in held] == [(ROOT / "LICENSE").read_text("utf-8")]


@pytest.mark.parametrize("package", ["bot", "adapters"])
def test_both_packages_say_that_they_are_typed(package: str) -> None:
    """Without the marker a type checker ignores every annotation an adapter's author builds on."""
    assert (files(package) / "py.typed").is_file()


def test_the_procfile_starts_the_bot_as_an_operator_would() -> None:
    """A platform that reads it starts the installed command, without make and without a checkout."""
    assert (ROOT / "Procfile").read_text("utf-8") == "bot: threadline run\n"
