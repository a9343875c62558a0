"""Pure: the grammar of thread pages from before 2011 (archives, shown whole with `az=view_all`), on lines.

::

    Home » Discuss » Topic Forums » board Donate to DU
    author Donating Member (N posts) Send PM | Profile | Ignore Mon Jan-04-10 09:44 AM
    Original message                                    the OP
    title
    Edited on Mon Jan-04-10 10:02 AM by author          where it was edited
    body
    Printer Friendly | Permalink | | Top
    author (1000+ posts) Send PM | Profile | Ignore Mon Jan-04-10 11:30 AM
    Response to Original message | Response to Reply #k
    n. title ...

These pages name every parent and have no outline, so that nothing proves them complete.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from adapters.forums.democratic_underground.dates import OLD, minute
from adapters.forums.democratic_underground.found import OP, Block, Found, Ruin
from adapters.forums.democratic_underground.lines import Line

LOOKED_FOR = "'Original message' under a line like 'name (N posts) ... Mon Jan-04-10 09:44 AM'"

_KIND = re.compile(r"(Original message)|Response to (?:(Original message)|Reply #([0-9]{1,6}))")
_AUTHOR = re.compile(
    rf"(.{{1,80}}?)(?: Donating Member)? \([0-9][0-9,]{{0,9}}\+? posts?\)(?: .{{0,120}}?)?(?<= )({OLD})"
)
_NUMBERED = re.compile(r"([0-9]{1,6})\.(?: (.*))?")
_EDITED = re.compile(rf"Edited on ({OLD}) by .{{1,80}}")
_END = "Printer Friendly | Permalink"
_PATH = re.compile(r"Home »[^»]{1,80}(?:»[^»]{1,80}){0,6}")


def read(lines: Sequence[Line]) -> Found | None:
    """What the page says of its thread, None where it is no thread page of this generation."""
    worded = [index for index, line in enumerate(lines) if line.text]
    text = [lines[index].text for index in worded]
    blocks: dict[int, Block] = {}
    ruins: list[Ruin] = []
    starts = [at for at in range(1, len(text)) if _KIND.fullmatch(text[at])]
    for index, at in enumerate(starts):
        last = index + 1 == len(starts)
        until = len(text) if last else _author(text, starts[index + 1])[2]
        end = next((here for here in range(at, until) if text[here].startswith(_END)), until)
        piece = lines[worded[at - 1] : worded[end] if end < len(text) else len(lines)]
        block = _block(lines, worded, text, at, end)
        if isinstance(block, str):
            ruins.append(Ruin(block, piece))
        elif block.number in blocks:
            ruins.append(Ruin(f"two blocks claim to be #{block.number}; the first is taken", piece))
        else:
            blocks[block.number] = block
    if OP not in blocks:
        return None
    before = text[: starts[0]]
    path = next((line for line in before if _PATH.fullmatch(line)), "")
    return Found(
        title=blocks[OP].title,
        blocks=blocks,
        path=tuple(part.strip() for part in path.removesuffix("Donate to DU").split("»")) if path else (),
        ruins=tuple(ruins),
        old=True,
        closed="This topic is archived." in before,
    )


def _block(lines: Sequence[Line], worded: list[int], text: list[str], at: int, end: int) -> Block | str:
    """The post whose kind stands on worded line `at`, or what is wrong with its header."""
    kind = _KIND.fullmatch(text[at])
    author, written, _ = _author(text, at)
    if kind is None or not author or written is None:
        return "no 'name (N posts) ... date' stands above it"
    number, title, body = OP, text[at + 1] if at + 1 < end else "", at + 2
    if not kind[1]:
        numbered = _NUMBERED.fullmatch(title)
        if not numbered:
            return "no 'k. title' stands in its header"
        number, title = int(numbered[1]), numbered[2] or ""
    edited = _EDITED.fullmatch(text[body]) if body < end else None
    if edited:
        body += 1
    first = worded[body - 1] + 1 if body <= len(worded) else len(lines)
    moment, stamp = written
    return Block(
        number,
        author,
        title,
        moment,
        stamp,
        lines[worded[at]],
        lines[first : worded[end] if end < len(worded) else len(lines)],
        None if kind[1] else int(kind[3]) if kind[3] else OP,
        edited[1] if edited else "",
    )


def _author(text: list[str], at: int) -> tuple[str, tuple[datetime, str] | None, int]:
    """Author, time (and as printed) and first worded line of the header whose kind stands at `at`.

    Name and date share a line in page texts; in HTML they stand in two cells, and so on two lines.
    """
    for lines in (1, 2):
        found = _AUTHOR.fullmatch(" ".join(text[max(at - lines, 0) : at])[:400])
        when = minute(found[2]) if found else None
        if found and when:
            return found[1], (when, found[2]), at - lines
    return "", None, at - 1
