"""Whom a text calls: mentions, and words that would be read as some where they are written."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from bot.markup.nodes import Kind, Node, walk

CALLS_NOBODY = "\u2060"
"""Stands behind an @ that calls nobody.

Discourse, NodeBB and Flarum find a mention where a letter, a figure, one of "_-." or a quote stands directly behind an
@; a backslash before it is gone by the time they look. This character is none of these, is not seen, breaks no line,
and is left where it is: Discourse takes characters of no width that may part lines out of titles.
"""

_EVERYBODY = re.compile(r"(?<![A-Za-z0-9_])@(everyone|here|room|channel|all)(?![\w-])", re.IGNORECASE)
# Behind a letter or a figure an @ is a part of an address, for all of them.
_CALL = re.compile(f"(?<![A-Za-z0-9_])@(?![\\s{CALLS_NOBODY}])")


def called(node: Node) -> frozenset[str]:
    """Who is mentioned in a text, as far as the mentions tell."""
    return frozenset(one.target for one in walk(node) if one.kind is Kind.MENTION and one.target)


def calling(node: Node, written: Callable[[str], str | None]) -> Node:
    """The same words, which call those alone whose mention `written` makes of who they are.

    It gives nothing for those who are not to be called: they are named. Words in code stay as they are: it is copied,
    and engines look for no mentions in it.
    """
    if node.kind is Kind.MENTION:
        known = written(node.target) if node.target else None
        return Node(Kind.TEXT, known or f"@{CALLS_NOBODY}{node.text.strip()}")
    children = list(node.children)
    for at, child in enumerate(children):
        # A link that shows its own address is written as that address, but for one with brackets.
        if not (node.kind is Kind.LINK and child.text == node.target and not set("[]") & set(child.text)):
            children[at] = calling(child, written)
    words = calls_nobody(node.text) if node.kind is Kind.TEXT else node.text
    return msgspec.structs.replace(node, text=words, label=calls_nobody(node.label), children=tuple(children))


def calls_nobody(words: str) -> str:
    """The same words, of which no engine makes a mention; where chats call everybody, the word without the @."""
    return _CALL.sub(f"@{CALLS_NOBODY}", _EVERYBODY.sub(r"\1", words)) if "@" in words else words
