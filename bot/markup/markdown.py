"""Writes Markdown that reads back as the same words: CommonMark, with tables and strikethrough, without HTML.

Some forums can hide words besides, each with marks of its own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import msgspec

from bot.markup import addresses
from bot.markup.backticks import in_line, longest_run
from bot.markup.inline import CODE, LEAF, LINK, START, TEXT, Piece, pieces
from bot.markup.layout import lay_out
from bot.markup.nodes import Kind, Node, paragraph, text
from bot.markup.wording import shown

_SPECIAL = re.compile(r"[\\`*\[\]<~]|_|&(?=[#A-Za-z]|$)|!$")
_TELLING = ("_", "*", "[", "]", "<", "~", "`", "\\", "&", "!")
"""What a text without anything special holds none of."""
_IN_ADDRESS = re.compile(r"[\\()<>&]")
_BRACKET = re.compile(r"[\[\]]")
# What would start a block, were it left at the start of a line; in a number its point is escaped.
_LINE_START = re.compile(r"[-+](?=[-+|:\s]|$)|:(?=[-|:\s]|$)|[>=|]|#{1,6}(?=\s|$)")
_NUMBER_START = re.compile(r"([0-9]{1,9})([.)])(?=\s|$)")
_STARTING = frozenset("-+:>=|#0123456789")
"""What those begin with."""
_LANGUAGE = re.compile(r"[\w+#.-]+")
_MARKS = {Kind.BOLD: "**", Kind.STRIKE: "~~", Kind.ITALIC: "_"}
_WRITTEN = frozenset({*_MARKS.values(), "*"})
_ITALIC = Kind.ITALIC
_SPANS = frozenset({*_MARKS, Kind.LINK})
_HIDING_SPANS = _SPANS | {Kind.SPOILER}
_MOST_ROUNDS = 8


def write(node: Node) -> str:
    """The tree as Markdown, without a line end at its end.

    Formats that Markdown does not have (underlined, raised, lowered, hidden) leave their words, as do those whose marks
    would not be read at their place ("a**!**b").
    """
    return lay_out(node, _MARKDOWN)


def write_hiding(node: Node, start: str, end: str) -> str:
    """The tree as Markdown of a forum that hides words between these, until they are asked for."""
    return lay_out(node, _Markdown(start, end))


class _Markdown:
    """The style of Markdown; `start` and `end` stand around hidden words where there is a way to hide some."""

    # Forums that use the commonest parser read 20 levels with its strict settings, and drop what is deeper.
    deepest = 16
    quote_mark = "> "
    close_titles = False
    bullets = "-+*"
    delimiters = ".)"

    def __init__(self, start: str = "", end: str = "") -> None:
        self._hiding = (start, end)

    def paragraph(self, node: Node) -> list[str]:
        said = _inline(node, self._hiding)
        if not said:
            return []
        # Where bars hide words, those at the start of a line are meant: others are escaped by now.
        meant = self._hiding[0][:1] == "|"
        return [line if meant and line[0:1] == "|" else _escaped_start(line) for line in said.split("\n")]

    def heading(self, node: Node) -> list[str]:
        said = _inline(node, self._hiding, breaks=False)
        if said.endswith("#"):
            said = said[:-1] + "\\#"
        return [f"{'#' * min(max(node.level, 1), 6)} {said}"] if said else []

    def code(self, node: Node) -> list[str]:
        fence = "`" * max(3, longest_run(node.text) + 1)
        language = _LANGUAGE.match(node.label) if node.text.strip() else None
        return [fence + (language.group() if language else ""), *node.text.split("\n"), fence]

    def rule(self) -> list[str]:
        return ["___"]  # neither of the marks that also start lists

    def table(self, rows: list[tuple[Node, ...]]) -> list[str]:
        columns = max(map(len, rows))
        lines = []
        for row in rows:
            cells = [_inline(cell, self._hiding, breaks=False).replace("|", "\\|") for cell in row]
            lines.append(f"| {' | '.join(cells + [''] * (columns - len(cells)))} |")
        lines.insert(1, "|" + " --- |" * columns)
        return lines

    def title(self, node: Node) -> Node:
        label = text(node.label)
        if node.kind is Kind.QUOTE and node.target:
            label = Node(Kind.LINK, target=node.target, children=(label,))
        return paragraph(Node(Kind.BOLD, children=(label,)))


class _Mark(msgspec.Struct):
    """An element whose marks may be left out; they stand in the run of what is written."""

    kind: Kind
    start: int
    stop: int = 0


def _inline(node: Node, hiding: tuple[str, str], *, breaks: bool = True) -> str:
    """Inline content in Markdown; its line starts are not escaped yet."""
    steps = pieces(node.children, _HIDING_SPANS if hiding[0] else _SPANS, breaks=breaks)
    bars = "|" in hiding[0]
    if "[" in hiding[0]:
        steps = _with_hidden_apart(steps)
    if len(steps) == 1:
        return _leaf(steps[0][1], bars)
    run: list[str] = []
    marks: list[_Mark] = []
    open_: list[_Mark] = []
    codes: dict[int, str] = {}  # the pieces of code in the run
    link_at = 0
    for step, piece in steps:
        kind = piece.kind
        if step is LEAF:
            if kind is CODE:
                codes[len(run)] = piece.text
            run.append(_leaf(piece, bars))
        elif kind is Kind.SPOILER:
            run.append(hiding[0] if step is START else hiding[1])
        elif kind is LINK:
            if step is START:
                link_at = len(run)
                run.append("[")
            elif len(run) == link_at + 2 and _is_written_out(run[-1], piece.target):
                run[link_at:] = ["", f"<{piece.target}>"]
            else:
                run.append(f"]({_address(piece.target)})")
        else:
            if step is START:
                open_.append(_Mark(kind, len(run)))
                marks.append(open_[-1])
            else:
                open_.pop().stop = len(run)
            run.append(_MARKS[kind])
    if marks:
        _drop_unreadable(run, marks)
    return "".join(_with_whole_code(run, codes) if codes else run)


def _with_hidden_apart(steps: Sequence[Piece]) -> list[Piece]:
    """The pieces without the links around hidden words: in their brackets, no other ones are read."""
    kept: list[Piece] = []
    begun = -1  # where the open link starts, if it holds nothing hidden so far
    dropped = False
    for piece in steps:
        step, node = piece
        if node.kind is LINK and step is START:
            begun, dropped = len(kept), False
        elif node.kind is LINK:
            if dropped:
                continue
        elif node.kind is Kind.SPOILER and step is START and begun >= 0:
            del kept[begun]
            begun, dropped = -1, True
        kept.append(piece)
        if node.kind is LINK and step is not START:
            begun = -1
    return kept


def _with_whole_code(run: list[str], codes: dict[int, str]) -> list[str]:
    """The run with pieces of code together whose marks between them were left out.

    Side by side, their backticks would be one mark.
    """
    said: list[str] = []
    before = ""  # the code that was said last, if nothing else stands behind it
    for at, raw in enumerate(run):
        code = codes.get(at, "")
        if code and before:
            before += code
            said[-1] = in_line(before)
        elif raw:
            before = code
            said.append(raw)
    return said


def _leaf(node: Node, bars: bool) -> str:
    """Words, code, a picture; with `bars`, bars hide words, so that others are escaped."""
    if node.kind is TEXT:
        words = _escaped(node.text)
        return words.replace("|", "\\|") if bars else words
    match node.kind:
        case Kind.BREAK:
            return "\\\n"
        case Kind.CODE:
            return in_line(node.text)
        case Kind.IMAGE | Kind.MEDIA:
            words = _leaf(text(" ".join(shown(node).split())), bars)
            if node.kind is Kind.IMAGE:
                return f"![{words}]({_address(node.target)})"
            bare = not node.label.strip() and not _BRACKET.search(node.target)
            return f"<{node.target}>" if bare else f"[{words}]({_address(node.target)})"
    return _leaf(text(node.text), bars)


def _drop_unreadable(run: list[str], marks: list[_Mark]) -> None:
    """Empties the marks that would not be read as such, until all that are left would be.

    Marks need the right neighbours (CommonMark calls it flanking), and which neighbours they have depends on the marks
    around them.
    """
    for _ in range(_MOST_ROUNDS):
        doubtful = [mark for mark in marks if run[mark.start] and not _is_readable(run, mark)]
        if not doubtful:
            return
        for mark in doubtful:
            run[mark.start] = run[mark.stop] = ""
    for mark in marks:
        run[mark.start] = run[mark.stop] = ""


def _is_readable(run: list[str], mark: _Mark) -> bool:
    """True if the marks of an element would not be taken for words; italics try both of theirs."""
    start, stop = mark.start, mark.stop
    # Most marks stand between spaces, or at the edge, and have a letter inside of them.
    if (
        run[start + 1][:1].isalnum()
        and run[stop - 1][-1:].isalnum()
        and (not start or run[start - 1][-1:] == " ")
        and (stop + 1 == len(run) or run[stop + 1][:1] == " ")
    ):
        run[start] = run[stop] = _MARKS[mark.kind]
        return True
    outside, first = _beside(run, start, -1), _beside(run, start, 1)
    inside, beyond = _beside(run, stop, -1), _beside(run, stop, 1)
    left = run[outside][-1] if outside >= 0 else " "
    right = run[beyond][0] if beyond >= 0 else " "
    # Words that look like a mark are escaped by now.
    touching = [run[place][0] for place in (outside, first, inside, beyond) if place >= 0 and run[place] in _WRITTEN]
    for raw in ("_", "*") if mark.kind is _ITALIC else (run[start],):
        if raw[0] in touching:
            continue
        if _opens(raw, left, run[first][0]) and _opens(raw, right, run[inside][-1]):
            run[start] = run[stop] = raw
            return True
    return False


def _beside(run: list[str], at: int, step: int) -> int:
    """The nearest piece before or behind a place that shows anything, or -1; few in a row show nothing."""
    at += step
    while 0 <= at < len(run):
        if run[at]:
            return at
        at += step
    return -1


def _opens(mark: str, outside: str, inside: str) -> bool:
    """True if a mark between these characters belongs to what is inside; closing is the same seen from behind.

    Strict where parsers differ: symbols count as punctuation only where that makes it harder.
    """
    if inside.isspace():
        return False
    spaced = (
        outside.isspace() or unicodedata.category(outside)[0] == "P" or (outside.isascii() and not outside.isalnum())
    )
    if mark == "_":
        return spaced
    return spaced or unicodedata.category(inside)[0] not in "PS"


def _escaped(words: str) -> str:
    """Words whose characters mean nothing but themselves."""
    for mark in _TELLING:
        if mark in words:
            break
    else:
        return words

    def escape(found: re.Match[str]) -> str:
        at = found.start()
        if found.group() == "_" and 0 < at < len(words) - 1 and words[at - 1].isalnum() and words[at + 1].isalnum():
            return "_"  # inside a word it never is a mark: names of variables and files stay readable
        return "\\" + found.group()

    return _SPECIAL.sub(escape, words)


def _escaped_start(line: str) -> str:
    if line[:1] not in _STARTING:
        return line
    if _LINE_START.match(line):
        return "\\" + line
    return _NUMBER_START.sub(r"\1\\\2", line, count=1) if _NUMBER_START.match(line) else line


def _address(target: str) -> str:
    """An address in brackets; forums that also read BBCode look for it in there."""
    _host, slash, path = target.partition("://")[2].partition("/")
    if _BRACKET.search(path):
        target = target.removesuffix(slash + path) + slash + path.replace("[", "%5B").replace("]", "%5D")
    return _IN_ADDRESS.sub(r"\\\g<0>", target)


def _is_written_out(raw: str, target: str) -> bool:
    """True for a link whose words are its address: "<address>" is shorter and keeps it readable."""
    return raw == _escaped(target) and addresses.shows(target) and not _BRACKET.search(target)


_MARKDOWN = _Markdown()
