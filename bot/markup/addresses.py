"""Which addresses may become links, and where bare ones stand in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, urljoin, urlsplit

LONGEST = 2048
"""Characters of the longest address that is linked: Discord's limit, and more than most servers read."""

_WEB = ("http://", "https://")
_SCHEMES = frozenset({"http", "https", "mailto"})
# What may never stand in an address as it is: white space, quotes, brackets, controls, and whatever is not ASCII
# (of that, only what cannot be seen is encoded).
_DOUBTFUL = re.compile(r"[^!#-;=?-\[\]_a-z~]")
# Most addresses are of one of these two shapes, of which is known without taking them apart that they are allowed as
# they stand, and that what follows the host of the page leads to them.
_USUAL = re.compile(r"(https?://[A-Za-z0-9._-]++(?::[0-9]++)?+)(?:[/?#][!#-;=?-\[\]_a-z~]*+)?+")
_USUAL_PATH = re.compile(r"(?:/(?![./])[A-Za-z0-9_~%+.-]*+)++(?:\?[A-Za-z0-9_~%+.=&-]++)?+(?:#[A-Za-z0-9_~%+.=&-]++)?+")
_BARE = re.compile(r"https?://", re.IGNORECASE)
_PLAYER = re.compile(
    r"https?://(?:player\.vimeo\.com/video/([0-9]{1,20})"
    r"|(?:www\.)?youtube(?:-nocookie)?\.com/(?:embed|v)/([A-Za-z0-9_-]{11})(?![A-Za-z0-9_-]))"
)
_VIDEO_PAGE = re.compile(
    r"https?://(?:(?:www\.|m\.)?youtube\.com/(?:watch\?|shorts/)|youtu\.be/|(?:www\.)?vimeo\.com/[0-9])"
)
# White space, quotes and brackets end a bare address, as do the closing marks of scripts written without spaces.
_BARE_END = re.compile('[\\s<>"\\\\^`{|}\u2066-\u2069\u202a-\u202e、。《》「」『』【】，；！？：（）“”«»]')
_TRAILING = frozenset(".,;:!?'*_~…’")
_CLOSERS = {")": "(", "]": "["}


def allowed(address: str) -> bool:
    """True when the address may be linked as it stands: http, https or mailto, with a target, bounded and encoded."""
    return bool(address) and absolute(address) == address


def shows(address: str) -> bool:
    """True when the address may be linked as that of an image or of media."""
    return address.startswith(_WEB) and allowed(address)


def absolute(address: str, base: str = "") -> str:
    """The address in full, seen from the page at `base`; empty when it must not become a link.

    Only http, https and mailto pass; whatever could leave its quotes or its line is percent-encoded.
    """
    address = address.strip()
    if not address or len(address) > LONGEST:
        return ""
    if _USUAL.fullmatch(address):
        return address
    if _USUAL_PATH.fullmatch(address) and (page := _USUAL.fullmatch(base)):
        address = page[1] + address
        return address if len(address) <= LONGEST else ""
    if _DOUBTFUL.search(address):
        address = _DOUBTFUL.sub(_encoded, address)
    try:
        if not address.startswith(_WEB):
            if base and not address.lower().startswith("mailto:"):
                address = urljoin(base, address)
            elif address.startswith("//"):
                address = "https:" + address
        parts = urlsplit(address)
        named = parts.path if parts.scheme == "mailto" else parts.hostname
    except ValueError:  # brackets that hold no IPv6 address
        return ""
    if parts.scheme not in _SCHEMES or not named or len(address) > LONGEST:
        return ""
    return parts.scheme + address[len(parts.scheme) :]


def watched(address: str) -> str:
    """The page of a video whose player stands at `address`, since chats preview pages; any other address as it is."""
    player = _PLAYER.match(address)
    if player is None:
        return address
    vimeo, youtube = player.groups()
    return f"https://vimeo.com/{vimeo}" if vimeo else f"https://www.youtube.com/watch?v={youtube}"


def unfolds(address: str) -> bool:
    """True for the page of a video that chats show in place."""
    return _VIDEO_PAGE.match(address) is not None


def beginning(words: str) -> str:
    """The address that running text begins with, without the punctuation that follows it; empty where there is none."""
    found = _BARE.match(words)
    if found is None:
        return ""
    stop = _BARE_END.search(words, found.end())
    end = _without_punctuation(words, found.end(), stop.start() if stop else len(words))
    return words[:end] if end > found.end() and absolute(words[:end]) else ""


def bare(words: str) -> Iterator[tuple[int, int]]:
    """Where addresses stand in running text, as (start, end), without the punctuation that follows them."""
    done = 0
    for found in _BARE.finditer(words):
        start = found.start()
        if start < done or (start and words[start - 1].isalnum()):
            continue
        stop = _BARE_END.search(words, found.end())
        done = stop.start() if stop else len(words)
        end = _without_punctuation(words, found.end(), done)
        if end > found.end() and absolute(words[start:end]):
            yield start, end


def _without_punctuation(words: str, start: int, end: int) -> int:
    """Where an address really ends: before closing punctuation, and before a bracket that it did not open."""
    surplus = {
        closer: words.count(closer, start, end) - words.count(opener, start, end) for closer, opener in _CLOSERS.items()
    }
    while end > start:
        last = words[end - 1]
        if last in _CLOSERS and surplus[last] > 0:
            surplus[last] -= 1
        elif last not in _TRAILING:
            break
        end -= 1
    return end


def _encoded(found: re.Match[str]) -> str:
    character = found.group()
    if character.isascii() or not character.isprintable():
        return quote(character, safe="", errors="replace")
    return character
