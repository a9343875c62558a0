"""Pure: lists of feeds (OPML 1 and 2), as other readers write them, → addresses."""

from __future__ import annotations

import re
from xml.parsers import expat

from adapters.forums.feed.addresses import whole
from adapters.forums.feed.decoding import text_of
from bot.errors import Unparsable

MOST = 500
"""Feeds of one list."""

LARGEST = 2 * 1024 * 1024
"""Bytes of a list: 500 feeds take a tenth of it."""

LOOKED_FOR = "a list of feeds (OPML): outlines with xmlUrl"

_BARE = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});)")
"""An ampersand that begins no reference: many readers write titles and addresses as they are."""


def outline(page: bytes) -> tuple[str, ...]:
    """The addresses of the feeds that a list names, in its order, each once, however deep they stand.

    Raises Unparsable where it is no list or a broken one, names no feed, or names more than `MOST`.
    """
    if len(page) > LARGEST:
        raise Unparsable(f"the list is larger than {LARGEST // 1024 // 1024} MiB; split it", LOOKED_FOR, page)
    try:
        written = _addresses(page)
    except (expat.ExpatError, ValueError) as error:
        raise Unparsable(f"the list of feeds is broken ({error}); export it anew", LOOKED_FOR, page) from None
    found: dict[str, None] = {}
    for one in written:
        try:
            found[whole(one)] = None
        except Unparsable:
            continue  # a file of that reader's own, or a script
    if not found:
        raise Unparsable(f"the list names no feed: looked for {LOOKED_FOR}", LOOKED_FOR, page)
    if len(found) > MOST:
        raise Unparsable(f"the list names {len(found)} feeds, {MOST} can be taken at once; split it", LOOKED_FOR, page)
    return tuple(found)


def _addresses(page: bytes) -> list[str]:
    """What stands as xmlUrl in the outlines; ValueError where it is no list, or holds declarations."""
    found: list[str] = []
    root = ""

    def begins(tag: str, given: dict[str, str]) -> None:
        nonlocal root
        name = tag.rpartition(":")[2].lower()
        root = root or name
        if root != "opml":
            raise ValueError(f"it begins with <{tag[:40]}>")
        if name == "outline":
            found.extend(value for key, value in given.items() if key.lower() == "xmlurl" and value.strip())

    def declares(name: str, system: str | None, public: str | None, inside: int) -> None:
        if inside:  # entities and defaults, of which a short text can make a long one
            raise ValueError("it declares what its words mean, as no list of feeds does")

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = begins
    parser.StartDoctypeDeclHandler = declares
    parser.Parse(_BARE.sub("&amp;", text_of(page, "")).encode("utf-8", "replace"), True)
    return found
