"""Democratic Underground: reads its boards and threads, and thread pages saved as HTML or as text."""

from __future__ import annotations

import re

import msgspec

from adapters.forums.democratic_underground import addresses, parse
from adapters.forums.democratic_underground.forum import THREADS, DemocraticUnderground
from adapters.forums.democratic_underground.lines import MAX_BYTES, is_html
from adapters.forums.democratic_underground.settings import Settings, checked
from bot.errors import Unparsable
from bot.model import ForumName, ThreadPage
from bot.ports import Context, ForumAdapter, Match

_SIGNS = (
    (b"new reply since forum marked as read", 0.9, "it has this site's line under a thread's first post"),
    (b"Send PM | Profile | Ignore", 0.7, "it has the line above the posts of this site's older pages"),
    (b"duboard.php", 0.6, "it links to this site's older pages"),
    (b"democraticunderground.", 0.4, "it names this site"),
)
"""What a saved page shows of where it is from, the surest first, with the certainty that it gives."""

_SAVED_FROM = re.compile(rb"<!-- saved from url=\([0-9]{4}\)(\S{1,1000}) -->")
"""What Chrome and Edge write above the page that they save."""


class _Adapter:
    name = "democratic_underground"
    settings: type[msgspec.Struct] = Settings
    looked_for = parse.LOOKED_FOR

    def recognise(self, address: str, page: bytes | None = None) -> Match | None:
        forum = ForumName(self.name)
        if addresses.ours(address):
            if addresses.is_feed(address):
                return None
            if addresses.read(address) is not None:
                return Match(1.0, forum, "the address is a thread or board of Democratic Underground")
            return Match(0.9, forum, "the address is on a host of Democratic Underground")
        for sign, certainty, why in _SIGNS if page else ():
            if sign in (page or b"")[:MAX_BYTES]:
                return Match(certainty, forum, why)
        return None

    def open(self, name: ForumName, settings: Settings, context: Context) -> DemocraticUnderground:
        return DemocraticUnderground(settings, context)

    def saved(self, page: bytes, address: str, settings: Settings) -> ThreadPage:
        rules = checked(settings)
        if address:
            place = addresses.read(address, rules.base)
            if place is None or not place.thread:
                raise Unparsable(f"{address[:200]} is no address of a thread here: looked for {THREADS}", THREADS)
        else:
            noted = _SAVED_FROM.search(page[:1024]) if is_html(page) else None
            place = addresses.read(noted[1].decode("ascii", "replace"), rules.base) if noted else None
        return parse.thread_page(page, place, rules)


adapter: ForumAdapter = _Adapter()
