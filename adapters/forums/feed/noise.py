"""Pure: what engines put around people's words in their feeds, recognised and taken off.

It is no part of what was written, and some of it changes by itself: counts of views, dates, the name of the thread.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape

import msgspec

_TAIL = 1_000
"""Characters at the end of a text in which an engine's trailer is looked for."""

# phpBB: <p>Statistics: Posted by <a href="…mode=viewprofile&amp;u=58">alice</a> — Mon Nov 23, 2026 8:57 am</p><hr />
_PHPBB = re.compile(
    r"<p>(?:Statistics: [^<]{1,200}"
    r"|[^<]{1,80}<a href=\"[^\"]{1,300}mode=viewprofile[^>]{0,200}>[^<]{0,200}</a>[^<]{0,200}"
    r"|Statistics: [^<]{1,80}<a [^>]{1,400}>[^<]{0,200}</a>[^<]{0,200})</p>\s{0,20}<hr ?/?>\s{0,20}\Z"
)
# django-machina: <br /><br /><i>Posted by alice - Nov. 23, 2026, 9:01 a.m.</i>
_MACHINA = re.compile(r"(?:<br ?/?>\s{0,20}){2}<i>Posted by ([^<]{1,150}) - [^<]{1,60}</i>\s{0,20}\Z")
# WordPress: <p>In reply to <a href="https://blog.example/?p=1#comment-2">alice</a>.</p>, in the blog's own language
_WORDPRESS = re.compile(
    r"\s{0,20}(?:<p>)?[^<]{2,40}<a href=\"([^\"]{1,1000}#comment-\d{1,12})\"[^>]{0,200}>[^<]{1,200}</a>[^<]{0,5}"
    r"(?:</p>\s{0,20}|\s{0,5}(?:\n\s{0,20}|<br ?/?>\s{0,20}){1,3})"
)
_COMMENT = re.compile(r"(?:comment-|isso-|reply-|post_)\d{1,20}")
"""The end of the address of a comment (WordPress, Isso, Discourse), behind its #."""
_PAGING = re.compile(r"\?page=\d{1,9}\Z")

_REPLY = re.compile(r"(?:re|aw|sv|antw|rép|odp)\s?: ?", re.IGNORECASE)
_ENGINE_TITLE = re.compile(r"(?:Comment #\d+|Reply to .+ on \w{3}, \d{2} \w{3} \d{4} [\d:]{8} GMT)", re.DOTALL)
_ABOUT = re.compile(r"(?:Comment on|Comments on:?|Comments for) (.+)", re.DOTALL)

_AGES = re.compile(r"\d{1,4} (?:second|sec|minute|min|hour|hr|day|week|month|year)s? ago\b")
_COUNTS = re.compile(r"\d[\d,.]{0,12}k? (?:view|comment|reply|replies|repl|like|point|vote|share|reaction|answer)s?\b")
# Each begins with a class of characters, by which the engine of `re` finds where to look at all.
_TIMES = re.compile(r"\d(?:\d?:\d\d(?::\d\d)?(?: ?[apAP]\.?[mM]\.?)?|\d{3}-\d\d-\d\d|\d? [A-Z][a-z]{2,8}\.? \d{4})")
_DAYS = re.compile(r"[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}")
_DIGIT = re.compile(r"\d")
_ENDING = 240
"""Characters at the end of a text in which a date is taken for an engine's, not for a person's."""


class Said(msgspec.Struct, frozen=True):
    """What somebody wrote, without what the engine put around it."""

    text: str
    author: str = ""
    """Who wrote it, where only the trailer tells."""
    lead: str = ""
    """The line before it that names the comment that it answers; `leads` is that one's address."""
    leads: str = ""
    trailed: bool = False


def said(text: str, *, comment: bool) -> Said:
    """The words of an entry without the trailers of phpBB and machina; of a comment, without WordPress' first line."""
    tail = text[-_TAIL:]
    trailed, author = True, ""
    if tail.endswith(("<hr />", "<hr/>", "<hr>")) and (found := _PHPBB.search(tail)):
        text = text[: len(text) - len(tail) + found.start()].rstrip()
    elif tail.endswith("</i>") and (found := _MACHINA.search(tail)):
        text, author = text[: len(text) - len(tail) + found.start()].rstrip(), unescape(found[1])
    else:
        trailed = False
    first = _WORDPRESS.match(text) if comment else None
    if first is None:
        return Said(text, author, trailed=trailed)
    return Said(text[first.end() :], author, first[0], unescape(first[1]), trailed)


def comment_page(link: str) -> str:
    """The page that a comment stands under, by the address of the comment; empty where it is none of a comment."""
    page, _, anchor = link.partition("#")
    return _PAGING.sub("", page) if anchor and _COMMENT.fullmatch(anchor) else ""


def answers(title: str, tags: Sequence[str]) -> bool:
    """Whether a title is that of a reply ("Re: …")."""
    return _REPLY.match(_without_board(title, tags)) is not None


def _without_board(title: str, tags: Sequence[str]) -> str:
    for tag in tags:
        title = title.removeprefix(f"{tag} • ")
    return title


def subject(title: str, author: str, tags: Sequence[str]) -> str:
    """What a title is about: without the name of the board, "Re:", "Comment on", and who wrote it."""
    title = _without_board(title, tags)
    while found := _REPLY.match(title):
        title = title[found.end() :]
    about = _ABOUT.fullmatch(title)
    if about is None:
        return title
    title = about[1]
    return title.removesuffix(f" by {author}") if author else title


def own_title(title: str, author: str, tags: Sequence[str], thread: str) -> str:
    """The title of a reply; empty where it says no more than its thread's title and its author."""
    bare = subject(title, author, tags)
    if thread in (title, bare) or _ENGINE_TITLE.fullmatch(bare) or _ABOUT.fullmatch(title):
        return ""
    if author and bare.endswith(f": {author}") and len(bare) <= len(author) + 20:  # WordPress: "By: alice"
        return ""
    return bare


def lasting(text: str) -> str:
    """A text without what changes by itself: ages and counts anywhere, dates in its last words, white space.

    A date in the middle is a person's: a meeting that was moved is an edit.
    """
    if _DIGIT.search(text):
        if " ago" in text:
            text = _AGES.sub("", text)
        text = text[:-_ENDING] + _TIMES.sub("", _DAYS.sub("", text[-_ENDING:]))
        text = _COUNTS.sub("", text)
    return " ".join(text.split())
