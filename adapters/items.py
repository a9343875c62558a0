"""Pure: the items of a page of JSON, each read by itself: one that is broken costs nothing but itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from bot.model import Damaged
from bot.net import repaired

S = TypeVar("S")
T = TypeVar("T")

SAMPLE = 4096
"""Bytes of an item that are kept for whoever repairs the parser."""


class _Named(msgspec.Struct):
    id: int | str = ""


def read(raw: bytes | msgspec.Raw, kind: type[S]) -> S:
    """JSON as a type says that it is, halves of surrogate pairs as U+FFFD.

    Raises `msgspec.DecodeError`, `ValueError` or `RecursionError` where it is something else.
    """
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, ValueError):
        return msgspec.json.decode(repaired(bytes(raw).decode("utf-8", "replace")), type=kind)


def each(found: Iterable[msgspec.Raw], kind: type[S], make: Callable[[S], T]) -> tuple[list[T], list[Damaged]]:
    """What is made of each item of type `kind`, in their order, and those that are something else.

    `make` may raise `ValueError` for an item that makes no sense.
    """
    made, damaged = [], []
    for raw in found:
        try:
            made.append(make(read(raw, kind)))
        except (msgspec.DecodeError, ValueError, OverflowError, RecursionError) as error:
            damaged.append(Damaged(str(error)[:500], bytes(raw)[:SAMPLE], _key(raw)))
    return made, damaged


def _key(raw: msgspec.Raw) -> str:
    """What the item calls itself, where it says so."""
    try:
        return str(msgspec.json.decode(raw, type=_Named).id)[:200]
    except (msgspec.DecodeError, ValueError, RecursionError):
        return ""
