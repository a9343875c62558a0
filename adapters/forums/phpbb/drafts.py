"""Pure: a draft in BBCode → what a board takes: its own tags alone, and a pointer to the post that is answered."""

from __future__ import annotations

import re

from bot import markup

ALWAYS = frozenset({"b", "i", "u", "quote", "code", "list", "img", "url", "email"})
"""Tags that every board knows; `[*]` stands in lists."""

EXCERPT = 160
"""Characters of the words of a post that are shown above an answer to it."""

_TAG = re.compile(r"\[(/?)([a-z]{1,12})(?:=(?:\"([^\"\[\]]*)\"|([^\[\]]*)))?\]")
_CODE = re.compile(r"(\[code(?:=[^\[\]]*)?\].*?\[/code\])", re.DOTALL)
_QUOTE = re.compile(r"\A\[quote=(.{1,200}?) post_id=([0-9]{1,12}) time=[0-9]{1,12}( user_id=[0-9]{1,12})?\]", re.DOTALL)
_POINTER = re.compile(
    r"\A\[quote=[^\[\]]{1,200} post_id=[0-9]{1,12}(?: user_id=[0-9]{1,12})?\][^\[\]]{0,400}\[/quote\]\s*"
)


def fitted(text: str, tags: frozenset[str]) -> str:
    """The text without the tags that a board does not know, which would stand in the post as they are.

    What they held stays, the name of a spoiler too; cells of a table are parted by " | ".
    """
    known = ALWAYS | tags

    def fit(found: re.Match[str]) -> str:
        end, name, label, bare = found.groups()
        if name in known:
            return found[0]
        match name:
            case "td" | "th":
                return " | " if end else ""
            case "tr":
                return "\n" if end else ""
            case "hr":
                return "\n"
            case "spoiler" if not end and (label or bare):
                return f"{label or bare}\n"
            case "s" | "spoiler" | "table":
                return ""
        return found[0]

    pieces = _CODE.split(text)  # what stands in code is no tag
    return "".join(piece if index % 2 else _TAG.sub(fit, piece) for index, piece in enumerate(pieces))


def pointer(quoting: str) -> str:
    """What stands before an answer, made of the quote that the board offers: its first words, without its date.

    Empty where the board's quotes do not name their post (before 3.2): nobody could tell then what is answered.
    """
    found = _QUOTE.match(quoting)
    if found is None:
        return ""
    said = quoting[found.end() :].strip().removesuffix("[/quote]")
    words = markup.excerpt(markup.read(said, "bbcode"), EXCERPT) or "…"
    plain = markup.write(markup.read(words, "plain"), "bbcode").replace("[", "(").replace("]", ")")
    return f"[quote={found[1]} post_id={found[2]}{found[3] or ''}]{plain}[/quote]\n"


def pointing(text: str) -> str:
    """The pointer at the head of a post of ours; empty where there is none."""
    found = _POINTER.match(text)
    return found[0] if found else ""
