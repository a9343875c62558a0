"""Pure: an HTML page as lines, in one pass over its tags.

No tree is built: on a page of nested or unclosed elements a tree builder takes quadratic time (the 2 MiB
that are read here would cost minutes), and the classes of DU's thread pages are not known, so that a tree
could not be asked for anything. What a thread page prints is the same as its page text, and the same
grammar reads both.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from enum import Enum
from urllib.parse import urljoin

from adapters.forums.democratic_underground.lines import BLANK, MAX_LINES, Line, folded


class Tag(Enum):
    """What a piece of a page is."""

    TEXT = "text"
    OPEN = "open"
    CLOSE = "close"


Piece = tuple[Tag, str, str]
"""Words ("", text), or a tag (name in lower case, its attributes as written)."""

_DEEPEST = 128
"""Elements that may stand in each other; the tags of deeper ones are passed over, their words kept."""

_STYLES_AT_ONCE = 16
"""Inline elements that may stand in each other; they are closed and opened anew at every line."""

# Linear: each alternative begins with another character and gives nothing back; and of all places that look
# like the beginning of a tag, at most two at a time can be inside an open quote.
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})((?:[^\"'<>]++|\"[^\"]*+\"|'[^']*+')*+)>|<!--|<[!?][^<>]*+>")
_ATTRIBUTE = re.compile(r"""([a-zA-Z][a-zA-Z-]{0,19}+)\s{0,8}+=\s{0,8}+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))""")
_SPACE = re.compile(r"[ \t\n\f]+")


def _names(names: str) -> frozenset[str]:
    return frozenset(names.split())


_UNREAD = _names("script style textarea title select button noscript iframe object svg template")
"""What no reader sees as text."""
_BLOCKS = _names(
    "div td th tr table tbody thead ul ol li dl dd dt h1 h2 h3 h4 h5 h6 blockquote pre form center fieldset "
    "section article header footer nav main aside"
)
_APART = _names("p h1 h2 h3 h4 h5 h6 blockquote pre ul ol")
"""What stands between blank lines."""
_KEPT = _names("blockquote ul ol li pre")
_STYLES = _names("a b strong i em u s strike del sup sub code tt")
_ENDS_ITSELF = _names("li td th tr dd dt")
"""What the next of its kind ends, for people leave out the end tags."""


def pieces(page: str) -> Iterator[Piece]:
    """The words and tags of a page in order, without comments and what nobody reads (scripts, menus)."""
    position = 0
    while position < len(page):
        tag = _TAG.search(page, position)
        if tag is None:
            break
        if tag.start() > position:
            yield Tag.TEXT, "", page[position : tag.start()]
        position = tag.end()
        name = (tag[2] or "").lower()
        if tag[0] == "<!--":
            end = page.find("-->", position)
            position = len(page) if end < 0 else end + 3
        elif name and tag[1]:
            yield Tag.CLOSE, name, ""
        elif name in _UNREAD:
            closing = re.compile(rf"</{name}[\s/>]", re.IGNORECASE).search(page, position)
            position = closing.start() if closing else len(page)
        elif name:
            yield Tag.OPEN, name, tag[3]
    if position < len(page):
        yield Tag.TEXT, "", page[position:]


def attributes(written: str) -> dict[str, str]:
    """The attributes of a tag by name, decoded; the first of two equal names counts."""
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(written[:4096]):
        found.setdefault(name.lower(), html.unescape(double or single or bare))
    return found


def from_html(page: str, base: str) -> tuple[list[Line], bool]:
    """The lines of a page, at most `MAX_LINES`, and whether that cut it; `base` completes its addresses."""
    writer = _Writer(base)
    for kind, name, rest in pieces(page):
        if kind is Tag.TEXT:
            writer.words(rest)
        elif kind is Tag.OPEN:
            writer.opened(name, rest)
        else:
            writer.closed(name)
        if len(writer.lines) > MAX_LINES:
            break
    writer.end_line()
    return writer.lines[:MAX_LINES], len(writer.lines) > MAX_LINES


def body_html(lines: Sequence[Line], around: Line) -> str:
    """The lines as an HTML body: paragraphs, line breaks and the quotes and lists that begin inside it.

    `around` is a line outside the body: what it stands in is the page's own furniture and is left out.
    """
    outside = set(around.inside)
    written: list[str] = []
    within: list[tuple[str, int]] = []
    paragraph = False
    for line in lines:
        if not line.raw:
            paragraph = _end(written, paragraph)
            continue
        wanted = [block for block in line.inside if block not in outside]
        shared = _shared(within, wanted)
        if shared < max(len(within), len(wanted)):
            paragraph = _end(written, paragraph)
            written.extend(f"</{name}>" for name, _ in reversed(within[shared:]))
            written.extend(f"<{name}>" for name, _ in wanted[shared:])
            within = wanted
        if any(name == "pre" for name, _ in within):
            written.append(line.raw + "\n")
            continue
        written.append(f"<br>{line.raw}" if paragraph else f"<p>{line.raw}")
        paragraph = True
    _end(written, paragraph)
    written.extend(f"</{name}>" for name, _ in reversed(within))
    return "".join(written)


def _shared(one: Sequence[object], other: Sequence[object]) -> int:
    """How many elements both begin with."""
    length = min(len(one), len(other))
    return next((index for index in range(length) if one[index] != other[index]), length)


def _end(written: list[str], paragraph: bool) -> bool:
    if paragraph:
        written.append("</p>")
    return False


class _Writer:
    """Takes a page piece by piece and keeps its lines."""

    def __init__(self, base: str) -> None:
        self.lines: list[Line] = []
        self._base = base
        self._raw: list[str] = []  # the line so far, as inline HTML
        self._text: list[str] = []  # and its words
        self._lead = ""
        self._leading = False
        self._links: list[str] = []
        self._styles: list[tuple[str, str, int]] = []  # name, opening tag, depth at which it began
        self._shown = 0  # how many of them are open in this line
        self._open: list[tuple[str, tuple[str, int] | None]] = []  # elements, with what is kept of them
        self._count: Counter[str] = Counter()
        self._too_deep = 0
        self._inside: tuple[tuple[str, int], ...] = ()
        self._serial = 0

    def words(self, written: str) -> None:
        text = html.unescape(written)
        if self._count["pre"] and "\n" in text:
            for part in text.split("\n")[:-1]:
                self._add(part)
                self.end_line()
                if len(self.lines) > MAX_LINES:
                    return
            self._add(text.rpartition("\n")[2])
        else:
            self._add(_SPACE.sub(" ", text))

    def opened(self, name: str, rest: str) -> None:
        if name == "br":
            if not self.end_line():
                self.lines.append(BLANK)
        elif name == "img":
            self._image(attributes(rest))
        elif name in _STYLES:
            self._style(name, rest)
        elif name in _BLOCKS or name in ("p", "hr"):
            self._border(name)
            if name in _BLOCKS:
                self._nest(name, rest)

    def closed(self, name: str) -> None:
        if name in _STYLES:
            self._unstyle(name)
        elif name in _BLOCKS or name == "p":
            self._border(name)
            if self._too_deep and name in _BLOCKS:
                self._too_deep -= 1
            elif self._count[name]:
                self._leave(name)

    def end_line(self) -> bool:
        """Finish the line; False where there was nothing on it."""
        while self._shown:
            self._shown -= 1
            self._raw.append(f"</{self._styles[self._shown][0]}>")
        plain = "".join(self._text)
        text = folded(plain)
        pictured = any(piece.startswith("<img ") for piece in self._raw)
        if text or pictured:
            raw = "".join(self._raw).strip(" ")
            self.lines.append(Line(text, raw, False, self._lead, tuple(self._links[:8]), self._inside))
        elif "\xa0" in plain:
            self.lines.append(Line("", "", divider=True))
        self._raw, self._text, self._links, self._lead = [], [], [], ""
        self._leading = False
        return bool(text or pictured or plain)

    def _border(self, name: str) -> None:
        self.end_line()
        if name in _APART and self.lines and self.lines[-1].text:
            self.lines.append(BLANK)

    def _add(self, text: str) -> None:
        if not self._text and not self._count["pre"]:
            text = text.lstrip(" ")
        if text:
            self._show()
            self._text.append(text)
            self._raw.append(html.escape(text, quote=False))

    def _show(self) -> None:
        """Open in this line what is open in the text."""
        for _, tag, _ in self._styles[self._shown :]:
            self._raw.append(tag)
        self._shown = len(self._styles)

    def _image(self, found: dict[str, str]) -> None:
        target = self._address(found.get("src", ""))
        if target:
            self._show()
            alt = html.escape(found.get("alt", "")[:500])
            self._raw.append(f'<img src="{html.escape(target)}" alt="{alt}">')

    def _style(self, name: str, rest: str) -> None:
        if len(self._styles) >= _STYLES_AT_ONCE:
            return
        tag = f"<{name}>"
        if name == "a":
            self._unstyle("a")  # links do not nest
            target = self._address(attributes(rest).get("href", ""))
            if not target:
                return
            tag = f'<a href="{html.escape(target)}">'
            self._links.append(target)
            self._leading = not self._text
        self._styles.append((name, tag, len(self._open)))

    def _unstyle(self, name: str) -> None:
        index = next((n for n in range(len(self._styles) - 1, -1, -1) if self._styles[n][0] == name), None)
        if index is None:
            return
        if name == "a" and self._leading:
            self._lead, self._leading = folded("".join(self._text)), False
        self._drop(index)

    def _drop(self, index: int) -> None:
        """Forget the style at `index`; what was opened after it stays open."""
        while self._shown > index:
            self._shown -= 1
            self._raw.append(f"</{self._styles[self._shown][0]}>")
        del self._styles[index]

    def _nest(self, name: str, rest: str) -> None:
        if name in _ENDS_ITSELF and self._open and self._open[-1][0] == name:
            self._leave(name)
        if len(self._open) >= _DEEPEST:
            self._too_deep += 1
            return
        # A member's quote from an article is a division of this class.
        excerpt = name == "div" and "excerpt" in attributes(rest).get("class", "").split()
        kept = "blockquote" if excerpt else name if name in _KEPT else ""
        self._serial += 1
        self._open.append((name, (kept, self._serial) if kept else None))
        self._count[name] += 1
        if kept:
            self._inside += ((kept, self._serial),)

    def _leave(self, name: str) -> None:
        while self._open:
            gone, kept = self._open.pop()
            self._count[gone] -= 1
            if kept:
                self._inside = self._inside[:-1]
            if gone == name:
                break
        while self._styles and self._styles[-1][2] > len(self._open):
            self._drop(len(self._styles) - 1)

    def _address(self, written: str) -> str:
        if not written or len(written) > 2048:
            return ""
        try:
            whole = urljoin(self._base + "/", written.strip())
        except ValueError:
            return ""
        return whole if whole.startswith(("http://", "https://")) else ""
