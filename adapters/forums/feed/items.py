"""What a parser found in a feed, whatever its format: before keys, parents and nouns are made of it."""

from __future__ import annotations

import msgspec

from bot.markup.nodes import MAX_SOURCE
from bot.model import Damaged, Millis

MOST = 5_000
"""Entries of one feed that are read; what stands behind them is reported and left out."""

LONGEST_TEXT = MAX_SOURCE + 1
"""Characters of an entry's text that are kept: one more than are shown, so that it is said that there is more."""

LONGEST_LINE = 500
"""Characters of a title, a name or a tag that are kept."""

LONGEST_ADDRESS = 2_048

LOOKED_FOR = "an RSS, Atom or JSON feed"
"""What a feed is known by, in words."""


class Ref(msgspec.Struct, frozen=True):
    """What an entry says that it answers: the id of another entry, and where that can be read."""

    id: str
    link: str = ""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One entry as the feed shows it; what it does not tell is empty."""

    id: str = ""
    link: str = ""
    title: str = ""
    author: str = ""
    avatar: str = ""
    text: str = ""
    format: str = "html"
    """A name that `bot.markup.read` knows."""
    published: Millis | None = None
    updated: Millis | None = None
    refs: tuple[Ref, ...] = ()
    tags: tuple[str, ...] = ()
    comments: str = ""
    """The address of the feed of what people answer to it."""
    replies: int | None = None
    answered: Millis | None = None
    """When somebody last answered it."""
    deleted: bool = False
    lead: str = ""
    """The line before the text in which an engine says what it answers; `leads` is the address that it names."""
    leads: str = ""
    trailed: bool = False
    """Whether the engine of a forum wrote a line behind the text, which is left out of it."""

    @property
    def written(self) -> Millis | None:
        """When it was written, as far as the feed tells."""
        return self.updated if self.published is None else self.published


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """A feed as it was parsed, its entries in the order in which they stand."""

    title: str = ""
    link: str = ""
    """Of the page that shows the same, where there is one."""
    id: str = ""
    author: str = ""
    ttl: float = 0.0
    """Seconds that it asks readers to wait."""
    links: tuple[tuple[str, str], ...] = ()
    """Hubs that it can be subscribed to at and its own address, as (rel, href)."""
    items: tuple[Item, ...] = ()
    damaged: tuple[Damaged, ...] = ()

    @property
    def own(self) -> str:
        """Its own address, as it tells it itself."""
        return next((href for rel, href in self.links if rel == "self"), "")


def web(address: object) -> str:
    """An address of the web as a feed gives it; empty where it is none, or longer than any is."""
    found = address.strip() if isinstance(address, str) else ""
    return found if found.startswith(("http://", "https://")) and len(found) <= LONGEST_ADDRESS else ""


def line(words: str) -> str:
    """Words on one line, as many as are kept of a title or a name."""
    return " ".join(words[: 2 * LONGEST_LINE].split())[:LONGEST_LINE]
