"""Writes Markdown that reads back as the same words: CommonMark, with tables and strikethrough, without HTML."""

from __future__ import annotations

import re
import unicodedata

import msgspec

from bot.markup import addresses
from bot.markup.inline import Step, pieces
from bot.markup.layout import lay_out
from bot.markup.nodes import Kind, Node, paragraph, text
from bot.markup.wording import shown

_SPECIAL = re.compile(r"[\\`*\[\]<~]|_|&(?=[#A-Za-z]|$)|!$")
_IN_ADDRESS = re.compile(r"[\\()<>&]")
# What would start a block, were it left at the start of a line; in a number its point is escaped.
_LINE_START = re.compile(r"[-+](?=[-+|:\s]|$)|:(?=[-|:\s]|$)|[>=|]|#{1,6}(?=\s|$)")
_NUMBER_START = re.compile(r"([0-9]{1,9})([.)])(?=\s|$)")
_BACKTICKS = re.compile(r"`+")
_LANGUAGE = re.compile(r"[\w+#.-]+")
_MARKS = {Kind.BOLD: "**", Kind.STRIKE: "~~", Kind.ITALIC: "_"}
_SPANS = frozenset({*_MARKS, Kind.LINK})
_MOST_ROUNDS = 8


def write(node: Node) -> str:
    """The tree as Markdown, without a line end at its end.

    Formats that Markdown does not have (underlined, raised, lowered, hidden) leave their words, as do those whose marks
    would not be read at their place ("a**!**b").
    """
    return lay_out(node, _MARKDOWN)


class _Markdown:
    """The style of Markdown."""

    # Forums that use the commonest parser read 20 levels with its strict settings, and drop what is deeper.
    deepest = 16
    quote_mark = "> "
    close_titles = False
    bullets = "-+*"
    delimiters = ".)"

    def paragraph(self, node: Node) -> list[str]:
        said = _inline(node)
        return [_escaped_start(line) for line in said.split("\n")] if said else []

    def heading(self, node: Node) -> list[str]:
        said = _inline(node, breaks=False)
        if said.endswith("#"):
            said = said[:-1] + "\\#"
        return [f"{'#' * min(max(node.level, 1), 6)} {said}"] if said else []

    def code(self, node: Node) -> list[str]:
        fence = "`" * max(3, _longest_run(node.text) + 1)
        language = _LANGUAGE.match(node.label)
        return [fence + (language.group() if language else ""), *node.text.split("\n"), fence]

    def rule(self) -> list[str]:
        return ["___"]  # neither of the marks that also start lists

    def table(self, rows: list[tuple[Node, ...]]) -> list[str]:
        columns = max(map(len, rows))
        lines = []
        for row in rows:
            cells = [_inline(cell, breaks=False).replace("|", "\\|") for cell in row]
            lines.append(f"| {' | '.join(cells + [''] * (columns - len(cells)))} |")
        lines.insert(1, "|" + " --- |" * columns)
        return lines

    def title(self, node: Node) -> Node:
        label = text(node.label)
        if node.kind is Kind.QUOTE and node.target:
            label = Node(Kind.LINK, target=node.target, children=(label,))
        return paragraph(Node(Kind.BOLD, children=(label,)))


class _Written(msgspec.Struct):
    """A piece as it is written, and, of an element whose marks may be left out, what they would be."""

    raw: str
    kind: Kind | None = None
    partner: int = 0
    """Where the element ends or starts."""
    code: str = ""


def _inline(node: Node, *, breaks: bool = True) -> str:
    """Inline content in Markdown; its line starts are not escaped yet."""
    run: list[_Written] = []
    open_at: list[int] = []
    for step, piece in pieces(node.children, _SPANS, breaks=breaks):
        kind = piece.kind
        if step is Step.LEAF:
            run.append(_Written(_leaf(piece), code=piece.text if kind is Kind.CODE else ""))
        elif step is Step.START:
            open_at.append(len(run))
            run.append(_Written("[") if kind is Kind.LINK else _Written(_MARKS[kind], kind))
        else:
            start = open_at.pop()
            if run[start].kind is not None:
                run[start].partner = len(run)
                run.append(_Written(_MARKS[kind], kind, start))
            elif len(run) == start + 2 and _is_written_out(run[start + 1].raw, piece.target):
                run[start].raw = ""
                run[start + 1].raw = f"<{piece.target}>"
            else:
                run.append(_Written(f"]({_address(piece.target)})"))
    _drop_unreadable(run)
    said: list[_Written] = []
    for written in run:
        if written.code and said and said[-1].code:
            # The marks between two pieces of code were left out; side by side, their backticks would be one mark.
            code = said[-1].code + written.code
            said[-1] = _Written(_code(code), code=code)
        elif written.raw:
            said.append(written)
    return "".join(written.raw for written in said)


def _leaf(node: Node) -> str:
    match node.kind:
        case Kind.BREAK:
            return "\\\n"
        case Kind.CODE:
            return _code(node.text)
        case Kind.IMAGE | Kind.MEDIA:
            words = _escaped(" ".join(shown(node).split()))
            if node.kind is Kind.IMAGE:
                return f"![{words}]({_address(node.target)})"
            return f"[{words}]({_address(node.target)})" if node.label.strip() else f"<{node.target}>"
    return _escaped(node.text)


def _code(code: str) -> str:
    fence = "`" * (_longest_run(code) + 1)
    pad = " " if code[0] == "`" or code[-1] == "`" else ""
    return f"{fence}{pad}{code}{pad}{fence}"


def _drop_unreadable(run: list[_Written]) -> None:
    """Empties the marks that would not be read as such, until all that are left would be.

    Marks need the right neighbours (CommonMark calls it flanking), and which neighbours they have depends on the marks
    around them.
    """
    for _ in range(_MOST_ROUNDS):
        doubtful = _unreadable(run)
        if not doubtful:
            return
        for at in doubtful:
            run[at].raw = run[run[at].partner].raw = ""
    for written in run:
        if written.kind is not None:
            written.raw = ""


def _unreadable(run: list[_Written]) -> list[int]:
    """Where elements start whose marks would be taken for words; italics try both of their marks."""
    before: list[int] = []  # of each piece, the last one before it that shows anything
    after = [-1] * len(run)
    last = -1
    for at, written in enumerate(run):
        before.append(last)
        last = at if written.raw else last
    last = -1
    for at in range(len(run) - 1, -1, -1):
        after[at] = last
        last = at if run[at].raw else last
    doubtful = []
    for at, start in enumerate(run):
        if start.kind is None or not start.raw or start.partner < at:
            continue
        end = run[start.partner]
        outside, first = before[at], after[at]
        inside, beyond = before[start.partner], after[start.partner]
        for mark in ("_", "*") if start.kind is Kind.ITALIC else (start.raw,):
            touching = (run[i] for i in (outside, first, inside, beyond) if i >= 0)
            if any(other.kind is not None and other.raw[0] == mark[0] for other in touching):
                continue
            left = run[outside].raw[-1] if outside >= 0 else " "
            right = run[beyond].raw[0] if beyond >= 0 else " "
            if _opens(mark, left, run[first].raw[0]) and _opens(mark, right, run[inside].raw[-1]):
                start.raw = end.raw = mark
                break
        else:
            doubtful.append(at)
    return doubtful


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

    def escape(found: re.Match[str]) -> str:
        at = found.start()
        if found.group() == "_" and 0 < at < len(words) - 1 and words[at - 1].isalnum() and words[at + 1].isalnum():
            return "_"  # inside a word it never is a mark: names of variables and files stay readable
        return "\\" + found.group()

    return _SPECIAL.sub(escape, words)


def _escaped_start(line: str) -> str:
    if _LINE_START.match(line):
        return "\\" + line
    return _NUMBER_START.sub(r"\1\\\2", line, count=1) if _NUMBER_START.match(line) else line


def _address(target: str) -> str:
    return _IN_ADDRESS.sub(r"\\\g<0>", target)


def _is_written_out(raw: str, target: str) -> bool:
    """True for a link whose words are its address: "<address>" is shorter and keeps it readable."""
    return addresses.shows(target) and raw == _escaped(target)


def _longest_run(code: str) -> int:
    return max((len(run) for run in _BACKTICKS.findall(code)), default=0)


_MARKDOWN = _Markdown()
