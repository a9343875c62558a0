"""Pure: what addresses of a board name, and the addresses of what stands on it.

Keys are the board's own numbers. A session id (`sid=`) is no part of any address here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from urllib.parse import parse_qs, urlsplit

from bot.model import BoardKey, PostKey, ThreadKey

_KEY = re.compile(r"[1-9][0-9]{0,11}", re.ASCII)
_POST = re.compile(r"p([1-9][0-9]{0,11})", re.ASCII)
_FEED = re.compile(r"(?:/app\.php)?/feed/(forum|topic)/([1-9][0-9]{0,11})/?", re.ASCII)
_SITE = re.compile(r"(?:/|/index\.php|/feed\.php|(?:/app\.php)?/feed(?:/[a-z_]{1,20})?)?")
_FILE = re.compile(r"/(?:viewtopic|viewforum|posting|memberlist|ucp|search|feed|index)\.php\Z")
_SESSIONS = tuple(
    re.compile(pattern)
    for pattern in (
        r"&amp;sid=[0-9a-f]{32}",
        r"&sid=[0-9a-f]{32}",
        r"\?sid=[0-9a-f]{32}(?:(&(?:amp;)?)|(?!\w))",
    )
)
"""Each begins with characters that stand for themselves, by which the engine of `re` finds where to look at all."""
_NO_HOST = re.compile(r"[@<>\"'\\^`{|}]")
_LONGEST = 2000

_NO_BOARD, _NO_THREAD, _NO_POST = BoardKey(""), ThreadKey(""), PostKey("")


@dataclass(frozen=True, slots=True)
class Place:
    """What an address names; all empty for the board as a whole."""

    board: BoardKey = _NO_BOARD
    thread: ThreadKey = _NO_THREAD
    post: PostKey = _NO_POST


def is_id(text: str) -> bool:
    """Whether a text is a key as this engine makes them."""
    return _KEY.fullmatch(text) is not None


def read(address: str, base: str) -> Place | None:
    """What an address on the board at `base` names; None where it is of another site, or names nothing known."""
    found = _parts(address)
    ours = _parts(base)
    if found is None or ours is None:
        return None
    host, path, query, fragment = found
    if _bare(host) != _bare(ours[0]) or not f"{path}/".startswith(f"{ours[1].rstrip('/')}/"):
        return None
    return _place(path[len(ours[1].rstrip("/")) :], query, fragment)


def shaped(address: str) -> tuple[str, Place] | None:
    """The board that an address alone tells of, and what it names there; None where it has not this engine's form."""
    found = _parts(address)
    if found is None or not _FILE.search(found[1]):
        return None
    host, path, query, fragment = found
    root, _, file = path.rpartition("/")
    place = _place(f"/{file}", query, fragment)
    if place is None:
        return None
    scheme = "http" if address.strip().lower().startswith("http:") else "https"
    return f"{scheme}://{host}{root}", place


def host_of(address: str) -> tuple[str, str]:
    """Scheme with host, and host alone, of an address; empty where it is none of the web."""
    found = _parts(address)
    if found is None or not found[0]:
        return "", ""
    scheme = "http" if address.strip().lower().startswith("http:") else "https"
    return f"{scheme}://{found[0]}", found[0]


def named_in(href: str) -> Place:
    """What a link on a page names, as it stands in the page; empty where it names nothing."""
    path, _, rest = unescape(href).partition("?")
    query, _, fragment = rest.partition("#")
    return _place("/" + path.rpartition("/")[2], _query(query), fragment) or Place()


def start_in(href: str) -> int | None:
    """At which post or thread the page begins that a link of a pagination leads to; None for another link."""
    query = _query(unescape(href).partition("?")[2].partition("#")[0])
    start = query.get("start", "0")
    return int(start) if start.isdecimal() and len(start) < 10 and ("t" in query or "f" in query) else None


def without_session(page: str) -> str:
    """A page in which no address carries a session."""
    if "sid=" in page:
        for pattern in _SESSIONS:
            page = pattern.sub(lambda found: "?" if found.lastindex else "", page)
    return page


def thread_link(base: str, thread: str, start: int = 0) -> str:
    """Where people read a thread, from its post number `start` on."""
    return f"{base}/viewtopic.php?t={thread}" + (f"&start={start}" if start else "")


def post_link(base: str, thread: str, post: str) -> str:
    """Where people read a post; the address names its thread too."""
    return f"{base}/viewtopic.php?t={thread}&p={post}#p{post}"


def board_link(base: str, board: str, start: int = 0) -> str:
    """Where people see the threads of a board."""
    return f"{base}/viewforum.php?f={board}" + (f"&start={start}" if start else "")


def _place(path: str, query: dict[str, str], fragment: str) -> Place | None:
    file = path.lower()
    if file == "/viewtopic.php":
        named = _POST.fullmatch(fragment)
        post = _number(query, "p") or (named[1] if named else "")
        thread = _number(query, "t")
        return Place(thread=ThreadKey(thread), post=PostKey(post)) if thread or post else None
    if file == "/viewforum.php":
        return Place(BoardKey(board)) if (board := _number(query, "f")) else None
    if feed := _FEED.fullmatch(file):
        return Place(BoardKey(feed[2])) if feed[1] == "forum" else Place(thread=ThreadKey(feed[2]))
    if file == "/feed.php" and (query.get("f") or query.get("t")):
        return Place(BoardKey(_number(query, "f")), ThreadKey(_number(query, "t")))
    return Place() if _SITE.fullmatch(file) else None


def _number(query: dict[str, str], name: str) -> str:
    value = query.get(name, "")
    return value if is_id(value) else ""


def _parts(address: str) -> tuple[str, str, dict[str, str], str] | None:
    """Host with port, path, query and fragment of an address, whose scheme may be left out."""
    address = address.strip()
    if not address or len(address) > _LONGEST or any(ord(one) < 33 for one in address):
        return None
    if "://" not in address:
        address = f"https://{address}"
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname or _NO_HOST.search(parts.netloc):
        return None
    return parts.netloc.lower(), parts.path, _query(parts.query), parts.fragment


def _query(text: str) -> dict[str, str]:
    try:
        found = parse_qs(text.replace(";", "&"), max_num_fields=50)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items()}


def _bare(host: str) -> str:
    return host.removeprefix("www.").removesuffix(":80").removesuffix(":443")
