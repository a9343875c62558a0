"""Small files of an adapter's own, in the folder that it is given, for their owner's eyes alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")


def replaced(file: Path, data: bytes) -> None:
    """Put a file in the place of another at once, and on the disk: half of one would cost what it holds.

    What a database is told afterwards finds it there, also after a power cut. Raises `OSError`.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    os.replace(new, file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def found(file: Path, kind: type[T]) -> T | None:
    """What a file holds, as JSON; None where there is none, or it is none of ours."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError, ValueError):
        return None
