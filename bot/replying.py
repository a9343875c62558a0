"""Pure: what of a mirror's channel goes back to its forum, and as whose."""

from __future__ import annotations

import enum

import msgspec


class Accounts(enum.StrEnum):
    """Whose account a reply may be posted with."""

    ANY = "any"  # their own, else the one that the settings name
    OWN = "own"  # their own alone


class Answering(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who may answer in the channel of a mirror, and how what they say becomes posts; by default anybody, at once."""

    accounts: Accounts = Accounts.ANY
    who: tuple[str, ...] = ()
    """The roles or levels of which somebody has to have one; empty: anybody may."""
    merge: int = 0
    """Seconds within which messages in a row by one person become one post; 0: each is a post of its own."""
    at_most: int = 0
    """Posts of one person in ten minutes; 0: as many as the house allows."""
