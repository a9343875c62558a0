"""Pure: JSON Feed 1.0 and 1.1 (jsonfeed.org) → `Feed`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import escape
from typing import Any

import msgspec

from adapters.forums.feed.items import LONGEST_TEXT, LOOKED_FOR, MOST, Feed, Item, line, web
from bot.errors import Unparsable
from bot.model import Damaged, Millis
from bot.net import Answer

_TAGS = 20
_ATTACHMENTS = 5
_HUBS = 5
_VERSION = "jsonfeed.org/version/"


def is_json(body: bytes) -> bool:
    """Whether a body is JSON rather than XML, by how it begins."""
    return body[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def parse(body: bytes) -> Feed:
    """The feed; an item that makes no sense is damaged. Raises Unparsable where it is no JSON Feed."""
    told = Answer(200, "", {"content-type": "application/json"}, body).json()
    if not isinstance(told, dict) or _VERSION not in _text(told.get("version")):
        raise Unparsable("the JSON there is no JSON Feed: it names no version of one", LOOKED_FOR, body)
    listed = told.get("items")
    if not isinstance(listed, list):
        raise Unparsable("the JSON Feed there has no list of items", LOOKED_FOR, body)
    author = _author(told)
    items, damaged = [], []
    for item in listed[:MOST]:
        try:
            items.append(_item(item, author))
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            damaged.append(Damaged(f"an item cannot be read: {error}", repr(item)[:4000].encode("utf-8", "replace")))
    if len(listed) > MOST:
        damaged.append(Damaged(f"the feed has more than {MOST} items; the rest is not read", b""))
    return Feed(
        title=line(_text(told.get("title"))),
        link=web(told.get("home_page_url")),
        links=(*_hubs(told), *((("self", own),) if (own := _text(told.get("feed_url"))) else ())),
        author=author[0],
        items=tuple(items),
        damaged=tuple(damaged),
    )


def _item(item: Any, feed_author: tuple[str, str]) -> Item:
    if not isinstance(item, dict):
        raise TypeError("it is no object")
    name, avatar = _author(item)
    html = _text(item.get("content_html"))
    plain = _text(item.get("content_text")) or ("" if html else _text(item.get("summary")))
    tags = [tag for tag in given if isinstance(tag, str)] if isinstance(given := item.get("tags"), list) else []
    text, format = (html, "html") if html else (plain, "plain")
    return Item(
        id=_text(item.get("id")),
        link=web(item.get("url")) or web(item.get("external_url")),
        title=line(_text(item.get("title"))),
        author=name or feed_author[0],
        avatar=avatar or (feed_author[1] if not name else ""),
        text=text[:LONGEST_TEXT] + _attached(item, html=format == "html"),
        format=format,
        published=_moment(item.get("date_published")),
        updated=_moment(item.get("date_modified")),
        tags=tuple(line(tag) for tag in tags[:_TAGS] if tag.strip()),
    )


def _attached(item: dict[str, Any], *, html: bool) -> str:
    """What is attached, and the image, as far as the text does not show it already."""
    shown, said = repr(item.get("content_html")), []
    image = web(item.get("image"))
    if image and image not in shown:
        said.append(f'<p><img src="{escape(image)}"></p>' if html else f"\n\n{image}")
    attachments = item.get("attachments")
    for one in attachments[:_ATTACHMENTS] if isinstance(attachments, list) else ():
        address = web(one.get("url")) if isinstance(one, dict) else ""
        if address and address not in shown:
            title = _text(one.get("title")) or address
            said.append(f'<p><a href="{escape(address)}">{escape(title)}</a></p>' if html else f"\n\n{address}")
    return "".join(said)


def _author(told: dict[str, Any]) -> tuple[str, str]:
    """Name and avatar of whoever is named first; 1.0 has one author, 1.1 a list."""
    authors = told.get("authors")
    first = authors[0] if isinstance(authors, list) and authors else told.get("author")
    if not isinstance(first, dict):
        return "", ""
    return line(_text(first.get("name"))), web(first.get("avatar"))


def _hubs(told: dict[str, Any]) -> list[tuple[str, str]]:
    """WebSub hubs: those that JSON Feed knows have types."""
    hubs = told.get("hubs")
    named = [hub for hub in hubs[:_HUBS] if isinstance(hub, dict)] if isinstance(hubs, list) else []
    return [("hub", _text(hub.get("url"))) for hub in named if _text(hub.get("type")).lower() == "websub"]


def _text(value: Any) -> str:
    """Ids are strings, says the format; numbers are common."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return value.strip() if isinstance(value, str) else str(value)


_SPACE = re.compile(r"^(\d{4}-\d\d-\d\d) (\d\d:\d\d)")


def _moment(value: Any) -> Millis | None:
    """A time of RFC 3339; None where there is none, or it makes no sense."""
    if not isinstance(value, str):
        return None
    try:
        when = msgspec.convert(_SPACE.sub(r"\1T\2", value.strip()), datetime)
    except msgspec.ValidationError:
        return None
    return int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1000)
