"""Reads BBCode as forum engines write and take it; what is no tag of theirs is words, brackets included."""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.markup import addresses
from bot.markup.build import Builder
from bot.markup.nesting import Nesting, nothing
from bot.markup.nodes import Kind, Node

# Linear: what may follow a name gives nothing back, and a quote never goes beyond its line.
_TAG = re.compile(
    r"\[(/?(?:\*|[A-Za-z][A-Za-z0-9_-]{0,20}+))((?:[=:\s](?:[^\[\]\"\n]++|\"[^\"\n]*+\")*+)?+(?=\])|[=:\s][^\[\]\n]*+)\]"
)
_OPTION = re.compile(r"""([A-Za-z_-]{1,20}+)=(?:"([^"]*+)"|'([^']*+)'|(\S++))""")
NO_TAG = "\u200b"
"""What stands behind a bracket that begins no tag; it is not seen."""
_SIGNS = re.compile(r"[A-Za-z0-9_-]{1,64}")

_INLINE = {
    "b": Kind.BOLD,
    "i": Kind.ITALIC,
    "u": Kind.UNDERLINE,
    "s": Kind.STRIKE,
    "strike": Kind.STRIKE,
    "del": Kind.STRIKE,
    "sup": Kind.SUPERSCRIPT,
    "sub": Kind.SUBSCRIPT,
    "ispoiler": Kind.SPOILER,
}
_UNWRAPPED = frozenset({"size", "color", "colour", "font", "face", "highlight", "background", "bgcolor", "glow"})
_FLOW = frozenset({"center", "centre", "left", "right", "justify", "align", "indent", "p", "caption"})
_SINGLE = frozenset({"hr", "br", "*", "/*"})
_CODE = frozenset({"code", "codebox", "php", "html", "pre", "icode", "c", "tt"})
_IN_LINE = frozenset({"icode", "c", "tt"})
_AS_WRITTEN = frozenset({"noparse", "nobbc", "plain"})
_WHOLE = _CODE | _AS_WRITTEN | {"img", "image", "youtube", "vimeo", "media", "video", "audio"}
_ADDRESS_OR_WORDS = frozenset({"url", "email", "mail"})
_SITES = {"youtube": "https://www.youtube.com/watch?v=", "vimeo": "https://vimeo.com/"}
_LISTS = frozenset({"list", "ul", "ol"})
_ITEMS = frozenset({"*", "li"})
_LETTERED = frozenset({"1", "a", "i", "01"})

Tag = tuple[str, str, str]
"""A tag: its name in lower case ("b", "/b"), what follows it, and the whole as written; words have no name."""


def read(source: str, base: str) -> Node:
    """The tree of a BBCode text; its line ends are meant, and addresses in it are seen from the page at `base`."""
    walk = _Walk(base)
    walk.through(_paired(_pieces(source)))
    return walk.out.finish()


def _pieces(source: str) -> list[Tag]:
    pieces: list[Tag] = []
    parts = _TAG.split(source)
    for at in range(1, len(parts), 3):
        if parts[at - 1]:
            pieces.append(("", "", parts[at - 1]))
        pieces.append((parts[at].lower(), parts[at + 1], f"[{parts[at]}{parts[at + 1]}]"))
    pieces.append(("", "", parts[-1]))
    return pieces


def _paired(pieces: list[Tag]) -> list[Tag]:
    """The pieces, with tags that have no partner, and those inside of code, as words; what is taken whole is one tag.

    Such a tag has its content in the place of what was written.
    """
    last = {name: at for at, (name, _, _) in enumerate(pieces)}
    begun: dict[str, list[int]] = {}
    paired: list[Tag] = []
    at = 0
    while at < len(pieces):
        name, given, written = pieces[at]
        at += 1
        if name in _SINGLE or not name:
            paired.append((name, given, written))
        elif _is_whole(name, given) and last.get(f"/{name}", 0) >= at:
            content: list[str] = []
            while pieces[at][0] != f"/{name}":
                content.append(pieces[at][2])
                at += 1
            at += 1
            paired.append((name, given, "".join(content)))
        else:
            if name[0] != "/" and name in _TAGS:
                begun.setdefault(name, []).append(len(paired))
            elif name[0] == "/" and begun.get(name[1:]):
                begun[name[1:]].pop()
            else:
                name = ""
            paired.append((name, given, written))
    for unpaired in begun.values():
        for where in unpaired:
            paired[where] = ("", "", paired[where][2])
    return paired


def _is_whole(name: str, given: str) -> bool:
    """True for a tag whose content is no BBCode: code, or an address."""
    return name in _WHOLE or (name in _ADDRESS_OR_WORDS and given[:1] != "=")


class _Walk:
    """One reading of one text."""

    def __init__(self, base: str) -> None:
        self.out = Builder()
        self.base = base
        self.nesting = Nesting(self.out)

    def through(self, pieces: list[Tag]) -> None:
        """Says everything to the builder."""
        for name, given, written in pieces:
            if not name:
                self.words(written)
            elif (enter := _TAGS.get(name)) is not None:
                enter(self, name, given, written)
            else:
                self.nesting.end(name[1:], inline=name[1:] in _SPANS)
        self.nesting.end_all()

    def words(self, written: str) -> None:
        """Words with their line ends; bare addresses become links."""
        lines = written.replace(f"[{NO_TAG}", "[").split("\n")
        for number, line in enumerate(lines):
            if number:
                self.out.line_break()
            if self.nesting.counts.get("url"):
                self.out.text(line)
            else:
                self.out.linked_text(line)

    # ------------------------------------------------------------------------------------ elements, by what they become

    def inline(self, name: str, _given: str, _written: str) -> None:
        """b, i and their like."""
        if not self.nesting.full(name):
            self.out.open(_INLINE[name])
            self.nesting.push(name, self.out.close, _INLINE[name])

    def unwrapped(self, name: str, _given: str, _written: str) -> None:
        """Sizes and colours: their words."""
        if not self.nesting.full(name):
            self.nesting.push(name, nothing)

    def flow(self, name: str, _given: str, _written: str) -> None:
        """What stands on lines of its own."""
        self.out.part()
        if not self.nesting.full(name):
            self.nesting.push(name, self.out.part)

    def block(self, name: str, kind: Kind, *, level: int = 0, label: str = "", target: str = "") -> None:
        """An element that is a block."""
        if not self.nesting.full(name):
            self.out.block(kind, level=level, label=label, target=target)
            self.nesting.push(name, self.out.end)

    def heading(self, name: str, given: str, _written: str) -> None:
        """h1 to h6, and heading=2."""
        if self.nesting.full(name):
            return
        level = name[1:] if name != "heading" else _value(given)
        self.out.part()
        self.out.heading = min(max(int(level), 1), 6) if level.isdecimal() and len(level) == 1 else 1
        self.nesting.push(name, self._heading_ends)

    def _heading_ends(self) -> None:
        self.out.part()
        self.out.heading = 0

    def quote(self, name: str, given: str, _written: str) -> None:
        """quote, with its author: `="bob"`, `=bob post_id=1`, `="bob, post: 1, member: 2"`, `author=bob link=...`."""
        options = _options(given)
        label = options.get("author") or options.get("name") or _value(given)
        if '"' not in given and options:
            label = options.get("author") or options.get("name") or label.split(f" {next(iter(options))}=")[0]
        label, _, _ = label.partition(", post:")
        link = options.get("link") or options.get("url") or ""
        self.block(name, Kind.QUOTE, label=" ".join(label.split()), target=addresses.absolute(link, self.base))

    def spoiler(self, name: str, given: str, _written: str) -> None:
        """spoiler, hide: a fold where it has a title, else hidden words."""
        if title := " ".join(_value(given).split()):
            self.block(name, Kind.FOLD, label=title)
        elif not self.nesting.full(name):
            self.out.open(Kind.SPOILER)
            self.nesting.push(name, self.out.close, Kind.SPOILER)

    def listing(self, name: str, given: str, _written: str) -> None:
        """list, ul, ol."""
        numbered = name == "ol" or _value(given).lower() in _LETTERED
        self.block(name, Kind.LIST, level=1 if numbered else 0, label="1" if numbered else "")

    def item(self, name: str, _given: str, written: str) -> None:
        """li, and `[*]`, which the next one ends; outside of a list it is words."""
        self.nesting.end_nearest(_ITEMS, _LISTS)
        if self.out.inside is Kind.LIST:
            self.block(name, Kind.ITEM)
        elif name == "*":
            self.out.text(written)
        else:
            self.flow(name, "", "")

    def item_ends(self, _name: str, _given: str, _written: str) -> None:
        """[/*], as phpBB stores it."""
        self.nesting.end_nearest(_ITEMS, _LISTS)

    def table(self, name: str, _given: str, _written: str) -> None:
        """table, tr, td, th."""
        kind = {"table": Kind.TABLE, "tr": Kind.ROW}.get(name, Kind.CELL)
        self.block(name, kind, level=1 if name == "th" else 0)

    def rule(self, _name: str, _given: str, _written: str) -> None:
        """hr."""
        self.out.add(Node(Kind.RULE))

    def line_break(self, _name: str, _given: str, _written: str) -> None:
        """br."""
        self.out.line_break()

    # -------------------------------------------------------------------------------------------- elements, taken whole

    def code(self, name: str, given: str, content: str) -> None:
        """code and its like: a block, or in a line where the tag says so."""
        words = content.replace(f"[{NO_TAG}", "[").strip("\n")
        if not words.strip():
            return
        if name in _IN_LINE and "\n" not in words:
            self.out.leaf(Node(Kind.CODE, words))
        else:
            language = _value(given).strip() or (name if name == "php" else "")
            self.out.add(Node(Kind.CODE_BLOCK, words, "", language if _SIGNS.fullmatch(language) else ""))

    def as_written(self, _name: str, _given: str, content: str) -> None:
        """noparse: words, whatever they look like."""
        self.words(content)

    def link(self, name: str, given: str, content: str) -> None:
        """url, email: with an address and words, or an address alone; what must not be linked keeps both."""
        alone = given[:1] != "="
        address = content.strip() if alone else _value(given).strip()
        scheme = "mailto:" if name in ("email", "mail") and not address.lower().startswith("mailto:") else ""
        if not scheme and address.lower().startswith("www."):
            scheme = "http://"
        target = addresses.absolute(scheme + address, self.base) if address else ""
        if alone:
            if target:
                self.out.open(Kind.LINK, target)
            self.out.text(content.replace(f"[{NO_TAG}", "["))
            if target:
                self.out.close()
        elif self.nesting.full(name):
            pass
        elif target:
            self.out.open(Kind.LINK, target)
            self.nesting.push(name, self.out.close, Kind.LINK, target)
        else:
            self.nesting.push(name, lambda: self.out.text(f" ({address})") if address else None)

    def image(self, _name: str, given: str, content: str) -> None:
        """img, with a description; attach and the like keep what they hold."""
        target = addresses.absolute(content.strip(), self.base)
        label = " ".join((_options(given).get("alt") or "").split())
        if addresses.shows(target):
            self.out.leaf(Node(Kind.IMAGE, "", target, label))
        else:
            self.out.text(f"{label} {content}")

    def media(self, name: str, given: str, content: str) -> None:
        """youtube, vimeo, media=youtube, video: an address, or the site's own sign for it."""
        site = (_value(given) or name).strip().lower().partition(";")[0]
        sign = content.strip()
        if _SIGNS.fullmatch(sign) and site in _SITES:
            target = _SITES[site] + sign
        else:
            target = addresses.watched(addresses.absolute(sign, self.base))
        if addresses.shows(target):
            self.out.leaf(Node(Kind.MEDIA, "", target))
        else:
            self.out.text(content)


def _value(given: str) -> str:
    """What follows the "=" directly: `bob` of `="bob"`, of `=bob` and of `='bob'`."""
    if given[:1] != "=":
        return ""
    said = given[1:].strip()
    if said[:1] in ('"', "'"):
        inner, closed, _ = said[1:].partition(said[0])
        if closed:
            return inner
    return said.replace("&quot;", "").strip('"')


def _options(given: str) -> dict[str, str]:
    """What is given by name: `post_id=1`, `alt="a picture"`."""
    return {
        name.lower(): double or single or bare
        for name, double, single, bare in _OPTION.findall(given[1:] if given[:1] == "=" else given)
    }


_SPANS = frozenset({*_INLINE, "url", "email", "mail"})
_TAGS: dict[str, Callable[[_Walk, str, str, str], None]] = {
    **dict.fromkeys(_INLINE, _Walk.inline),
    **dict.fromkeys(_UNWRAPPED, _Walk.unwrapped),
    **dict.fromkeys(_FLOW, _Walk.flow),
    **dict.fromkeys(_CODE, _Walk.code),
    **dict.fromkeys(_AS_WRITTEN, _Walk.as_written),
    **dict.fromkeys(_LISTS, _Walk.listing),
    **dict.fromkeys(_ITEMS, _Walk.item),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6", "heading"), _Walk.heading),
    **dict.fromkeys(("table", "tr", "td", "th"), _Walk.table),
    **dict.fromkeys(("spoiler", "hide"), _Walk.spoiler),
    **dict.fromkeys(("url", "email", "mail"), _Walk.link),
    **dict.fromkeys(("img", "image"), _Walk.image),
    **dict.fromkeys(("youtube", "vimeo", "media", "video", "audio"), _Walk.media),
    "quote": _Walk.quote,
    "hr": _Walk.rule,
    "br": _Walk.line_break,
    "/*": _Walk.item_ends,
}
"""What is to be done at a tag; all others are words."""
