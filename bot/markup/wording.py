"""The words of a tree without their form: what content is compared, searched and announced by."""

from __future__ import annotations

from bot.markup.nodes import BLOCKS, Kind, Node

CONTINUED = "… continued on the forum"
"""The last paragraph of a text that was cut."""


def words(node: Node) -> str:
    """All words in reading order, white space collapsed: equal before and after a trip through any format.

    A link counts by its words, an image by its description, a quote and a fold with their label, a mention as "@name";
    bullets, numbers and addresses of links do not count. Media without a title, and links without words, count by
    their address, since that is what is shown of them.
    """
    said: list[str] = []
    waiting: list[Node | str] = [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            said.append(item)
            continue
        if item.kind in BLOCKS or item.kind is Kind.BREAK:
            said.append(_block_words(item))
            waiting.append(" ")
        else:
            said.append(shown(item))
        waiting.extend(reversed(item.children))
    return " ".join("".join(said).split())


def excerpt(node: Node, limit: int) -> str:
    """The first words on one line, at most `limit` characters, cut at a word's border with "…".

    Quotes are left out where something else is said. What is hidden until asked for stays hidden: of a fold its title
    is shown, of a spoiler "[spoiler]".
    """
    if limit <= 0:
        return ""
    line = _first_words(node, limit, quotes=False) or _first_words(node, limit, quotes=True)
    if len(line) <= limit:
        return line
    head = line[:limit]
    # One place is for the "…"; the cut falls before the last word that does not fit whole.
    border = head.rfind(" ")
    kept = head[:border] if border > 0 else head[: limit - 1]
    return kept.rstrip(" ,;:-–—") + "…"


def named(node: Node) -> str:
    """The label of a block where readers see it: who is quoted, the title of a fold."""
    return node.label if node.kind in (Kind.QUOTE, Kind.FOLD) else ""


def shown(node: Node) -> str:
    """The words of an inline node itself, without its children."""
    match node.kind:
        case Kind.TEXT:
            return node.text
        case Kind.CODE:
            return node.text.strip()
        case Kind.MENTION:
            return f"@{node.text.strip()}"
        case Kind.IMAGE:
            return node.label.strip()
        case Kind.MEDIA:
            return node.label.strip() or node.target
        case Kind.LINK if not node.children:
            return node.target
    return ""


def _block_words(node: Node) -> str:
    """The words of a block itself (or of a break), parted from those around it."""
    return f" {node.text if node.kind is Kind.CODE_BLOCK else named(node)} "


def _first_words(node: Node, limit: int, *, quotes: bool) -> str:
    """A little more than the first `limit` characters of what an excerpt may tell."""
    said: list[str] = []
    length = 0
    waiting: list[Node | str] = [node]
    while waiting and length <= 2 * limit + 80:
        item = waiting.pop()
        if isinstance(item, str):
            said.append(item)
            continue
        if item.kind is Kind.QUOTE and not quotes:
            continue
        if item.kind in BLOCKS or item.kind is Kind.BREAK:
            piece = _block_words(item)
            waiting.append(" ")
        else:
            piece = "[spoiler]" if item.kind is Kind.SPOILER else shown(item)
        collapsed = piece.split()
        length += sum(map(len, collapsed)) + len(collapsed)
        said.append(piece)
        if item.kind not in (Kind.FOLD, Kind.SPOILER):
            waiting.extend(reversed(item.children))
    return " ".join("".join(said).split())
