"""Pure: the text of a post as it stands on a page → as it was written, and which post it answers."""

from __future__ import annotations

import re
from collections.abc import Collection
from html import escape, unescape

from adapters.forums.phpbb import addresses, elements

# Both begin with what is looked for and look back then: by characters that stand for themselves `re` finds its places.
_OWN = re.compile(r'="\./(?:(?<=\shref="\./)|(?<=\scite="\./)|(?<=\ssrc="\./))')
_ROOTED = re.compile(r'="/(?!/)(?:(?<=\shref="/)|(?<=\scite="/)|(?<=\ssrc="/))')
_FILES = re.compile(r'<dl class="(?:file|thumbnail)">((?:[^<]++|<(?!/?dl\b))*+)</dl>')
_FILE = re.compile(r'<(?:a|img)\b[^<>]*\b(?:href|src)="[^"]*download/file\.php[^"]*"[^<>]*>')
_IMAGE = re.compile(r"<img\b[^<>]*>")
_QUOTE = re.compile(r"\s*(<blockquote\b[^<>]*>)\s*<div>\s*<cite>((?:[^<]++|<(?!/?cite\b))*+)</cite>")
_QUOTED = re.compile(r"p(?:=(?<=[?&;]p=)|(?<=#p))([0-9]{1,12})\b", re.ASCII)
_LINK = re.compile(r'<a\b[^<>]*\bclass="postlink(?:-local)?"[^<>]*>([^<>]{1,400})</a>')
_SHORTENED = " ... "
_NO_TAG = re.compile("\\[\u200b(?=[A-Za-z*/])")
"""What our drafts put behind a bracket that begins no tag."""


def cleaned(text: str, base: str) -> str:
    """The text with addresses in full, and without what the board counts or cuts in it."""
    if '<dl class="' in text:
        text = _FILES.sub(lambda found: files(found[1]), text)
    if 'class="postlink' in text and (_SHORTENED in text or (base and f'href="{base}/' in text)):
        text = _LINK.sub(lambda found: _unshortened(found, base), text)
    if "\u200b" in text:
        text = _NO_TAG.sub("[", text)
    text = addresses.without_session(text)
    if base:
        text = _OWN.sub(lambda found: f'="{base}/', text)
        text = _ROOTED.sub(lambda found: f'="{addresses.host_of(base)[0]}/', text)
    return text.strip()


def files(box: str) -> str:
    """The files and images in a box of attachments, without how often they were looked at."""
    found, shown = [], 0
    for tag in _FILE.finditer(box):
        if tag.start() < shown:
            continue  # a small image in the link to the large one
        named = elements.given(tag[0])
        inner = "" if "src" in named else elements.inside(box, tag)
        if small := _IMAGE.search(inner):
            named = {"src": named["href"], "alt": elements.given(small[0]).get("alt", "")}
            shown = tag.end() + len(inner)
        if "src" in named:
            found.append(f'<img src="{escape(named["src"])}" alt="{escape(named.get("alt", ""))}">')
        elif name := elements.words(inner):
            found.append(f'<a href="{escape(named["href"])}">{escape(name)}</a>')
    return f"<p>{'<br>'.join(found)}</p>" if found else ""


def quoted(text: str) -> str:
    """The key of the post that a text quotes first of all, at its head; empty where it quotes none that is named."""
    found = _QUOTE.match(text)
    return _post(found) if found else ""


def pointed(text: str) -> tuple[str, str]:
    """The key of the post that a text points to, and the text without the pointer.

    A pointer is what we put before an answer: a quote at its head that names its post and, unlike those that the board
    makes, no date. Key and text are as they were where there is none.
    """
    found = _QUOTE.match(text)
    if found is None or not (post := _post(found)) or elements.words(found[2].rpartition("</a>")[2]):
        return "", text
    start = re.compile(r"<blockquote\b[^<>]*>").search(text)
    assert start is not None
    rest = text[start.end() + len(elements.inside(text, start)) :].removeprefix("</blockquote>").lstrip()
    rest = re.sub(r"\A(?:<br\s?/?>\s*)+", "", rest)
    return (post, rest) if rest else ("", text)


def answers(post: str, quote: str, here: Collection[str], op: str) -> tuple[str, str]:
    """The key of the post that a post answers by its quote, and one that is only likely; at most one of them.

    The post that is quoted may be of another thread: it is the parent for certain where it stands on the page, likely
    where it was written between the opening post and the answer, and none where it was not. `op` is empty where the
    opening post is not known.
    """
    if not quote or int(quote) >= int(post):
        return "", ""
    if quote in here:
        return quote, ""
    return "", quote if not op or int(quote) >= int(op) else ""


def _post(quote: re.Match[str]) -> str:
    """The key of the post that the head of a quote names."""
    found = _QUOTED.search(quote[2]) or _QUOTED.search(quote[1])
    return found[1] if found else ""


def _unshortened(found: re.Match[str], base: str) -> str:
    """A link whose words are its address cut in the middle, or without the board's own part, with its address whole."""
    words, href = unescape(found[1]), elements.given(found[0].partition(">")[0] + ">").get("href", "")
    head, cut, tail = words.partition(_SHORTENED)
    if (cut and head and href.startswith(head) and href.endswith(tail)) or href == f"{base}/{words}":
        return found[0][: -len(f"{found[1]}</a>")] + escape(href, quote=False) + "</a>"
    return found[0]
