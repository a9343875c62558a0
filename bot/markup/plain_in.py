"""Reads plain text: blank lines part paragraphs, single line ends are meant, bare addresses become links."""

from __future__ import annotations

from bot.markup.build import Builder
from bot.markup.nodes import Node


def read(source: str, base: str) -> Node:
    """The tree of a plain text; `base` is for formats with relative addresses."""
    out = Builder()
    for line in source.splitlines():
        if line.isspace() or not line:
            out.part()
        else:
            out.linked_text(line)
            out.line_break()
    return out.finish()
