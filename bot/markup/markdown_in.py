"""Reads Markdown (CommonMark with tables and strikethrough) as people type it: nothing they wrote disappears.

Forums and chats have dialects of it, which differ in what hides words, and in what is no mark.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block import table as standard_table
from markdown_it.rules_block.table import escapedSplit
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from bot.markup import addresses
from bot.markup.build import Builder
from bot.markup.nodes import Kind, Node

# Levels of nesting: a quote is one, a list with its item two. The parser drops the text of deeper blocks and leaves
# brackets deeper than this as they stand; 20 is its standard value, and bounds its recursion and its time.
_DEEPEST = 20
# Each mark costs up to 15 µs, whether it is one or not.
_MOST_MARKS = 4000
_MARKS = "*_~`[]!<>&\\"
# Brackets are scanned again for each level of them; a text with more than any person writes keeps its as they stand.
_MOST_BRACKETS = 1000
ADDRESSES = "address"
"""The rule that nothing in an address that is typed is a mark; what we write ourselves goes by CommonMark."""
_SCHEME = re.compile(r"(?<![^\W_])https?\Z", re.IGNORECASE)
_MOST_BACKSLASHES = 20
_LONGEST_SCHEME = 6  # with what may stand before it
# Cells that a table may leave out of its rows: without a bound 64 KiB become 200,000 elements.
_MOST_MISSING_CELLS = 1000

_INLINE = {
    "strong_open": Kind.BOLD,
    "underline_open": Kind.UNDERLINE,
    "em_open": Kind.ITALIC,
    "s_open": Kind.STRIKE,
    "spoiler_open": Kind.SPOILER,
}
_BLOCKS = {
    "blockquote_open": Kind.QUOTE,
    "bullet_list_open": Kind.LIST,
    "list_item_open": Kind.ITEM,
    "table_open": Kind.TABLE,
    "tr_open": Kind.ROW,
    "td_open": Kind.CELL,
}
_INLINE_ENDS = {name.replace("_open", "_close") for name in _INLINE}
_BLOCK_ENDS = {name.replace("_open", "_close") for name in (*_BLOCKS, "ordered_list_open", "th_open")}


class Dialect:
    """A kind of Markdown: which words mean what in it."""

    def __init__(
        self, *, hiding: tuple[str, str] = ("", ""), underlines: bool = False, not_meant: Collection[str] = ()
    ) -> None:
        """`hiding` stands around words that are hidden; with `underlines`, "__" is for that; it lacks `not_meant`."""
        self.underlines = underlines
        self._whole = _Parser(hiding, not_meant)
        self._bracketless = _Parser(hiding, {*not_meant, "link", "image"})
        self._markless = _Parser(("", ""), {*not_meant, *_ALL_MARKS})

    def parser(self, source: str) -> MarkdownIt:
        """The parser for a text; what has more marks than any person writes keeps them as they stand."""
        if sum(map(source.count, _MARKS)) > _MOST_MARKS:
            return self._markless
        return self._bracketless if source.count("[") > _MOST_BRACKETS else self._whole


def read(source: str, base: str) -> Node:
    """The tree of a Markdown text; its line ends are meant, and HTML in it is words like any other."""
    return read_as(_COMMON, source, base)


def read_as(dialect: Dialect, source: str, base: str) -> Node:
    """The tree of a text in a dialect of Markdown."""
    out = Builder(careful="&#" in source)
    for token in dialect.parser(source).parse(source):
        kind = token.type
        if kind == "inline":
            _inline(out, token.children or (), base, dialect.underlines)
        elif kind in _BLOCKS:
            out.block(_BLOCKS[kind])
        elif kind in _BLOCK_ENDS:
            out.end()
        elif kind == "ordered_list_open":
            out.block(Kind.LIST, level=1, label=str(token.attrs.get("start", 1)))
        elif kind == "th_open":
            out.block(Kind.CELL, level=1)
        elif kind == "paragraph_close":
            out.part()
        elif kind == "heading_open":
            out.part()
            out.heading = int(token.tag[1])
        elif kind == "heading_close":
            out.part()
            out.heading = 0
        elif kind in ("fence", "code_block"):
            language, words, *_ = (*token.info.split(maxsplit=1), "", "")
            if not token.content.strip():  # marks that nobody meant as such
                words = token.info
            if words.strip():
                out.part()
                out.linked_text(words)
                out.part()
            if token.content.strip():
                out.add(Node(Kind.CODE_BLOCK, token.content.removesuffix("\n"), "", language))
        elif kind == "hr":
            out.add(Node(Kind.RULE))
    return out.finish()


def _inline(out: Builder, tokens: Sequence[Token], base: str, underlines: bool) -> None:
    """Says the tokens of one paragraph; a link that must not be one keeps its words and its address in writing."""
    written = ""  # what follows the words of such a link
    linked = False
    for at, token in enumerate(tokens):
        kind = token.type
        if underlines and token.markup == "__":
            kind = kind.replace("strong", "underline")
        if kind == "text":
            if linked:
                out.text(token.content)
            else:
                out.linked_text(token.content)
        elif kind in ("softbreak", "hardbreak"):
            out.line_break()
        elif kind in _INLINE:
            out.open(_INLINE[kind])
        elif kind in _INLINE_ENDS:
            out.close()
        elif kind == "code_inline":
            if token.content.strip():
                out.leaf(Node(Kind.CODE, token.content))
        elif kind == "link_open":
            address = str(token.attrs.get("href", ""))
            target = addresses.absolute(address, base)
            linked = bool(target)
            if linked:
                out.open(Kind.LINK, target)
            elif token.info == "auto":
                out.text("<")
                written = ">"
            else:
                written = f" ({address})" if address else ""
            if tokens[at + 1].type == "link_close":
                out.text(target)
        elif kind == "link_close":
            if linked:
                out.close()
            out.text(written)
            written = ""
            linked = False
        elif kind == "image":
            address = str(token.attrs.get("src", ""))
            target = addresses.absolute(address, base)
            label = _words(token.children or ())
            if addresses.shows(target):
                out.leaf(Node(Kind.IMAGE, "", target, label))
            else:
                out.text(f"{label} ({address})" if address else label)


def _words(tokens: Sequence[Token]) -> str:
    """The words of an image's description, on one line."""
    said: list[str] = []
    waiting = list(reversed(tokens))
    while waiting:
        token = waiting.pop()
        if token.type == "image":
            waiting.extend(reversed(token.children or ()))
        else:
            said.append(token.content or (" " if token.type.endswith("break") else ""))
    return " ".join("".join(said).split())


class _Parser(MarkdownIt):
    """The parser, with addresses left alone: which of them become links is decided where the tree is made."""

    def __init__(self, hiding: tuple[str, str], not_meant: Collection[str]) -> None:
        super().__init__("commonmark", {"html": False, "maxNesting": _DEEPEST})
        self.enable(["table", "strikethrough"])
        self.inline.ruler.before("emphasis", ADDRESSES, _address)
        if hiding[0]:
            self.inline.add_terminator_char(hiding[0][0])
            self.inline.ruler.before("link", "hidden", _hidden(*hiding))
        # "[bob]: hello" is the definition of a reference, and shown nowhere; people in chats mean it as words.
        self.disable("reference")
        self.block.ruler.at("table", _table, {"alt": ["paragraph"]})
        self.block.ruler.before("table", "too_deep", _too_deep)
        self.disable(list(not_meant))

    def validateLink(self, url: str) -> bool:
        return True

    def normalizeLink(self, url: str) -> str:
        return url

    def normalizeLinkText(self, link: str) -> str:
        return link


def _address(state: StateInline, silent: bool) -> bool:
    """An inline rule, asked at a colon: nothing in an address that is typed is a mark."""
    if silent or state.linkLevel or not state.src.startswith("://", state.pos):
        return False
    scheme = _SCHEME.search(state.pending[-_LONGEST_SCHEME:])
    if scheme is None:
        return False
    begun = state.pos - len(scheme.group())
    address = addresses.beginning(state.src[begun : min(state.posMax, begun + addresses.LONGEST + 1)])
    if not address:
        return False
    state.pending = state.pending[: -len(scheme.group())]
    opened = state.push("link_open", "a", 1)
    opened.attrs, opened.info = {"href": address}, "address"
    said = state.push("text", "", 0)
    said.content = address
    state.push("link_close", "a", -1)
    state.pos = begun + len(address)
    return True


def _hidden(start: str, end: str) -> Callable[[StateInline, bool], bool]:
    """An inline rule: words between these are hidden until they are asked for."""

    def rule(state: StateInline, silent: bool) -> bool:
        if not state.src.startswith(start, state.pos):
            return False
        begun, whole = state.pos + len(start), state.posMax
        ended = state.src.find(end, begun + 1, whole)
        while ended > 0 and _is_escaped(state.src, ended):
            ended = state.src.find(end, ended + 1, whole)
        if ended < 0 or state.level >= _DEEPEST:
            return False
        if not silent:
            state.pos, state.posMax = begun, ended
            state.push("spoiler_open", "span", 1)
            state.md.inline.tokenize(state)
            state.push("spoiler_close", "span", -1)
            state.posMax = whole
        state.pos = ended + len(end)
        return True

    return rule


def _is_escaped(words: str, at: int) -> bool:
    before = words[max(0, at - _MOST_BACKSLASHES) : at]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def _too_deep(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A block rule: what is nested too deep is a paragraph, its markers included; else its text would be lost."""
    if silent or state.level < _DEEPEST - 2:
        return False
    stop = start
    while stop < end and (state.isEmpty(stop) or state.sCount[stop] >= state.blkIndent):
        stop += 1
    state.line = stop
    state.push("paragraph_open", "p", 1)
    words = state.push("inline", "", 0)
    words.content = state.getLines(start, stop, state.blkIndent, False).strip()
    words.children = []
    state.push("paragraph_close", "p", -1)
    return True


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A block rule: the standard table, unless words or memory would be lost.

    Cells beyond those of the head would not be shown; rows that lack very many would be filled up.
    """
    if start < state.env.get("no_table_before", 0) or not standard_table(state, start, end, True):
        return False
    if silent:
        return True
    columns = _cells(state, start)
    missing = 0
    line = start + 2
    while line < end and not state.isEmpty(line) and state.sCount[line] >= state.blkIndent:
        lacking = columns - _cells(state, line)
        missing += lacking
        line += 1
        if lacking < 0 or missing > _MOST_MISSING_CELLS:
            state.env["no_table_before"] = line
            return False
    return standard_table(state, start, end, False)


def _cells(state: StateBlock, line: int) -> int:
    text = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].strip()
    return len(escapedSplit(text)) - text.startswith("|") - (text.endswith("|") and not text.endswith("\\|"))


_ALL_MARKS = (ADDRESSES, "link", "image", "emphasis", "strikethrough", "backticks", "autolink", "entity", "escape")
_COMMON = Dialect(not_meant=(ADDRESSES,))
