"""Cuts a tree into parts that fit into messages; whatever is open at a cut is closed before it and opened again behind.

No part is cut out of written text: it is a run of atoms, put together again. So a cut never falls into an address, into
a mark, or into what a reader sees as one character.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator

from bot.markup.atoms import Atom, Border, atoms, bared, put_together
from bot.markup.nodes import Kind, Node, document, paragraph
from bot.markup.wording import CONTINUED

Measure = Callable[[Node], int]
"""How long a tree is as a chat writes it."""

_FULL_ENOUGH = 0.5
"""How full a part must be at the least to end between blocks, or else behind a sentence, rather than further on."""


def split(node: Node, measure: Measure, limit: int, first: int | None = None) -> tuple[Node, ...]:
    """The parts of a tree, at least one, none longer than `limit`, and the first one no longer than `first`.

    Cut between blocks, else behind a sentence, else between words, and only then in a word. Code and formatting go on
    in the next part, lists with their numbers, tables with their header; only the first part of a quote names it.
    Pictures and media are whole: one that does not fit anywhere leaves its words. `measure` is called about ten times
    for each part, with trees not much longer than it. A limit that has no room for a single character is broken.
    """
    return tuple(_parts(node, measure, limit, limit if first is None else first))


def shorten(node: Node, measure: Measure, limit: int) -> tuple[Node, bool]:
    """The beginning of a tree, no longer than `limit` with `CONTINUED` behind it, and whether it is cut.

    Cut as by `split`; a tree that fits is given back as it is.
    """
    if measure(node) <= limit:
        return node, False
    line = paragraph(CONTINUED)

    def with_line(tree: Node) -> int:
        return measure(document(*(tree.children if tree.kind is Kind.DOCUMENT else (tree,)), line))

    return next(_parts(node, with_line, limit, limit)), True


def _parts(node: Node, measure: Measure, limit: int, room: int) -> Iterator[Node]:
    if measure(node) <= room:
        yield node
        return
    waiting = list(atoms(node))
    waiting.reverse()
    before: Atom | None = None
    while waiting:
        used = _fitting(waiting, before, measure, room)
        if used or room >= limit:
            if not used and (smaller := _smaller(waiting[-1], before, measure, room)) is not None:
                waiting.pop()
                waiting.extend(reversed(smaller))
                continue
            used = used or 1  # less than nothing cannot be cut off
            yield put_together(waiting[-1 : -used - 1 : -1], before)
            before = waiting[-used]
            del waiting[-used:]
        else:
            # Something that is not cut needs more room than the first part has.
            yield document()
        room = limit


def _fitting(waiting: list[Atom], before: Atom | None, measure: Measure, room: int) -> int:
    """How many of the atoms, the last of which is the next, are the next part; 0 if not even one fits."""

    def fits(count: int) -> bool:
        return measure(put_together(waiting[-1 : -count - 1 : -1], before)) <= room

    most = len(waiting)
    low, high = 0, most + 1
    count = size = 0
    while count < most and size < room:
        count += 1
        size += waiting[-count].size
    while high - low > 1 + low // 64:
        if fits(count):
            low = count
            count = min(most, count + max(1, count // 4)) if high > most else (low + high) // 2
        else:
            high = count
            count = (low + high) // 2
        if count == low:
            break
    if low in (0, most):
        return low
    cut = _at_border(waiting, low)
    return cut if cut == low or fits(cut) else low


def _at_border(waiting: list[Atom], most: int) -> int:
    """Where to cut, at the latest behind so many atoms."""
    sizes = [waiting[-count].size for count in range(1, most + 1)]
    enough = _FULL_ENOUGH * sum(sizes)
    left = sum(sizes)
    best, cut = Border.GLUED, most
    for count in range(most, 0, -1):
        border = waiting[-count - 1].border
        if border > best:
            best, cut = border, count
            if border is Border.BLOCKS:
                break
        left -= sizes[count - 1]
        if left < enough and best > Border.GLUED:
            break
    return cut


def _smaller(atom: Atom, before: Atom | None, measure: Measure, room: int) -> list[Atom] | None:
    """The same words in atoms that fit better; None where there is no way to make them so."""
    if atom.stop >= 0:
        low, high = 0, atom.stop - atom.start
        while high - low > 1:
            middle = (low + high) // 2
            piece = atom._replace(stop=atom.start + middle)
            low, high = (middle, high) if measure(put_together([piece], before)) <= room else (low, middle)
        cut = _between_characters(atom.node.text, atom.start, atom.start + low)
        if cut > atom.start:
            return [atom._replace(stop=cut), atom._replace(start=cut, border=Border.GLUED)]
    return bared(atom, before)


def _between_characters(text: str, start: int, cut: int) -> int:
    """The last place up to `cut` that is not inside of what a reader sees as one character, nor of a word of code."""
    if space := text.rfind(" ", start + (cut - start) // 2, cut) + 1:
        return space
    while cut > start and cut < len(text) and _is_inside(text, cut):
        cut -= 1
    return cut


def _is_inside(text: str, at: int) -> bool:
    character, previous = text[at], text[at - 1]
    if character == _JOINER or previous == _JOINER or unicodedata.category(character)[0] == "M":
        return True
    if "\U0001f3fb" <= character <= "\U0001f3ff":  # the tone of the skin before it
        return True
    flags = 0  # letters of flags stand in pairs
    while flags < at and "\U0001f1e6" <= text[at - 1 - flags] <= "\U0001f1ff":
        flags += 1
    return bool(flags % 2) and "\U0001f1e6" <= character <= "\U0001f1ff"


_JOINER = "\u200d"
