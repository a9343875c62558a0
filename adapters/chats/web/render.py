"""Pure: a card → the payload that this chat keeps and shows; a payload → plain text for a terminal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from bot import markup
from bot.model import Card, CardKind, Millis, Payload, When

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
    head = [" · ".join(filter(None, [text_of(payload, "author"), *signs(payload), stated(when) if when else ""]))]
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


def stated(when: When) -> str:
    """A time in words and in UTC, as exactly as it is known: "22 Dec 2015 15:24", "22 Dec 2015", "Dec 2015", "2015".

    A day or month of another time zone straddles two of ours: its width tells what it is, its middle which one.
    """
    then, width = _calendar((when.earliest + when.latest) // 2), when.latest - when.earliest
    month = f"{_MONTHS[then.month - 1]} {then.year}"
    if when.exact:
        return f"{then.day} {month} {then:%H:%M}"
    if width <= 25 * _HOUR:
        return f"{then.day} {month}"
    if width <= 32 * 24 * _HOUR:
        return month
    if width <= 367 * 24 * _HOUR:
        return f"{then.year}"
    return f"{_calendar(when.earliest).year} to {_calendar(when.latest).year}"


def _calendar(at: Millis) -> datetime:
    """A time as a calendar knows it; what lies outside the years 1 to 9999 becomes their edge."""
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)
    except OverflowError:
        return (datetime.max if at > 0 else datetime.min).replace(tzinfo=UTC)
