"""Reads the HTML of forum posts: one pass over its tags, never passed through; broken HTML loses no words."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape

from bot.markup import addresses
from bot.markup.html_elements import HEADINGS, INLINE, Elements
from bot.markup.html_pieces import attributes
from bot.markup.html_styles import (
    ATTRIBUTIONS,
    BARE_MENTIONS,
    CHROME,
    DRAWN_ATTRIBUTION,
    DRAWN_TITLE,
    FOLD_TITLES,
    FOLDS,
    MENTIONS,
    QUOTES,
    SPOILERS,
    attributed,
)
from bot.markup.html_whole import FLOW, UNSEEN
from bot.markup.nesting import nothing
from bot.markup.nodes import Kind, Node


def read(source: str, base: str) -> Node:
    """The tree of an HTML fragment; addresses in it are seen from the page at `base`."""
    walk = _Walk(source, base)
    walk.through()
    return walk.out.finish()


_USED = CHROME | ATTRIBUTIONS | FOLD_TITLES | {"codebox", "lazy-video-container", "meta", "smallfont", "title"}
"""Classes of elements that may have been said whole."""
_BLANK = frozenset({" ", "\n", "\n\n"})
"""What mostly stands between two tags that follow each other."""


class _Walk(Elements):
    """Goes through a document, and knows how forums draw quotes, spoilers, folds and mentions."""

    def __init__(self, source: str, base: str) -> None:
        super().__init__(source, base)
        self._attribution = ("", "")  # of the next blockquote: who is quoted, where it stands

    def through(self) -> None:
        """Says everything to the builder."""
        here, parts = self.here, self.here.parts
        text, space, part = self.out.text, self.out.space, self.out.part
        last = len(parts) - 1
        at = 0
        while True:
            if (words := parts[at]) in _BLANK:
                space()
            elif words:
                text(unescape(words) if "&" in words else words)
            if at == last:
                break
            name = parts[at + 1]
            enter = _TAGS.get(name)
            if enter is _PART:  # every second tag is a "p"
                part()
                at += 3
                continue
            if enter is None:
                name = name.lower()
                enter = _TAGS.get(name)
                if enter is None:
                    at += 3
                    continue
            here.at = at + 3
            enter(self, name, parts[at + 2])
            at = here.at
        self.nesting.end_all()

    def quote(self, name: str, written: str) -> None:
        """blockquote, with its source from its attributes or from what stands before it."""
        if self.nesting.full(name):
            return
        (label, target), self._attribution = self._attribution, ("", "")
        given = attributes(written) if written else {}
        if cite := given.get("cite"):
            target = addresses.absolute(cite, self.base)
        self.block(name, Kind.QUOTE, label=label, target=target)

    def cite(self, name: str, _written: str) -> None:
        """cite: who is quoted where it opens a quote, else a title."""
        if not self._named(name, Kind.QUOTE) and not self.nesting.full(name):
            self.out.open(Kind.ITALIC)
            self.nesting.push(name, self.out.close, Kind.ITALIC)

    def summary(self, name: str, _written: str) -> None:
        """summary: the title of its fold, else a line."""
        if not self._named(name, Kind.FOLD):
            self.out.part()

    def _named(self, name: str, kind: Kind) -> bool:
        """True if the element names the block that it opens; its words are used then."""
        if self.out.inside is not kind:
            return False
        found = self.here.title(name, self.nesting.counts)
        if found is None:
            return False
        label = attributed(found.words) if kind is Kind.QUOTE else " ".join(found.words.split())
        if not label or not self.out.name(kind, label, found.link if kind is Kind.QUOTE else ""):
            return False
        self.here.take(found)
        return True

    def box(self, name: str, written: str) -> None:
        """aside, div, span: a quote, a spoiler, a fold, their titles, what a forum draws around them, or just words."""
        given = attributes(written) if " class=" in written or "data-" in written else {}
        classes = (given.get("class") or "").split()
        if classes and self._is_used(name, classes, given):
            return
        behind = self.here.parts[self.here.at] if self.quotes_drawn else ""
        if behind.lstrip().startswith(DRAWN_ATTRIBUTION) and self._named(name, Kind.QUOTE):
            return
        if self.nesting.full(name):
            return
        out = self.out
        if name == "span":
            if SPOILERS.isdisjoint(classes) and "data-mx-spoiler" not in given:
                self.nesting.push(name, nothing)
            else:
                out.open(Kind.SPOILER)
                self.nesting.push(name, out.close, Kind.SPOILER)
        elif not SPOILERS.isdisjoint(classes):
            out.part()
            out.open(Kind.SPOILER)
            self.nesting.push(name, self._spoiler_ends, Kind.SPOILER)
        elif not FOLDS.isdisjoint(classes):
            self.block(name, Kind.FOLD)
        elif not QUOTES.isdisjoint(classes):
            self.block(name, Kind.QUOTE)
        elif "onebox" in classes and name == "aside":
            source = addresses.absolute(given.get("data-onebox-src", ""), self.base)
            self.block(name, Kind.QUOTE, target=source)
        else:
            out.part()
            quoting = name == "aside" and "quote" in classes
            if quoting:
                self._attribution = (" ".join((given.get("data-username") or "").split()), "")
            self.nesting.push(name, self._framed_quote_ends if quoting else out.part)

    def _is_used(self, name: str, classes: list[str], given: dict[str, str]) -> bool:
        """True if the element has been said whole: a title, a video, what belongs to the page and not to the post."""
        if _USED.isdisjoint(classes):
            return False
        if not CHROME.isdisjoint(classes) or ("meta" in classes and self.picture):
            return self.here.skip(name)
        if not ATTRIBUTIONS.isdisjoint(classes):
            return self._named(name, Kind.QUOTE) or self._announced(name)
        if "smallfont" in classes and self.here.parts[self.here.at].strip() == DRAWN_TITLE:
            return self.here.skip(name)
        if not FOLD_TITLES.isdisjoint(classes):
            return self._named(name, Kind.FOLD)
        if "codebox" in classes:
            self.out.part()
            self.skip_title()
            return False
        if (
            "title" in classes
            and name == "div"
            and self.nesting.open
            and self.nesting.open[-1].end == self._framed_quote_ends
        ):
            return self._announced(name)
        if "lazy-video-container" in classes:
            video = self.here.title(name, self.nesting.counts)
            if video is not None and addresses.shows(video.link):
                label = " ".join((given.get("data-video-title") or video.words).split())
                self.out.part()
                self.out.leaf(Node(Kind.MEDIA, "", addresses.watched(video.link), label))
                self.out.part()
                self.here.take(video)
                return True
        return False

    def _announced(self, name: str) -> bool:
        """Keeps the title of a quote for the blockquote behind it, drops that of code; False if neither follows."""
        found = self.here.title(name, self.nesting.counts)
        if found is None:
            return False
        following = {tag.lower() for tag in self.here.parts[found.stop + 3 : found.stop + 12 : 3]}
        if "pre" in following:
            self.here.take(found)
            return True
        if "blockquote" not in following:
            return False
        author, label = self._attribution[0], attributed(found.words)
        self._attribution = (label if author in label else f"{author}, {label}".rstrip(", "), found.link)
        self.here.take(found)
        return True

    def _framed_quote_ends(self) -> None:
        self._attribution = ("", "")
        self.out.part()

    def _spoiler_ends(self) -> None:
        self.out.part()
        self.out.close()

    def link(self, name: str, written: str) -> None:
        """a: a mention, a link, or just its words; the images in a lightbox are those that it opens."""
        if self.nesting.counts.get("a"):
            self.nesting.end("a", inline=True)
        given = attributes(written)
        classes = (given.get("class") or "").split()
        if not MENTIONS.isdisjoint(classes):
            found = self.here.title(name, self.nesting.counts)
            words = " ".join(found.words.split()) if found is not None else ""
            called = words.removeprefix("@")
            if found is not None and called and (called != words or not BARE_MENTIONS.isdisjoint(classes)):
                self.out.leaf(Node(Kind.MENTION, called))
                self.here.take(found)
                return
        if self.nesting.full(name):
            return
        target = addresses.absolute(given.get("href") or "", self.base)
        if "lightbox" in classes and addresses.shows(target):
            self.picture = target
            self.nesting.push(name, self._picture_ends)
        elif target:
            self.out.open(Kind.LINK, target)
            if not self.holds_words(name):
                self.nesting.push(name, self.out.close, Kind.LINK, target)
        else:
            self.nesting.push(name, nothing)

    def _picture_ends(self) -> None:
        self.picture = ""


_ENTER: dict[str, Callable[[_Walk, str, str], None]] = {
    **dict.fromkeys(INLINE, _Walk.inline),
    **dict.fromkeys(FLOW, _Walk.part),
    **dict.fromkeys(UNSEEN, _Walk.unseen),
    **dict.fromkeys(HEADINGS, _Walk.heading),
    **dict.fromkeys(("ul", "ol"), _Walk.listing),
    **dict.fromkeys(("td", "th"), _Walk.cell),
    **dict.fromkeys(("aside", "div", "span", "button"), _Walk.box),
    **dict.fromkeys(("video", "audio", "iframe", "embed"), _Walk.media),
    **dict.fromkeys(("code", "kbd", "samp", "tt"), _Walk.code),
    "li": _Walk.item,
    "table": _Walk.table,
    "tr": _Walk.row,
    "details": _Walk.fold,
    "blockquote": _Walk.quote,
    "cite": _Walk.cite,
    "a": _Walk.link,
    "img": _Walk.image,
    "image": _Walk.image,
    "pre": _Walk.preformatted,
    "summary": _Walk.summary,
    "hr": _Walk.rule,
    "br": _Walk.line_break,
    "dl": _Walk.terms,
}
_PART: Callable[[_Walk, str, str], None] = _Walk.part
_ENDLESS = frozenset({"br", "hr", "img", "image", "embed"})
_TAGS: dict[str, Callable[[_Walk, str, str], None]] = {
    **_ENTER,
    **{f"/{name}": _Walk.part if name in FLOW else _Walk.end for name in _ENTER if name not in _ENDLESS},
    "/br": _Walk.line_break,
    "/summary": _Walk.part,
}
"""What is to be done at a tag; other tags are passed over."""
