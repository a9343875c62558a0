"""Pure: the root of a site, what of an address stands below it, and what a forum is called that stands there."""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from bot.model import ForumName
from bot.ports import Match

LONGEST = 2000
"""Characters of an address that is looked at."""

LONGEST_NAME = 64
"""Characters of a forum's name."""

_USUAL = {"http": 80, "https": 443}


class Below(NamedTuple):
    """What follows the root in an address."""

    path: str
    """Begins with a slash, or is empty at the root itself."""
    query: str = ""
    fragment: str = ""


def rooted(address: str) -> str:
    """The root of a site as it is written in front of paths; empty where the address is none."""
    parts = _split(address.strip())
    if parts is None or parts.scheme not in _USUAL or not parts.hostname:
        return ""
    if parts.username is not None or parts.query or parts.fragment:
        return ""
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def completed(address: str) -> str:
    """An address as people paste it, with a scheme; a path stays one."""
    address = address.strip()
    return f"https://{address}" if address and "://" not in address and not address.startswith("/") else address


def origin(address: str) -> str:
    """Scheme, host and port of an address of the web, as they are written there; empty where it is none."""
    parts = _split(address)
    return f"{parts.scheme}://{parts.netloc}" if parts and parts.scheme in _USUAL and parts.hostname else ""


def below(address: str, root: str) -> Below | None:
    """What stands below a root in an address, None where that is elsewhere.

    A path alone is one of the site; without a scheme, https is meant. Of http and https either will do, for people
    paste both, unless a port says otherwise.
    """
    address = address.strip()
    if not address or len(address) > LONGEST:
        return None
    wanted, parts = _split(root), _split(address if "://" in address or address[0] == "/" else f"https://{address}")
    if wanted is None or parts is None:
        return None
    if parts.netloc:
        if (parts.hostname or "").lower() != (wanted.hostname or "").lower() or parts.scheme not in _USUAL:
            return None
        port = parts.port or _USUAL[parts.scheme], wanted.port or _USUAL.get(wanted.scheme)
        if (parts.port or wanted.port) and port[0] != port[1]:
            return None
    elif parts.scheme or not address.startswith("/"):
        return None
    if wanted.path and not (parts.path == wanted.path or parts.path.startswith(f"{wanted.path}/")):
        return None
    return Below(parts.path[len(wanted.path) :], parts.query, parts.fragment)


def named(host: str, engine: str) -> ForumName:
    """A forum's name made of its host; the engine's where nothing is left of that."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", host).strip("-._") or engine
    mark = hashlib.sha256(host.encode("utf-8", "replace")).hexdigest()[:12]
    return ForumName(name if len(name) <= LONGEST_NAME else f"{name[:50]}-{mark}")


def match(certainty: float, root: str, engine: str, why: str) -> Match:
    """That an engine stands at a root, with the settings that this implies; none where the root is not known."""
    settings: dict[str, object] = {"address": root} if root else {}
    parts = _split(root)
    return Match(certainty, named(parts.netloc if parts is not None else "", engine), why, settings)


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        _ = parts.port  # which raises where it is none
    except ValueError:
        return None
    return parts
