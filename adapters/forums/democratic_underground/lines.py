"""Pure: a page as lines, the one form into which page texts and HTML pages are brought to be read."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass

MAX_BYTES = 2 * 1024 * 1024
"""Bytes of a page that are read; what stands behind is not looked at, and the page says that it was cut."""

MAX_LINES = 100_000
"""Lines of a page that are read: 20 bytes each in the longest page, where real pages have more than 50."""

_HTML = re.compile(rb"\s{0,1000}<[!?a-zA-Z]")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page: `text` is what the grammars read, `raw` is what a body is made of."""

    text: str
    """The words, white space folded; empty for a blank line."""
    raw: str
    """A line of page text as it is, or of an HTML page as inline HTML in which every element is closed."""
    divider: bool = False
    """True when it holds nothing but no-break spaces: what ends the outline of a thread."""
    lead: str = ""
    """The words of the link that the line begins with; HTML only."""
    links: tuple[str, ...] = ()
    """Where its links lead; HTML only."""
    inside: tuple[tuple[str, int], ...] = ()
    """The quotes, lists and preformatted blocks it stands in, each with a serial number; HTML only."""


BLANK = Line("", "")


@dataclass(frozen=True, slots=True)
class Page:
    """A page as lines."""

    lines: Sequence[Line]
    html: bool
    cut: bool
    """True when the page was longer than what is read of it."""


def decoded(page: bytes) -> tuple[str, bool]:
    """The text of a page, at most `MAX_BYTES` of it, and whether it was cut; never fails.

    DU declares iso-8859-1 and sends what its users type, in utf-8 or windows-1252: so it is tried.
    """
    cut = len(page) > MAX_BYTES
    page = page[:MAX_BYTES].removeprefix(codecs.BOM_UTF8)
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(page, final=not cut)
    except UnicodeDecodeError:
        text = page.decode("cp1252", "replace")
    # No database takes a NUL in a text.
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd"), cut


def is_html(page: bytes) -> bool:
    """Whether a page is HTML, which begins with a tag; a saved file has no content type."""
    return bool(_HTML.match(page.removeprefix(codecs.BOM_UTF8)))


def from_text(text: str) -> tuple[list[Line], bool]:
    """The lines of a page text, at most `MAX_LINES`, and whether that cut it."""
    found = text.split("\n", MAX_LINES)
    return [_line(raw) for raw in found[:MAX_LINES]], len(found) > MAX_LINES


def folded(text: str) -> str:
    """The words of a text with one space between them; a no-break space is white space too."""
    return " ".join(text.split())


def body_text(lines: Sequence[Line]) -> str:
    """The text of lines of a page text: paragraphs by blank lines, nothing else changed."""
    return "\n".join(line.raw for line in lines).strip()


def sample(lines: Sequence[Line]) -> bytes:
    """The beginning of some lines, to be shown to who repairs the parser."""
    return "\n".join(line.raw[:500] for line in lines[:40]).encode()[:4096]


def _line(raw: str) -> Line:
    text = folded(raw)
    if text:
        return Line(text, raw.rstrip())
    return Line("", "", divider=True) if "\xa0" in raw else BLANK
