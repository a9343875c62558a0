"""Pure: which posts of a thread were there, so small that a bookmark holds it: what left is told by no forum."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Mapping, Sequence

REMEMBERED = 10_000
"""Posts of one thread that are remembered, the last ones. Ten thousand of them take some twenty kilobytes."""

LARGEST = 4 * 1024 * 1024
"""Bytes of what is remembered, unpacked: a bookmark that says more is none of ours."""


def packed(posts: Iterable[tuple[int, int]]) -> str:
    """Ids and their numbers, the last ones by number, as differences: most are small."""
    kept = sorted(posts, key=lambda one: one[1])[-REMEMBERED:]
    told, before = [], (0, 0)
    for id, number in kept:
        step = number - before[1]
        told.append(f"{id - before[0]:x}" if step == 1 else f"{id - before[0]:x},{step:x}")
        before = id, number
    return squeezed(" ".join(told))


def unpacked(told: str) -> dict[int, int]:
    """Ids and their numbers, in the order of the numbers; nothing where the words are none of ours."""
    try:
        found, id, number = {}, 0, 0
        for item in expanded(told).split():
            by, _, step = item.partition(",")
            id, number = id + int(by, 16), number + (int(step, 16) if step else 1)
            found[id] = number
        return found
    except ValueError:
        return {}


def fresh(stream: Sequence[int], known: Mapping[int, int]) -> list[int]:
    """The ids of a thread that are not known, in their order; those before all that is remembered were known once."""
    begin = 0
    if len(known) >= REMEMBERED:
        begin = next((at for at, id in enumerate(stream) if id in known), 0)
    return [id for id in stream[begin:] if id not in known]


def squeezed(words: str) -> str:
    """Words in fewer characters, which any database takes."""
    return base64.b85encode(zlib.compress(words.encode("utf-8", "replace"), 9)).decode() if words else ""


def expanded(told: str) -> str:
    """The words again; none where these are not squeezed ones. What is too long is cut."""
    try:
        return zlib.decompressobj().decompress(base64.b85decode(told), LARGEST).decode() if told else ""
    except (ValueError, zlib.error):
        return ""
