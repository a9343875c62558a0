"""How far a long piece of work is, for somebody who looks on; nothing where nobody does."""

from __future__ import annotations

import shutil
import sys
from types import TracebackType
from typing import TextIO

WIDEST = 40
"""Characters of the bar itself, at most."""

CLEAR = "\r\x1b[K"
"""What takes a line of a terminal away (ECMA-48: erase in line)."""


class Bar:
    """A line on standard error that is drawn over and over, and gone when the work is done; a terminal only.

    Used as a context: `with Bar("Delivering") as bar: bar.show(3, 7)`.
    """

    def __init__(self, label: str, stream: TextIO | None = None) -> None:
        self._label = label
        self._stream = stream if stream is not None else sys.stderr
        self._seen = self._stream.isatty()

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._seen:
            self._stream.write(CLEAR)
            self._stream.flush()

    def show(self, done: int, total: int) -> None:
        """Draw it anew; a total of 0 is not known yet."""
        if self._seen:
            self._stream.write(CLEAR + line(self._label, done, total, shutil.get_terminal_size().columns))
            self._stream.flush()


def line(label: str, done: int, total: int, columns: int) -> str:
    """The line for a terminal of that width, such as "Delivering [#####-----] 5 of 10"."""
    if not total:
        return f"{label}: {done}"[: columns - 1]
    count = f"{done} of {total}"
    width = min(WIDEST, columns - len(label) - len(count) - 5)
    if width < 4:
        return f"{label} {count}"[: columns - 1]
    full = width * min(done, total) // total
    return f"{label} [{'#' * full}{'-' * (width - full)}] {count}"
