"""Pure: what stands below messages to be pressed, and what a press means.

A button knows nothing but its own id, which Discord tells with each press: so it works as long as its message stands,
whichever program made it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.markup.addresses import shows
from bot.model import Card, CardKind, Offer, Payload, offered

ROW, BUTTON = 1, 2
GREY, LINK = 2, 5
"""Kinds of components, and styles of buttons."""

IN_A_ROW = 5
LONGEST_ID, LONGEST_LABEL, LONGEST_LINK = 100, 80, 512
"""Characters of a button's id, of its name and of its address that Discord takes."""

REPLY = "reply"
"""The id of the button that opens the form."""

_DO = "do:"


def fits(offer: Offer) -> bool:
    """Whether a button can hold an offer; else it stands in the text."""
    return 0 < len(offer.label) <= LONGEST_LABEL and len(_id(offer).encode()) <= LONGEST_ID


def of_offers(offers: Sequence[Offer]) -> list[Payload]:
    """The rows of buttons for those offers that fit."""
    return _rows(_offering(offers))


def of_card(card: Card) -> list[Payload]:
    """The rows below a card: what it offers; below an opening post also how to answer it, and where it stands."""
    if card.kind is not CardKind.POST or not card.opener:
        return of_offers(card.offers)
    reply = {"type": BUTTON, "style": GREY, "label": "Reply", "custom_id": REPLY}
    leads = {"type": BUTTON, "style": LINK, "label": "Open", "url": card.link}
    linked = shows(card.link) and len(card.link) <= LONGEST_LINK
    return _rows([*_offering(card.offers), *([reply] if card.answerable else []), *([leads] if linked else [])])


def pressed(id: str) -> tuple[str, tuple[str, ...]] | None:
    """The group and the words of the command that a button gives; None for any other button."""
    line = id.removeprefix(_DO)
    if line == id or not line.strip():
        return None
    try:
        return offered(line)
    except ValueError:  # no button of ours
        return None


def _offering(offers: Sequence[Offer]) -> list[Payload]:
    fitting = {_id(one): one for one in offers if fits(one)}
    return [{"type": BUTTON, "style": GREY, "label": one.label, "custom_id": id} for id, one in fitting.items()]


def _id(offer: Offer) -> str:
    return f"{_DO}{offer.line}"


def _rows(buttons: Iterable[Payload]) -> list[Payload]:
    all_of_them = list(buttons)
    starts = range(0, len(all_of_them), IN_A_ROW)
    return [{"type": ROW, "components": all_of_them[start : start + IN_A_ROW]} for start in starts]
