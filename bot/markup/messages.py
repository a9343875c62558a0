"""Texts as messages: long ones as several, how it is said that more stands elsewhere, which message words are about."""

from __future__ import annotations

from collections.abc import Callable

from bot.markup.nodes import Kind, Node, document, paragraph, text
from bot.markup.split import shorten, split
from bot.markup.wording import CONTINUED, excerpt

REMINDER = 60
"""Characters of a message by which people are reminded of it."""


def continued(node: Node, link: str) -> Node:
    """A text that was cut, and behind it the line that says so and leads to the whole text, if that has an address."""
    words = text(CONTINUED)
    return document(*node.children, paragraph(Node(Kind.LINK, target=link, children=(words,)) if link else words))


def in_messages(
    body: Node | None,
    measure: Callable[[Node], int],
    limit: int,
    *,
    head: int = 0,
    foot: int = 0,
    most: int | None = None,
    link: str = "",
) -> tuple[Node, ...]:
    """What each message shows of a text, in order: at least one, at most `most`; no word is lost but by `most`.

    `measure` says how long a text is as the chat writes it, `limit` how long one message may be. `head` and `foot` are
    the lengths of what the chat writes before the text of the first message and behind that of the last; they have to
    leave it some room. What does not go into `most` messages is cut, and the last of them says so and leads to `link`.
    """
    if body is None:
        return (document(),)
    room = limit - foot
    parts = split(body, measure, room, room - head)
    if most is None or len(parts) <= most:
        return parts or (document(),)
    kept = parts[:most]
    # The line that says so needs its own room: the last message gives up what would not fit beside it.
    last = split(kept[-1], lambda node: measure(continued(node, link)), room - head if most == 1 else room)[0]
    return (*kept[:-1], continued(last, link))


def shortened(body: Node, measure: Callable[[Node], int], longest: int, link: str) -> Node:
    """The beginning of a text that is longer than `longest`, and the line that says so; else the text as it is."""
    beginning, cut = shorten(body, measure, longest)
    return continued(beginning, link) if cut else body


def reminding(words: Node, of: Node) -> Node:
    """Words below the first words of a message that they are about and do not stand beside."""
    said = excerpt(of, REMINDER)
    return document(Node(Kind.QUOTE, children=(paragraph(said),)), *words.children) if said else words
