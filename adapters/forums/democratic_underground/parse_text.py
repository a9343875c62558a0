"""Pure: the grammar of thread pages since 2011, on lines; blank lines inside a header do not count.

A dot stands for the end of a line::

    author · (N posts) · LONG SHORT · title · body                                the OP
    N replies = new reply since forum marked as read · Highlight: ...
    title (Original Post) author SHORT OP                                         the outline:
    title author SHORT #k                                                         a row for every reply
    a line of no-break spaces
    author · (N posts) · k. title · LONG · SHORT · body                           blocks, fewer than rows
    Latest Discussions»group»board»beginning of the title...

A page text is written by the people it quotes: any body can imitate a block. So a header counts only when
it is whole and the outline lists its number with its title and author; and where two blocks claim a number,
neither is believed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from adapters.forums.democratic_underground.dates import LONG, SHORT, minute
from adapters.forums.democratic_underground.found import OP, Block, Found, Row, Ruin
from adapters.forums.democratic_underground.lines import Line

LOOKED_FOR = (
    "'(N posts)' under an author's name with a date like 'Tue Dec 22, 2015, 03:24 PM' below it, "
    "and the line 'N replies = new reply since forum marked as read'"
)

_POSTS = re.compile(r"\([0-9][0-9,]{0,14} posts?\)")
_WHEN = re.compile(rf"({LONG})(?: {SHORT})?")
_SHORT = re.compile(SHORT)
_REPLIES = re.compile(
    r"([0-9][0-9,]{0,9}) repl(?:y|ies) = new reply since forum marked as read(?P<same> Highlight: .*)?"
)
_ROW = re.compile(rf" ({SHORT}) (?:#([0-9]{{1,6}})|OP)$")
_NUMBERED = re.compile(r"([0-9]{1,6})\.(?: (.*))?")
_ORIGINAL = " (Original Post) "
_SHOWN_ALONE = " [View all]"
_ALONE = "Showing Original Post only (View all)"
"""What the page of a single post says of itself; it shows no replies and lists none."""
_LONGEST_NAME = 80
_DEEPEST = 8
"""Names on the way to a board; the site has three."""
_TOLERATED = 3
"""Lines on end that may be damaged in an outline; more of them are something else."""


@dataclass(frozen=True, slots=True)
class _Head:
    """Where a post begins; without `written` its header is damaged. `start` and `body` count worded lines."""

    number: int
    author: str
    title: str
    start: int
    body: int
    written: datetime | None = None
    stamp: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Outline:
    replies: int
    start: int
    """The worded line of the reply count."""
    end: int
    """The worded line after the last row."""
    rows: dict[int, Row]
    ruins: tuple[Ruin, ...]


class _Text:
    """The lines of a page, and those with words as one sequence."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = lines
        self.at = [index for index, line in enumerate(lines) if line.text]
        self.words = [lines[index].text for index in self.at]

    def __getitem__(self, index: int) -> str:
        """The words of a worded line, empty behind the last."""
        return self.words[index] if 0 <= index < len(self.words) else ""

    def __len__(self) -> int:
        return len(self.words)

    def line(self, index: int) -> Line:
        return self.lines[self.at[index]]

    def between(self, start: int, end: int) -> Sequence[Line]:
        """The lines from behind worded line `start - 1` up to before worded line `end`, blank ones too."""
        first = self.at[start - 1] + 1 if start else 0
        return self.lines[first : self.at[end] if end < len(self.at) else len(self.lines)]


def read(lines: Sequence[Line]) -> Found | None:
    """What the page says of its thread, None where it is no thread page of this generation."""
    text = _Text(lines)
    outlines = [outline for at in range(len(text)) if (outline := _outline(text, at))]
    outline = next((one for one in outlines if OP in one.rows), outlines[0] if outlines else None)
    op = _op(text, outline)
    listed = outline.rows.get(OP) if outline else None
    if op is None and (outline is None or listed is None):
        return None
    title = op.title if op else listed.words.rpartition(_ORIGINAL)[0] if listed else ""
    title = title.removesuffix(_SHOWN_ALONE)
    foot = _footer(text, title)
    if outline is None and foot is None and not (op and op.title.endswith(_SHOWN_ALONE)):
        return None  # an author's card and a date alone stand on many a page
    alone = _alone(text, op)
    behind = outline.end if outline else op.body if op else 0
    end = foot if foot is not None and foot >= behind else len(text)
    if alone is not None and outline is None:
        end = min(end, alone)
    ruins: list[Ruin] = list(outline.ruins) if outline else []
    if op is None and outline is not None:
        ruins.append(Ruin("the header of the OP is not whole", text.between(0, outline.start), OP))
    # People quote outlines and may forge them; nothing tells which of two is the page's own.
    others = [one for one in outlines if one is not outline and one.rows]
    if others:
        second = text.between(others[0].start, end)
        ruins.append(Ruin("the page holds two outlines; one is a quotation", second))
    heads = _heads(text, outline, behind, end) if outline or alone is None else []
    blocks = _blocks(text, op, outline.start if outline else _start(heads, end), heads, end, ruins)
    return Found(
        title=title,
        blocks=blocks,
        rows=outline.rows if outline else {},
        replies=outline.replies if outline else None,
        path=() if foot is None else tuple(part.strip() for part in text[foot].split("»")[:-1][:_DEEPEST]),
        links=() if foot is None else text.line(foot).links,
        ruins=tuple(ruins),
        doubtful=bool(others) or alone is not None,
    )


def _outline(text: _Text, at: int) -> _Outline | None:
    """The outline whose reply count stands at `at`."""
    count = _REPLIES.fullmatch(text[at])
    if not count or not (count["same"] or text[at + 1].startswith("Highlight:")):
        return None
    first = end = at + (1 if count["same"] else 2)
    rows: dict[int, Row] = {}
    ruins: list[Ruin] = []
    waiting: list[Ruin] = []  # lines that are no rows, until a row follows them
    for here in range(first, len(text)):
        apart = text.between(here, here)
        if rows and any(line.divider for line in apart):
            break
        row = _row(text.line(here))
        if row is None:
            if (rows and apart) or _POSTS.fullmatch(text[here + 1]) or _REPLIES.fullmatch(text[here]):
                break
            if len(waiting) == _TOLERATED:
                break
            waiting.append(Ruin("a line of the outline has no date and number at its end", [text.line(here)]))
            continue
        ruins += waiting
        waiting = []
        if row.number in rows:
            ruins.append(Ruin(f"the outline lists #{row.number} twice", [text.line(here)]))
        else:
            rows[row.number] = row
        end = here + 1
    return _Outline(int(count[1].replace(",", "")), at, end, rows, tuple(ruins))


def _row(line: Line) -> Row | None:
    tail = _ROW.search(line.text)
    if tail is None:
        return None
    number = int(tail[2]) if tail[2] else OP
    if tail[2] and number == OP:
        return None
    return Row(number, line.text[: tail.start()], tail[1], line.lead)


def _op(text: _Text, outline: _Outline | None) -> _Head | None:
    """The OP's header: the first whole one before the outline, rather the one that the outline names."""
    found = []
    end = outline.start if outline else len(text)
    for at in range(1, end):
        if _POSTS.fullmatch(text[at]) and len(text[at - 1]) <= _LONGEST_NAME:
            when = _when(text, at + 1)
            if when and when[2] < end:
                written, stamp, title = when
                found.append(_Head(OP, text[at - 1], text[title], at - 1, title + 1, written, stamp))
    listed = outline.rows.get(OP) if outline else None
    named = [head for head in found if listed and listed.words == head.title + _ORIGINAL + head.author]
    return next(iter(named or found), None)


def _alone(text: _Text, op: _Head | None) -> int | None:
    """The line that says that the OP is shown alone, the last of them; None where the page does not say so."""
    if op is None or not op.title.endswith(_SHOWN_ALONE):
        return None
    return next((at for at in range(len(text) - 1, op.body - 1, -1) if text[at] == _ALONE), None)


def _when(text: _Text, at: int) -> tuple[datetime, str, int] | None:
    """The two dates of a header, on one line or on two: the minute, as printed, and the line behind them."""
    when = _WHEN.fullmatch(text[at])
    written = minute(when[1]) if when else None
    if not when or not written:
        return None
    if when[0] != when[1]:
        return written, when[1], at + 1
    return (written, when[1], at + 2) if _SHORT.fullmatch(text[at + 1]) else None


def _footer(text: _Text, title: str) -> int | None:
    """The last line that leads to this thread from the top of the site."""
    for at in range(len(text) - 1, -1, -1):
        before, mark, last = text[at].rpartition("»")
        last = last.strip()
        short = last.removesuffix("...")
        if mark and before and (last == title or (short and short != last and title.startswith(short))):
            return at
    return None


def _heads(text: _Text, outline: _Outline | None, behind: int, end: int) -> list[_Head]:
    """Where replies begin, whole headers and damaged ones, in the order of the page."""
    heads: list[_Head] = []
    free = behind  # the first worded line that belongs to no header yet
    highest = 0
    for at in range(behind, end):
        numbered = _NUMBERED.fullmatch(text[at])
        if not numbered:
            continue
        number, title = int(numbered[1]), numbered[2] or ""
        counted = at - 2 >= free and bool(_POSTS.fullmatch(text[at - 1]))
        when = _when(text, at + 1)
        if not number or not (counted or when):
            continue
        author = text[at - 2] if counted else ""
        if outline is None or not outline.rows:
            accepted = counted and when is not None and number > highest  # the best that can be asked for
        else:
            accepted, author = _listed(outline, number, title, author, counted and when is not None)
        if not accepted:
            continue
        start = at - 2 if counted else _start_by_name(text, author, free, at)
        if counted and when:
            heads.append(_Head(number, author, title, start, when[2], when[0], when[1]))
        else:
            lacks = "a date" if counted else "its author's '(N posts)'"
            heads.append(_Head(number, author, title, start, at + 1, why=f"the header of #{number} lacks {lacks}"))
        free, highest = heads[-1].body, max(highest, number)
    return heads


def _listed(outline: _Outline, number: int, title: str, author: str, whole: bool) -> tuple[bool, str]:
    """Whether the outline lists a reply so, and its author, by the outline where the header names none."""
    row = outline.rows.get(number)
    if row is None:  # its row may be among the damaged ones
        return whole and bool(outline.ruins) and number <= outline.replies, author
    if author:
        return row.words == f"{title} {author}".strip(), author
    begins = row.words.startswith(f"{title} ") if title else True
    return begins, row.words[len(title) :].strip()


def _start_by_name(text: _Text, author: str, free: int, at: int) -> int:
    """The line of the author's name above a damaged header, or the header itself."""
    return next((index for index in (at - 2, at - 1) if index >= free and text[index] == author), at)


def _start(heads: Sequence[_Head], end: int) -> int:
    return heads[0].start if heads else end


def _blocks(
    text: _Text, op: _Head | None, op_end: int, heads: Sequence[_Head], end: int, ruins: list[Ruin]
) -> dict[int, Block]:
    """The posts by number; what is damaged or claimed twice goes to `ruins`."""
    blocks: dict[int, Block] = {}
    if op is not None and op.written is not None:
        title = op.title.removesuffix(_SHOWN_ALONE)
        body = text.between(op.body, op_end)
        blocks[OP] = Block(OP, op.author, title, op.written, op.stamp, text.line(op.body - 1), body)
    claimed: set[int] = set()
    for index, head in enumerate(heads):
        until = heads[index + 1].start if index + 1 < len(heads) else end
        if head.written is None:
            ruins.append(Ruin(head.why, text.between(head.start, until), head.number))
            continue
        if head.number in claimed:
            blocks.pop(head.number, None)
            why = f"two blocks claim to be #{head.number}; neither is taken"
            ruins.append(Ruin(why, text.between(head.start, until), head.number))
            continue
        claimed.add(head.number)
        blocks[head.number] = Block(
            head.number,
            head.author,
            head.title,
            head.written,
            head.stamp,
            text.line(head.body - 1),
            text.between(head.body, until),
        )
    return blocks
