"""Pure: the answers of Isso as it writes them, each comment checked for what it is known by."""

from __future__ import annotations

from html import unescape
from typing import TypeVar

import msgspec

from adapters.forums.isso.addresses import Key, moment_of
from adapters.items import each
from bot.errors import Unparsable
from bot.model import Damaged
from bot.net import repaired

T = TypeVar("T")

LOOKED_FOR = 'the JSON of Isso: "replies" with "total_replies", as it answers "/?uri=…"'

LIVE, WAITING, STUB = 1, 2, 4
"""The modes of a comment: shown; kept for a moderator; deleted, and kept for what answers it."""

LATEST = 4_102_444_800.0
"""1 January 2100 in seconds: what is later is no moment at which anybody wrote."""
MOST = 10**18
"""No id is as large."""


class Row(msgspec.Struct, gc=False):
    """A comment as Isso tells it; what is counted (votes) is left out."""

    id: int | str
    created: float
    text: str = ""
    mode: int = LIVE
    author: str | None = None
    parent: int | str | None = None
    modified: float | None = None
    gravatar_image: str | None = None
    uri: str = ""
    """In the list of the newest comments alone."""
    hidden_replies: int = 0

    @property
    def key(self) -> Key:
        """What it is known by; raises `ValueError` where it has no id or moment that could be one."""
        if not 0 < self.created < LATEST:
            raise ValueError(f"created: {self.created} is no moment")
        return Key(number(self.id), moment_of(self.created), None if self.parent is None else number(self.parent))

    @property
    def name(self) -> str:
        """Its author as they wrote it: Isso stores names escaped."""
        return unescape(self.author or "")


class Top(Row, gc=False):
    """A comment at the top with what stands below it."""

    replies: list[Row] = []


class Frame(msgspec.Struct):
    """An answer in which every comment is sound."""

    replies: list[Top]
    hidden_replies: int
    total_replies: int


class LooseTop(Row):
    """A comment at the top below which some may make no sense."""

    replies: list[msgspec.Raw] = []


class LooseFrame(msgspec.Struct):
    """An answer of which some comments may make no sense."""

    replies: list[msgspec.Raw]
    hidden_replies: int
    total_replies: int


class Info(msgspec.Struct):
    """What a server says about itself."""

    version: str = ""
    origin: str = ""
    """Where the pages are that show its comments."""
    moderation: bool | None = None
    """Whether comments wait for a moderator; None where it does not tell."""


def frame(raw: bytes) -> LooseFrame:
    """The comments of one answer, none of which is looked at; raises `Unparsable` where it is none of Isso's."""
    return decoded(raw, LooseFrame, LOOKED_FOR)


def listed(raw: bytes) -> tuple[tuple[Row, ...], tuple[Damaged, ...]]:
    """The comments of a list by themselves, without what stands below them; raises `Unparsable`."""
    rows, damaged = each(frame(raw).replies, Row, _keyed)
    return tuple(rows), tuple(damaged)


def latest(raw: bytes) -> tuple[tuple[Row, ...], tuple[Damaged, ...]]:
    """The newest comments of all pages, the newest first; raises `Unparsable`."""
    found = decoded(raw, list[msgspec.Raw], "the JSON of Isso: a list of comments, as it answers /latest")
    rows, damaged = each(found, Row, _filed)
    return tuple(sorted(rows, key=lambda row: (row.created, row.key.id), reverse=True)), tuple(damaged)


def comment(raw: bytes, what: str) -> Row:
    """One comment; raises `Unparsable`."""
    row = decoded(raw, Row, what)
    try:
        return _keyed(row)
    except ValueError as error:
        raise Unparsable(f"{what}: {error}", what, raw) from None


def info(raw: bytes) -> Info:
    """What a server says about itself; raises `Unparsable`."""
    told = decoded(raw, Info, 'the JSON of Isso: "version" with "origin", as it answers "/info"')
    if not told.version:
        raise Unparsable("the answer tells no version", 'the "version" of Isso', raw)
    return told


def counts(raw: bytes) -> list[int]:
    """How many comments pages have; raises `Unparsable`."""
    return decoded(raw, list[int], "a list of numbers, as Isso answers POST /count")


def number(id: int | str) -> int:
    """An id as the number that it is; raises `ValueError`."""
    found = id if isinstance(id, int) else int(id) if id.isascii() and id.isdigit() and len(id) < 20 else 0
    if not 0 < found < MOST:
        raise ValueError(f"id: {str(id)[:40]!r} is no number of a comment")
    return found


def decoded(raw: bytes, kind: type[T], what: str) -> T:
    """An answer as what it should be; raises `Unparsable`, which says what was looked for."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, ValueError, RecursionError):
        pass  # most often half a surrogate pair; the second try tells
    try:
        return msgspec.json.decode(repaired(raw.decode("utf-8", "replace")), type=kind)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Unparsable(f"the answer is not what Isso answers: {error}", what, raw) from None


def _keyed(row: Row) -> Row:
    _ = row.key
    return row


def _filed(row: Row) -> Row:
    if not row.uri:
        raise ValueError("uri: is missing")
    return _keyed(row)
