"""Code in the marks that all dialects of Markdown share."""

from __future__ import annotations

import re

_RUN = re.compile(r"`++")


def in_line(code: str) -> str:
    """A line of code, not empty, between more backticks than stand in it."""
    if "`" not in code:
        return f"`{code}`"
    fence = "`" * (longest_run(code) + 1)
    pad = " " if code[0] == "`" or code[-1] == "`" else ""
    return f"{fence}{pad}{code}{pad}{fence}"


def longest_run(code: str) -> int:
    """How many backticks stand together in it, at most."""
    return max((len(run) for run in _RUN.findall(code)), default=0)
