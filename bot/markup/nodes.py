"""The one node tree that every format is read into and written from.

A tree is immutable, holds only words and addresses (never markup of any format), and is at most `MAX_DEPTH` deep, so
that no writer needs recursion limits of its own.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator

import msgspec

MAX_DEPTH = 256
"""Deepest nesting a reader may build; deeper elements are unwrapped, their words kept."""

MAX_SOURCE = 64 * 1024
"""Characters of one post that are read; the rest is cut and the cut is said."""


class Kind(enum.StrEnum):
    """What a node is; blocks may stand in blocks, inline nodes in blocks and inline nodes."""

    # blocks
    DOCUMENT = "document"
    PARAGRAPH = "paragraph"
    HEADING = "heading"  # level
    QUOTE = "quote"  # label: who is quoted, target: the quoted post's address
    LIST = "list"  # level: 1 = numbered from `start` kept in label, 0 = bullets
    ITEM = "item"
    CODE_BLOCK = "code_block"  # text, label: language
    RULE = "rule"
    TABLE = "table"
    ROW = "row"
    CELL = "cell"  # level: 1 = header cell
    FOLD = "fold"  # a block hidden until asked for; label: its title
    # inline
    TEXT = "text"  # text
    BREAK = "break"
    BOLD = "bold"
    ITALIC = "italic"
    STRIKE = "strike"
    UNDERLINE = "underline"
    SUPERSCRIPT = "superscript"
    SUBSCRIPT = "subscript"
    CODE = "code"  # text
    SPOILER = "spoiler"
    LINK = "link"  # target: absolute address
    IMAGE = "image"  # target, label: alternative text
    MEDIA = "media"  # target: a video or audio address, label: its title
    MENTION = "mention"  # text: the name, without the @; target: who it is where that is told, no address


# Immutable nodes cannot stand in each other in a circle, so the garbage collector need not watch them.
class Node(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One element of a text; which fields count is said beside its `Kind`."""

    kind: Kind
    text: str = ""
    target: str = ""
    label: str = ""
    level: int = 0
    children: tuple[Node, ...] = ()


BLOCKS = frozenset(
    {
        Kind.DOCUMENT,
        Kind.PARAGRAPH,
        Kind.HEADING,
        Kind.QUOTE,
        Kind.LIST,
        Kind.ITEM,
        Kind.CODE_BLOCK,
        Kind.RULE,
        Kind.TABLE,
        Kind.ROW,
        Kind.CELL,
        Kind.FOLD,
    }
)


def document(*children: Node) -> Node:
    """A whole text made of blocks."""
    return Node(Kind.DOCUMENT, children=children)


def paragraph(*children: Node | str) -> Node:
    """A paragraph of inline nodes; plain strings become text nodes."""
    return Node(Kind.PARAGRAPH, children=tuple(text(c) if isinstance(c, str) else c for c in children))


def text(words: str) -> Node:
    """A run of words."""
    return Node(Kind.TEXT, text=words)


def walk(node: Node) -> Iterator[Node]:
    """Every node of the tree, parents before children, in reading order."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(current.children))
