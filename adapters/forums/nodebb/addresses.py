"""Pure: addresses of a NodeBB, read and written; the one place that takes its keys apart.

::

    /                                 all threads, the board "recent"
    /category/5/general               the board "c/5"; since version 4 also /category/news@example.org
    /topic/7/a-title   /topic/7       the thread 7
    /topic/7/a-title/3                the post that is third there now, whose key only the forum knows
    /post/42?topic=7                  the post 42; the forum looks up where it stands, and takes no notice of `topic`

Keys are the forum's own ids as it writes them. Since version 4 that of a thread may be a UUID, and those of posts and
boards from elsewhere are addresses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, unquote

from adapters.engines.addresses import below
from bot.model import BoardKey, PostKey, ThreadKey

RECENT = BoardKey("recent")
"""All threads of the forum, whichever board they are on."""

_NO_BOARD, _NO_THREAD, _NO_POST = BoardKey(""), ThreadKey(""), PostKey("")

FORMS = "'/topic/7/a-title', '/category/5/a-name' or the forum's own address"
"""What the addresses of threads and boards look like."""

_TID = r"[1-9][0-9]{0,17}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
THREAD = re.compile(_TID)
_OWN = re.compile(r"[1-9][0-9]{0,17}")
_ID = re.compile(r"[^\s\x00-\x1f\x7f]{1,1000}")
_THREAD = re.compile(rf"(?:/api)?/topic/({_TID})(?:/[^/]*(?:/([0-9]{{1,9}}|unread))?)?/?(?:\.rss)?")
_POST = re.compile(r"(?:/api)?/post/([^/]{1,3000})/?")
_BOARD = re.compile(r"(?:/api)?/category/([^/]{1,1000}?)(?:\.rss|/[^/]*(?:/[0-9]{1,9})?)?/?")
_MAIN = re.compile(r"/?|(?:/api)?/(?:recent|unread|popular|top|categories)(?:/[a-z]*)?/?|/recent\.rss")


@dataclass(frozen=True, slots=True)
class Place:
    """What an address names: of a thread the place of a post besides, 0 where it names none; or a post."""

    board: BoardKey = _NO_BOARD
    thread: ThreadKey = _NO_THREAD
    index: int = 0
    post: PostKey = _NO_POST


def read(address: str, root: str) -> Place | None:
    """The place that an address names on the NodeBB at `root`; None where it names none there."""
    found = below(address, root)
    return None if found is None else of_path(found.path, found.query)


def of_path(path: str, query: str = "") -> Place | None:
    """The place that a path below the root of a NodeBB names."""
    if _MAIN.fullmatch(path):
        return Place(RECENT)
    if found := _THREAD.fullmatch(path):
        index = found[2] or ""
        return Place(thread=ThreadKey(found[1]), index=int(index) if index.isdecimal() else 0)
    if found := _POST.fullmatch(path):
        post = unquote(found[1], errors="replace")
        thread = parse_qs(query).get("topic", [""])[0]
        told = ThreadKey(thread) if THREAD.fullmatch(thread) else _NO_THREAD
        return Place(thread=told, post=PostKey(post)) if is_id(post) else None
    if found := _BOARD.fullmatch(path):
        board = unquote(found[1], errors="replace")
        return Place(BoardKey(f"c/{board}")) if is_id(board) else None
    return None


def is_id(key: str) -> bool:
    """Whether a key may be the id of a post or board: they are opaque, and stand in paths."""
    return bool(_ID.fullmatch(key)) and key not in (".", "..") and "\ufffd" not in key and _whole(key)


def is_key(text: str) -> bool:
    """Whether what a person typed is the key of a post that was written on this forum."""
    return bool(_OWN.fullmatch(text))


def category(board: str) -> str:
    """The id of the category that a board is; empty where it is none."""
    return board[2:] if board.startswith("c/") and is_id(board[2:]) else ""


def escaped(id: str) -> str:
    """An id as it stands in a path: an address among them must not become several steps."""
    return id if id.isascii() and id.isdigit() else quote(id, safe="")


def thread_link(root: str, thread: str, slug: str = "") -> str:
    """Where people read a thread; `slug` is the forum's own, which begins with the thread's id."""
    own = slug if slug.startswith(f"{thread}/") and slug.count("/") == 1 else thread
    return f"{root}/topic/{quote(own, safe='/-_.~%')}"


def post_link(root: str, thread: str, post: str) -> str:
    """Where people read a post: the forum leads them to where it stands by then."""
    return f"{root}/post/{escaped(post)}?topic={thread}"


def board_link(root: str, board: str, slug: str = "") -> str:
    """Where people read a board."""
    if board == RECENT:
        return f"{root}/recent"
    id = category(board)
    own = slug if slug.startswith(f"{id}/") and slug.count("/") == 1 else escaped(id)
    return f"{root}/category/{quote(own, safe='/-_.~%')}"


def _whole(key: str) -> bool:
    try:
        key.encode()
    except UnicodeEncodeError:
        return False
    return True
