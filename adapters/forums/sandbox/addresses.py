"""Pure: what an address of the sandbox says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

PREFIX = "forum"
SCHEME = "sandbox"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_ANY = frozenset({"0.0.0.0", "::"})
"""What a web server listens on to be reached under all addresses of its machine."""
POST = re.compile(r"p[1-9][0-9]{0,15}", re.ASCII)
THREAD = re.compile(r"t[1-9][0-9]{0,15}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Address:
    """An address taken apart: `kind` is "b", "t", "p", or empty where it names the start page or a bare key."""

    origin: str
    """Scheme, host and port; empty for the short form "sandbox:KEY"."""
    host: str
    kind: str
    key: str
    fragment: str


def parsed(address: str) -> Address | None:
    """The parts of an address of a sandbox, on whatever host; None for any other address."""
    try:
        parts = urlsplit(address.strip())
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return None
    if parts.scheme == SCHEME:
        return Address("", "", "", parts.path.strip("/"), parts.fragment)
    steps = parts.path.strip("/").split("/")
    if parts.scheme not in ("http", "https") or steps[0] != PREFIX:
        return None
    match steps[1:]:
        case []:
            kind = key = ""
        case [("b" | "t" | "p") as kind, key]:
            pass
        case _:
            return None
    return Address(f"{parts.scheme}://{parts.netloc}", host, kind, key, parts.fragment)


def same_place(one: str, other: str) -> bool:
    """Whether two origins are one web server: the names of this machine mean the same."""
    return _server(one) == _server(other)


def _server(origin: str) -> tuple[str, str, int | None]:
    try:
        parts = urlsplit(origin)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "", origin, None
    port = port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, "" if host in LOOPBACK or host in _ANY else host, port


def post_of(link: str) -> str:
    """The key of the post that a link (or the key itself) names; empty where it names none."""
    found = parsed(link)
    if found is None:
        key = link.strip()
    elif found.kind == "p" or not found.origin:
        key = found.key
    else:
        key = found.fragment
    return key if POST.fullmatch(key) else ""
