"""Which adapter an address belongs to: by its form, and where that leaves it open, by the page that stands there."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from bot.errors import AdapterError, NotFound
from bot.net import Net
from bot.net.guard import shown
from bot.ports import ForumAdapter, Match
from bot.redaction import reason_of
from bot.registry import Registry

SURE = 0.8
"""A certainty from which on the form of an address says enough."""

LARGEST = 2 * 1024 * 1024
"""Bytes of a page that are looked at: what tells an engine stands near its beginning."""

ACCEPT = {"Accept": "text/html, application/xhtml+xml, */*;q=0.5"}


class Recognised(msgspec.Struct, frozen=True):
    """The adapter that an address belongs to; `address` is where it leads, behind all redirects."""

    adapter: ForumAdapter
    match: Match
    address: str


def by_form(registry: Registry, address: str) -> Recognised | None:
    """Whose an address is where its form says enough; None where the page that stands there has to be looked at."""
    found = registry.surest(address)
    if found is None or found[1].certainty < SURE:
        return None
    return Recognised(*found, address)


async def recognised(registry: Registry, net: Net, address: str) -> Recognised:
    """Whose an address is; where no adapter is sure of its form, the page is read once, as a guest.

    What cannot be read is whose the form says. Raises `NotFound` with what was looked for.
    """
    sure = by_form(registry, address)
    if sure is not None:
        return sure
    likely, wanted = registry.surest(address), page_of(address)
    if not wanted:
        if likely is None:
            raise NotFound(registry.unknown(address))
        return Recognised(*likely, address)
    try:
        answer = await net.get(wanted, headers=ACCEPT, max_bytes=LARGEST)
    except AdapterError as error:
        if likely is None:
            why = f"{registry.unknown(address)}; its page cannot be read: {reason_of(error)}"
            raise NotFound(why) from error
        return Recognised(*likely, address)
    by_page = registry.surest(answer.url, answer.body)
    if by_page is not None and (likely is None or by_page[1].certainty >= likely[1].certainty):
        return Recognised(*by_page, answer.url if shown(answer.url) != shown(wanted) else wanted)
    if likely is None:
        said = f"the page answers {answer.status}, and no sign of a forum stands in it"
        raise NotFound(f"{registry.unknown(address)}; {said}: looked for {registry.signs()}")
    return Recognised(*likely, address)


def page_of(address: str) -> str:
    """The web page that an address names, with a scheme; empty where it names none."""
    address = address.strip()
    try:
        parts = urlsplit(address if "://" in address else f"https://{address}")
        host = parts.hostname or ""
    except ValueError:
        return ""
    named = "." in host or "://" in address
    return parts.geturl() if parts.scheme in ("http", "https") and host and named else ""
