"""Offers as they are kept with the words that they stand below."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bot.model import MOST_OFFERS, Offer


def stored(offers: Sequence[Offer]) -> str:
    """The stored form of offers, as many as may stand below one text."""
    return msgspec.json.encode(offers[:MOST_OFFERS]).decode() if offers else ""


def restored(cell: str) -> tuple[Offer, ...]:
    """Offers from their stored form."""
    return msgspec.json.decode(cell, type=tuple[Offer, ...]) if cell else ()
