"""Writes HTML for our own pages: escaped, without any outside content, and checked once more."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import nh3

from bot.markup import html_out
from bot.markup.html_out import ADDRESS, Gate, Tags, elements
from bot.markup.nodes import MAX_DEPTH, Kind, Node
from bot.markup.wording import shown

_OWN = frozenset({"cite", "s"})
_REL = "nofollow noopener noreferrer"
_BEHIND_ADDRESS = f' target="_blank" rel="{_REL}">'

_GATE = Gate(
    nh3.Cleaner(
        tags={*elements(_OWN), "a", "span"},
        clean_content_tags={"script", "style"},
        attributes={"a": {"href"}, "ol": {"start"}},
        allowed_classes={"a": {"media"}, "span": {"spoiler", "mention"}},
        url_schemes={"http", "https", "mailto"},
        url_relative="deny",
        link_rel=_REL,
        set_tag_attribute_values={"a": {"target": "_blank"}},
    ),
    _OWN,
    rf'<a (?:class="media" )?href="{ADDRESS}"{_BEHIND_ADDRESS}|</a>|</?span>|<span class="(?:spoiler|mention)">'
    r'|<ol start="[0-9]+">',
)
"""The last gate: whatever the writer should get wrong, nothing else reaches a page."""


def write(node: Node) -> str:
    """The tree as HTML; images and media are links with their description, so that a page loads nothing from outside.

    Classes: `media` on such links, `spoiler` and `mention` on spans.
    """
    return _GATE.pass_on(html_out.write(node, _WEB))


class _Web:
    """HTML as our own pages show it."""

    elements: Mapping[Kind, Tags] = {
        Kind.STRIKE: ("<s>", "</s>"),
        Kind.SPOILER: ('<span class="spoiler">', "</span>"),
    }
    deepest = MAX_DEPTH
    # A page has a title, and a thread: what a post calls its first heading comes below both.
    first_heading = 3

    def link(self, address: str, kind: Kind) -> str:
        shape = "" if kind is Kind.LINK else 'class="media" '
        return f'<a {shape}href="{address}"{_BEHIND_ADDRESS}'

    def quoted(self, label: str) -> str:
        return f"<cite>{label}</cite>"

    def mention(self, node: Node) -> str:
        return f'<span class="mention">{escape(shown(node))}</span>'

    def code_block(self, node: Node) -> Tags:
        return "<pre><code>", "</code></pre>"


_WEB = _Web()
