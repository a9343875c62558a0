"""Pure: where each key of a TOML text stands, so that a mistake can be named with its line."""

from __future__ import annotations

import tomllib
from bisect import bisect_right

Step = str | int
Path = tuple[Step, ...]
"""Keys, and positions in arrays, from the top of the document."""

_SPACE = " \t"
_BETWEEN = " \t\r\n"
_ENDS = ",]}\r\n#"


def lines(text: str) -> dict[Path, int]:
    """The line, from 1, of every key, table and array entry of a text that tomllib reads."""
    return _Scan(text).found


def line_of(found: dict[Path, int], path: Path) -> int:
    """The line of a path, else of the nearest thing around it that has one, else 1."""
    while path and path not in found:
        path = path[:-1]
    return found.get(path, 1)


class _Scan:
    """One walk over the text; what is not TOML was refused before, so nothing is checked here."""

    def __init__(self, text: str) -> None:
        self.found: dict[Path, int] = {}
        self._text = text
        self._at = 0
        self._breaks = [i for i, character in enumerate(text) if character == "\n"]
        self._counts: dict[Path, int] = {}
        table: Path = ()
        while self._skip_to_statement():
            if self._peek("["):
                table = self._header()
            else:
                self._pair(table)

    # ------------------------------------------------------------------------------------------------- statements

    def _header(self) -> Path:
        start, many = self._at, self._peek("[[")
        self._at += 2 if many else 1
        keys = self._keys()
        self._at += 2 if many else 1
        if many:
            path = (*self._resolved(keys[:-1], start), keys[-1])
            self._mark(path, start)
            self._counts[path] = self._counts.get(path, 0) + 1
        path = self._resolved(keys, start)
        self._mark(path, start)
        return path

    def _resolved(self, keys: list[str], start: int) -> Path:
        """A header's path; below an array of tables it means the last of them."""
        path: Path = ()
        for key in keys:
            path = (*path, key)
            self._mark(path, start)
            if path in self._counts:
                path = (*path, self._counts[path] - 1)
        return path

    def _pair(self, table: Path) -> None:
        start = self._at
        path = table
        for key in self._keys():
            path = (*path, key)
            self._mark(path, start)
        self._at += 1  # the equals sign
        self._skip(_SPACE)
        self._value(path)

    def _keys(self) -> list[str]:
        keys = []
        while True:
            self._skip(_SPACE)
            keys.append(self._key())
            self._skip(_SPACE)
            if not self._peek("."):
                return keys
            self._at += 1

    def _key(self) -> str:
        start = self._at
        if self._peek('"') or self._peek("'"):
            self._string()
            quoted = self._text[start : self._at]
            return str(tomllib.loads(f"key = {quoted}")["key"])
        while self._at < len(self._text) and (self._text[self._at].isalnum() or self._text[self._at] in "_-"):
            self._at += 1
        self._at = max(self._at, start + 1)
        return self._text[start : self._at]

    # ----------------------------------------------------------------------------------------------------- values

    def _value(self, path: Path) -> None:
        if self._peek('"') or self._peek("'"):
            self._string()
        elif self._peek("["):
            self._array(path)
        elif self._peek("{"):
            self._at += 1
            while self._more("}"):
                self._pair(path)
        else:
            while self._at < len(self._text) and self._text[self._at] not in _ENDS:
                self._at += 1

    def _array(self, path: Path) -> None:
        self._at += 1
        position = 0
        while self._more("]"):
            self._mark((*path, position), self._at)
            self._value((*path, position))
            position += 1

    def _more(self, end: str) -> bool:
        """Whether another entry follows inside brackets; behind the closing one otherwise."""
        self._skip_to_statement(_BETWEEN + ",")
        if self._at < len(self._text) and not self._peek(end):
            return True
        self._at += 1
        return False

    def _string(self) -> None:
        quote = self._text[self._at]
        mark = quote * 3 if self._peek(quote * 3) else quote
        self._at += len(mark)
        while self._at < len(self._text) and not self._peek(mark):
            self._at += 2 if quote == '"' and self._peek("\\") else 1
        self._at += len(mark)
        while len(mark) == 3 and self._peek(quote):  # up to two quotes may stand before the closing three
            self._at += 1

    # ------------------------------------------------------------------------------------------------------ steps

    def _peek(self, wanted: str) -> bool:
        return self._text.startswith(wanted, self._at)

    def _skip(self, characters: str) -> None:
        while self._at < len(self._text) and self._text[self._at] in characters:
            self._at += 1

    def _skip_to_statement(self, between: str = _BETWEEN) -> bool:
        """Skip white space and comments; False at the end of the text."""
        self._skip(between)
        while self._peek("#"):
            end = self._text.find("\n", self._at)
            self._at = len(self._text) if end < 0 else end
            self._skip(between)
        return self._at < len(self._text)

    def _mark(self, path: Path, at: int) -> None:
        self.found.setdefault(path, bisect_right(self._breaks, at - 1) + 1)
