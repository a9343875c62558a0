"""Files of our own in the adapter's folder, for their owner's eyes alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")


def replaced(file: Path, data: bytes) -> None:
    """Put a file in the place of another at once: half of one would cost what it holds."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    os.replace(new, file)


def found(file: Path, kind: type[T], otherwise: T) -> T:
    """What a file of ours holds; `otherwise` where there is none, or it is none of ours."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError, ValueError):
        return otherwise
