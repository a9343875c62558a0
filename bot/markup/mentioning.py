"""Links to people, which are how some chats write mentions."""

from __future__ import annotations

import re
from urllib.parse import unquote

import msgspec

from bot.markup.nodes import Kind, Node
from bot.markup.wording import words


def mentioning(node: Node, person: re.Pattern[str]) -> Node:
    """The same text, in which links to people are mentions of them; the first group of `person` is who it is."""
    if node.kind is Kind.LINK and (found := person.fullmatch(node.target)):
        who = unquote(found[1])
        name = words(node).removeprefix("@").strip()
        return Node(Kind.MENTION, name or who.removeprefix("@"), who)
    if not node.children:
        return node
    children = list(node.children)
    for at, child in enumerate(children):
        children[at] = mentioning(child, person)
    return msgspec.structs.replace(node, children=tuple(children))
