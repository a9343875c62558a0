"""Pure: addresses of a Flarum, read and written; the one place that takes its keys apart.

::

    /   /all                          all discussions, the board "all"
    /t/support                        a tag: the board "t/5", whose number only the forum knows
    /d/345-a-title   /d/345           the thread 345
    /d/345-a-title/6                  its post number 6, whose key only the forum knows
    /api/discussions/345              the thread 345, as programs ask for it

Keys are the forum's own ids: they hold neither a title nor a number, which both may change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from adapters.engines.addresses import below
from bot.model import BoardKey, ThreadKey

ALL = BoardKey("all")
"""All discussions of the forum, whatever their tags."""

_NO_BOARD, _NO_THREAD = BoardKey(""), ThreadKey("")

FORMS = "'/d/345-a-title', '/t/support' or the forum's own address"
"""What the addresses of threads and boards look like."""

_THREAD = re.compile(r"/d/([1-9][0-9]{0,17})(?:-[^/]{0,400})?(?:/([0-9]{1,9}|reply))?/?")
_API = re.compile(r"/api/discussions/([1-9][0-9]{0,17})/?")
_TAG = re.compile(r"/t/([^/]{1,400})/?")
_MAIN = re.compile(r"/?|/(?:all|tags|api|api/discussions)/?")


@dataclass(frozen=True, slots=True)
class Place:
    """What an address names: of a thread the number of a post besides, 0 where it names none; or a tag."""

    board: BoardKey = _NO_BOARD
    thread: ThreadKey = _NO_THREAD
    number: int = 0
    tag: str = ""
    """The slug of a tag."""


def read(address: str, root: str) -> Place | None:
    """The place that an address names on the Flarum at `root`; None where it names none there."""
    found = below(address, root)
    return None if found is None else of_path(found.path)


def of_path(path: str) -> Place | None:
    """The place that a path below the root of a Flarum names."""
    if _MAIN.fullmatch(path):
        return Place(ALL)
    if found := _THREAD.fullmatch(path):
        number = found[2] or ""
        return Place(thread=ThreadKey(found[1]), number=int(number) if number.isdigit() else 0)
    if found := _API.fullmatch(path):
        return Place(thread=ThreadKey(found[1]))
    if found := _TAG.fullmatch(path):
        slug = unquote(found[1], errors="replace")
        return Place(tag=slug) if slug.isprintable() and "\ufffd" not in slug else None
    return None


def is_id(text: str) -> bool:
    """Whether a text is a number as the forum gives its things."""
    return text.isdecimal() and len(text) <= 18 and text[0] != "0" and text.isascii()


def tag(board: str) -> str:
    """The id of the tag that a board is; empty where it is none."""
    return board[2:] if board.startswith("t/") and is_id(board[2:]) else ""


def thread_link(root: str, slug: str, number: int = 0) -> str:
    """Where people read a thread, or one post of it; `slug` begins with its id."""
    plain = slug.isascii() and slug.replace("-", "").isalnum()
    return f"{root}/d/{slug if plain else quote(slug, safe='-_.~%')}" + (f"/{number}" if number else "")


def tag_link(root: str, slug: str) -> str:
    """Where people read what carries a tag."""
    return f"{root}/t/{quote(slug, safe='')}"
