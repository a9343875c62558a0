"""The examples of the documentation are run: a page that lies is worse than none."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from bot.registry import Registry

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "write-an-adapter.md"
BLOCK = re.compile(r"^```(?:python|toml)\n# (?P<name>[\w.]+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """The files of the page, in a folder."""
    for block in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        (tmp_path / block["name"]).write_text(block["text"], encoding="utf-8")
    return tmp_path


def test_the_example_of_an_adapter_obeys_the_contract(written):
    """Its rig has every hook that the page speaks of; the laws that it skips are those of forums that can do more."""
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "-W", "error"]
    run = subprocess.run(command, cwd=written, capture_output=True, text=True, timeout=100, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    skipped = re.findall(r"^SKIPPED .*?: (.*)$", run.stdout, re.MULTILINE)
    assert sorted(set(skipped)) == [
        "our key does not act for this forum's users (caps.impersonates)",
        "people cannot lend us their accounts on this forum (ConnectsAccounts)",
        "the rig cannot let something befall a thread",
        "the rig cannot list a post without its text",
        "the rig cannot make one post unreadable",
        "this forum does not know how far people have read (KeepsMarks)",
        "this forum does not list its boards (ListsBoards)",
        "this forum says nothing early (Pushes)",
        "this forum takes no posts (caps.write_identity)",
        "this forum tells no count of replies (Thread.replies)",
    ]


def test_the_example_of_an_adapter_is_found_by_its_entry_point(written, monkeypatch):
    """What stands in its pyproject.toml is all that it takes."""
    points = tomllib.loads((written / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
    made = [EntryPoint(name, value, group) for group, of in points.items() for name, value in of.items()]
    monkeypatch.syspath_prepend(written)
    adapter, match = Registry(made).recognise("https://corkboard.example/t/7")
    monkeypatch.delitem(sys.modules, "corkboard")
    assert (adapter.name, match.settings) == ("corkboard", {"address": "https://corkboard.example"})
