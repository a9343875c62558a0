"""Values that must never be shown, and the list of them that the log looks for."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from html import escape
from typing import NoReturn
from urllib.parse import quote, quote_plus

SHORTEST = 4
"""Characters below which a value is not looked for in texts: it would blot out every second word."""

TELLING = 12
"""Characters from which on the last four of a secret may be shown."""


class Secrets:
    """Every secret that this process holds, in all forms in which it may stand in a text."""

    def __init__(self) -> None:
        self._forms: dict[str, None] = {}
        self._sorted: tuple[str, ...] | None = ()

    def add(self, value: str) -> None:
        """Look for this value from now on; also as an address, a form, HTML, JSON or Python would write it."""
        if len(value) < SHORTEST:
            return
        coded = quote(value, safe=""), quote(value), quote_plus(value), escape(value)
        forms = (value, *coded, json.dumps(value)[1:-1], repr(value)[1:-1])
        for form in forms:
            if form not in self._forms:
                self._forms[form] = None
                self._sorted = None

    def __iter__(self) -> Iterator[str]:
        """The longest first, so that a secret which holds another leaves no remains."""
        if self._sorted is None:
            self._sorted = tuple(sorted(self._forms, key=len, reverse=True))
        return iter(self._sorted)


known = Secrets()
"""The secrets of this process."""


class Secret:
    """A credential: shows no more than its last four characters, and is known to the log from its making on."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value
        known.add(value)

    def reveal(self) -> str:
        """The value itself, for the one place that sends it."""
        return self._value

    def __repr__(self) -> str:
        return f"…{self._value[-4:]}" if len(self._value) >= TELLING else "…"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written down; seal it")

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)
