"""Pure: a card → the payload that this chat keeps and shows; a payload → plain text for a terminal."""

from __future__ import annotations

from urllib.parse import urlsplit

from bot import markup
from bot.model import Card, CardKind, Payload, When

SCHEMES = ("http", "https")
"""What an address may begin with to become a link."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HOUR = 3_600_000


def render(card: Card) -> tuple[Payload, ...]:
    """The one message that shows a card: every field, always in the same order, ready to be kept as JSON.

    A tombstone holds no text, whatever the card says. `plain` is the text without markup.
    """
    text = card.body if card.kind is not CardKind.TOMBSTONE else None
    quote = card.quote
    return (
        {
            "kind": card.kind.value,
            "author": card.author,
            "avatar": card.avatar,
            "badge": card.badge,
            "number": card.number,
            "title": card.title,
            "html": markup.write(text, "web") if text is not None else "",
            "plain": markup.write(text, "plain") if text is not None else "",
            "note": card.note,
            "link": address(card.link),
            "when": [card.when.earliest, card.when.latest] if card.when is not None else None,
            "path": list(card.path),
            "quote": {
                "author": quote.author,
                "excerpt": quote.excerpt,
                "number": quote.number,
                "link": address(quote.link),
            }
            if quote is not None
            else None,
            "reply_to": str(card.reply_to),
            "continued": address(card.continued),
        },
    )


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
    foot = [text_of(payload, "note")]
    if text_of(payload, "continued"):
        foot.append(f"… continued at {text_of(payload, 'continued')}")
    foot.append(text_of(payload, "link"))
    blocks = (
        "\n".join(filter(None, head)),
        text_of(payload, "plain").strip("\n"),
        "\n".join(filter(None, foot)),
    )
    return "\n\n".join(filter(None, blocks))
