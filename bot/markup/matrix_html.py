"""Writes the HTML that Matrix clients show: the elements of its specification, and no image that they would load."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

import nh3

from bot.markup import html_out
from bot.markup.html_out import ADDRESS, Gate, Tags, elements
from bot.markup.nodes import Kind, Node
from bot.markup.wording import shown

_OWN = frozenset({"del"})
_LANGUAGE = re.compile(r"[A-Za-z0-9_+#.-]{1,40}")

_GATE = Gate(
    nh3.Cleaner(
        tags={*elements(_OWN), "a", "span"},
        clean_content_tags={"script", "style"},
        attributes={"a": {"href"}, "ol": {"start"}, "code": {"class"}, "span": {"data-mx-spoiler"}},
        attribute_filter=lambda tag, name, value: (
            value if (tag, name) != ("code", "class") or value.startswith("language-") else None
        ),
        url_schemes={"http", "https", "mailto"},
        url_relative="deny",
        link_rel=None,
    ),
    _OWN,
    rf'<a href="{ADDRESS}">|</a>|<span data-mx-spoiler>|</span>|<ol start="[0-9]+">'
    rf'|<code class="language-{_LANGUAGE.pattern}">',
)
"""The last gate: whatever the writer should get wrong, no client is shown anything else."""


def write(node: Node) -> str:
    """The tree as the `formatted_body` of a message, at most 100 elements deep; images and media are links."""
    return _GATE.pass_on(html_out.write(node, _MATRIX))


class _Matrix:
    """HTML as the specification has it."""

    elements: Mapping[Kind, Tags] = {
        Kind.STRIKE: ("<del>", "</del>"),
        Kind.SPOILER: ("<span data-mx-spoiler>", "</span>"),
    }
    # 100 in the specification; a table that is read by a parser gains an element, a link in a quote's name has two.
    deepest = 96
    first_heading = 1

    def link(self, address: str, kind: Kind) -> str:
        return f'<a href="{address}">'

    def quoted(self, label: str) -> str:
        return f"<p><strong>{label}</strong></p>"

    def mention(self, node: Node) -> str:
        return escape(shown(node))

    def code_block(self, node: Node) -> Tags:
        if _LANGUAGE.fullmatch(node.label):
            return f'<pre><code class="language-{node.label}">', "</code></pre>"
        return "<pre><code>", "</code></pre>"


_MATRIX = _Matrix()
