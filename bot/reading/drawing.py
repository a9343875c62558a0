"""Pure: an outline in plain text, one line for each row, for chats and the command line.

├• title or first words · author · day · #n: • new to whoever looks, ★ among the newest, ? there by a guess.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot import markup
from bot.model import Body, BodyState, When
from bot.reading.outline import Drawn, Fold, Line, Row
from bot.rendering import label
from bot.texts import say

DEEPEST = 6
"""Levels of indentation: more leaves no room for words on a phone."""

LONGEST = 1900
"""Characters of a page: with a heading it fits a message of every chat."""

WORDS = 60
NAME = 24
"""Characters of a row's words, and of the name behind them."""

BETWEEN = " · "


def worded(row: Row, body: Body | None, title: str = "") -> str:
    """A post in a few words: its title, else how it begins; an OP has that of the thread."""
    called = row.title or (title if row.op else "")
    if not called and body is not None:
        if body.state is BodyState.UNKNOWN:
            return say("reading.unseen")
        called = markup.excerpt(markup.read(body.text, body.format), WORDS)
    return cut(called, WORDS) or say("reading.no_text")


def cut(words: str, most: int) -> str:
    """Words on one line, at most so many characters."""
    line = markup.clean_name(words, most + 1)
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def draw(drawn: Sequence[Drawn], words: Mapping[int, str]) -> list[str]:
    """The lines of an outline; `words` holds what each post is shown by."""
    rows = {line.row.post: line.row for line in drawn if isinstance(line, Line)}
    branches = _branches([line.depth for line in drawn])
    told = [_told(line, rows, words) if isinstance(line, Line) else _folded(line) for line in drawn]
    return [f"{branch}{text}" if branch else text.lstrip() for branch, text in zip(branches, told, strict=True)]


def paged(lines: Sequence[str], longest: int = LONGEST) -> list[list[str]]:
    """The lines on pages of at most so many characters; there is always one."""
    pages: list[list[str]] = [[]]
    room = longest
    for line in lines:
        if len(line) + 1 > room and pages[-1]:
            pages.append([])
            room = longest
        pages[-1].append(line)
        room -= len(line) + 1
    return pages


def page_with_news(drawn: Sequence[Drawn], pages: Sequence[Sequence[str]]) -> int:
    """The number of the page on which the first new row stands; 1 where nothing is new."""
    before = next((place for place, line in enumerate(drawn) if isinstance(line, Line) and line.new), 0)
    for number, page in enumerate(pages, 1):
        if before < len(page):
            return number
        before -= len(page)
    return 1


def _branches(depths: Sequence[int]) -> list[str]:
    """What stands before each row: a branch, and the stems of those that go on further down."""
    found: list[str] = []
    going_on: set[int] = set()
    for depth in reversed(depths):
        stems = "".join("│ " if level in going_on else "  " for level in range(1, depth))
        found.append(f"{stems}{'├' if depth in going_on else '└'}" if depth else "")
        going_on = {level for level in going_on if level < depth} | {depth}
    return found[::-1]


def _told(line: Line, rows: Mapping[int, Row], words: Mapping[int, str]) -> str:
    row = line.row
    marks = f"{'•' if line.new else ''}{'★' if line.starred else ''}{'?' if line.guessed else ''}"
    called = words.get(row.post, "") if row.live else say("reading.deleted")
    above = rows.get(row.parent) if line.deeper and row.parent is not None else None
    if above is not None:
        called = f"↳ {label(above.op, above.number) or cut(above.author, NAME)} {called}"
    author, day = (cut(row.author, NAME), _day(row.created)) if row.live else ("", "")
    return f"{marks} {BETWEEN.join(filter(None, (called, author, day, label(row.op, row.number))))}"


def _folded(fold: Fold) -> str:
    return f" {say('reading.folded', fold.posts)}"


def _day(created: When | None) -> str:
    """The day, or what is known of it."""
    if created is None:
        return ""
    return created.stated().rpartition(" ")[0] if created.exact else created.stated()
