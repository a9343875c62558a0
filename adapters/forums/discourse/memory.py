"""Pure: what a bookmark of a thread or board remembers, and how it is written.

Of a thread it remembers which posts it had and under which numbers: Discourse tells nobody what has left it. Ten
thousand of them take some twenty kilobytes.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from bot.model import Millis

REMEMBERED = 10_000
"""Posts of one thread that are remembered, the last ones; what happened to others the message bus tells."""

LARGEST = 1024 * 1024
"""Bytes of a remembered list, unpacked: a bookmark that says more is none of ours."""


class Mind(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the reading of a thread stopped."""

    token: str = ""
    """What its board's list said when it was read."""
    bus: int = -1
    """The newest message about it that is taken account of; -1 where there is none."""
    at: Millis = 0
    """When the message bus was last asked, or need not be."""
    head: str = ""
    """Changes with title, state, category and tags."""
    key: bool = False
    """Whether it is read with our key, because guests cannot."""
    category: int = 0
    slug: str = ""
    closed: bool = False
    events: tuple[int, ...] = ()
    """The ids of those of its posts that tell what befell it, the last ones: the forum counts them as replies."""
    replies: int = -1
    """What the forum counted when it was read; -1 where it told no count."""
    posts: str = ""
    """The ids and numbers of its posts, packed."""
    after: int = 0
    """The number behind which a reading of all of it goes on; 0 where none is under way."""
    last: int = 0
    """The number with which that reading ends."""
    due: tuple[int, ...] = ()
    """Ids that are still to be read by themselves."""
    lost: tuple[int, ...] = ()
    """Ids that are no more where they were, and that are still to be asked for."""


class Shelf(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the reading of a board stopped."""

    high: str = ""
    """The newest activity up to which everything was read."""
    top: str = ""
    """The newest activity that the reading under way has seen."""
    page: int = 0
    """The page with which it goes on; 0 where none is under way."""
    key: bool = False
    digest: str = ""
    """Of what the first page told of its threads."""


def packed(posts: Iterable[tuple[int, int]]) -> str:
    """Ids and numbers, the last ones by number, as differences: most are small."""
    kept = sorted(posts, key=lambda one: one[1])[-REMEMBERED:]
    told, before = [], (0, 0)
    for id, number in kept:
        told.append(f"{id - before[0]:x},{number - before[1]:x}" if number - before[1] != 1 else f"{id - before[0]:x}")
        before = (id, number)
    return base64.b85encode(zlib.compress(" ".join(told).encode(), 9)).decode() if told else ""


def unpacked(told: str) -> dict[int, int]:
    """Ids and their numbers; nothing where the words are none of ours."""
    if not told:
        return {}
    try:
        squeezed = zlib.decompressobj()
        raw = squeezed.decompress(base64.b85decode(told), LARGEST)
        found, id, number = {}, 0, 0
        for item in raw.decode("ascii").split():
            by, _, step = item.partition(",")
            id, number = id + int(by, 16), number + (int(step, 16) if step else 1)
            found[id] = number
        return found
    except (ValueError, zlib.error):
        return {}


def fresh(stream: Sequence[int], known: Mapping[int, int]) -> list[int]:
    """The ids of a thread that are not known, in their order; those before all that is remembered were known once."""
    begin = 0
    if len(known) >= REMEMBERED:
        begin = next((at for at, id in enumerate(stream) if id in known), 0)
    return [id for id in stream[begin:] if id not in known]


def split(ids: Sequence[int], most: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """As many as are read now, and the rest."""
    return tuple(ids[:most]), tuple(ids[most:])
