"""Texts between formats: readers into one node tree, writers out of it; pure and bounded."""

from __future__ import annotations

from collections.abc import Callable

from bot.markup import (
    bbcode,
    bbcode_in,
    dialects,
    discord_in,
    discord_markdown,
    html_in,
    markdown,
    markdown_in,
    matrix_html,
    matrix_in,
    plain,
    plain_in,
    web_html,
)
from bot.markup.characters import clean, clean_name
from bot.markup.messages import continued, in_messages, reminding, shortened
from bot.markup.nodes import MAX_SOURCE, Node
from bot.markup.wording import CONTINUED, excerpt, words

__all__ = [
    "CONTINUED",
    "READERS",
    "WRITERS",
    "clean_name",
    "excerpt",
    "in_messages",
    "read",
    "reminding",
    "shortened",
    "words",
    "write",
]

READERS: dict[str, Callable[[str, str], Node]] = {
    "html": html_in.read,
    "markdown": markdown_in.read,
    "discourse": dialects.read_discourse,
    "flarum": dialects.read_flarum,
    "bbcode": bbcode_in.read,
    "plain": plain_in.read,
    "discord": discord_in.read,
    "matrix": matrix_in.read,
}
"""What can be read: format to (source, base) → tree; "discord" and "matrix" are what people write there."""

WRITERS: dict[str, Callable[[Node], str]] = {
    "web": web_html.write,
    "plain": plain.write,
    "markdown": markdown.write,
    "discourse": dialects.write_discourse,
    "flarum": dialects.write_flarum,
    "bbcode": bbcode.write,
    "discord": discord_markdown.write,
    "matrix": matrix_html.write,
}
"""What can be written: format to tree → text; "web" is for our own pages, "discord" and "matrix" for those chats."""


def read(source: str, format: str, base: str = "") -> Node:
    """The tree of a text in one of the `READERS`; any text is read, and none of its words is lost.

    `base` is the address of the page it stands on. A source over `MAX_SOURCE` characters is cut, and the tree then ends
    with `CONTINUED`, which leads to `base`. Control characters, lone surrogates and bidi overrides are left out. Raises
    ValueError for an unknown format.
    """
    reader = READERS.get(format)
    if reader is None:
        raise ValueError(f'nothing reads the format "{format}"; use one of: {", ".join(READERS)}')
    tree = reader(clean(source[:MAX_SOURCE]), base)
    if len(source) > MAX_SOURCE:
        tree = continued(tree, base)
    return tree


def write(node: Node, format: str) -> str:
    """The tree as text in one of the `WRITERS`; raises ValueError for an unknown format."""
    writer = WRITERS.get(format)
    if writer is None:
        raise ValueError(f'nothing writes the format "{format}"; use one of: {", ".join(WRITERS)}')
    return writer(node)
