"""Offers where nothing can be pressed: lines that say what to type."""

from __future__ import annotations

from collections.abc import Sequence

from bot.markup.nodes import Kind, Node, document, paragraph, text
from bot.model import Offer


def in_words(body: Node | None, offers: Sequence[Offer], sign: str) -> Node:
    """A text with a line below it for each offer: what it is called, and the command with the chat's sign before it."""
    if not offers:
        return body if body is not None else document()
    lines: list[Node] = []
    for offer in offers:
        between = [Node(Kind.BREAK)] if lines else []
        lines += [*between, text(f"{offer.label}: "), Node(Kind.CODE, text=f"{sign}{offer.line}")]
    return document(*(body.children if body is not None else ()), paragraph(*lines))
