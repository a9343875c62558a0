"""Reads the HTML that people's Matrix clients send: links to people are mentions, links to rooms their names."""

from __future__ import annotations

import re

from bot.markup import html_in
from bot.markup.mentioning import linking, mentioning
from bot.markup.nodes import Node

_PERSON = re.compile(r"https://matrix\.to/#/((?:@|%40)[^/?]{1,254})(?:\?.*)?", re.IGNORECASE)


def read(source: str, base: str) -> Node:
    """The tree of a message."""
    return mentioning(linking(html_in.read(source, base)), _PERSON)
