"""Pure: the images and recordings that a text holds, in reading order."""

from __future__ import annotations

import msgspec

from bot.markup.addresses import shows
from bot.markup.nodes import Kind, Node

MOST = 10
"""Images and recordings of one card that are fetched; the others stay links."""

HIDING = frozenset({Kind.SPOILER, Kind.FOLD})


class Attachment(msgspec.Struct, frozen=True):
    """An image, or what plays, by its address; `alt` describes it, empty where nobody did."""

    address: str
    alt: str = ""
    plays: bool = False
    """A recording, or a page with one on it: no image."""
    hidden: bool = False
    """It stands in a spoiler or in a fold: whoever shows it hides it until asked."""


def media_of(node: Node | None, most: int = MOST) -> tuple[Attachment, ...]:
    """What a text holds besides words: each address once, the first `most` of them, http and https only.

    An image that is shown in the open anywhere is not hidden.
    """
    found: dict[str, Attachment] = {}
    waiting = [(node, False)] if node is not None else []
    while waiting:
        item, hidden = waiting.pop()
        if item.kind in (Kind.IMAGE, Kind.MEDIA) and shows(item.target):
            before = found.get(item.target)
            if before is None and len(found) >= most:
                continue
            if before is None or (before.hidden and not hidden):
                alt = " ".join(item.label.split())
                found[item.target] = Attachment(item.target, alt, item.kind is Kind.MEDIA, hidden)
        inside = hidden or item.kind in HIDING
        waiting.extend((child, inside) for child in reversed(item.children))
    return tuple(found.values())
