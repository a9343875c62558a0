"""Pure: the bytes of an answer → a feed, by what they hold; says what was there instead where they hold none."""

from __future__ import annotations

import re

from adapters.forums.feed import parse_json, parse_xml
from adapters.forums.feed.decoding import text_of
from adapters.forums.feed.discover import signs
from adapters.forums.feed.items import LOOKED_FOR, Feed
from bot.errors import Unparsable

_LOGIN = re.compile(rb"""<input[^>]{1,300}type\s{0,5}=\s{0,5}["']?password""", re.IGNORECASE)


def parse(body: bytes, content_type: str, address: str) -> Feed:
    """The feed in an answer. `address` is the feed's own, always the same one: ids may be seen from it.

    Raises Unparsable where the answer is none: a page, a login page, nothing.
    """
    if not body.strip():
        raise Unparsable("what is there is empty", LOOKED_FOR)
    if parse_json.is_json(body):
        return parse_json.parse(body)
    if signs(body) == "html":
        what = "a page that asks for a login" if _LOGIN.search(body) else "an HTML page"
        raise Unparsable(f"what is there is {what}, not a feed", LOOKED_FOR, body)
    return parse_xml.parse(text_of(body, content_type), address)
