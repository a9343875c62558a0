"""Lays a tree out in lines, each behind the marks of the quotes and lists it stands in: what formats of lines share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from bot.markup.nodes import BLOCKS, Kind, Node
from bot.markup.wording import named, words

# To look a member of an enum up takes longer than to make a node.
_PARAGRAPH, _ITEM, _LIST = Kind.PARAGRAPH, Kind.ITEM, Kind.LIST
_LISTED = frozenset({_ITEM, _LIST})
_HIGHEST_NUMBER = 999_999_999  # CommonMark reads nine digits before the mark of a list item


class Style(Protocol):
    """What a format decides for itself; no line that it gives holds a line end, and no lines mean: nothing to show."""

    deepest: int
    """Levels of nesting that are written (a quote is one, a list two); deeper ones keep their content only."""
    quote_mark: str
    bullets: str
    """Marks of a list item, the usual one first; the others part lists that would run into each other."""
    delimiters: str
    """What may follow a list item's number, likewise."""
    close_titles: bool
    """True where the name of a quote or a fold stands directly above its first line."""

    def paragraph(self, node: Node) -> list[str]:
        """A paragraph."""

    def heading(self, node: Node) -> list[str]:
        """A heading."""

    def code(self, node: Node) -> list[str]:
        """A block of code."""

    def rule(self) -> list[str]:
        """A rule between paragraphs."""

    def table(self, rows: list[tuple[Node, ...]]) -> list[str]:
        """A table by its rows of cells; a cell holds inline nodes or one paragraph."""

    def title(self, node: Node) -> Node:
        """The paragraph that names a quote or a fold by its label."""


def lay_out(tree: Node, style: Style) -> str:
    """The whole tree as text in this style, without a line end at its end."""
    return "\n".join(_Page(style).lay_out(tree))


def parted(children: Sequence[Node]) -> Iterator[Node]:
    """The children of a block as blocks: inline nodes that stand together become one paragraph."""
    for child in children:
        if child.kind not in BLOCKS:
            return _parted(children)
    return iter(children)


def _parted(children: Sequence[Node]) -> Iterator[Node]:
    inline: list[Node] = []
    for child in children:
        if child.kind not in BLOCKS:
            inline.append(child)
            continue
        if inline:
            yield Node(Kind.PARAGRAPH, children=tuple(inline))
            inline = []
        yield child
    if inline:
        yield Node(Kind.PARAGRAPH, children=tuple(inline))


def first_number(node: Node) -> int:
    """The number of a list's first item; 1 where its label names none that can be written."""
    label = node.label
    return int(label) if label.isascii() and label.isdecimal() and len(label) <= 9 else 1


class _Prefix(msgspec.Struct):
    """What a quote or a list item puts before each of its lines: an item's first one shows its mark."""

    first: str
    rest: str
    used: bool = False


class _Frame(msgspec.Struct):
    """A block whose children are being laid out."""

    node: Node
    blocks: Iterator[Node]
    begun_at: int  # how many lines stood before it
    listed: bool  # a list or an item: its children may stand close
    levels: int = 0
    prefix: _Prefix | None = None
    bullet: str = ""  # of a list
    number: int = 0  # of the list's next item
    tight: bool = False  # a list without empty lines
    before: Kind | None = None  # the last child
    titled: bool = False  # the last child was the title


class _Page:
    """The lines so far, and the place in the tree that they reach."""

    def __init__(self, style: Style) -> None:
        self._style = style
        self._lines: list[str] = []
        self._frames: list[_Frame] = []
        self._prefixes: list[_Prefix] = []
        self._levels = 0
        self._gap: str | None = None  # an empty line that waits for something behind it
        self._last_list = (0, "")  # where the last list ended, and its bullet

    def lay_out(self, tree: Node) -> list[str]:
        self._enter(tree, parted(tree.children if tree.kind is Kind.DOCUMENT else (tree,)))
        while self._frames:
            frame = self._frames[-1]
            block = next(frame.blocks, None)
            if block is None:
                self._leave()
                continue
            if len(self._lines) > frame.begun_at:
                close = (frame.titled and self._style.close_titles) or (frame.listed and _stand_close(frame, block))
                self._gap = None if close else self._marks().rstrip() if self._prefixes else ""
            frame.titled = frame.before is None and bool(_named(frame.node))
            if block.kind is _PARAGRAPH:
                self._write(self._style.paragraph(block))
            else:
                self._block(frame, block)
            frame.before = block.kind
        return self._lines

    def _block(self, frame: _Frame, block: Node) -> None:
        style = self._style
        match block.kind:
            case Kind.HEADING:
                self._write(style.heading(block))
            case Kind.CODE_BLOCK:
                self._write(style.code(block))
            case Kind.RULE:
                self._write(style.rule())
            case Kind.TABLE if rows := _plain_rows(block):
                self._write(style.table(rows))
            case Kind.QUOTE if self._levels < style.deepest:
                self._enter(block, self._titled(block), _Prefix(style.quote_mark, style.quote_mark), levels=1)
            case Kind.QUOTE | Kind.FOLD:
                self._enter(block, self._titled(block))
            case Kind.LIST if self._levels + 1 < style.deepest:
                self._list(block)
            case Kind.ITEM if frame.bullet:
                mark = f"{frame.number}{frame.bullet} " if frame.node.level else f"{frame.bullet} "
                frame.number = min(frame.number + 1, _HIGHEST_NUMBER)
                self._enter(block, parted(block.children), _Prefix(mark, " " * len(mark)))
            case _:  # what is nested too deep, stands alone, or is too large for a table's line: its content
                self._enter(block, parted(block.children))

    def _list(self, block: Node) -> None:
        marks = self._style.delimiters if block.level else self._style.bullets
        end, last = self._last_list
        taken = {next((held.bullet for held in reversed(self._frames) if held.bullet), "")}
        if end == len(self._lines):
            taken.add(last)
        bullet = next((mark for mark in marks if mark not in taken), marks[0])
        self._enter(block, parted(block.children), levels=2)
        frame = self._frames[-1]
        frame.bullet = bullet
        frame.number = first_number(block)
        frame.tight = all(_is_tight(item) for item in block.children)

    def _titled(self, block: Node) -> Iterator[Node]:
        if _named(block):
            yield self._style.title(block)
        yield from parted(block.children)

    def _enter(self, node: Node, blocks: Iterator[Node], prefix: _Prefix | None = None, levels: int = 0) -> None:
        self._frames.append(_Frame(node, blocks, len(self._lines), node.kind in _LISTED, levels, prefix))
        self._levels += levels
        if prefix is not None:
            self._prefixes.append(prefix)

    def _leave(self) -> None:
        frame = self._frames.pop()
        self._levels -= frame.levels
        if frame.prefix is not None:
            if frame.node.kind is Kind.ITEM and not frame.prefix.used:
                self._write([""])  # an item without content has its mark, and its number counts
            self._prefixes.pop()
        if frame.bullet:
            self._last_list = (len(self._lines), frame.bullet)

    def _write(self, lines: list[str]) -> None:
        if not lines:
            return
        if self._gap is not None:
            self._lines.append(self._gap)
            self._gap = None
        if not self._prefixes:
            self._lines.extend(lines)
            return
        for line in lines:
            self._lines.append(self._marks() + line if line else self._marks().rstrip())
            for prefix in self._prefixes:
                prefix.used = True

    def _marks(self) -> str:
        return "".join([prefix.rest if prefix.used else prefix.first for prefix in self._prefixes])


def _named(block: Node) -> str:
    return named(block).strip() if block.label else ""


def _stand_close(frame: _Frame, block: Node) -> bool:
    """True where no empty line parts this block from the one before it."""
    if frame.before is _PARAGRAPH and frame.node.kind is _ITEM and block.kind is _LIST:
        # A numbered list that does not start at 1 would be read as part of the paragraph, as would an empty item.
        return bool(block.children) and _is_tight(block.children[0]) and (not block.level or first_number(block) == 1)
    return frame.tight and block.kind is _ITEM


def _is_tight(item: Node) -> bool:
    """True for a list item that is one paragraph with words, or one and the lists under it."""
    blocks = list(parted(item.children))
    return (
        bool(blocks)
        and blocks[0].kind is Kind.PARAGRAPH
        and all(block.kind is Kind.LIST for block in blocks[1:])
        and bool(words(blocks[0]))
    )


def _plain_rows(table: Node) -> list[tuple[Node, ...]]:
    """The rows of a table whose cells fit on a line each; none where one does not."""
    rows = [row.children for row in table.children if row.kind is Kind.ROW and row.children]
    cells = [cell for row in rows for cell in row]
    if len(rows) < len(table.children) or any(cell.kind is not Kind.CELL for cell in cells):
        return []
    for cell in cells:
        blocks = list(parted(cell.children))
        if len(blocks) > 1 or any(block.kind is not Kind.PARAGRAPH for block in blocks):
            return []
    return rows
