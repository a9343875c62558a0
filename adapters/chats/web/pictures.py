"""Pure: the images of a card, as its payload keeps them."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from bot.markup.addresses import shows
from bot.model import Payload
from bot.ports import Attachment, Picture, drawn, missing_lines, name_of

__all__ = ["Picture", "avatar_of", "media_in", "missing_lines", "name_of", "named", "placed"]


def avatar_of(payload: Payload) -> str:
    """The address of the author's picture; empty where there is none."""
    address = payload.get("avatar")
    return address if isinstance(address, str) and shows(address) else ""


def media_in(payload: Payload) -> tuple[Attachment, ...]:
    """What a payload holds besides words; nothing where an older program wrote it."""
    try:
        return msgspec.convert(payload.get("media", ()), tuple[Attachment, ...])
    except msgspec.ValidationError:
        return ()


def named(payload: Payload, name: str) -> Attachment | None:
    """The image of a card that goes by a name, its author's picture without words; None where it has none such."""
    avatar = avatar_of(payload)
    if avatar and name_of(avatar) == name:
        return Attachment(avatar)
    return next((one for one in media_in(payload) if not one.plays and name_of(one.address) == name), None)


def placed(html: str, payload: Payload, src: Callable[[str], str]) -> tuple[str, tuple[Picture, ...]]:
    """The text of a card with its images in their places, and those that have no place in it."""
    return drawn(html, media_in(payload), src)
