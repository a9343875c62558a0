"""Pure: mentions of posts, by which Flarum knows what answers what.

As it is typed: `@"Ann"#p12`; as it is shown: a link of the class `PostMention`. The number is the post's own id, the
name counts for nothing: the forum itself puts in its place what the author is called now.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TAG = re.compile(r"<(?:a|span)\s([^<>]{1,3000})>")
# Both begin with what is looked for and look back then: by characters that stand for themselves `re` finds its places.
_ID = re.compile(r"data-id=(?<![\w-]data-id=)\"([0-9]{1,18})\"")
_PLACE = re.compile(r"href=(?<![\w-]href=)\"[^\"]{0,2000}/d/([0-9]{1,18})")
_HEAD = re.compile(r"\A\s{0,9}<p>\s{0,9}<(a|span)\s[^<>]{1,3000}>[^<>]{0,300}</\1>[\s,:]{0,9}(?:<br\s{0,2}/?>\s{0,9})?")
_NOTHING = re.compile(r"\s*</p>\s*")
_ANY = re.compile(r"<(?:a|span)\s[^<>]{0,3000}class=\"(?:Post|User)Mention[^<>]{0,3000}>[^<>]{0,300}</(?:a|span)>")

_TYPED = re.compile(r"\A\s{0,9}@[\"“][^\n]{1,200}?[\"”]#p([0-9]{1,18})(?![0-9a-z])[\s,:]{0,9}")

CLASS = "PostMention"
"""What a mention of a post is known by, where it is shown."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A post that a text names: its id, and the discussion that it stands in as far as that is told."""

    post: str
    thread: str = ""


def first(html: str, thread: str) -> Mention | None:
    """The first post of the same thread that a shown text names."""
    if CLASS not in html:
        return None
    for found in _TAG.finditer(html):
        one = _mention(found[1])
        if one is not None and one.thread in ("", thread):
            return one
    return None


def without_head(html: str, post: str) -> str:
    """A shown text without the mention of a post at its very beginning; as it is where nothing else would be left."""
    head = _HEAD.match(html)
    if head is None or CLASS not in head[0] or f'data-id="{post}"' not in head[0]:
        return html
    rest = html[head.end() :]
    return html if _NOTHING.fullmatch(rest) else f"<p>{rest}"


def plain(html: str) -> str:
    """A shown text in which mentions say nothing but that they are there: names and links change by themselves."""
    if "Mention" not in html:
        return html
    return _ANY.sub(lambda found: f"@{(_ID.search(found[0]) or ('', ''))[1]}", html)


def typed(post: str, name: str) -> str:
    """What names a post at the head of a text as it is typed."""
    told = " ".join(name.replace('"', "").replace("“", "").replace("”", "").split())[:80] or "post"
    return f'@"{told}"#p{post} '


def typed_head(text: str) -> str:
    """The mention of a post at the head of a typed text; empty where there is none."""
    found = _TYPED.match(text)
    return found[0] if found else ""


def _mention(attributes: str) -> Mention | None:
    if CLASS not in attributes:
        return None
    id, place = _ID.search(attributes), _PLACE.search(attributes)
    return None if id is None else Mention(str(int(id[1])), place[1] if place else "")
