"""Pure: addresses of Democratic Underground, read and written; the one place that takes its keys apart.

Two generations of pages share the site::

    to 2011    /discuss/duboard.php?az=view_all&address=389x3687590    thread 389x3687590 on board 389
    since      /10142016684                                            thread 10142016684 on board 1014
               /?com=view_post&forum=1002&pid=6256867                  thread 10026256867 on board 1002
               /?com=forum&id=1002&page=2                              board 1002
               /?com=latest_threads, /?com=greatest_threads            lists of the whole site, boards here

A key never holds the host, for the site answers under many: .com, .org and .net with www, ww, en, upload
and others before them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, urlsplit

from bot.model import BoardKey, ThreadKey

LONGEST = 2048
"""Characters of an address that is looked at."""

_HOST = re.compile(r"(?:[a-z0-9-]{1,63}\.){0,4}democraticunderground\.(?:com|org|net)")
_THREAD = re.compile(r"/([0-9]{4})([0-9]{1,12})/?")
_OLD_THREAD = re.compile(r"([0-9]{1,5})x([0-9]{1,12})")
_BOARD = re.compile(r"[0-9]{4}")
_OLD_BOARD = re.compile(r"[0-9]{1,3}")
_NUMBER = re.compile(r"[0-9]{1,12}")
_NO_THREAD = ThreadKey("")

LATEST = BoardKey("latest_threads")
GREATEST = BoardKey("greatest_threads")
_SITEWIDE = frozenset({LATEST, GREATEST})


@dataclass(frozen=True, slots=True)
class Place:
    """What an address names: a thread and its board, or with an empty `thread` the board itself."""

    board: BoardKey
    thread: ThreadKey = _NO_THREAD

    @property
    def old(self) -> bool:
        """True for pages of the generation before 2011: archives, which nobody can answer."""
        return "x" in self.thread or not (_BOARD.fullmatch(self.board) or self.board in _SITEWIDE)


def read(address: str, own: str = "") -> Place | None:
    """The place that an address names, None where it is no address of a thread or board of this site.

    The host may be missing, be one of the site's, or be that of `own`, the address in the settings.
    """
    parts = _split(address)
    if parts is None or not _ours(parts, own):
        return None
    try:
        query = {name: values[0] for name, values in parse_qs(parts.query, max_num_fields=32).items()}
    except ValueError:
        return None
    if parts.path.lower() == "/discuss/duboard.php":
        return _old(query)
    if parts.path in ("", "/", "/index.php"):
        return _by_query(query)
    thread = _THREAD.fullmatch(parts.path)
    return Place(BoardKey(thread[1]), ThreadKey(thread[1] + thread[2])) if thread else None


def is_site(address: str, own: str = "") -> bool:
    """Whether the address is that of the site itself or of the page of all its forums; hosts as for `read`."""
    parts = _split(address)
    if parts is None or not parts.netloc or parts.path not in ("", "/", "/index.php"):
        return False
    return parts.query in ("", "com=forums") and _ours(parts, own)


def is_feed(address: str, own: str = "") -> bool:
    """Whether the address is that of a feed of the site, which is read as any other feed; hosts as for `read`."""
    parts = _split(address)
    return parts is not None and "com=rss" in parts.query.split("&") and _ours(parts, own)


def ours(address: str) -> bool:
    """Whether the address stands on one of the site's hosts, whatever it names there."""
    parts = _split(address)
    return parts is not None and bool(_HOST.fullmatch(parts.hostname or ""))


def place_of(thread: ThreadKey) -> Place | None:
    """The place of a thread by its native key; None for another one, such as a saved page gets."""
    old = _OLD_THREAD.fullmatch(thread)
    if old:
        return Place(BoardKey(old[1]), thread)
    new = _THREAD.fullmatch("/" + thread)
    return Place(BoardKey(new[1]), thread) if new else None


def link(base: str, place: Place) -> str:
    """The canonical address of a place on the host `base` ("https://host", no slash at the end)."""
    if place.thread:
        if place.old:
            return f"{base}/discuss/duboard.php?az=view_all&address={place.thread}"
        return f"{base}/{place.thread}"
    if place.old:
        return f"{base}/discuss/duboard.php?az=show_topics&forum={place.board}"
    if place.board in _SITEWIDE:
        return f"{base}/?com={place.board}"
    return f"{base}/?com=forum&id={place.board}"


def _split(address: str) -> SplitResult | None:
    address = address.strip()
    if not address or len(address) > LONGEST:
        return None
    if not address.startswith("/") and "://" not in address:
        address = "https://" + address  # as people type it
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme in ("", "http", "https") else None


def _ours(parts: SplitResult, own: str) -> bool:
    if not parts.netloc:
        return True
    return bool(_HOST.fullmatch(parts.hostname or "")) or (bool(own) and parts.netloc == urlsplit(own).netloc)


def _by_query(query: dict[str, str]) -> Place | None:
    what = query.get("com", "")
    if what == "forum" and _BOARD.fullmatch(query.get("id", "")):
        return Place(BoardKey(query["id"]))
    if what in _SITEWIDE:
        return Place(BoardKey(what))
    # The OP's post id is the thread's; whether a reply's id is asked for, only the page tells.
    board, post = query.get("forum", ""), query.get("pid", "")
    if what == "view_post" and _BOARD.fullmatch(board) and _NUMBER.fullmatch(post):
        return Place(BoardKey(board), ThreadKey(board + post))
    return None


def _old(query: dict[str, str]) -> Place | None:
    board, topic = query.get("forum", ""), query.get("topic_id", "")
    if _OLD_BOARD.fullmatch(board):
        if _NUMBER.fullmatch(topic):
            return Place(BoardKey(board), ThreadKey(f"{board}x{topic}"))
        return Place(BoardKey(board))
    thread = _OLD_THREAD.fullmatch(query.get("address", ""))
    return Place(BoardKey(thread[1]), ThreadKey(thread[0])) if thread else None
