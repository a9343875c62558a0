"""The page of commands names every one there is, and none that is not."""

from __future__ import annotations

import re
from pathlib import Path

from bot.commands import CATALOGUE

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "commands.md"


def test_every_command_stands_on_the_page_of_commands():
    """A command that nobody can find is not there."""
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("|")]
    named = {(group, name) for group, name in re.findall(r"`/(forum|mirror) ([a-z]+)", "\n".join(rows))}
    assert named == set(CATALOGUE)
