"""A tree as atoms in reading order, each with the elements it stands in, and a run of atoms as a tree again."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from bot.markup.layout import first_number, parted
from bot.markup.nodes import BLOCKS, Kind, Node, text
from bot.markup.wording import named, shown

# Scripts that are written without spaces are parted at their punctuation.
_WORD = re.compile(r"\s*[^\s、，。！？]+[、，。！？]*\s*|\s+|[、，。！？]+\s*")
_CLOSING = "\"')]’”»"
_SENTENCE_ENDS = frozenset(".!?…")
_WIDE_SENTENCE_ENDS = frozenset("。！？")
_WIDE_ENDS = frozenset("、，。！？")
_APART = frozenset({Kind.IMAGE, Kind.MEDIA, Kind.BREAK})


class Border(enum.IntEnum):
    """What a cut before an atom parts; the higher, the better."""

    GLUED = 0
    WORDS = 1
    SENTENCES = 2  # or lines of code, or rows of a table
    BLOCKS = 3


class Frame:
    """An element that atoms stand in; the chain of `outer` ones leads to the root of the tree."""

    __slots__ = ("bare", "block", "depth", "index", "named", "node", "outer")

    def __init__(self, node: Node, outer: Frame | None, index: int = 0) -> None:
        self.node = node
        self.outer = outer
        self.index = index
        """Its number among its siblings."""
        self.depth: int = outer.depth + 1 if outer is not None else 0
        self.block: Frame = outer.block if outer is not None and node.kind not in BLOCKS else self
        self.bare: Frame | None = None
        """A paragraph for the words of this block that have no room for the elements around them."""
        self.named = False
        """True once its name has been said in words, which had no room either."""


class Atom(NamedTuple):
    """What is not cut while there is another way: a whole node, or a part of its text."""

    node: Node
    frame: Frame
    border: Border
    start: int = 0
    stop: int = -1
    """Of the text; -1 for a whole node."""

    @property
    def size(self) -> int:
        """About how many characters it shows."""
        return self.stop - self.start if self.stop >= 0 else len(self.node.label) + len(self.node.target) + 1


def atoms(tree: Node) -> Iterator[Atom]:
    """The atoms of a tree."""
    yield from _atoms_in([(tree, None, 0)])


def _atoms_in(waiting: list[tuple[Node, Frame | None, int]]) -> Iterator[Atom]:
    """The atoms of nodes that wait in a stack, each with the frame it stands in."""
    block: object = None  # of the last atom
    before = ""  # the last words, if nothing else stands behind them
    headed = False
    while waiting:
        node, outer, index = waiting.pop()
        kind = node.kind
        if outer is None or (node.children and kind is not Kind.ROW):
            frame = Frame(node, outer, index)
            waiting.extend((child, frame, at) for at, child in reversed(list(enumerate(node.children))))
            continue
        if kind is Kind.ITEM:
            outer = Frame(node, outer, index)
            node = text("")
        here: object = node if kind is Kind.CODE_BLOCK else outer.block
        for start, stop in _pieces(node):
            said = node.text[start:stop] if stop >= 0 else ""
            if here is not block or (node.kind in BLOCKS and kind not in (Kind.CODE_BLOCK, Kind.ROW)):
                border = Border.WORDS if headed else Border.BLOCKS
            elif kind in (Kind.CODE_BLOCK, Kind.ROW):
                border = Border.SENTENCES
            elif kind in _APART:
                border = Border.WORDS
            else:
                border = _between(before, said)
            yield Atom(node, outer, border, start, stop)
            block = here
            before = "\n" if kind in _APART else said
        headed = outer.block.node.kind is Kind.HEADING


def _pieces(node: Node) -> Iterator[tuple[int, int]]:
    """Where the text of a node is parted; one whole piece for a node that is not."""
    if node.kind is Kind.CODE_BLOCK:
        start = 0
        for line in node.text.split("\n"):
            yield start, start + len(line)
            start += len(line) + 1
    elif node.text and node.kind in (Kind.TEXT, Kind.CODE):
        for found in _WORD.finditer(node.text):
            yield found.span()
    else:
        yield 0, -1


def _between(before: str, said: str) -> Border:
    """What parts two runs of words in a block."""
    core = before.rstrip()
    spaced = core != before or not core or said[:1].isspace()
    if not spaced and core[-1] not in _WIDE_ENDS:
        return Border.GLUED
    if "\n" in before[len(core) :]:
        return Border.SENTENCES
    end = core.rstrip(_CLOSING)[-1:]
    return Border.SENTENCES if end in _WIDE_SENTENCE_ENDS or (spaced and end in _SENTENCE_ENDS) else Border.WORDS


def bared(atom: Atom, before: Atom | None) -> list[Atom] | None:
    """The same words without the elements around them; of what is no words and stands bare, its words.

    None where there is nothing left to leave out. The names of quotes and folds that begin with it become words too.
    """
    node, frame = atom.node, atom.frame
    root = frame
    while root.outer is not None:
        root = root.outer
    if atom.stop < 0 and node.kind in BLOCKS:
        name = [Node(Kind.PARAGRAPH, children=(text(named(node)),))] if named(node) else []
        inside: list[tuple[Node, Frame | None, int]] = [
            (child, root, 0) for child in reversed([*name, *_contents(node)])
        ]
        return [*_names(frame, root, before), *_atoms_in(inside)]
    if frame.depth != 1 or frame.node.kind is not Kind.PARAGRAPH:
        block = frame.block
        block.bare = block.bare or Frame(Node(Kind.PARAGRAPH), root)
        bare = atom._replace(node=text(node.text) if node.kind is Kind.CODE_BLOCK else node, frame=block.bare)
        return [*_names(frame, root, before), bare]
    if atom.stop >= 0:
        return None
    words = shown(node)
    return [Atom(text(words), frame, atom.border, 0, len(words))] if words else []


def _names(frame: Frame, root: Frame, before: Atom | None) -> list[Atom]:
    """What names the elements around an atom that no part has named."""
    known = _around(before)
    said: list[Node] = []
    outer: Frame | None = frame
    while outer is not None:
        if (name := named(outer.node)) and not outer.named and outer not in known:
            said.append(Node(Kind.PARAGRAPH, children=(text(name),)))
        outer.named = True
        outer = outer.outer
    return list(_atoms_in([(name, root, 0) for name in said]))


def _contents(row: Node) -> list[Node]:
    """What stands in the cells of a row, as blocks."""
    blocks: list[Node] = []
    for cell in row.children:
        blocks.extend(parted(cell.children))
    return blocks


class _Making:
    """An element of a part whose end has not come."""

    __slots__ = ("children", "first", "frame")

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.children: list[Node] = []
        self.first = 0  # the number of its first child among all of its children


def put_together(run: Sequence[Atom], before: Atom | None) -> Node:
    """The tree of a run of atoms; what the atom before it stands in too goes on in it."""
    going_on = _around(before)
    open_: list[_Making] = []
    piece: Atom | None = None  # text that the next atom may go on with
    stop = 0  # how far it goes
    for atom in run:
        if piece is not None:
            if atom.node is piece.node and 0 <= atom.start - stop <= 1 and atom.frame is piece.frame:
                stop = atom.stop
                continue
            open_[-1].children.append(_cut(piece, stop))
            piece = None
        if not open_ or open_[-1].frame is not atom.frame:
            _move(open_, atom.frame, going_on)
        if atom.stop >= 0:
            piece, stop = atom, atom.stop
        else:
            open_[-1].children.append(atom.node)
    if piece is not None:
        open_[-1].children.append(_cut(piece, stop))
    while len(open_) > 1:
        _close(open_, going_on)
    return _made(open_[0], going_on)


def _around(atom: Atom | None) -> set[Frame]:
    """The elements that an atom stands in."""
    around: set[Frame] = set()
    frame = atom.frame if atom is not None else None
    while frame is not None:
        around.add(frame)
        frame = frame.outer
    return around


def _move(open_: list[_Making], frame: Frame, going_on: set[Frame]) -> None:
    """Closes and opens elements until the innermost one is this."""
    chain: list[Frame] = []
    outer: Frame | None = frame
    while outer is not None and (outer.depth >= len(open_) or open_[outer.depth].frame is not outer):
        chain.append(outer)
        outer = outer.outer
    while open_ and open_[-1].frame is not outer:
        _close(open_, going_on)
    for inner in reversed(chain):
        if open_ and not open_[-1].children:
            open_[-1].first = inner.index
        open_.append(_Making(inner))


def _close(open_: list[_Making], going_on: set[Frame]) -> None:
    made = open_.pop()
    open_[-1].children.append(_made(made, going_on))


def _cut(piece: Atom, stop: int) -> Node:
    said = piece.node.text[piece.start : stop]
    return piece.node if said == piece.node.text else msgspec.structs.replace(piece.node, text=said)


def _made(making: _Making, going_on: set[Frame]) -> Node:
    """An element of a part; one that goes on is not named again, and counts on."""
    node = making.frame.node
    children = tuple(making.children)
    label = "" if making.frame.named and named(node) else node.label
    if making.frame not in going_on:
        pass
    elif node.kind is Kind.LIST and node.level:
        label = str(first_number(node) + making.first)
    elif named(node):
        label = ""
    elif node.kind is Kind.TABLE and any(cell.level for cell in node.children[0].children):
        children = (node.children[0], *children)
    return msgspec.structs.replace(node, label=label, children=children)
