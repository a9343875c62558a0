"""Pure: the feeds that a web page names, the likeliest first.

Only the tags are looked at, in one pass whose cost grows with the page's length and with nothing else: parsers that
build a tree take seconds for a page of nested tags, and a page without feeds may be anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from urllib.parse import urlsplit

from bot.markup.addresses import absolute

LARGEST = 1024 * 1024
"""Characters of a page that are looked at; feeds are named at its beginning."""

TAGS = 5000
"""Links and the like that are looked at."""

LONGEST = 4096
"""Characters of one tag."""

MOST = 50
"""Feeds of one page that are kept."""

KINDS = {
    "application/atom+xml": 0,
    "application/rss+xml": 1,
    "application/feed+json": 2,
    "application/rdf+xml": 3,
}
"""Content types of feeds, those first that tell more."""

# Possessive throughout: nothing is tried twice.
_REST = re.compile(r"((?:[^\"'>]++|\"[^\"]*+\"|'[^']*+')*+)>")
_ATTRIBUTE = re.compile(r"""([a-zA-Z][a-zA-Z:-]{0,19}+)\s{0,8}+=\s{0,8}+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))""")
_TAGS = ("a", "base", "input", "link", "meta")
_RAW = ("script", "style", "template", "textarea", "title")
"""Elements whose content is no markup, or is not shown."""

_BEGIN = re.compile(rf"<(?:({'|'.join((*_TAGS, *_RAW))})(?=[\s/>])|!--)", re.IGNORECASE)
_ANCHOR = re.compile(r"(?:.*[/.])?(?:rss|atom|feed|rdf)(?:\.xml|\.json|\.php)?/?", re.IGNORECASE)
"""Paths of links that are feeds though nothing says so."""
_COMMENTS = re.compile(r"comment|kommentar|commentaire|comentario|reply|replies|respon[sd]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Named:
    """A feed that a page names."""

    address: str
    title: str = ""
    kind: str = ""
    """Its content type as the page tells it; empty for a mere link."""
    comments: bool = False
    """Whether it seems to hold comments, and no entries."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a page tells about feeds."""

    feeds: tuple[Named, ...] = ()
    generator: str = ""
    """The program that made it, as it says."""
    login: bool = False
    """Whether it asks for a password."""
    own: frozenset[str] = frozenset()
    """Addresses of feeds that belong to what the page itself shows, and not to its whole site."""


def read(text: str, address: str) -> Page:
    """What a page at an address tells; `feeds` are absolute, each once, the best first.

    Feeds of what the page itself shows come first, those of entries before those of comments; mere links count only
    where no feed is declared.
    """
    declared: list[Named] = []
    linked: list[Named] = []
    base, generator, login = address, "", False
    for tag, given in _tags(text):
        match tag:
            case "base":
                base = absolute(given.get("href", ""), address) or base
            case "meta" if given.get("name", "").lower() == "generator":
                generator = generator or given.get("content", "")[:100]
            case "input":
                login = login or given.get("type", "").lower() == "password"
            case "link" if len(declared) < MOST:
                kind = given.get("type", "").partition(";")[0].strip().lower()
                if "alternate" in given.get("rel", "").lower().split() and kind in KINDS:
                    declared.append(_named(given, kind, base))
            case "a" if len(linked) < MOST and _ANCHOR.fullmatch(_path(given.get("href", ""))):
                linked.append(_named(given, "", base))
    host = urlsplit(address).netloc
    found = [one for one in declared if one.address]
    found = found or [one for one in linked if one.address and urlsplit(one.address).netloc == host]
    found = list({one.address: one for one in reversed(found)}.values())[::-1]
    own = frozenset(one.address for one in found if _below(one.address, address))
    found.sort(key=lambda one: (one.address not in own, one.comments, KINDS.get(one.kind, len(KINDS))))
    return Page(tuple(found), generator, login, own)


def _path(href: str) -> str:
    """The path of a link; empty where it is none."""
    try:
        return urlsplit(href.strip()[:500]).path
    except ValueError:
        return ""


def _named(given: dict[str, str], kind: str, base: str) -> Named:
    address, title = absolute(given.get("href", ""), base), " ".join(given.get("title", "").split())[:200]
    comments = bool(_COMMENTS.search(title) or "/comments/" in address)
    return Named(address.partition("#")[0], title, kind, comments)


def _below(feed: str, page: str) -> bool:
    """Whether a feed's address begins with that of the page, which is not the site's start page."""
    here, there = urlsplit(page), urlsplit(feed)
    path = here.path.rstrip("/")
    if here.netloc != there.netloc or not path:
        return False
    return there.path == path or there.path.startswith((f"{path}/", f"{path}."))


def _tags(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The tags that matter, in order; nothing from comments, scripts and the like."""
    left, at = TAGS, 0
    while left and (begin := _BEGIN.search(text, at, LARGEST)) is not None:
        at, tag = begin.end(), (begin[1] or "").lower()
        if tag in _TAGS:
            left -= 1
            if (rest := _REST.match(text, at, at + LONGEST)) is not None:
                yield tag, {one[1].lower(): unescape(one[2] or one[3] or one[4] or "") for one in _given(rest[1])}
        elif tag in _RAW:
            closing = re.compile(f"</{tag}", re.IGNORECASE).search(text, at)
            at = closing.start() if closing is not None else LARGEST
        elif not tag:
            end = text.find("-->", at)
            at = end if end >= 0 else LARGEST


def _given(words: str) -> Iterator[re.Match[str]]:
    """The attributes of a tag, the first of a name last: it is the one that counts."""
    return reversed(list(_ATTRIBUTE.finditer(words)))
