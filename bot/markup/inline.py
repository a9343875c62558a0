"""The inline content of a block as a flat run of pieces, ready to be written in any format."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import NamedTuple

from bot.markup import addresses
from bot.markup.nodes import BLOCKS, Kind, Node
from bot.markup.wording import named, shown


class Step(enum.Enum):
    """What a piece does."""

    START = "start"  # of an element
    END = "end"  # of an element
    LEAF = "leaf"  # words, a break, code, an image, media, a mention


class Piece(NamedTuple):
    """One step through inline content; `node` is the element that starts or ends, or the leaf."""

    step: Step
    node: Node


_SPACE = Node(Kind.TEXT, " ")
_BREAK = Node(Kind.BREAK)


def pieces(nodes: Iterable[Node], spans: frozenset[Kind], *, breaks: bool = True) -> list[Piece]:
    """The content in a form that has no odd cases: what a writer then does piece by piece cannot go wrong.

    Only elements of the kinds `spans` start and end; the others are unwrapped, as are links to what may not be linked.
    White space is single, never at the start, at the end, or inside the edge of an element; no element is empty, inside
    one of its kind, or directly behind one that says the same. Words and code come in one leaf each. Images and media
    have an address that may be shown; links hold no media. Blocks (a table's cell may hold some) become their words.
    With `breaks` False, breaks are spaces.
    """
    run = _Run(_BREAK if breaks else _SPACE)
    waiting: list[Node | Piece] = list(nodes)
    waiting.reverse()
    while waiting:
        item = waiting.pop()
        if isinstance(item, Piece):
            run.end(item.node)
            continue
        kind = item.kind
        if kind is Kind.TEXT:
            run.words(item.text)
        elif kind in (Kind.CODE, Kind.CODE_BLOCK):
            if kind is Kind.CODE_BLOCK:
                run.space()
                waiting.append(_SPACE)
            run.code(item.text)
        elif kind in BLOCKS:
            run.space()
            run.words(named(item))
            run.space()
            waiting.append(_SPACE)
            waiting.extend(reversed(item.children))
        elif kind is Kind.BREAK:
            run.gap = run.wide_gap
        elif _is_leaf(item) and (kind is Kind.IMAGE or Kind.LINK not in run.open):
            run.leaf(item)
        elif kind in (Kind.IMAGE, Kind.MEDIA, Kind.MENTION):
            run.words(shown(item))
        else:
            if kind in spans and kind not in run.open and (kind is not Kind.LINK or addresses.allowed(item.target)):
                run.start(item)
                waiting.append(Piece(Step.END, item))
            run.words(shown(item))
            waiting.extend(reversed(item.children))
    return run.pieces


def _is_leaf(node: Node) -> bool:
    return node.kind in (Kind.IMAGE, Kind.MEDIA) and addresses.shows(node.target)


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

    def words(self, text: str) -> None:
        words = text.split()
        if not words:
            if text:
                self.space()
            return
        if text[0].isspace():
            self.space()
        self._fill_gap()
        self._join(Kind.TEXT, " ".join(words))
        if text[-1].isspace():
            self.space()

    def code(self, text: str) -> None:
        words = " ".join(text.split("\n")).strip()
        if words:
            self._fill_gap()
            self._join(Kind.CODE, words)

    def leaf(self, node: Node) -> None:
        self._fill_gap()
        self.pieces.append(Piece(Step.LEAF, node))

    def start(self, node: Node) -> None:
        """Starts an element, or goes on with the one before that says the same."""
        before = self.pieces[-1] if self.pieces else None
        self.open.add(node.kind)
        if (
            before is not None
            and before.step is Step.END
            and self.gap is None
            and (before.node.kind, before.node.target) == (node.kind, node.target)
        ):
            self.pieces.pop()
        else:
            self.pieces.append(Piece(Step.START, node))

    def end(self, node: Node) -> None:
        self.open.discard(node.kind)
        if self.pieces[-1].step is Step.START:
            self.pieces.pop()
        else:
            self.pieces.append(Piece(Step.END, node))

    def _fill_gap(self) -> None:
        """Puts the white space that waits before whatever has started since, so that no element begins with it."""
        if self.gap is not None and self._begun:
            at = len(self.pieces)
            while self.pieces[at - 1].step is Step.START:
                at -= 1
            if self.gap.kind is Kind.TEXT and at == len(self.pieces):
                self._join(Kind.TEXT, " ")
            else:
                self.pieces.insert(at, Piece(Step.LEAF, self.gap))
        self.gap = None
        self._begun = True

    def _join(self, kind: Kind, words: str) -> None:
        if self.pieces and self.pieces[-1].step is Step.LEAF and self.pieces[-1].node.kind is kind:
            words = self.pieces.pop().node.text + words
        self.pieces.append(Piece(Step.LEAF, Node(kind, words)))
