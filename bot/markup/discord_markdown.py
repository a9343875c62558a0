"""Writes the Markdown that Discord shows: pings nobody, links openly, and previews the first picture or video alone."""

from __future__ import annotations

import re

import msgspec

from bot.markup import addresses
from bot.markup.backticks import in_line
from bot.markup.inline import BREAK, CODE, LEAF, LINK, START, TEXT, pieces
from bot.markup.layout import lay_out
from bot.markup.nodes import BLOCKS, Kind, Node, paragraph, text
from bot.markup.wording import words

_ZERO_WIDTH = "\u200b"
"""Parts what Discord would read together, and is not seen."""

_SPECIAL = re.compile(r"[\\`*_~|\[\]<]|://|@(?=everyone|here)")
_TELLING = ("_", "*", "[", "]", "<", "~", "|", "`", "\\", "://", "@")
"""What a text without anything special holds none of."""
# What would start a header, small print, a quote or a list, were it left at the start of a line.
_LINE_START = re.compile(r"-?#{1,3}(?=\s)|>|[-+](?=\s)")
_STARTING = frozenset("-+>#0123456789")
_NUMBER_START = re.compile(r"([0-9]{1,9})\.(?=\s)")
_LANGUAGE = re.compile(r"[a-z0-9_+.#-]{1,40}")
_FENCE = re.compile("``(?=`)")
_MARKS = {Kind.BOLD: "**", Kind.ITALIC: "*", Kind.UNDERLINE: "__", Kind.STRIKE: "~~", Kind.SPOILER: "||"}
_SPANS = frozenset({*_MARKS, Kind.LINK})
_ITALIC = Kind.ITALIC
_MEDIA = frozenset({Kind.IMAGE, Kind.MEDIA})
_NOT_PREVIEWED = frozenset({Kind.SPOILER, Kind.FOLD, Kind.QUOTE, Kind.TABLE, Kind.HEADING, Kind.LINK})
_SURPRISING = _MEDIA | {Kind.FOLD}
_LINES = frozenset({Kind.PARAGRAPH, Kind.HEADING})
_HIGHEST_HEADING = 3
_WIDEST_CELL = 40


def write(node: Node) -> str:
    """The tree as a message, without a line end at its end.

    Every address stands in angle brackets, which previews nothing, but that of the first picture or video that nobody
    hid or quoted, which has a line of its own. Superscript and subscript leave their words.
    """
    previewed, folded = _surveyed(node)
    return lay_out(_hiding(node) if folded else node, _Discord(previewed))


class _Discord:
    """The style of Discord."""

    deepest = 10
    quote_mark = "> "
    close_titles = True
    bullets = "-"
    delimiters = "."

    def __init__(self, previewed: Node | None) -> None:
        self._previewed = previewed

    def paragraph(self, node: Node) -> list[str]:
        said = self._inline(node)
        return [_escaped_start(line) for line in said.split("\n")] if said else []

    def heading(self, node: Node) -> list[str]:
        said = self._inline(node, breaks=False)
        if not said:
            return []
        return [f"{'#' * node.level} {said}" if 1 <= node.level <= _HIGHEST_HEADING else f"**{said}**"]

    def code(self, node: Node) -> list[str]:
        language = node.label.lower()
        edge = "||" if node.level else ""
        # A fence cannot be longer than three.
        code = _FENCE.sub(f"``{_ZERO_WIDTH}", node.text)
        first = f"{edge}```{language if _LANGUAGE.fullmatch(language) else ''}"
        return [first, *code.split("\n"), f"```{edge}"] if code.strip() else []

    def rule(self) -> list[str]:
        return ["---"]

    def table(self, rows: list[tuple[Node, ...]]) -> list[str]:
        return self.code(Node(Kind.CODE_BLOCK, _drawn(rows)))

    def title(self, node: Node) -> Node:
        label = text(node.label)
        if node.kind is Kind.QUOTE and node.target:
            label = Node(Kind.LINK, target=node.target, children=(label,))
        return paragraph(Node(Kind.BOLD, children=(label,)))

    def _inline(self, node: Node, *, breaks: bool = True) -> str:
        steps = pieces(node.children, _SPANS, breaks=breaks)
        if len(steps) == 1 and (only := steps[0][1]).kind is TEXT:
            return _words(only.text, False)
        run: list[str] = []
        open_at: list[int] = []
        italics: list[tuple[int, int]] = []  # where they start and end in the run
        linked = False
        said_in_link: list[str] = []
        for step, piece in steps:
            kind = piece.kind
            if step is LEAF:
                run.append(_words(piece.text, linked) if kind is TEXT else self._leaf(piece, linked))
                if linked:
                    said_in_link.append(piece.text or piece.label)
            elif step is START:
                open_at.append(len(run))
                if kind is LINK:
                    linked = True
                    said_in_link.clear()
                run.append("" if kind is LINK else _MARKS[kind])
            elif kind is LINK:
                linked = False
                start = open_at.pop()
                inner: list[tuple[int, int]] = []
                while italics and italics[-1][0] > start:
                    begun, ended = italics.pop()
                    inner.append((begun - start, ended - start))
                label = _joined(run[start:], inner[::-1])
                run[start:] = [self._link(piece, label, "".join(said_in_link))]
            else:
                start = open_at.pop()
                if kind is _ITALIC:
                    italics.append((start, len(run)))
                run.append(_MARKS[kind])
        said = _joined(run, italics)
        if self._previewed is not None:
            # What is previewed brought its own line ends.
            said = "\n".join(line for line in map(str.strip, said.split("\n")) if line)
        return said

    def _leaf(self, node: Node, linked: bool) -> str:
        if node.kind is BREAK:
            return "\n"
        if node.kind is CODE:
            return in_line(node.text)
        label = _words(" ".join(node.label.split()), True)
        if linked:
            return label
        if node is self._previewed:
            return f"\n{label}\n{node.target}\n"
        return _labelled(label, node.target)

    def _link(self, node: Node, label: str, said: str) -> str:
        """A link with what stands in it as it is written, and as it was said."""
        if node.target.startswith("mailto:"):
            address = node.target.removeprefix("mailto:")
            return label if said in (address, node.target) else f"{label} ({_words(address, True)})"
        written_out = said in (node.target, node.target.removesuffix("/"))
        if node is self._previewed:
            return f"\n{'' if written_out else label}\n{node.target}\n"
        return _labelled("" if written_out else label, node.target)


def _labelled(label: str, address: str) -> str:
    """A link without a preview; Discord takes no words that look like an address themselves."""
    if not label:
        return f"<{address}>"
    if "://" in label or "discord.gg" in label or "\n" in label:
        return f"{label} (<{address}>)"
    return f"[{label}](<{address}>)"


def _joined(run: list[str], italics: list[tuple[int, int]]) -> str:
    """The pieces together; single stars that would run into others are replaced, or kept apart from them."""
    last = len(run) - 1
    for start, stop in italics:
        left = run[start - 1] if start else ""
        right = run[stop + 1] if stop < last else ""
        inner = (run[start + 1], run[stop - 1])
        if not any(_is_star(raw) for raw in (left, right, *inner)):
            continue
        beside = left[-1:] + right[:1] + inner[0][:1] + inner[1][-1:]
        if "_" in beside or any(map(str.isalnum, left[-1:] + right[:1])):
            run[start] = run[stop] = f"{_ZERO_WIDTH}*{_ZERO_WIDTH}"
        else:
            run[start] = run[stop] = "_"
    return "".join(run)


def _is_star(raw: str) -> bool:
    return raw in ("*", "**")


def _words(said: str, linked: bool) -> str:
    """Words whose characters mean nothing but themselves; addresses in them preview nothing."""
    for mark in _TELLING:
        if mark in said:
            break
    else:
        return said
    if linked or "://" not in said:
        return _SPECIAL.sub(_escape, said)
    written: list[str] = []
    done = 0
    for start, end in addresses.bare(said):
        written.append(_SPECIAL.sub(_escape, said[done:start]))
        written.append(f"<{addresses.absolute(said[start:end])}>")
        done = end
    written.append(_SPECIAL.sub(_escape, said[done:]))
    return "".join(written)


def _escape(found: re.Match[str]) -> str:
    return f"@{_ZERO_WIDTH}" if found.group() == "@" else f"\\{found.group()}"


def _escaped_start(line: str) -> str:
    if line[:1] not in _STARTING:
        return line
    if _LINE_START.match(line):
        return "\\" + line
    return _NUMBER_START.sub(r"\1\\.", line, count=1) if _NUMBER_START.match(line) else line


def _drawn(rows: list[tuple[Node, ...]]) -> str:
    """A table in characters of one width."""
    lines = [[words(cell) for cell in row] for row in rows]
    widths = [0] * max(map(len, lines))
    for line in lines:
        for column, said in enumerate(line):
            widths[column] = max(widths[column], min(len(said), _WIDEST_CELL))
    drawn = ["  ".join(said.ljust(width) for said, width in zip(line, widths, strict=False)).rstrip() for line in lines]
    if any(cell.level for cell in rows[0]):
        drawn.insert(1, "  ".join("-" * width for width in widths).rstrip())
    return "\n".join(drawn)


def _surveyed(tree: Node) -> tuple[Node | None, bool]:
    """The first picture or video that nobody hid or quoted, if there is one, and whether anything is folded."""
    if not _is_surprising(tree):
        return None, False
    previewed = None
    folded = False
    waiting = [(tree, False)]
    while waiting:
        node, hidden = waiting.pop()
        kind = node.kind
        if not hidden and previewed is None:
            media = kind in _MEDIA and addresses.shows(node.target)
            if media or (kind is Kind.LINK and addresses.unfolds(node.target) and addresses.allowed(node.target)):
                previewed = node
        folded = folded or kind is Kind.FOLD
        if node.children:
            hidden = hidden or kind in _NOT_PREVIEWED
            waiting.extend([(child, hidden) for child in reversed(node.children) if child.kind is not Kind.TEXT])
    return previewed, folded


def _is_surprising(tree: Node) -> bool:
    """True where something may be previewed or is folded: most posts hold nothing of the kind."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        kind = node.kind
        if kind in _SURPRISING or (kind is LINK and addresses.unfolds(node.target)):
            return True
        waiting.extend(node.children)
    return False


class _Being(msgspec.Struct):
    """A block whose children are being made anew."""

    node: Node
    hidden: bool
    done: list[Node] = []


def _hiding(tree: Node) -> Node:
    """The tree with the words in its folds behind the marks of spoilers, as Discord folds nothing."""
    open_ = [_Being(tree, False)]
    while True:
        being = open_[-1]
        if len(being.done) < len(being.node.children):
            child = being.node.children[len(being.done)]
            if child.kind in BLOCKS and child.children and child.kind not in _LINES:
                open_.append(_Being(child, being.hidden or being.node.kind is Kind.FOLD))
            else:
                being.done.append(_hidden(child) if being.hidden or being.node.kind is Kind.FOLD else child)
            continue
        open_.pop()
        made = msgspec.structs.replace(being.node, children=tuple(being.done))
        if not open_:
            return made
        open_[-1].done.append(made)


def _hidden(leaf: Node) -> Node:
    """What holds no further blocks, hidden."""
    if leaf.kind is Kind.CODE_BLOCK:
        return msgspec.structs.replace(leaf, level=1)
    if leaf.kind in _LINES:
        return Node(leaf.kind, level=leaf.level, children=(Node(Kind.SPOILER, children=leaf.children),))
    return leaf if leaf.kind in BLOCKS else Node(Kind.SPOILER, children=(leaf,))
