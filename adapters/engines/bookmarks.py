"""Pure: what a bookmark's cursor remembers, as a struct, and what tells equal answers from others."""

from __future__ import annotations

import hashlib
from typing import TypeVar

import msgspec

M = TypeVar("M", bound=msgspec.Struct)


def remembered(cursor: str, kind: type[M]) -> M:
    """What a cursor says; the struct without a value given where it is none of ours, or there is none yet."""
    try:
        return msgspec.json.decode(cursor, type=kind) if cursor else kind()
    except (msgspec.DecodeError, ValueError, RecursionError):
        return kind()


def written(memory: msgspec.Struct) -> str:
    """The cursor that says it again."""
    return msgspec.json.encode(memory).decode()


def digest(body: bytes) -> str:
    """Identifies an answer byte for byte."""
    return hashlib.sha256(body).hexdigest()[:32]


def sign(*values: object) -> str:
    """Identifies some values."""
    return hashlib.sha256(repr(values).encode("utf-8", "replace")).hexdigest()[:16]
