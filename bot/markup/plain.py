"""Writes plain text that reads well as it is: "> " before quotes, "- " before items, addresses behind their words."""

from __future__ import annotations

from bot.markup.inline import BREAK, LEAF, START, TEXT, pieces
from bot.markup.layout import lay_out
from bot.markup.nodes import Kind, Node, paragraph
from bot.markup.wording import shown

_SPANS = frozenset({Kind.LINK})
_INDENT = "    "


def write(node: Node) -> str:
    """The tree as plain text, without a line end at its end."""
    return lay_out(node, _PLAIN)


class _Plain:
    """The style of plain text."""

    deepest = 16
    quote_mark = "> "
    close_titles = True
    bullets = "-"
    delimiters = "."

    def paragraph(self, node: Node) -> list[str]:
        said = _line(node, breaks=True)
        return said.split("\n") if said else []

    def heading(self, node: Node) -> list[str]:
        said = _line(node)
        return [said] if said else []

    def code(self, node: Node) -> list[str]:
        return [_INDENT + line if line else "" for line in node.text.split("\n")]

    def rule(self) -> list[str]:
        return ["---"]

    def table(self, rows: list[tuple[Node, ...]]) -> list[str]:
        return [" | ".join(_line(cell) for cell in row) for row in rows]

    def title(self, node: Node) -> Node:
        return paragraph(f"{' '.join(node.label.split())}:" if node.kind is Kind.QUOTE else node.label)


def _line(node: Node, *, breaks: bool = False) -> str:
    steps = pieces(node.children, _SPANS, breaks=breaks)
    if len(steps) == 1:
        return _leaf(steps[0][1])
    said: list[str] = []
    link_at = 0  # where the words of the open link begin
    for step, piece in steps:
        if step is LEAF:
            said.append(_leaf(piece))
        elif step is START:
            link_at = len(said)
        elif piece.target not in (words := "".join(said[link_at:]), f"mailto:{words}"):
            said.append(f" ({piece.target})")
    return "".join(said)


def _leaf(node: Node) -> str:
    if node.kind is TEXT:
        return node.text
    if node.kind is BREAK:
        return "\n"
    words = " ".join(shown(node).split())
    if node.kind in (Kind.IMAGE, Kind.MEDIA) and words != node.target:
        return f"{words} ({node.target})" if words else node.target
    return words


_PLAIN = _Plain()
