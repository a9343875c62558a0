"""Pure: what is a command in a room, and its words."""

from __future__ import annotations

import shlex

GROUPS = ("forum", "mirror")
"""The two commands that every chat has."""

PREFIX = "!"
"""What stands before them where nothing else is set: "/" belongs to people's own clients."""

_TYPOGRAPHIC = str.maketrans("“”„", '"""')
"""Quotes that phones set by themselves."""


def command(text: str, prefix: str = PREFIX) -> tuple[str, tuple[str, ...], str] | None:
    """The group and the words of a command, and these as they stand there.

    None for any other text. "Double quotes" hold words together.
    """
    first, *rest = text.split(maxsplit=1) or [""]
    group = first.removeprefix(prefix).lower()
    if not first.startswith(prefix) or group not in GROUPS:
        return None
    words = _words(typed := rest[0].strip() if rest else "")
    return group, words, typed


def _words(text: str) -> tuple[str, ...]:
    lexer = shlex.shlex(text.translate(_TYPOGRAPHIC), posix=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    lexer.quotes = '"'
    lexer.escape = ""
    try:
        return tuple(lexer)
    except ValueError:  # a quote that is never closed is a character like any other
        return tuple(text.split())
