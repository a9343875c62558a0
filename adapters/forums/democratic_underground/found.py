"""Pure: what a grammar found on a page, before keys, moments and links are made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from adapters.forums.democratic_underground.lines import Line

OP = 0
"""The number under which the OP is kept here; the site gives it none."""


@dataclass(frozen=True, slots=True)
class Block:
    """A post that stands on the page with its text: its header is whole, its body may be empty."""

    number: int
    author: str
    title: str
    written: datetime
    """The local minute, without a zone."""
    stamp: str
    """The same as the page prints it."""
    around: Line
    """The last line of its header."""
    body: Sequence[Line]
    answers: int | None = None
    """The number of the post that it answers, where the page says so."""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A post's line in the outline: title and author in one run of words, and a rough date."""

    number: int
    words: str
    date: str
    lead: str = ""
    """The words of the line's link, which are the title; empty in a page text."""


@dataclass(frozen=True, slots=True)
class Ruin:
    """A piece of the page that could not be read; `number` is its post, None where nobody can tell."""

    why: str
    lines: Sequence[Line]
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """All that a page says of a thread."""

    title: str
    blocks: dict[int, Block]
    rows: dict[int, Row] = field(default_factory=dict)
    replies: int | None = None
    path: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    """Where the words of `path` lead; HTML only."""
    ruins: tuple[Ruin, ...] = ()
    doubtful: bool = False
    """True when the outline may not be the page's own."""
    old: bool = False
    closed: bool = False
