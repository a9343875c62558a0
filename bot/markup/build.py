"""The builder that every reader speaks to: words, breaks and elements in reading order, a bounded tree out."""

from __future__ import annotations

import msgspec

from bot.markup import addresses
from bot.markup.characters import clean
from bot.markup.nodes import MAX_DEPTH, Kind, Node

_OTHER_SPACES = "\n\t\r\f\v"
"""White space that a space stands for; wider and unbreakable ones are meant."""

# What stands between a block and a parent that takes only its own kind of child.
_BETWEEN = {Kind.LIST: (Kind.ITEM,), Kind.TABLE: (Kind.ROW, Kind.CELL), Kind.ROW: (Kind.CELL,)}
_OWN_CHILD = {Kind.LIST: Kind.ITEM, Kind.TABLE: Kind.ROW, Kind.ROW: Kind.CELL}
_DROPPED_EMPTY = frozenset({Kind.QUOTE, Kind.LIST, Kind.TABLE, Kind.ROW, Kind.FOLD})

# To look a member of an enum up takes longer than to make a node.
_TEXT, _BREAK, _PARAGRAPH, _HEADING, _TABLE = Kind.TEXT, Kind.BREAK, Kind.PARAGRAPH, Kind.HEADING, Kind.TABLE

# Below the deepest block there may still be: a row, a cell, a paragraph, each inline kind once, and a leaf.
_DEEPEST_BLOCK = MAX_DEPTH - 16


class _Open(msgspec.Struct):
    """A block whose end has not been seen."""

    kind: Kind
    target: str = ""
    label: str = ""
    level: int = 0
    children: list[Node] = []


class Builder:
    """Makes a tree of what a reader says, in order; never deeper than `MAX_DEPTH`, and no word is lost.

    White space collapses, single line breaks stay, two of them part paragraphs. An element inside one of its own
    inline kind, or deeper than the bound, is unwrapped. Inline elements may be open across blocks.
    """

    def __init__(self, *, careful: bool = False) -> None:
        """`careful`: the source may hold unwanted characters in writing (`&#8238;`), so each text is cleaned again."""
        self.heading = 0
        """While over 0, paragraphs become headings of this level."""
        self._careful = careful
        self._blocks = [_Open(Kind.DOCUMENT)]
        self._pushed: list[int] = []  # how many blocks each call of `block` opened
        self._formats: list[tuple[Kind, str] | None] = []  # None: unwrapped
        self._open: set[Kind] = set()  # the kinds of those that are not
        self._frames: list[list[Node]] = [[]]  # finished nodes: of the paragraph, and of each open inline element
        self._words: list[str] = []
        self._begun = False  # the paragraph has content
        self._line_begun = False  # its last line has
        self._space = False  # white space waits for the word behind it
        self._breaks = 0  # and so do line breaks

    @property
    def inside(self) -> Kind:
        """The kind of the innermost open block."""
        return self._blocks[-1].kind

    # ------------------------------------------------------------------------------------------------------- inline

    def text(self, words: str) -> None:
        """Words, as they stand in running text."""
        if self._careful:
            words = clean(words)
        if not words.isprintable():
            for space in _OTHER_SPACES:
                words = words.replace(space, " ")
        while "  " in words:
            words = words.replace("  ", " ")
        if words[:1] == " ":
            self._space = True
            words = words[1:]
        if words:
            if self._breaks or self._space:
                self._settle()
            if words[-1] == " ":
                self._space = True
                words = words[:-1]
            self._words.append(words)
            self._begun = self._line_begun = True

    def space(self) -> None:
        """White space alone."""
        self._space = True

    def linked_text(self, words: str) -> None:
        """Words in which bare addresses become links."""
        said = 0
        for start, end in addresses.bare(words):
            self.text(words[said:start])
            self.open(Kind.LINK, addresses.absolute(words[start:end]))
            self.text(words[start:end])
            self.close()
            said = end
        self.text(words[said:])

    def line_break(self) -> None:
        """The end of a line that is meant."""
        if self._begun:
            self._breaks += 1
            self._space = False

    def open(self, kind: Kind, target: str = "") -> None:
        """The start of an inline element; `close` ends the last one."""
        if kind in self._open:
            self._formats.append(None)
            return
        self._open.add(kind)
        if self._begun:
            self._settle()
            self._end_words()
        self._formats.append((kind, target))
        self._frames.append([])

    def close(self) -> None:
        """The end of the inline element that was opened last."""
        held = self._formats.pop()
        if held is not None:
            self._open.discard(held[0])
            self._end_words()
            self._fold_frame(held)

    def leaf(self, node: Node) -> None:
        """A finished inline node: code, an image, a mention."""
        if self._breaks or self._space:
            self._settle()
        self._end_words()
        self._frames[-1].append(self._cleaned(node))
        self._begun = self._line_begun = True

    # ------------------------------------------------------------------------------------------------------- blocks

    def part(self) -> None:
        """The end of a paragraph, if one is open."""
        if self._begun:
            self._end_words()
            if self._open:
                held_open = [held for held in self._formats if held is not None]
                for held in reversed(held_open):
                    self._fold_frame(held)
                inline = self._frames[0]
                self._frames = [[], *([] for _ in held_open)]
            else:
                inline = self._frames[0]
                self._frames = [[]]
            while inline and inline[-1].kind is _BREAK:
                inline.pop()
            self._begun = self._line_begun = False
            if inline:
                level = self.heading
                self._add(Node(_HEADING if level else _PARAGRAPH, "", "", "", level, tuple(inline)))
        self._space = False
        self._breaks = 0

    def block(self, kind: Kind, *, target: str = "", label: str = "", level: int = 0) -> None:
        """The start of a block; `end` ends the last one."""
        self.part()
        parent = self._blocks[-1].kind
        between: tuple[Kind, ...] = ()
        if parent in _BETWEEN and _OWN_CHILD[parent] is not kind:
            between = (Kind.ROW,) if kind is Kind.CELL and parent is _TABLE else _BETWEEN[parent]
        if len(self._blocks) + len(between) >= _DEEPEST_BLOCK:
            self._pushed.append(0)
            return
        for missing in between:
            self._blocks.append(_Open(missing))
        self._blocks.append(_Open(kind, target, clean(label) if self._careful else label, level))
        self._pushed.append(len(between) + 1)

    def end(self) -> None:
        """The end of the block that was opened last; an empty quote, list, table or fold vanishes."""
        self.part()
        for _ in range(self._pushed.pop()):
            done = self._blocks.pop()
            kind, children, siblings = done.kind, done.children, self._blocks[-1].children
            if not children and not done.label and kind in _DROPPED_EMPTY:
                continue
            if kind is _TABLE and len(children) == 1 and self._blocks[-1].kind not in _OWN_CHILD:
                only = children[0].children
                if len(only) == 1:
                    # A table of one cell is a box that an old forum drew around its content.
                    siblings.extend(only[0].children)
                    continue
            siblings.append(Node(kind, "", done.target, done.label, done.level, tuple(children)))

    def add(self, block: Node) -> None:
        """A finished block without children: a code block, a rule."""
        self.part()
        self._add(self._cleaned(block))

    def name(self, kind: Kind, label: str, target: str = "") -> bool:
        """Names the innermost block, if it is of this kind, nameless and still empty; says whether it was."""
        block = self._blocks[-1]
        if block.kind is not kind or block.label or block.children or self._begun:
            return False
        block.label = clean(label) if self._careful else label
        block.target = block.target or target
        return True

    def finish(self) -> Node:
        """The whole tree; what is still open is closed."""
        while self._formats:
            self.close()
        while self._pushed:
            self.end()
        self.part()
        return Node(Kind.DOCUMENT, children=tuple(self._blocks[0].children))

    # ------------------------------------------------------------------------------------------------------- inside

    def _add(self, node: Node) -> None:
        parent = self._blocks[-1]
        if parent.kind in _BETWEEN:
            for missing in reversed(_BETWEEN[parent.kind]):
                node = Node(missing, children=(node,))
        parent.children.append(node)

    def _settle(self) -> None:
        """Says the white space that waits, now that something follows it."""
        if self._breaks > 1:
            self.part()
        elif self._breaks:
            self._end_words()
            self._frames[-1].append(Node(_BREAK))
            self._line_begun = False
        elif self._space and self._line_begun:
            self._words.append(" ")
        self._breaks = 0
        self._space = False

    def _end_words(self) -> None:
        if self._words:
            self._frames[-1].append(Node(_TEXT, "".join(self._words)))
            self._words.clear()

    def _fold_frame(self, held: tuple[Kind, str]) -> None:
        """Makes the innermost open inline element a node of the one around it, unless it is empty."""
        children = self._frames.pop()
        if children:
            kind, target = held
            self._frames[-1].append(Node(kind, "", target, "", 0, tuple(children)))

    def _cleaned(self, node: Node) -> Node:
        if not self._careful:
            return node
        return msgspec.structs.replace(node, text=clean(node.text), label=clean(node.label))
