"""Writes trees as HTML in the dialect of whoever shows it, and proves that nothing else came out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Protocol

import nh3

from bot.markup import addresses
from bot.markup.layout import first_number
from bot.markup.nodes import BLOCKS, Kind, Node
from bot.markup.wording import shown

Tags = tuple[str, str]
"""What stands before and behind what an element holds."""

_SIMPLE = {
    Kind.PARAGRAPH: "p",
    Kind.ITEM: "li",
    Kind.TABLE: "table",
    Kind.ROW: "tr",
    Kind.BOLD: "strong",
    Kind.ITALIC: "em",
    Kind.UNDERLINE: "u",
    Kind.SUPERSCRIPT: "sup",
    Kind.SUBSCRIPT: "sub",
}
_TAGS = {kind: (f"<{name}>", f"</{name}>") for kind, name in _SIMPLE.items()}
_ELEMENTS = frozenset(
    {*_SIMPLE.values(), "blockquote", "br", "code", "details", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ol", "pre"}
    | {"summary", "td", "th", "ul"}
)
_NONE = ("", "")
_LINK_END = "</a>"
# To look a member of an enum up takes longer than to write a word.
_TEXT, _BREAK, _LINK = Kind.TEXT, Kind.BREAK, Kind.LINK
_FRAMED = frozenset({Kind.ITEM, Kind.CELL})
_LINKED = frozenset({Kind.LINK, Kind.IMAGE, Kind.MEDIA})
_NAMELESS = {Kind.IMAGE: "image", Kind.MEDIA: "media"}
_TAG = re.compile(r"<[^<>]*+>")


class Dialect(Protocol):
    """What differs between those who show HTML."""

    elements: Mapping[Kind, Tags]
    """The elements that are not the same everywhere and need nothing but their tags."""
    deepest: int
    """Elements that may stand in each other; deeper ones leave what they hold."""
    first_heading: int
    """The level of a post's first heading."""

    def link(self, address: str, kind: Kind) -> str:
        """The start of a link, with an escaped address; an image or media is one with its description."""

    def quoted(self, label: str) -> str:
        """The line that says who is quoted, in HTML."""

    def mention(self, node: Node) -> str:
        """Somebody's name, which calls nobody, in HTML."""

    def code_block(self, node: Node) -> Tags:
        """The frame of a block of code."""


class Gate:
    """Lets pass only tags that are listed; what it cannot prove by reading it is parsed and sanitised."""

    def __init__(self, cleaner: nh3.Cleaner, elements: Iterable[str], with_attributes: str) -> None:
        """`with_attributes`: a pattern of the tags that have some; the address in one is `ADDRESS`."""
        self._cleaner = cleaner
        self._listed = {tag for name in (*_ELEMENTS, *elements) for tag in (f"<{name}>", f"</{name}>")}
        self._with_attributes = re.compile(with_attributes)

    def pass_on(self, html: str) -> str:
        """The same HTML where each tag in it is listed, else what the sanitiser leaves of it."""
        tags = _TAG.findall(html)
        if len(tags) == html.count("<"):
            doubtful = set(tags) - self._listed
            if all(map(self._with_attributes.fullmatch, doubtful)):
                return html
        return self._cleaner.clean(html)


ADDRESS = r"(?:https?://|mailto:)[^\"'<>\s]*+"


def elements(more: Iterable[str]) -> set[str]:
    """All elements that are written, with those that a dialect adds."""
    return {*_ELEMENTS, *more, "tbody"}


def write(node: Node, dialect: Dialect) -> str:
    """The tree as HTML; images and media are links with their description, so that nothing is loaded from outside."""
    said: list[str] = []
    waiting: list[Node | str] = [node]
    own, deepest = dialect.elements, dialect.deepest
    linked = False  # links do not nest
    depth = 0
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            said.append(item)
            depth -= 1
            linked = linked and item != _LINK_END
            continue
        kind = item.kind
        if kind is _TEXT:
            said.append(_escaped(item.text))
            continue
        if kind is _BREAK:
            said.append("<br>")
            continue
        tags = own.get(kind) or _TAGS.get(kind)
        if tags is None:
            if kind in _LINKED:
                tags = (escape(shown(item)), "") if linked else _link(item, dialect)
                linked = linked or tags[1] == _LINK_END
            else:
                tags = _around(item, dialect)
        if item.children or tags[1]:
            if depth >= deepest and kind is not _LINK:
                tags = (" ", " ") if kind in BLOCKS else _NONE
            depth += 1
            waiting.append(tags[1])
            waiting.extend(reversed(_content(item) if kind in _FRAMED else item.children))
        said.append(tags[0])
    return "".join(said)


def _escaped(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _content(node: Node) -> tuple[Node, ...]:
    """The children of a list item or of a cell; its only paragraph without its frame, that is without its margins."""
    children = node.children
    if children and children[0].kind is Kind.PARAGRAPH:
        first, *others = children
        if all(other.kind in BLOCKS and other.kind is not Kind.PARAGRAPH for other in others):
            return (*first.children, *others)
    return children


def _link(node: Node, dialect: Dialect) -> Tags:
    """The tags of a link, with the words of an image or of media in it; none where the address may not be linked."""
    words = escape(" ".join(shown(node).split()))
    if not (addresses.allowed(node.target) if node.kind is Kind.LINK else addresses.shows(node.target)):
        return words, ""
    return dialect.link(escape(node.target), node.kind) + (words or _NAMELESS.get(node.kind, "")), _LINK_END


def _around(node: Node, dialect: Dialect) -> Tags:
    """What stands before and behind the children of the less simple elements."""
    match node.kind:
        case Kind.HEADING:
            level = min(max(node.level, 1) + dialect.first_heading - 1, 6)
            return f"<h{level}>", f"</h{level}>"
        case Kind.QUOTE:
            label = escape(" ".join(node.label.split()))
            if label and addresses.allowed(node.target):
                label = f"{dialect.link(escape(node.target), Kind.LINK)}{label}{_LINK_END}"
            return f"<blockquote>{dialect.quoted(label) if label else ''}", "</blockquote>"
        case Kind.LIST if node.level:
            first = first_number(node)
            return f'<ol start="{first}">' if first != 1 else "<ol>", "</ol>"
        case Kind.LIST:
            return "<ul>", "</ul>"
        case Kind.CELL:
            return ("<th>", "</th>") if node.level else ("<td>", "</td>")
        case Kind.CODE_BLOCK:
            start, end = dialect.code_block(node)
            return f"{start}{escape(node.text)}{end}", ""
        case Kind.CODE:
            # On a page a line break in a line is a space; read again, code of several lines would be a block.
            return f"<code>{escape(node.text.replace(chr(10), ' '))}</code>", ""
        case Kind.RULE:
            return "<hr>", ""
        case Kind.FOLD:
            label = escape(" ".join(node.label.split()))
            return f"<details><summary>{label}</summary>" if label else "<details>", "</details>"
        case Kind.MENTION:
            return dialect.mention(node), ""
    return "", ""
