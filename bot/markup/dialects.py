"""Markdown as Discourse and Flarum have it: both can hide words until somebody asks for them, each in its own way."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from bot.markup import markdown, markdown_in
from bot.markup.nodes import Kind, Node, text

_DISCOURSE = ("[spoiler]", "[/spoiler]")
_FLARUM = ("||", "||")
_IN_DISCOURSE = markdown_in.Dialect(hiding=_DISCOURSE, not_meant=(markdown_in.ADDRESSES,))
_IN_FLARUM = markdown_in.Dialect(hiding=_FLARUM, not_meant=(markdown_in.ADDRESSES,))
_CALLED = re.compile(r"(?<![A-Za-z0-9_])@[\"“]([^\"“”\n]{1,200})[\"”]#[0-9]{1,18}(?![0-9A-Za-z])")
"""How Flarum names a person; it shows the name alone."""


def read_discourse(source: str, base: str) -> Node:
    """The tree of a text as it is typed on a Discourse."""
    return markdown_in.read_as(_IN_DISCOURSE, source, base)


def write_discourse(node: Node) -> str:
    """The tree as text for a Discourse."""
    return markdown.write_hiding(node, *_DISCOURSE)


def read_flarum(source: str, base: str) -> Node:
    """The tree of a text as it is typed on a Flarum."""
    tree = markdown_in.read_as(_IN_FLARUM, source, base)
    return _called(tree) if "#" in source else tree


def write_flarum(node: Node) -> str:
    """The tree as text for a Flarum."""
    return markdown.write_hiding(node, *_FLARUM)


def _called(node: Node) -> Node:
    if not node.children:
        return node
    children: list[Node] = []
    for child in node.children:
        if child.kind is Kind.TEXT:
            children += _mentions(child.text)
        else:
            children.append(_called(child))
    return msgspec.structs.replace(node, children=tuple(children))


def _mentions(words: str) -> Iterator[Node]:
    said = 0
    for found in _CALLED.finditer(words):
        if said < found.start():
            yield text(words[said : found.start()])
        yield Node(Kind.MENTION, found[1])
        said = found.end()
    if said < len(words):
        yield text(words[said:])
