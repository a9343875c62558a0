"""Pure: what an admin can decide by a press, about what waits for a word."""

from __future__ import annotations

from bot.model import Offer

HELD = Offer("What waits for a word", "mirror", ("held",))
"""Leads to everything that waits for a decision."""


def of_flood(mirror: int, which: str = "") -> tuple[Offer, ...]:
    """What can become of news that came all at once; `which` tells them from those of others in the same text."""
    of = f" ({which})" if which else ""
    choices = {"Show all": "all", "One list": "digest", "Skip": "seen"}
    return tuple(Offer(f"{label}{of}", "mirror", ("flood", str(mirror), word)) for label, word in choices.items())


def of_delivery(delivery: int) -> tuple[Offer, ...]:
    """What can become of a held delivery without a link."""
    return tuple(Offer(f"{verb.title()} {delivery}", "mirror", (verb, str(delivery))) for verb in ("retry", "skip"))


def of_losing(source: int, which: str = "") -> tuple[Offer, ...]:
    """What can be said about posts that are missing all at once; `which` as above."""
    of = f" ({which})" if which else ""
    choices = {"They are deleted": "settle", "Keep them": "skip"}
    return tuple(Offer(f"{label}{of}", "mirror", (verb, f"source:{source}")) for label, verb in choices.items())
