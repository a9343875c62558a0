"""A place in a run of HTML pieces, and the elements that are taken whole from there: titles, code, what is skipped."""

from __future__ import annotations

from collections.abc import Mapping
from html import unescape
from typing import NamedTuple

from bot.markup import addresses
from bot.markup.html_pieces import attributes, pieces
from bot.markup.html_styles import CHROME

# Elements that stand on lines of their own and mean nothing more to us: they part paragraphs where they start and end.
FLOW = frozenset(
    {"address", "article", "body", "caption", "center", "dd", "dir", "dl", "dt", "fieldset", "figcaption", "figure"}
    | {"footer", "form", "header", "hgroup", "html", "legend", "main", "nav", "noscript", "optgroup", "option", "p"}
    | {"section", "textarea", "title"}
)
UNSEEN = frozenset({"noembed", "noframes", "script", "style", "template"})
_LONGEST_TITLE = 64
"""Tags in a title or a mention; what has more is neither."""
_MOST_TOO_LONG = 100
"""How often a title is looked for that is none."""

_LINES = FLOW.union(
    ("aside", "blockquote", "details", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "pre", "table"),
    ("td", "th", "tr", "ul"),
)


class Gathered(NamedTuple):
    """The words of an element taken whole, the last address linked in it, and the tag at which it ends."""

    words: str
    link: str
    stop: int
    closed: bool
    """True if that is its own end tag."""


class Cursor:
    """The pieces of a source, and how far they have been read."""

    def __init__(self, source: str, base: str) -> None:
        self.parts = pieces(source)
        self.at = 0
        """In `parts`: the words behind the last tag."""
        self._base = base
        self._endless: set[str] = set()  # names of elements that were to be skipped and have no end
        self._too_long = 0  # how many titles were none

    def skip(self, name: str) -> bool:
        """Passes over the element that has just begun; False, and nothing is passed over, if it never ends."""
        if name in self._endless:
            return False
        parts = self.parts
        inside = 0
        for at in range(self.at + 1, len(parts), 3):
            tag = parts[at].lower()
            if tag == name:
                inside += 1
            elif tag[0] == "/" and tag[1:] == name:
                if not inside:
                    self.at = at + 2
                    return True
                inside -= 1
        self._endless.add(name)
        return False

    def whole(self, name: str, outside: Mapping[str, int]) -> str:
        """The words of code that has just begun, which end with it."""
        found = self._gathered(name, outside, len(self.parts))
        if found is None:
            return ""
        self.take(found)
        return found.words.strip("\n")

    def take(self, found: Gathered) -> None:
        """Goes on behind what was gathered, whose words have been used."""
        if found.closed:
            self.at = found.stop + 2
        else:
            self.at = found.stop - 1
            self.parts[self.at] = ""

    def title(self, name: str, outside: Mapping[str, int]) -> Gathered | None:
        """The words in a short element that has just begun, as they stand, blocks on lines of their own.

        It ends at the latest where an element does that is open `outside`, given as how many there are of each name.
        None if it is too long for a title.
        """
        if self._too_long > _MOST_TOO_LONG:
            return None
        found = self._gathered(name, outside, _LONGEST_TITLE)
        self._too_long += found is None
        return found

    def _gathered(self, name: str, outside: Mapping[str, int], most: int) -> Gathered | None:
        parts = self.parts
        said: list[str] = []
        inside: dict[str, int] = {}
        link = ""
        at = self.at
        for stop in range(at + 1, min(len(parts), at + 3 * most), 3):
            if words := parts[stop - 1]:
                said.append(unescape(words) if "&" in words else words)
            tag = parts[stop].lower()
            if tag[0] == "/":
                ended = tag[1:]
                if inside.get(ended):
                    inside[ended] -= 1
                elif ended == name or outside.get(ended):
                    return Gathered("".join(said), link, stop, ended == name)
                if ended in _LINES:
                    _new_line(said)
                continue
            inside[tag] = inside.get(tag, 0) + 1
            if tag == "br":
                said.append("\n")
            elif tag == "img":
                said.append(_drawn(attributes(parts[stop + 1])))
            elif tag == "a":
                link = addresses.absolute(attributes(parts[stop + 1]).get("href") or "", self._base) or link
            elif tag in _LINES:
                _new_line(said)
        if len(parts) - at > 3 * most:
            return None
        said.append(unescape(parts[-1]))
        return Gathered("".join(said), link, len(parts), False)


def _new_line(said: list[str]) -> None:
    if said and not said[-1].endswith("\n"):
        said.append("\n")


def _drawn(given: dict[str, str]) -> str:
    """The words of a picture in a title, unless it is the page's own."""
    classes = (given.get("class") or "").split()
    return (given.get("alt") or "") if CHROME.isdisjoint(classes) and "inlineimg" not in classes else ""
