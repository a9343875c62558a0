"""Reads the HTML of forum posts: walked without recursion, never passed through."""

from __future__ import annotations

import re
from collections.abc import Callable

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bot.markup import addresses
from bot.markup.build import Builder
from bot.markup.nodes import Kind, Node

_INLINE = {
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
# Elements that stand on lines of their own and mean nothing more to us.
_FLOW = frozenset(
    {"address", "article", "body", "caption", "center", "dd", "dir", "dl", "dt", "fieldset", "figcaption", "figure"}
    | {"footer", "form", "header", "hgroup", "html", "legend", "main", "nav", "noscript", "optgroup", "option", "p"}
    | {"section", "textarea", "title"}
)
_BLOCKS = {"tr": Kind.ROW, "details": Kind.FOLD}
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_UNSEEN = frozenset({"noembed", "noframes", "script", "style", "template"})
_LINES = _FLOW.union(
    _BLOCKS, _HEADINGS, ("aside", "blockquote", "div", "hr", "li", "ol", "pre", "table", "td", "th", "ul")
)
_MENTIONS = frozenset({"mention", "PostMention", "UserMention", "plugin-mentions-user"})
_DRAWN_WORDS = frozenset({"emoji", "smilies", "wp-smiley"})
_LANGUAGE = ("language-", "lang-")

After = Callable[[], object]
"""What is to be done where an element ends."""


def read(source: str, base: str) -> Node:
    """The tree of an HTML fragment; addresses in it are seen from the page at `base`."""
    root = LexborHTMLParser(_tamed(source), is_fragment=True).root
    walk = _Walk(Builder(careful="&#" in source), base)
    walk.through(root)
    return walk.out.finish()


class _Walk:
    """One reading of one document."""

    def __init__(self, out: Builder, base: str) -> None:
        self.out = out
        self.base = base
        self._attribution = ("", "")  # of the next blockquote: who is quoted, where it stands
        self._passed = 0  # an element whose words have been used

    def through(self, node: LexborNode | None) -> None:
        """Says everything from this node on, its later siblings included, to the builder."""
        out = self.out
        ends: list[tuple[LexborNode, After | None]] = []
        while True:
            while node is None:
                if not ends:
                    return
                ended, after = ends.pop()
                if after is not None:
                    after()
                node = ended.next
            tag = node.tag or ""
            if tag == "-text":
                out.text(node.text_content or "")
                node = node.next
                continue
            if tag == "br":
                out.line_break()
                node = node.next
                continue
            after = None
            if (kind := _INLINE.get(tag)) is not None:
                out.open(kind)
                after = out.close
            elif tag in _FLOW:
                out.part()
                after = out.part
            elif tag in _UNSEEN:
                node = node.next
                continue
            elif (enter := _ENTER.get(tag)) is not None:
                after = enter(self, node)
                if after is _skip:
                    node = node.next
                    continue
            ends.append((node, after))
            node = node.first_child

    # ---------------------------------------------------------------------------------- elements, by what they become

    def block(self, node: LexborNode) -> After:
        """A row or a fold."""
        self.out.block(_BLOCKS[node.tag or ""])
        return self.out.end

    def heading(self, node: LexborNode) -> After:
        """h1 to h6: every paragraph in it becomes a heading."""
        self.out.part()
        self.out.heading = int((node.tag or "h1")[1])
        return self._heading_ends

    def _heading_ends(self) -> None:
        self.out.part()
        self.out.heading = 0

    def list(self, node: LexborNode) -> After:
        """ul and ol."""
        if node.tag == "ol":
            start = node.attributes.get("start") or "1"
            self.out.block(Kind.LIST, level=1, label=start if start.isdecimal() and start.isascii() else "1")
        else:
            self.out.block(Kind.LIST)
        return self.out.end

    def item(self, node: LexborNode) -> After:
        """li; outside of a list it is a line of its own."""
        if self.out.inside is Kind.LIST:
            self.out.block(Kind.ITEM)
            return self.out.end
        self.out.part()
        return self.out.part

    def table(self, node: LexborNode) -> After:
        """table; sections and column groups are passed through."""
        self.out.block(Kind.TABLE)
        return self.out.end

    def cell(self, node: LexborNode) -> After:
        """td and th."""
        self.out.block(Kind.CELL, level=1 if node.tag == "th" else 0)
        return self.out.end

    def quote(self, node: LexborNode) -> After:
        """blockquote, with its source from `cite` or from the aside around it."""
        (label, target), self._attribution = self._attribution, ("", "")
        cite = node.attributes.get("cite") or ""
        self.out.block(Kind.QUOTE, label=label, target=addresses.absolute(cite, self.base) if cite else target)
        return self.out.end

    def cite(self, node: LexborNode) -> After:
        """cite: who is quoted where it opens a quote, else a title."""
        words, last_link = self._gathered(node)
        if words.strip() and self.out.name(Kind.QUOTE, _attributed(words), last_link):
            return _skip
        self.out.open(Kind.ITALIC)
        return self.out.close

    def aside(self, node: LexborNode) -> After:
        """aside, div: a quote's frame, a spoiler, or just lines of their own."""
        attributes = node.attributes
        classes = (attributes.get("class") or "").split()
        if "spoiler" in classes:
            self.out.part()
            self.out.open(Kind.SPOILER)
            return self._spoiler_ends
        if "quote" in classes and node.tag == "aside":
            self._attribute(node, " ".join((attributes.get("data-username") or "").split()))
        elif self._passed and node.mem_id == self._passed:
            self._passed = 0
            return _skip
        self.out.part()
        return self.out.part

    def _attribute(self, aside: LexborNode, author: str) -> None:
        """Keeps the title of a framed quote for the blockquote beside it."""
        title = quote = None
        child = aside.first_child
        while child is not None:
            if child.tag == "blockquote":
                quote = child
            elif child.tag == "div" and "title" in (child.attributes.get("class") or "").split():
                title = child
            child = child.next
        if quote is None:
            return
        words, link = self._gathered(title) if title is not None else ("", "")
        label = _attributed(words)
        self._passed = title.mem_id if title is not None else 0
        self._attribution = (label if author in label else f"{author}, {label}".rstrip(", "), link)

    def _spoiler_ends(self) -> None:
        self.out.part()
        self.out.close()

    def span(self, node: LexborNode) -> After | None:
        """span: a spoiler, or nothing."""
        if "spoiler" in (node.attributes.get("class") or "").split():
            self.out.open(Kind.SPOILER)
            return self.out.close
        return None

    def link(self, node: LexborNode) -> After | None:
        """a: a mention, a link, or just its words."""
        attributes = node.attributes
        if not _MENTIONS.isdisjoint((attributes.get("class") or "").split()):
            words = " ".join(self._gathered(node)[0].split())
            if words.startswith("@") and len(words) > 1:
                self.out.leaf(Node(Kind.MENTION, words[1:]))
                return _skip
        target = addresses.absolute(attributes.get("href") or "", self.base)
        if not target:
            return None
        self.out.open(Kind.LINK, target)
        return self.out.close

    def image(self, node: LexborNode) -> After:
        """img: an image; its words alone where it draws a smiley or has no address that may be shown."""
        attributes = node.attributes
        label = " ".join((attributes.get("alt") or "").split())
        target = addresses.absolute(attributes.get("src") or "", self.base)
        if addresses.shows(target) and _DRAWN_WORDS.isdisjoint((attributes.get("class") or "").split()):
            self.out.leaf(Node(Kind.IMAGE, "", target, label))
        else:
            self.out.text(label)
        return _skip

    def media(self, node: LexborNode) -> After:
        """video, audio, iframe, embed: their address; what they hold is for browsers that cannot show them."""
        attributes = node.attributes
        address = attributes.get("src") or ""
        child = node.first_child
        while not address and child is not None:
            if child.tag == "source":
                address = child.attributes.get("src") or ""
            child = child.next
        label = " ".join((attributes.get("title") or "").split())
        target = addresses.absolute(address, self.base)
        if addresses.shows(target):
            self.out.leaf(Node(Kind.MEDIA, "", target, label))
        else:
            self.out.text(label)
        return _skip

    def code(self, node: LexborNode) -> After:
        """code, kbd, samp, tt: code in a line, or a block of it where it has lines."""
        words = self._gathered(node)[0].strip("\n")
        if "\n" in words:
            self.out.add(Node(Kind.CODE_BLOCK, words))
        elif words.strip():
            self.out.leaf(Node(Kind.CODE, words))
        return _skip

    def preformatted(self, node: LexborNode) -> After:
        """pre: a block of code, its language from a class of it or of the code element in it."""
        inner = node.first_child
        language = _language(node)
        if not language and inner is not None and inner.tag == "code":
            language = _language(inner)
        words = self._gathered(node)[0].strip("\n")
        if words.strip():
            self.out.add(Node(Kind.CODE_BLOCK, words, "", language))
        return _skip

    def summary(self, node: LexborNode) -> After:
        """summary: the title of its fold, else a line."""
        words = " ".join(self._gathered(node)[0].split())
        if words and self.out.name(Kind.FOLD, words):
            return _skip
        self.out.part()
        return self.out.part

    def rule(self, node: LexborNode) -> After:
        """hr."""
        self.out.add(Node(Kind.RULE))
        return _skip

    def _gathered(self, top: LexborNode) -> tuple[str, str]:
        """The words under an element as they stand, blocks on lines of their own, and the last address linked there."""
        said: list[str] = []
        link = ""
        waiting: list[LexborNode | str] = []
        child = top.last_child
        while child is not None:
            waiting.append(child)
            child = child.prev
        while waiting:
            node = waiting.pop()
            if isinstance(node, str):
                said.append(node)
                continue
            tag = node.tag or ""
            if tag == "-text":
                said.append(node.text_content or "")
            elif tag == "br":
                said.append("\n")
            elif tag == "img":
                said.append(node.attributes.get("alt") or "")
            elif tag not in _UNSEEN:
                if tag == "a":
                    link = addresses.absolute(node.attributes.get("href") or "", self.base) or link
                elif tag in _LINES:
                    _new_line(said)
                    waiting.append("\n")
                child = node.last_child
                while child is not None:
                    waiting.append(child)
                    child = child.prev
        return "".join(said), link


def _skip() -> None:
    """Stands for: what is in the element has been said."""


def _new_line(said: list[str]) -> None:
    if said and not said[-1].endswith("\n"):
        said.append("\n")


def _attributed(words: str) -> str:
    """Who is quoted: "bob" of "bob wrote: ↑ yesterday"."""
    label = " ".join(words.split())
    for verb in (" wrote:", " said:"):
        name, found, _ = label.partition(verb)
        if found:
            return name
    return label.rstrip(": ")


def _language(node: LexborNode) -> str:
    for name in (node.attributes.get("class") or "").split():
        for prefix in _LANGUAGE:
            if name.startswith(prefix):
                return name.removeprefix(prefix)
    return ""


_ENTER: dict[str, Callable[[_Walk, LexborNode], After | None]] = {
    **dict.fromkeys(_BLOCKS, _Walk.block),
    **dict.fromkeys(_HEADINGS, _Walk.heading),
    **dict.fromkeys(("ul", "ol"), _Walk.list),
    **dict.fromkeys(("td", "th"), _Walk.cell),
    **dict.fromkeys(("aside", "div"), _Walk.aside),
    **dict.fromkeys(("video", "audio", "iframe", "embed"), _Walk.media),
    **dict.fromkeys(("code", "kbd", "samp", "tt"), _Walk.code),
    "li": _Walk.item,
    "table": _Walk.table,
    "blockquote": _Walk.quote,
    "cite": _Walk.cite,
    "span": _Walk.span,
    "a": _Walk.link,
    "img": _Walk.image,
    "pre": _Walk.preformatted,
    "summary": _Walk.summary,
    "hr": _Walk.rule,
}

# An HTML parser reopens every formatting element that is still open in each later block, and counts two as the same
# only if their attributes agree: 64 KiB of `<b c=1><p><b c=2><p>...` makes 12 million elements (14 s, 1 GiB). Without
# attributes at most three of a kind are ever reopened.
_FORMATTING = re.compile(r"<(b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)[ \t\n\f\r/][^<>]*>?", re.IGNORECASE)
_MANY_TAGS = 400


def _tamed(source: str) -> str:
    """The source, where it has many tags without the attributes that could multiply them; no words go."""
    if source.count("<") <= _MANY_TAGS:
        return source
    return _FORMATTING.sub(_bare, source)


def _bare(tag: re.Match[str]) -> str:
    # A tag that is written inside a comment must not swallow the comment's end.
    return f"<{tag.group(1)}>" + ("-->" if tag.group().endswith("-->") else "")
