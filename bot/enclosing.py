"""Pure: what people put on their messages, and the lines by which the posts show it that become of these.

A draft is committed with its files before anything of them is fetched. What becomes of each is decided once: taken to
the forum, linked, or lost; then the draft is committed once more, with lines in place of the files, and only then
posted. So what is posted is known whatever happens, and files that are nowhere yet mean that nothing was posted.
"""

from __future__ import annotations

import enum
import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from bot import markup
from bot.markup.nodes import Kind, Node, document, paragraph, text
from bot.media.kinds import typed
from bot.model import Attached, Draft
from bot.rendering import words_digest
from bot.texts import say

MOST = 10
"""Files of one message that go to the forum; people find the others where it stands."""

LONGEST_NAME = 100
"""Characters of a file's name."""

LONGEST_ADDRESS = 1_000
"""Characters by which a chat finds a file again; one that takes more is nothing that we made."""

_KIND = re.compile(r"[a-z]+/[a-z0-9.+-]{1,80}")
_STEPS = re.compile(r"[/\\]")
_TELLING = str.maketrans({"[": "(", "]": ")", "|": "-", "@": None})
"""What has a meaning in a forum's texts, also where it is escaped; "@" calls people."""


class Outcome(enum.StrEnum):
    """What became of a file."""

    TAKEN = "taken"  # the forum has it
    LINKED = "linked"  # the post leads to where it stands in the chat
    LOST = "lost"  # it could not be fetched


class Shown(msgspec.Struct, frozen=True):
    """What became of a file; `line` is what the forum gave for it, where it took it."""

    outcome: Outcome
    line: str = ""


def kept(files: Sequence[Attached]) -> tuple[Attached, ...]:
    """What is kept of the files on a message: so many, and of each a name that is one step of a path and harmless."""
    fit = [one for one in files if 0 < len(one.address) <= LONGEST_ADDRESS]
    return tuple(
        msgspec.structs.replace(
            one,
            name=_named(one.name),
            kind=one.kind if _KIND.fullmatch(one.kind) else "",
            size=max(0, one.size),
            link=one.link[:LONGEST_ADDRESS],
        )
        for one in fit[:MOST]
    )


def _named(name: str) -> str:
    steps = [markup.clean_name(step.translate(_TELLING), len(step)) for step in _STEPS.split(name)]
    whole = next((step for step in reversed(steps) if step.strip(".")), "")
    if len(whole) <= LONGEST_NAME:
        return whole or say("cards.file")
    stem, point, ending = whole.rpartition(".")
    if not stem or len(ending) > 10:
        return whole[:LONGEST_NAME]
    return stem[: LONGEST_NAME - 1 - len(ending)].rstrip() + point + ending


def mark(file: Attached) -> str:
    """What a file is called where its address, which may be a secret, need not be known."""
    return hashlib.sha256(file.address.encode("utf-8", "replace")).hexdigest()[:32]


def kind_of(file: Attached, content: bytes) -> str:
    """The media type of a file: by what it holds, else as its chat told it."""
    found = typed(content)
    if found is None:
        return file.kind or "text/plain"  # a page, or nothing
    return file.kind if found.kind == "file" and file.kind else found.mime


def shown(draft: Draft, outcomes: Sequence[Shown], format: str) -> Draft:
    """A draft whose text shows its files, each by a paragraph behind the words, in their order.

    What a forum gave for a file it reads in its own way, and shows by the file's name.
    """
    pairs = list(zip(draft.files, outcomes, strict=True))
    whole = _joined(draft.text, [_line(file, one, format) for file, one in pairs])
    drawn = _joined(draft.text, [_words(file, one, format) for file, one in pairs])
    return msgspec.structs.replace(draft, text=whole, files=(), digest=words_digest(drawn, format))


def _joined(text: str, lines: Sequence[str]) -> str:
    return "\n\n".join(filter(None, (text, *lines)))


def given(draft: Mapping[str, Any], format: str) -> str:
    """The digest by which a post is known that was made of a draft, as it is committed; empty where none was."""
    if draft.get("files") or not draft.get("text"):
        return ""
    return str(draft.get("digest") or words_digest(str(draft["text"]), format))


def linked(draft: Draft, format: str) -> Draft:
    """A draft whose text links to all its files, for a forum that takes none."""
    return shown(draft, [Shown(Outcome.LINKED)] * len(draft.files), format)


def _line(file: Attached, one: Shown, format: str) -> str:
    return one.line if one.outcome is Outcome.TAKEN else _words(file, one, format)


def _words(file: Attached, one: Shown, format: str) -> str:
    """What people read of a file, with a link to it where it stays in the chat."""
    words: Node | str = file.name
    match one.outcome:
        case Outcome.LOST:
            words = say("cards.file_lost", name=file.name)
        case Outcome.LINKED if file.link:
            words = Node(Kind.LINK, target=file.link, children=(text(file.name),))
        case Outcome.LINKED:
            words = say("cards.file_elsewhere", name=file.name)
    return markup.write(document(paragraph(words)), format)
