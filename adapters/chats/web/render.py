"""Pure: a card → the payload that this chat keeps and shows; a payload → plain text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

from adapters.chats.web import rules
from bot import markup
from bot.markup.nodes import Node
from bot.model import Card, CardKind, Offer, Payload, When
from bot.ports import media_of

SCHEMES = ("http", "https")
"""What an address may begin with to become a link."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HOUR = 3_600_000


LONGEST = 16_000
"""Characters of plain text that one message shows, where the settings say nothing else."""


def render(card: Card, most: int | None = None, longest: int = LONGEST) -> tuple[Payload, ...]:
    """The messages that show a card: every field in each, always in the same order, ready to be kept as JSON.

    Who wrote it and when is on every message, what stands above a text on the first, what stands below it on the last.
    A tombstone holds no text, whatever the card says. `plain` is the text without markup.
    """
    text = card.body if card.kind is not CardKind.TOMBSTONE else None
    bodies = markup.in_messages(text, _characters, longest, most=most, link=card.link)
    return tuple(_message(card, body, n == 1, n == len(bodies)) for n, body in enumerate(bodies, 1))


def _message(card: Card, text: Node, first: bool, last: bool) -> Payload:
    quote = card.quote if first else None
    return {
        "kind": card.kind.value,
        "author": card.author,
        "avatar": card.avatar,
        "badge": card.badge if first else "",
        "number": card.number if first else "",
        "title": card.title if first else "",
        "html": markup.write(text, "web"),
        "plain": markup.write(text, "plain"),
        "note": card.note if last else "",
        "link": address(card.link) if last else "",
        "when": [card.when.earliest, card.when.latest] if card.when is not None else None,
        "path": list(card.path) if first else [],
        "quote": {
            "author": quote.author,
            "excerpt": quote.excerpt,
            "number": quote.number,
            "link": address(quote.link),
        }
        if quote is not None
        else None,
        "reply_to": str(card.reply_to) if first else "",
        "media": [msgspec.to_builtins(one) for one in media_of(text)],
        "offers": written(card.offers) if last else [],
    }


def written(offers: Sequence[Offer]) -> list[dict[str, str]]:
    """What is offered as this chat keeps it: what each button says, and the command that it gives."""
    return [{"label": one.label, "command": f"{rules.SIGN}{one.line}"} for one in offers]


def _characters(text: Node) -> int:
    return len(markup.write(text, "plain"))


def address(link: str) -> str:
    """The link if a browser may follow it from our pages, else nothing."""
    try:
        return link if urlsplit(link).scheme.lower() in SCHEMES else ""
    except ValueError:
        return ""


def text_of(payload: Payload, field: str) -> str:
    """A field of a payload as text; empty where an older program did not write it."""
    value = payload.get(field)
    return value if isinstance(value, str) else ""


def when_of(payload: Payload) -> When | None:
    """The time that a payload states."""
    match payload.get("when"):
        case [int(earliest), int(latest)]:
            return When(earliest, latest)
        case _:
            return None


def signs(payload: Payload) -> tuple[str, ...]:
    """Badge and number, each once: a forum's OP carries "OP" as both."""
    return tuple(dict.fromkeys(sign for sign in (text_of(payload, "badge"), text_of(payload, "number")) if sign))


def sketch(payload: Payload) -> str:
    """A payload as a person would see it, in plain text for a terminal."""
    when, path, quote = when_of(payload), payload.get("path"), payload.get("quote")
    head = [" · ".join(filter(None, [text_of(payload, "author"), *signs(payload), when.stated() if when else ""]))]
    if isinstance(path, list):
        head.append(" › ".join(str(part) for part in path))
    if isinstance(quote, dict):
        who = f"{quote.get('author', '')} {quote.get('number', '')}".strip()
        head.append(f"> {who}: {quote.get('excerpt', '')}")
    head.append(text_of(payload, "title"))
    foot = [text_of(payload, "note"), text_of(payload, "link")]
    blocks = (
        "\n".join(filter(None, head)),
        text_of(payload, "plain").strip("\n"),
        "\n".join(filter(None, foot)),
    )
    return "\n\n".join(filter(None, blocks))
