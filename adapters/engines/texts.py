"""Pure: texts as they are sent, and as they are said to who sent them."""

from __future__ import annotations

NO_PARENT = "The post that you answer is not there any more. Answer another one, or the thread."


def sound(text: str) -> str:
    """A text without half surrogate pairs, which no request can hold."""
    return text.encode("utf-8", "replace").decode()
