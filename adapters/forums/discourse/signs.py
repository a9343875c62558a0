"""Pure: by what a page shows that Discourse made it, and which version."""

from __future__ import annotations

import re

import msgspec

from adapters.forums.discourse.rows import StreamPage, TopicPage
from bot.errors import Unparsable

MOST = 256 * 1024
"""Bytes of a page that are looked at: what tells stands in its head."""

_GENERATOR = re.compile(rb"""<meta\s+name=["']generator["']\s+content=["']Discourse\s+([0-9][^"' ]{0,30})""", re.I)
_MARKS = (
    b"data-discourse-setup",
    b'id="data-discourse-setup"',
    b"discourse-presence",
    b"/assets/discourse-",
    b"discourse-entrypoint",
    b'name="discourse_theme_id',
    b'name="discourse_current_homepage',
)
_JSON = (b'"post_stream"', b'"topic_list"', b'"latest_posts"', b'"category_list"', b'"topic_slug"')


def engine(page: bytes) -> tuple[float, str]:
    """How sure it is that a page is of Discourse, and why; 0 where nothing tells so."""
    start = page[:MOST]
    if found := _GENERATOR.search(start):
        version = found[1].decode("ascii", "replace")
        return 0.98, f"the page names its engine: Discourse {version}"
    if any(mark in start for mark in _MARKS):
        return 0.92, "the page is made by Discourse"
    if start.lstrip()[:1] == b"{":
        if thread(page):
            return 0.95, "the page is a thread as Discourse answers programs"
        if any(mark in start for mark in _JSON) and (b"cooked" in start or b"bumped_at" in start):
            return 0.9, "the page is what Discourse answers programs"
    return 0.0, ""


def thread(page: bytes) -> bool:
    """Whether a page is the JSON of a thread."""
    for kind in (TopicPage, StreamPage):
        try:
            msgspec.json.decode(page, type=kind)
        except (msgspec.DecodeError, ValueError, RecursionError, Unparsable):
            continue
        return True
    return False
