"""Pure: texts as they are sent."""

from __future__ import annotations


def sound(text: str) -> str:
    """A text without half surrogate pairs, which no request can hold."""
    return text.encode("utf-8", "replace").decode()
