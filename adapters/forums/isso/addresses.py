"""Pure: addresses of Isso and of the pages that show its comments, and the keys that are made of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

from bot.model import PostKey

LOOKED_FOR = "the address of a page that shows the comments, or of the server itself"

LONGEST = 2000
"""Characters of an address that is looked at."""

_KEY = re.compile(r"([0-9]{1,18}):([0-9]{1,18})(?::([0-9]{1,18}))?")
_COMMENT = re.compile(r"isso-([0-9]{1,18})")

PAGE = PostKey("page")
"""The key of a thread's first post: the page itself, below which the comments stand."""


class Key(NamedTuple):
    """What a comment is known by: ids are given again, so the moment at which it was written belongs to it."""

    id: int
    moment: int
    """In microseconds."""
    root: int | None = None
    """The comment at the top that it stands under; None where it stands at the top itself."""


def key_of(key: Key) -> PostKey:
    """A comment's key as it is stored."""
    return PostKey(f"{key.id}:{key.moment}" + ("" if key.root is None else f":{key.root}"))


def moment_of(created: float) -> int:
    """The moment at which a comment was written, in microseconds, of the seconds that Isso tells."""
    return int(created * 1_000_000)


def parts_of(post: str) -> Key | None:
    """What a stored key holds; None where it is none of a comment."""
    found = _KEY.fullmatch(post)
    return Key(int(found[1]), int(found[2]), int(found[3]) if found[3] else None) if found else None


@dataclass(frozen=True, slots=True)
class Place:
    """What an address names: a page's comments, one of them, or (with neither) the server."""

    uri: str = ""
    comment: int | None = None
    page: bool = False
    """Whether it is the page itself, of which `uri` is the path: its comments may be filed under another one."""


def read(address: str, base: str, site: str) -> Place | None:
    """What an address of the server, or of a page on the site, names; None where it is neither.

    A page on the site is taken for one with comments; only the page itself tells.
    """
    parts = _split(address)
    if parts is None:
        return None
    _, host, path, query, fragment = parts
    found = _COMMENT.fullmatch(fragment)
    comment = int(found[1]) if found else None
    home = _split(base)
    if home is not None and host == home[1] and path.rstrip("/").removesuffix("/feed") == home[2].rstrip("/"):
        given = dict(parse_qsl(query, keep_blank_values=True))
        if uri := given.get("uri", ""):
            return Place(uri, comment)
        if not path.rstrip("/").endswith("/feed"):
            # Where the server stands on the site itself, its own address and the start page's are one.
            return Place()
    there = _split(site)
    if there is not None and _plain(host) == _plain(there[1]):
        return Place(path or "/", comment, page=True)
    return None


def asked(address: str) -> tuple[str, str] | None:
    """Server and page of an address in the form in which Isso is asked for comments; None for any other."""
    parts = _split(address)
    if parts is None:
        return None
    scheme, host, path, query, _ = parts
    given = dict(parse_qsl(query))
    if not path.endswith("/") or not given.get("uri", "").startswith("/"):
        return None
    return f"{scheme}://{host}{path.rstrip('/')}", given["uri"]


def same(one: str, other: str) -> bool:
    """Whether two addresses are those of one server, by whichever scheme it is reached."""
    first, second = _split(one), _split(other)
    return first is not None and second is not None and first[1:3] == second[1:3]


def question(base: str, uri: str, path: str = "/") -> str:
    """Where Isso tells the comments of a page; another `path` is where it takes one."""
    return f"{base}{path}?uri={quote(uri, safe='/', errors='replace')}"


def link(base: str, site: str, uri: str, astray: bool = False) -> str:
    """Where people read a page's comments; Isso's own answer where the page stands elsewhere (`astray`)."""
    if uri.startswith(("http://", "https://")):
        return uri
    if not site or astray or not uri.startswith("/"):
        return question(base, uri)
    return site + uri


def _split(address: str) -> tuple[str, str, str, str, str] | None:
    """Scheme, host with its port, path, query and fragment; None where it is no web address."""
    if not address or len(address) > LONGEST or not address.isprintable():
        return None
    try:
        parts = urlsplit(address.strip())
        _ = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        return None
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~-._")
    return parts.scheme, parts.netloc.lower(), path, parts.query, parts.fragment


def _plain(host: str) -> str:
    return host.removeprefix("www.")
