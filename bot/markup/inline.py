"""The inline content of a block as a flat run of pieces, ready to be written in any format."""

from __future__ import annotations

import enum
from collections.abc import Sequence

from bot.markup import addresses
from bot.markup.nodes import BLOCKS, Kind, Node
from bot.markup.wording import named, shown


class Step(enum.Enum):
    """What a piece does."""

    START = "start"  # of an element
    END = "end"  # of an element
    LEAF = "leaf"  # words, a break, code, an image, media, a mention


# To look a member of an enum up takes longer than to make a node, so those of each piece are looked up once.
START, END, LEAF = Step.START, Step.END, Step.LEAF
TEXT, BREAK, CODE, LINK = Kind.TEXT, Kind.BREAK, Kind.CODE, Kind.LINK

Piece = tuple[Step, Node]
"""One step through inline content: the element that starts or ends, or the leaf."""

_SPACE = Node(TEXT, " ")
_LINE_END = Node(BREAK)
_CODES = frozenset({Kind.CODE, Kind.CODE_BLOCK})
_SHOWN = frozenset({Kind.IMAGE, Kind.MEDIA})
_LEAVES = _SHOWN | {Kind.MENTION}


def pieces(nodes: Sequence[Node], spans: frozenset[Kind], *, breaks: bool = True) -> list[Piece]:
    """The content in a form that has no odd cases: what a writer then does piece by piece cannot go wrong.

    Only elements of the kinds `spans` start and end; the others are unwrapped, as are links to what may not be linked.
    White space is single, never at the start, at the end, or inside the edge of an element; no element is empty, inside
    one of its kind, or directly behind one that says the same. Words and code come in one leaf each. Images and media
    have an address that may be shown; links hold no media. Blocks (a table's cell may hold some) become their words.
    With `breaks` False, breaks are spaces.
    """
    return even(nodes, spans, breaks) or evened(nodes, spans, breaks)


def even(nodes: Sequence[Node], spans: frozenset[Kind], breaks: bool) -> list[Piece] | None:
    """The same of words, breaks and elements with words in them, where nothing has to be changed; None elsewhere.

    Most of what readers make is like that.
    """
    run: list[Piece] = []
    before: Node | None = None
    spaced = True  # no white space may follow
    for node in nodes:
        kind = node.kind
        if kind is TEXT:
            words = node.text
            if not words or (spaced and words[0] == " ") or (before is not None and before.kind is TEXT):
                return None
            if "  " in words or not words.isprintable():
                return None
            spaced = words[-1] == " "
            run.append((LEAF, node))
        elif kind in spans:
            children = node.children
            if len(children) != 1 or children[0].kind is not TEXT:
                return None
            words = children[0].text
            if not words or words[0] == " " or words[-1] == " " or "  " in words or not words.isprintable():
                return None
            if before is not None and before.kind is kind and before.target == node.target:
                return None
            if kind is LINK and not addresses.allowed(node.target):
                return None
            spaced = False
            run += ((START, node), (LEAF, children[0]), (END, node))
        elif kind is BREAK and breaks and not spaced:
            spaced = True
            run.append((LEAF, node))
        else:
            return None
        before = node
    return None if spaced else run


def evened(nodes: Sequence[Node], spans: frozenset[Kind], breaks: bool) -> list[Piece]:
    """The same for whatever a tree may hold."""
    run = _Run(_LINE_END if breaks else _SPACE)
    waiting: list[Node | Piece] = list(nodes)
    waiting.reverse()
    while waiting:
        item = waiting.pop()
        if isinstance(item, tuple):
            run.end(item[1])
            continue
        kind = item.kind
        if kind is TEXT:
            run.text(item)
        elif kind in _CODES:
            if kind is not CODE:
                run.space()
                waiting.append(_SPACE)
            run.code(item.text)
        elif kind in BLOCKS:
            run.space()
            run.words(named(item))
            run.space()
            waiting.append(_SPACE)
            waiting.extend(reversed(item.children))
        elif kind is BREAK:
            run.gap = run.wide_gap
        elif kind in _LEAVES:
            linked = kind is Kind.MEDIA and LINK in run.open
            if kind in _SHOWN and not linked and addresses.shows(item.target):
                run.leaf(item)
            else:
                run.words(shown(item))
        else:
            if kind in spans and kind not in run.open and (kind is not LINK or addresses.allowed(item.target)):
                run.start(item)
                waiting.append((END, item))
            if item.children:
                waiting.extend(reversed(item.children))
            else:
                run.words(shown(item))
    return run.pieces


class _Run:
    """The pieces so far, and the white space that waits for what follows it."""

    def __init__(self, wide_gap: Node) -> None:
        self.pieces: list[Piece] = []
        self.open: set[Kind] = set()
        self.gap: Node | None = None
        self.wide_gap = wide_gap
        self._begun = False

    def space(self) -> None:
        self.gap = self.gap or _SPACE

    def text(self, node: Node) -> None:
        """Words, which most readers leave in the form that they get here."""
        text = node.text
        if not text or "  " in text or not text.isprintable():
            self.words(text)
            return
        words = text.strip(" ")
        if text[0] == " ":
            self.gap = self.gap or _SPACE
        if self.gap is None and words and not (self.pieces and self.pieces[-1][1].kind is TEXT):
            self.pieces.append((LEAF, node if words is text else Node(TEXT, words)))
            self._begun = True
        elif words:
            self._fill_gap()
            self._join(TEXT, words)
        if text[-1] == " ":
            self.space()

    def words(self, text: str) -> None:
        words = text.split()
        if not words:
            if text:
                self.space()
            return
        if text[0].isspace():
            self.space()
        self._fill_gap()
        self._join(TEXT, " ".join(words))
        if text[-1].isspace():
            self.space()

    def code(self, text: str) -> None:
        words = " ".join(text.split("\n")).strip()
        if words:
            self._fill_gap()
            self._join(CODE, words)

    def leaf(self, node: Node) -> None:
        self._fill_gap()
        self.pieces.append((LEAF, node))

    def start(self, node: Node) -> None:
        """Starts an element, or goes on with the one before that says the same."""
        before = self.pieces[-1] if self.pieces else None
        self.open.add(node.kind)
        if (
            before is not None
            and before[0] is END
            and self.gap is None
            and (before[1].kind, before[1].target) == (node.kind, node.target)
        ):
            self.pieces.pop()
        else:
            self.pieces.append((START, node))

    def end(self, node: Node) -> None:
        self.open.discard(node.kind)
        if self.pieces[-1][0] is START:
            self.pieces.pop()
        else:
            self.pieces.append((END, node))

    def _fill_gap(self) -> None:
        """Puts the white space that waits before whatever has started since, so that no element begins with it."""
        if self.gap is not None and self._begun:
            at = len(self.pieces)
            while self.pieces[at - 1][0] is START:
                at -= 1
            if self.gap.kind is TEXT and at == len(self.pieces):
                self._join(TEXT, " ")
            else:
                self.pieces.insert(at, (LEAF, self.gap))
        self.gap = None
        self._begun = True

    def _join(self, kind: Kind, words: str) -> None:
        if self.pieces and self.pieces[-1][0] is LEAF and self.pieces[-1][1].kind is kind:
            words = self.pieces.pop()[1].text + words
        self.pieces.append((LEAF, Node(kind, words)))
