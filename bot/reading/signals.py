"""Pure: what people put on a message to say how they read, and what it means."""

from __future__ import annotations

import enum


class Sign(enum.StrEnum):
    """A reaction that is understood; all others are people's own."""

    READ_TO = "📖"  # read to here
    FOLLOW = "🔖"
    MUTE = "🔇"
    PREVIEW = "👀"  # on one's own message: what it becomes on the forum


def sign_of(reaction: str) -> Sign | None:
    """What a reaction says; None where it says nothing to us."""
    return Sign(reaction) if reaction in tuple(Sign) else None
