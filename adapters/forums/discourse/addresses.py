"""Pure: addresses of a Discourse, read and written; the one place that takes its keys apart.

::

    /                                 all threads, the board "latest"
    /c/support/hosting/12             the board "c/12", with its subcategories
    /tag/announcements                the board "tag/announcements"
    /t/a-title/345   /t/345           the thread 345
    /t/a-title/345/6                  its post number 6, whose key only the forum knows
    /p/7890                           the post 7890, wherever it stands

Keys are the forum's own ids: they hold neither host nor number, which a post changes when it is moved.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote

from adapters.engines.addresses import below
from bot.model import BoardKey, PostKey, ThreadKey

LATEST = BoardKey("latest")
"""All threads of the forum, whichever category they are in."""

_NO_BOARD, _NO_THREAD, _NO_POST = BoardKey(""), ThreadKey(""), PostKey("")

FORMS = "'/t/a-title/345', '/c/support/12', '/tag/announcements' or the forum's own address"
"""What the addresses of threads and boards look like."""

_ID = re.compile(r"[1-9][0-9]{0,17}")
_THREAD = re.compile(r"/t/(?:[^/]+/)?([1-9][0-9]{0,17})(?:/([0-9]{1,9}))?/?(?:\.json|\.rss)?")
_NUMBERED = re.compile(r"/t/([1-9][0-9]{0,17})/([0-9]{1,9})/?")
_POST = re.compile(r"/p/([1-9][0-9]{0,17})(?:/[0-9]+)?/?")
_CATEGORY = re.compile(r"/c/(?:[^/]+/){0,4}([1-9][0-9]{0,17})(?:/(?:l/[a-z]+|all|none))?/?(?:\.json|\.rss)?")
_TAG = re.compile(r"/tags?/([^/]{1,300})(?:/[0-9]{1,18})?(?:/l/[a-z]+)?/?(?:\.json|\.rss)?")
_MAIN = re.compile(r"/?|/(?:latest|new|top|hot|categories|unread)/?(?:\.json|\.rss)?")


@dataclass(frozen=True, slots=True)
class Place:
    """What an address names: of a thread the number of a post besides, 0 where it names none; or a post alone."""

    board: BoardKey = _NO_BOARD
    thread: ThreadKey = _NO_THREAD
    number: int = 0
    post: PostKey = _NO_POST


def read(address: str, root: str) -> Place | None:
    """The place that an address names on the Discourse at `root`; None where it names none there."""
    found = below(address, root)
    return None if found is None else of_path(found.path)


def of_path(path: str) -> Place | None:
    """The place that a path below the root of a Discourse names."""
    if _MAIN.fullmatch(path):
        return Place(LATEST)
    if found := _NUMBERED.fullmatch(path):
        return Place(thread=ThreadKey(found[1]), number=int(found[2]))
    if found := _THREAD.fullmatch(path):
        return Place(thread=ThreadKey(found[1]), number=int(found[2] or 0))
    if found := _POST.fullmatch(path):
        return Place(post=PostKey(found[1]))
    if found := _CATEGORY.fullmatch(path):
        return Place(BoardKey(f"c/{found[1]}"))
    if (found := _TAG.fullmatch(path)) and (name := _tag(found[1])):
        return Place(BoardKey(f"tag/{name}"))
    return None


def is_id(text: str) -> bool:
    """Whether a text is a number as the forum gives its things."""
    return _ID.fullmatch(text) is not None


def category(board: str) -> str:
    """The id of the category that a board is; empty where it is none."""
    return board[2:] if board.startswith("c/") and is_id(board[2:]) else ""


def tag(board: str) -> str:
    """The name of the tag that a board is; empty where it is none."""
    return board[4:] if board.startswith("tag/") and _tag(board[4:]) == board[4:] else ""


def thread_link(root: str, thread: str, slug: str = "", number: int = 0) -> str:
    """Where people read a thread, or one post of it; empty where nobody knows which site it is of."""
    if not root:
        return ""
    base = _thread_base(root, thread, slug)
    return f"{base}/{number}" if number else base


def tag_link(root: str, name: str) -> str:
    """Where people read what carries a tag."""
    return f"{root}/tag/{quote(name, safe='')}"


@lru_cache(maxsize=256)
def _thread_base(root: str, thread: str, slug: str) -> str:
    """Asked for every post of a thread."""
    words = quote(slug, safe="-_.~%") if slug and not is_id(slug) else "-"
    return f"{root}/t/{words}/{thread}"


def _tag(name: str) -> str:
    name = unquote(name, errors="replace").removesuffix(".json").removesuffix(".rss")
    return name if name.isprintable() and not set(name) & set("/ �?#&") and name not in ("", "..", ".") else ""
