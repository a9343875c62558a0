"""Finds the feed that an address means: at the address itself, by its form, or on the page that stands there."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from adapters.forums.feed import page
from adapters.forums.feed.addresses import Meant, meant
from adapters.forums.feed.engines import FeedAddress, described
from bot.errors import AdapterError, Gone, LoginRejected, NotAllowed, Unparsable, Unreachable
from bot.net import Answer, raise_for_status, shown

REQUESTS = 3
"""Addresses that are asked at most."""

SOME = 4
"""Feeds that are named to whoever gave an address that leads to none of them."""

LOOKED_FOR = 'a feed (RSS, Atom, JSON Feed), or a page that names one with <link rel="alternate">'

Fetch = Callable[[str], Awaitable[Answer]]
"""Reads an address through the program's HTTP client, whatever the status."""


@dataclass(frozen=True, slots=True)
class Discovered:
    """A feed that was found, with the answer that holds it."""

    feed: FeedAddress
    answer: Answer
    title: str = ""
    """What the page calls it; empty where no page was asked."""


def signs(body: bytes) -> str:
    """What a body is by its first bytes: "feed", "opml", "html", or empty for anything else; pure."""
    head = body[:4096]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or head[1:2] == b"\0" or head[:1] == b"\0":
        head = head.replace(b"\0", b"")
    text = head.decode("latin-1").lstrip("\xef\xbb\xbf\xff\xfe \t\r\n")
    if text.startswith("{"):
        return "feed" if _JSON_FEED.search(text) else ""
    root = _ROOT.match(_NO_ELEMENT.sub("", text).lstrip())
    return _ROOTS.get(root[1].lower(), "") if root is not None else ""


_JSON_FEED = re.compile(r'"version"\s{0,9}:\s{0,9}"https?:\\?/\\?/jsonfeed\.org\\?/version')
_NO_ELEMENT = re.compile(r"<!--.*?-->|<\?.*?\?>|<!doctype\s+(?!html)[^>\[]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
_ROOT = re.compile(r"<(?:[a-z0-9]{1,20}:)?(!doctype html|[a-z]+)", re.IGNORECASE)
_ROOTS = {"rss": "feed", "feed": "feed", "rdf": "feed", "opml": "opml"} | dict.fromkeys(
    ("!doctype html", "html", "head", "body"), "html"
)


async def discover(fetch: Fetch, work: Callable[..., Awaitable[Any]], address: str) -> Discovered:
    """The feed that an address means; asks `REQUESTS` addresses at most.

    `work` runs a pure function off the event loop. Raises what reading the address raises, and Unparsable where it
    leads to no feed, saying what was found instead.
    """
    wanted = meant(address)
    search = _Search(fetch)
    if wanted.sure:
        return await search.first(wanted.feeds) or search.failed(wanted, page.Page())
    answer = await search.read(wanted.address)
    kind = signs(answer.body)
    if answer.status < 400 and kind == "feed":
        return Discovered(described(wanted.address), answer)
    if kind == "opml":
        raise Unparsable(
            f"{shown(answer.url)} is a list of feeds (OPML); save it and mirror the file", "a feed", answer.body
        )
    # What an error page names is the site's, and not what was asked for.
    found = await work(_read, answer) if answer.status < 400 else page.Page()
    titles = {one.address: one.title for one in found.feeds}
    feed = await search.first(choices(wanted, found), titles)
    return feed or search.failed(wanted, found)


def _read(answer: Answer) -> page.Page:
    return page.read(Answer(200, "", answer.headers, answer.body[: page.LARGEST]).text(), answer.url)


def choices(wanted: Meant, found: page.Page) -> tuple[FeedAddress, ...]:
    """The feeds that are to be tried, the likeliest first; pure.

    Where the address is of one thread or board, a feed of the whole site is not what was asked for.
    """
    named = [one.address for one in found.feeds]
    guessed = [one.address for one in wanted.feeds]
    guessed.sort(key=lambda one: described(one).engine.lower() not in found.generator.lower())
    own = [one for one in named if one in found.own]
    sure = [one for one in guessed if one in named]
    order = [*sure, *own, *guessed] if guessed or wanted.missing else named
    if "wordpress" in found.generator.lower():
        order = [one for address in order for one in _told_better(address)]
    return tuple(described(one) for one in dict.fromkeys(order))


def _told_better(address: str) -> tuple[str, ...]:
    """WordPress' Atom form of a feed before its RSS form: it alone tells which comment a comment answers."""
    if address.endswith("/feed/") and not urlsplit(address).query:
        return f"{address}atom/", address
    return (address,)


class _Search:
    """One search: what was asked, and how it went."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._asked = 0
        self._first: Answer | None = None
        self._error: AdapterError | None = None
        self._tried: list[str] = []

    async def read(self, address: str) -> Answer:
        """One answer, of whatever status."""
        self._asked += 1
        answer = await self._fetch(address)
        self._first = self._first or answer
        return answer

    async def first(self, feeds: Sequence[FeedAddress], titles: dict[str, str] | None = None) -> Discovered | None:
        """The first of these that is a feed, while there are requests left; None where none is."""
        for feed in feeds:
            if self._asked >= REQUESTS:
                break
            try:
                answer = await self.read(feed.address)
                raise_for_status(answer, f"the feed {shown(feed.address)}", write=False)
            except (Gone, LoginRejected, NotAllowed, Unparsable, Unreachable) as error:
                self._error = self._error or error
                self._tried.append(shown(feed.address))
                continue
            if signs(answer.body) == "feed":
                return Discovered(feed, answer, (titles or {}).get(feed.address, ""))
            self._tried.append(shown(feed.address))
        return None

    def failed(self, wanted: Meant, found: page.Page) -> Discovered:
        """Raises what there is to say of an address that leads to no feed."""
        if wanted.sure and self._error is not None:
            raise self._error
        what = shown(wanted.address)
        answer = self._first
        if answer is not None:
            raise_for_status(answer, "the address", write=False)
        body = answer.body if answer is not None else b""
        if wanted.missing:
            why = f"{what} has no feed: {wanted.missing}"
        elif self._tried:
            why = f"{what} leads to no feed; tried {', '.join(self._tried)}"
        elif found.login:
            why = f"{what} asks for a login, and names no feed to those who have none"
        else:
            kind = "a page that names no feed" if signs(body) == "html" else "neither a feed nor a page"
            why = f"{what} is {kind}"
        if others := [f"{one.address} ({one.title})" if one.title else one.address for one in found.feeds[:SOME]]:
            why += f"; the page names {', '.join(others)}: give one of them, if it is meant"
        raise Unparsable(f"{why}: looked for {LOOKED_FOR}", LOOKED_FOR, body)
