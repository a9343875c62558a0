"""Links as chats mean them: those to people are mentions, and addresses are links however they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

import msgspec

from bot.markup import addresses, wording
from bot.markup.nodes import Kind, Node, text


def linking(node: Node) -> Node:
    """The same text, in which addresses that stand in its words are links."""
    if node.kind is Kind.LINK or not node.children:
        return node
    children: list[Node] = []
    for child in node.children:
        if child.kind is Kind.TEXT and "://" in child.text:
            children += _linked(child.text)
        else:
            children.append(linking(child))
    return msgspec.structs.replace(node, children=tuple(children))


def _linked(words: str) -> Iterator[Node]:
    said = 0
    for start, end in addresses.bare(words):
        if said < start:
            yield text(words[said:start])
        yield Node(Kind.LINK, target=addresses.absolute(words[start:end]), children=(text(words[start:end]),))
        said = end
    if said < len(words):
        yield text(words[said:])


def mentioning(node: Node, person: re.Pattern[str]) -> Node:
    """The same text, in which links to people are mentions of them; the first group of `person` is who it is."""
    if node.kind is Kind.LINK and (found := person.fullmatch(node.target)):
        who = unquote(found[1])
        name = wording.words(node).removeprefix("@").strip()
        return Node(Kind.MENTION, name or who.removeprefix("@"), who)
    if not node.children:
        return node
    children = list(node.children)
    for at, child in enumerate(children):
        children[at] = mentioning(child, person)
    return msgspec.structs.replace(node, children=tuple(children))
