"""What the elements of HTML become: text, lists, tables, code, pictures."""

from __future__ import annotations

from html import unescape

from bot.markup import addresses
from bot.markup.build import Builder
from bot.markup.html_pieces import attributes
from bot.markup.html_styles import CHROME, DRAWN_WORDS, language, quote_in_table
from bot.markup.html_whole import Cursor
from bot.markup.nesting import Nesting
from bot.markup.nodes import Kind, Node

INLINE = {
    "b": Kind.BOLD,
    "strong": Kind.BOLD,
    "i": Kind.ITALIC,
    "em": Kind.ITALIC,
    "var": Kind.ITALIC,
    "dfn": Kind.ITALIC,
    "s": Kind.STRIKE,
    "strike": Kind.STRIKE,
    "del": Kind.STRIKE,
    "u": Kind.UNDERLINE,
    "ins": Kind.UNDERLINE,
    "sup": Kind.SUPERSCRIPT,
    "sub": Kind.SUBSCRIPT,
}
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_CROSSING = frozenset({*INLINE, "a"})
"""What ends where its tag says, whatever was opened in it."""
_CELLS = frozenset({"td", "th"})
_ITEM, _ROW = frozenset({"li"}), frozenset({"tr"})
_IN_LIST, _IN_TABLE, _IN_ROW = frozenset({"ol", "ul"}), frozenset({"table"}), frozenset({"table", "tr"})


class Elements:
    """One reading of one document, and what its elements become; each method is called at a start tag."""

    def __init__(self, source: str, base: str) -> None:
        self.out = Builder(careful="&#" in source)
        self.base = base
        self.here = Cursor(source, base)
        self.nesting = Nesting(self.out)
        self.picture = ""
        """The address that the images in a link are small versions of."""
        self.quotes_drawn = 0  # open tables that draw a quote

    def end(self, tag: str, _written: str) -> None:
        """Any end tag of an element that may be open."""
        name = tag[1:]
        self.nesting.end(name, inline=name in _CROSSING)

    # -------------------------------------------------------------------------------- elements, by what they become

    def line_break(self, _tag: str, _written: str) -> None:
        """br."""
        self.out.line_break()

    def part(self, _tag: str, _written: str) -> None:
        """The start or end of an element that only stands on lines of its own."""
        self.out.part()

    def inline(self, name: str, _written: str) -> None:
        """b, i and their like."""
        if not self.nesting.full(name):
            kind = INLINE[name]
            self.out.open(kind)
            if not self.holds_words(name):
                self.nesting.push(name, self.out.close, kind)

    def holds_words(self, name: str) -> bool:
        """Says the rest of an element that has just been opened, if it holds nothing but words, as most inline ones do.

        It is not counted as open then, since no tag comes that could ask. False, and nothing is said, if it holds more.
        """
        here = self.here
        at, parts = here.at, here.parts
        if at + 1 == len(parts) or parts[at + 1] != "/" + name or self.nesting.passes_over:
            return False
        if words := parts[at]:
            self.out.text(unescape(words) if "&" in words else words)
        self.out.close()
        here.at = at + 3
        return True

    def block(self, name: str, kind: Kind, *, level: int = 0, label: str = "", target: str = "") -> None:
        """An element that is a block."""
        self.out.block(kind, level=level, label=label, target=target)
        self.nesting.push(name, self.out.end)

    def fold(self, name: str, _written: str) -> None:
        """details."""
        if not self.nesting.full(name):
            self.block(name, Kind.FOLD)

    def heading(self, name: str, _written: str) -> None:
        """h1 to h6: every paragraph in it becomes a heading."""
        if not self.nesting.full(name):
            self.out.part()
            self.out.heading = int(name[1])
            self.nesting.push(name, self._heading_ends)

    def _heading_ends(self) -> None:
        self.out.part()
        self.out.heading = 0

    def listing(self, name: str, written: str) -> None:
        """ul and ol."""
        if self.nesting.full(name):
            return
        if name == "ol":
            start = attributes(written).get("start", "1") if written else "1"
            self.block(name, Kind.LIST, level=1, label=start if start.isdecimal() and start.isascii() else "1")
        else:
            self.block(name, Kind.LIST)

    def item(self, name: str, _written: str) -> None:
        """li; outside of a list it is a line of its own."""
        if self.nesting.counts.get("li"):
            self.nesting.end_nearest(_ITEM, _IN_LIST)
        if self.nesting.full(name):
            self.out.part()
        elif self.out.inside is Kind.LIST:
            self.block(name, Kind.ITEM)
        else:
            self.out.part()
            self.nesting.push(name, self.out.part)

    def table(self, name: str, _written: str) -> None:
        """table; sections and column groups are passed through. Old forums draw their quotes with one."""
        if self.nesting.full(name):
            return
        if quote_in_table(self.here.parts, self.here.at):
            self.out.block(Kind.QUOTE)
            self.quotes_drawn += 1
            self.nesting.push(name, self._drawn_quote_ends)
        else:
            self.block(name, Kind.TABLE)

    def _drawn_quote_ends(self) -> None:
        self.out.end()
        self.quotes_drawn -= 1

    def row(self, name: str, _written: str) -> None:
        """tr."""
        self.nesting.end_nearest(_ROW, _IN_TABLE)
        self._table_part(name, Kind.ROW)

    def cell(self, name: str, _written: str) -> None:
        """td and th."""
        self.nesting.end_nearest(_CELLS, _IN_ROW)
        self._table_part(name, Kind.CELL, level=1 if name == "th" else 0)

    def _table_part(self, name: str, kind: Kind, level: int = 0) -> None:
        if self.nesting.full(name):
            self.out.part()
        elif self.quotes_drawn and self.out.inside is Kind.QUOTE:
            self.out.part()
            self.nesting.push(name, self.out.part)
        else:
            self.block(name, kind, level=level)

    def image(self, _name: str, written: str) -> None:
        """img: an image; its words alone where it draws a smiley or has no address that may be shown."""
        given = attributes(written)
        classes = (given.get("class") or "").split()
        if not CHROME.isdisjoint(classes):
            return
        label = " ".join((given.get("alt") or "").split())
        target = self.picture
        for source in ("src", "data-src", "data-url"):
            target = target or addresses.absolute(given.get(source) or "", self.base)
        if addresses.shows(target) and DRAWN_WORDS.isdisjoint(classes):
            self.out.leaf(Node(Kind.IMAGE, "", target, label))
        else:
            self.out.text(label)

    def media(self, name: str, written: str) -> None:
        """video, audio, iframe, embed: their address; what they hold is for browsers that cannot show them."""
        given = attributes(written)
        address = given.get("src") or given.get("data-src") or ""
        begun = self.here.at
        whole = name == "embed" or self.here.skip(name)
        if not address and whole:
            inside = range(begun, self.here.at - 3, 3)
            sources = [
                attributes(self.here.parts[at + 2]) for at in inside if self.here.parts[at + 1].lower() == "source"
            ]
            address = next((found["src"] for found in sources if found.get("src")), "")
        label = " ".join((given.get("title") or "").split())
        target = addresses.watched(addresses.absolute(address, self.base))
        if "wp-embedded-content" in (given.get("class") or "").split():
            return  # the link in the quote before it says the same
        if addresses.shows(target):
            self.out.leaf(Node(Kind.MEDIA, "", target, label))
        else:
            self.out.text(label)

    def unseen(self, name: str, _written: str) -> None:
        """script, style: nothing of a post; without an end they take the rest with them, as in a browser."""
        if not self.here.skip(name):
            self.here.at = len(self.here.parts) - 1
            self.here.parts[self.here.at] = ""

    def code(self, name: str, _written: str) -> None:
        """code, kbd, samp, tt: code in a line, or a block of it where it has lines."""
        words = self.here.whole(name, self.nesting.counts)
        if "\n" in words:
            self.out.add(Node(Kind.CODE_BLOCK, words))
        elif words.strip():
            self.out.leaf(Node(Kind.CODE, words))

    def preformatted(self, name: str, written: str) -> None:
        """pre: a block of code, its language from a class of it or of the code element in it."""
        said = language(attributes(written)) if written else ""
        if not said and self.here.at + 2 < len(self.here.parts) and self.here.parts[self.here.at + 1].lower() == "code":
            said = language(attributes(self.here.parts[self.here.at + 2]))
        words = self.here.whole(name, self.nesting.counts)
        self.out.part()
        if words.strip():
            self.out.add(Node(Kind.CODE_BLOCK, words, "", said))

    def terms(self, _name: str, written: str) -> None:
        """dl: a list of terms, or what phpBB draws around code."""
        self.out.part()
        if "codebox" in written:
            self.skip_title()

    def skip_title(self) -> None:
        """Passes over the first line in a box of code: a title and a button of the page."""
        if self.here.at + 1 < len(self.here.parts) and self.here.parts[self.here.at + 1] in ("p", "dt"):
            begun = self.here.at
            self.here.at += 3
            if not self.here.skip(self.here.parts[begun + 1]):
                self.here.at = begun

    def rule(self, _name: str, _written: str) -> None:
        """hr."""
        self.out.add(Node(Kind.RULE))
