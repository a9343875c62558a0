"""What is remembered of a feed between two readings: the cursor of its bookmark, opaque to everybody else.

An entry that is forgotten while the feed may still show it would be new once more: what the last reading showed stays,
and so do the `KEPT` that went before it.
"""

from __future__ import annotations

import base64
import hashlib

import msgspec

from bot.model import Millis

KEPT = 2_000
"""Entries that are remembered besides those of the last reading."""

MOST_EDITS = 24
"""Changes of an entry's words without a later date, after which they count as noise (lemon24/reader's limit)."""


class Known(msgspec.Struct, array_like=True, frozen=True, omit_defaults=True):
    """What is remembered of one entry; hashes are short, for there are many."""

    key: str
    """By which it is found in the feed now."""
    own: str
    """What its post was called when it was first seen; stays, also where the feed renumbers its entries."""
    link: str
    """A hash of its address."""
    sign: str
    """A hash of its title and time; of an Isso comment, of its author and of what it answers."""
    words: str
    """A hash of what it says, without what changes by itself."""
    at: Millis
    """When it was written, or was likely to be."""
    updated: int = 0
    """When the feed said that it was changed, in seconds."""
    edits: int = 0
    here: bool = True
    """Whether the last reading showed it."""
    thread: str = ""
    """The key of its thread, where that is not made of `own`."""


class Memory(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that is remembered of a feed; empty before it was read for the first time."""

    policy: str = ""
    """By what its entries are told apart; chosen once."""
    begun: bool = False
    """Whether it was read before, be it empty."""
    comments: bool | None = None
    """Whether its entries are comments on pages; None while nobody could tell."""
    oldest: Millis | None = None
    """When the oldest entry of the first reading was written; None where there was none."""
    op: str = ""
    """The `own` of a thread's first post."""
    read: Millis = 0
    """When it was last read and had changed."""
    address: str = ""
    """Where it moved for good; empty where it stands at its key."""
    known: tuple[Known, ...] = ()
    """Those of the last reading last."""


_decoder = msgspec.json.Decoder(Memory)


def remembered(cursor: str) -> Memory:
    """The memory that a cursor holds; an empty one where it holds none that can be read."""
    try:
        return _decoder.decode(cursor) if cursor else Memory()
    except (msgspec.DecodeError, ValueError, RecursionError):
        return Memory()


def moved_to(cursor: str) -> str:
    """Where a feed moved for good, by its cursor; nearly always nowhere, which is found out without reading it."""
    return remembered(cursor).address if '"address":' in cursor else ""


def cursor(memory: Memory) -> str:
    """The memory as a cursor, without what is older than has to be remembered."""
    there = [one for one in memory.known if one.here]
    gone = [one for one in memory.known if not one.here][-KEPT:]
    return msgspec.json.encode(msgspec.structs.replace(memory, known=(*gone, *there))).decode()


def name(*parts: str) -> str:
    """A short name for what has these parts: 16 characters, without a doubt for as many as there are."""
    return _hash(parts, 12)


def mark(*parts: str) -> str:
    """A shorter hash, 8 characters: enough to recognise one of thousands."""
    return _hash(parts, 6)


def _hash(parts: tuple[str, ...], size: int) -> str:
    raw = "\x00".join(parts).encode("utf-8", "replace")
    return base64.urlsafe_b64encode(hashlib.blake2b(raw, digest_size=size).digest()).decode()
