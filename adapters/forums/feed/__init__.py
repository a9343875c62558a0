"""Feeds: reads RSS, Atom and JSON feeds of any site, and the feeds of comments on what stands in them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import msgspec

from adapters.engines.addresses import named
from adapters.forums.feed import nouns, opml
from adapters.forums.feed.addresses import meant
from adapters.forums.feed.discover import signs
from adapters.forums.feed.forum import FeedForum, PushedFeedForum
from adapters.forums.feed.items import LOOKED_FOR
from adapters.forums.feed.nouns import Source
from adapters.forums.feed.settings import Settings
from bot.errors import Unparsable
from bot.model import ForumName, ThreadPage
from bot.ports import Context, ForumAdapter, Match

_FEED = re.compile(
    r"(?:.*[/._-])?(?:rss2?|atom|feeds?|rdf|index)(?:\.(?:xml|json|php|rdf))?/?|.*\.(?:rss|atom|xml)", re.I
)
_SCHEME = re.compile(r"(?:https?|feed):", re.IGNORECASE)
_FILE = re.compile(r"[^/]*\.(?:atom|htm|html|json|md|opml|php|rdf|rss|txt|xml|zip)", re.IGNORECASE)
"""What is typed without a scheme and is rather the name of a file."""
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,24}(?::\d+)?(?:[/?#].*)?", re.IGNORECASE)

UNDATED = 4_102_444_800_000
"""1 January 2100: when a saved page was saved, nobody knows; it was before."""


class _Adapter:
    name = "feed"
    settings: type[msgspec.Struct] = Settings
    looked_for = f"{LOOKED_FOR}, or a list of feeds (OPML)"

    def recognise(self, address: str, page: bytes | None = None) -> Match | None:
        if page is not None:
            sign = signs(page)
            if sign in ("feed", "opml"):
                what = "a list of feeds" if sign == "opml" else "a feed"
                match = self._address(address)
                if match is None:
                    return Match(0.8, ForumName(self.name), f"the page is {what}")
                return Match(0.8, match.forum, f"the page is {what}", match.settings)
            return None
        return self._address(address)

    def _address(self, address: str) -> Match | None:
        address = address.strip()
        if not _SCHEME.match(address) and (_FILE.fullmatch(address) or not _HOST.fullmatch(address)):
            return None
        try:
            wanted = meant(address)
        except Unparsable:
            return None
        parts = urlsplit(wanted.address)
        if _FEED.fullmatch(parts.path) or wanted.sure:
            certainty, why = 0.5, "the address looks like that of a feed"
        elif wanted.feeds:
            certainty, why = 0.3, f"the address has the form of {wanted.feeds[0].engine or 'a forum'}, which has feeds"
        else:
            certainty, why = 0.1, "the page at the address may have a feed"
        return Match(certainty, named(parts.netloc, "feed"), why, {"address": f"{parts.scheme}://{parts.netloc}"})

    def open(self, name: ForumName, settings: Settings, context: Context) -> FeedForum:
        return PushedFeedForum(name, settings, context) if context.public else FeedForum(settings, context)

    def saved(self, page: bytes, address: str, settings: Settings) -> ThreadPage:
        if signs(page) == "opml":
            raise Unparsable("the file is a list of feeds: mirror it, and each of them is", LOOKED_FOR, page)
        return nouns.whole(page, Source(address), UNDATED)

    def outline(self, page: bytes) -> tuple[str, ...]:
        """The addresses of the feeds that a list names."""
        return opml.outline(page)


adapter: ForumAdapter = _Adapter()
