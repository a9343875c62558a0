"""Writes HTML for our own pages: escaped, without any outside content, and sanitised once more."""

from __future__ import annotations

from html import escape

import nh3

from bot.markup import addresses
from bot.markup.layout import first_number
from bot.markup.nodes import Kind, Node
from bot.markup.wording import shown

_ELEMENTS = {
    Kind.PARAGRAPH: "p",
    Kind.ITEM: "li",
    Kind.TABLE: "table",
    Kind.ROW: "tr",
    Kind.BOLD: "strong",
    Kind.ITALIC: "em",
    Kind.STRIKE: "s",
    Kind.UNDERLINE: "u",
    Kind.SUPERSCRIPT: "sup",
    Kind.SUBSCRIPT: "sub",
}
_TAGS = {name: (f"<{element}>", f"</{element}>") for name, element in _ELEMENTS.items()}
# A page has a title, and a thread: what a post calls its first heading comes below both.
_FIRST_HEADING = 3
_NAMELESS = {Kind.IMAGE: "image", Kind.MEDIA: "media"}

_LINK_END = "</a>"

_GATE = nh3.Cleaner(
    tags={*_ELEMENTS.values(), "a", "blockquote", "br", "cite", "code", "details", "h3", "h4", "h5", "h6", "hr", "ol"}
    | {"pre", "span", "summary", "tbody", "td", "th", "ul"},
    clean_content_tags={"script", "style"},
    attributes={"a": {"href"}, "ol": {"start"}},
    allowed_classes={"a": {"media"}, "span": {"spoiler", "mention"}},
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="nofollow noopener noreferrer",
    set_tag_attribute_values={"a": {"target": "_blank"}},
)
"""The last gate: whatever the writer should get wrong, nothing else reaches a page."""


def write(node: Node) -> str:
    """The tree as HTML; images and media are links with their description, so that a page loads nothing from outside.

    Classes: `media` on such links, `spoiler` and `mention` on spans.
    """
    said: list[str] = []
    waiting: list[Node | str] = [node]
    linked = False  # links do not nest
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            said.append(item)
            linked = linked and item != _LINK_END
            continue
        kind = item.kind
        if kind is Kind.TEXT:
            said.append(escape(item.text, quote=False))
            continue
        if (tags := _TAGS.get(kind)) is not None:
            start, end = tags
        elif kind in (Kind.LINK, Kind.IMAGE, Kind.MEDIA):
            start, end = (escape(shown(item)), "") if linked else _link(item)
            linked = linked or end == _LINK_END
        else:
            start, end = _around(item)
        said.append(start)
        waiting.append(end)
        waiting.extend(reversed(_content(item)))
    return _GATE.clean("".join(said))


def _content(node: Node) -> tuple[Node, ...]:
    """The children; the only paragraph of a list item or of a cell without its frame, that is without its margins."""
    children = node.children
    if node.kind in (Kind.ITEM, Kind.CELL) and [c.kind for c in children].count(Kind.PARAGRAPH) == 1:
        first, *others = children
        if first.kind is Kind.PARAGRAPH:
            return (*first.children, *others)
    return children


def _link(node: Node) -> tuple[str, str]:
    """The tags of a link, with the words of an image or of media in it; none where the address may not be linked."""
    words = escape(" ".join(shown(node).split()))
    if node.kind is Kind.LINK:
        if not addresses.allowed(node.target):
            return words, ""
        return f'<a href="{escape(node.target)}">{words}', _LINK_END
    if not addresses.shows(node.target):
        return words, ""
    return f'<a class="media" href="{escape(node.target)}">{words or _NAMELESS[node.kind]}', _LINK_END


def _around(node: Node) -> tuple[str, str]:
    """What stands before and behind the children of the less simple elements."""
    label = escape(" ".join(node.label.split()))
    match node.kind:
        case Kind.BREAK:
            return "<br>", ""
        case Kind.HEADING:
            level = min(max(node.level, 1) + _FIRST_HEADING - 1, 6)
            return f"<h{level}>", f"</h{level}>"
        case Kind.QUOTE:
            if label and addresses.allowed(node.target):
                label = f'<a href="{escape(node.target)}">{label}</a>'
            return f"<blockquote><cite>{label}</cite>" if label else "<blockquote>", "</blockquote>"
        case Kind.LIST if node.level:
            start = first_number(node)
            return f'<ol start="{start}">' if start != 1 else "<ol>", "</ol>"
        case Kind.LIST:
            return "<ul>", "</ul>"
        case Kind.CELL:
            return ("<th>", "</th>") if node.level else ("<td>", "</td>")
        case Kind.CODE_BLOCK:
            return f"<pre><code>{escape(node.text)}</code></pre>", ""
        case Kind.CODE:
            # On a page a line break in a line is a space; read again, code of several lines would be a block.
            return f"<code>{escape(node.text.replace(chr(10), ' '))}</code>", ""
        case Kind.RULE:
            return "<hr>", ""
        case Kind.FOLD:
            return f"<details><summary>{label}</summary>" if label else "<details>", "</details>"
        case Kind.SPOILER:
            return '<span class="spoiler">', "</span>"
        case Kind.MENTION:
            return f'<span class="mention">{escape(shown(node))}</span>', ""
    return "", ""
