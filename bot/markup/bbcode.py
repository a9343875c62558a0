"""Writes BBCode with the tags that forum engines share; what only looks like a tag is kept from being one."""

from __future__ import annotations

import re

from bot.markup.bbcode_in import NO_TAG
from bot.markup.inline import LEAF, START, pieces
from bot.markup.layout import parted
from bot.markup.nodes import Kind, Node, paragraph
from bot.markup.wording import named

_MARKS = {Kind.BOLD: "b", Kind.ITALIC: "i", Kind.UNDERLINE: "u", Kind.STRIKE: "s", Kind.SPOILER: "spoiler"}
_SPANS = frozenset({*_MARKS, Kind.LINK})
_TAG_START = re.compile(r"\[(?=[A-Za-z*/])")
# What a tag cannot hold behind its "=", however it is quoted.
_UNQUOTABLE = re.compile(r"[\"\[\]]")
_LANGUAGE = re.compile(r"[A-Za-z0-9_-]{1,40}")
_PARTED = "\n\n"


def write(node: Node) -> str:
    """The tree as BBCode, without a line end at its end.

    There is no escaping in BBCode: behind a bracket that would begin a tag stands a character without width. Headings
    are bold, code in a line, superscript and subscript are words, numbers of lists begin at one.
    """
    said: list[str] = []
    waiting: list[Node | str] = [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            _end_lines(said)
            said.append(item)
            continue
        match item.kind:
            case Kind.PARAGRAPH:
                said += [_inline(item), _PARTED]
            case Kind.HEADING:
                said += [_bold(_inline(item)), _PARTED]
            case Kind.CODE_BLOCK:
                said += [_code(item), _PARTED]
            case Kind.RULE:
                said += ["[hr]", _PARTED]
            case Kind.CELL:
                tag = "th" if item.level else "td"
                said.append(f"[{tag}]{_inline(item, breaks=False)}[/{tag}]")
            case _:
                start, end = _around(item)
                said.append(start)
                waiting.append(end)
                waiting.extend(reversed([*_title(item), *parted(item.children)]))
    _end_lines(said)
    return "".join(said).strip("\n")


def _around(node: Node) -> tuple[str, str]:
    """What stands before and behind the blocks in a block; white space before the latter goes."""
    label = _quotable(node)
    match node.kind:
        case Kind.QUOTE:
            return f'[quote="{label}"]' if label else "[quote]", f"[/quote]{_PARTED}"
        case Kind.FOLD:
            return f'[spoiler="{label}"]' if label else "[spoiler]", f"[/spoiler]{_PARTED}"
        case Kind.LIST:
            return "[list=1]\n" if node.level else "[list]\n", f"\n[/list]{_PARTED}"
        case Kind.ITEM:
            return "[*]", "\n"
        case Kind.TABLE:
            return "[table]", f"[/table]{_PARTED}"
        case Kind.ROW:
            return "[tr]", "[/tr]"
    return "", _PARTED


def _quotable(node: Node) -> str:
    label = " ".join(named(node).split())
    return "" if _UNQUOTABLE.search(label) else label


def _title(node: Node) -> list[Node]:
    """The name of a block as its first line, where a tag cannot hold it."""
    label = " ".join(named(node).split())
    return [paragraph(Node(Kind.BOLD, children=(Node(Kind.TEXT, label),)))] if label and not _quotable(node) else []


def _end_lines(said: list[str]) -> None:
    while said and (not said[-1] or said[-1].isspace()):
        said.pop()
    if said:
        said[-1] = said[-1].rstrip("\n")


def _bold(said: str) -> str:
    return f"[b]{said}[/b]" if said else ""


def _code(node: Node) -> str:
    if not node.text.strip():
        return ""
    language = f"={node.label}" if _LANGUAGE.fullmatch(node.label) else ""
    return f"[code{language}]{_neutral(node.text)}[/code]"


def _inline(node: Node, *, breaks: bool = True) -> str:
    said: list[str] = []
    for step, piece in pieces(node.children, _SPANS, breaks=breaks):
        kind = piece.kind
        if step is LEAF:
            said.append(_leaf(piece))
        elif kind is Kind.LINK:
            tag = "email" if piece.target.startswith("mailto:") else "url"
            address = _address(piece.target.removeprefix("mailto:"))
            said.append(f"[{tag}={address}]" if step is START else f"[/{tag}]")
        else:
            said.append(f"[{_MARKS[kind]}]" if step is START else f"[/{_MARKS[kind]}]")
    return "".join(said)


def _leaf(node: Node) -> str:
    match node.kind:
        case Kind.BREAK:
            return "\n"
        case Kind.IMAGE:
            return f"{_neutral(' '.join(node.label.split()))}[img]{_address(node.target)}[/img]"
        case Kind.MEDIA if label := _neutral(" ".join(node.label.split())):
            return f"[url={_address(node.target)}]{label}[/url]"
        case Kind.MEDIA:
            return f"[url]{node.target}[/url]"
    return _neutral(node.text)


def _neutral(words: str) -> str:
    return _TAG_START.sub(f"[{NO_TAG}", words) if "[" in words else words


def _address(target: str) -> str:
    """An address that does not end the tag it stands in."""
    return target.replace("[", "%5B").replace("]", "%5D").replace('"', "%22")
