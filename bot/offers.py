"""Pure: what can be said by a press: by an admin about what waits for a word, by a reader about a thread."""

from __future__ import annotations

from bot.model import Offer
from bot.texts import say


def to_held() -> Offer:
    """Leads to everything that waits for a decision."""
    return Offer(say("offers.held"), "mirror", ("held",))


def of_flood(mirror: int, which: str = "") -> tuple[Offer, ...]:
    """What can become of news that came all at once; `which` tells them from those of others in the same text."""
    of = f" ({which})" if which else ""
    choices = {say("offers.all"): "all", say("offers.digest"): "digest", say("offers.seen"): "seen"}
    return tuple(Offer(f"{label}{of}", "mirror", ("flood", str(mirror), word)) for label, word in choices.items())


def of_delivery(delivery: int) -> tuple[Offer, ...]:
    """What can become of a held delivery without a link."""
    labels = {"retry": say("offers.retry", number=delivery), "skip": say("offers.skip", number=delivery)}
    return tuple(Offer(label, "mirror", (verb, str(delivery))) for verb, label in labels.items())


def of_losing(source: int, which: str = "") -> tuple[Offer, ...]:
    """What can be said about posts that are missing all at once; `which` as above."""
    of = f" ({which})" if which else ""
    choices = {say("offers.deleted"): "settle", say("offers.keep"): "skip"}
    return tuple(Offer(f"{label}{of}", "mirror", (verb, f"source:{source}")) for label, verb in choices.items())


def of_opening(thread: int) -> tuple[Offer, ...]:
    """What a reader can say below the opening post of a thread: that they have read what stands of it there."""
    return (Offer(say("signals.read_to"), "forum", ("markread", f"stands:{thread}")),)
