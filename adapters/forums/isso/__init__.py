"""Isso: reads and writes the comments that sites keep on a server of it."""

from __future__ import annotations

import dataclasses
from urllib.parse import urlsplit

import msgspec

from adapters.engines.addresses import named
from adapters.forums.isso import addresses, parse, rows
from adapters.forums.isso.addresses import question
from adapters.forums.isso.forum import Isso
from adapters.forums.isso.page import Page, read
from adapters.forums.isso.parse import Where
from adapters.forums.isso.settings import Settings
from bot.errors import Unparsable
from bot.model import Bookmark, ForumName, Thread, ThreadKey, ThreadPage
from bot.ports import Context, ForumAdapter, Match

SAVED = 4_102_444_800_000
"""1 January 2100: when a saved page was saved, nobody knows; it was before."""


class _Adapter:
    name = "isso"
    settings: type[msgspec.Struct] = Settings
    looked_for = rows.LOOKED_FOR

    def recognise(self, address: str, page: bytes | None = None) -> Match | None:
        asked = addresses.asked(address)
        if page is not None:
            return _seen(page, address, asked[0] if asked else "")
        if asked is None:
            return None
        return _match(0.6, asked[0], "the address has the form in which Isso is asked for comments")

    def open(self, name: ForumName, settings: Settings, context: Context) -> Isso:
        return Isso(settings, context)

    def saved(self, page: bytes, address: str, settings: Settings) -> ThreadPage:
        asked = addresses.asked(address)
        if address and asked is None:
            wanted = "an address with ?uri=…, as Isso is asked for comments"
            raise Unparsable(f"{address[:200]} is none of a page's comments: looked for {wanted}", wanted)
        base, uri = asked or ("", "")
        where = Where(uri, question(base, uri) if asked else "", SAVED)
        found = parse.branch(page, where)
        if parse.drawn(found.posts):
            found = parse.branch(page, dataclasses.replace(where, format="html"))
        posts = tuple(sorted(found.posts, key=lambda post: post.position))
        title = uri or "Comments"
        whole = not found.rest and not found.short
        first = parse.opener(Page(title=title, author=urlsplit(base).hostname or ""), where, posts)
        thread = Thread(ThreadKey(uri or "/"), title, where.link, replies=parse.live(posts) if whole else None)
        return ThreadPage(thread, (first, *posts), whole, Bookmark(), damaged=found.damaged)


def _seen(page: bytes, address: str, base: str) -> Match | None:
    """Whether a page shows comments that Isso keeps, or is an answer of Isso itself."""
    start = page[:4096].lstrip()
    if start.startswith(b"{"):
        if b'"total_replies"' in start:
            return _match(0.9, base, "the page is what Isso answers to a question for comments")
        try:
            told = rows.info(page)
        except Unparsable:
            return None
        if not told.origin or told.moderation is None:
            return None
        base = address.split("?")[0].removesuffix("/info").rstrip("/")
        return _match(0.95, base, f"the page is what Isso {told.version} says about itself")
    found = read(page, address)
    if not found.server or not found.shows:
        return None
    return _match(0.9, found.server, f"the page shows comments that Isso keeps at {found.server}")


def _match(certainty: float, base: str, why: str) -> Match:
    """A match; of a server whose address nobody told it has no settings."""
    if not base.startswith(("http://", "https://")):
        return Match(certainty, ForumName("isso"), why)
    return Match(certainty, named(urlsplit(base).netloc, "isso"), why, {"address": base})


adapter: ForumAdapter = _Adapter()
