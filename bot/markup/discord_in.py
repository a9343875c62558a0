"""Reads what people write on Discord, once those whom it mentions are links to them: `[@Ann](address of Ann)`."""

from __future__ import annotations

import re

from bot.markup import markdown_in
from bot.markup.mentioning import mentioning
from bot.markup.nodes import Node

# What starts lines elsewhere, and stands as it is there; in links alone it has pictures of others, too.
_DISCORD = markdown_in.Dialect(
    hiding=("||", "||"), underlines=True, not_meant=("table", "lheading", "hr", "code", "image", "entity")
)
_PERSON = re.compile(r"https://discord\.com/users/([0-9]{1,20})")


def read(source: str, base: str) -> Node:
    """The tree of a message."""
    return mentioning(markdown_in.read_as(_DISCORD, source, base), _PERSON)
