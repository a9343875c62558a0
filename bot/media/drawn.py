"""Pure: images on pages of ours: what each is called there, and where it stands in a text.

Browsers load nothing from outside: an image is asked for by what shows it and a hash of its address, so that nobody can
have anything fetched but what stands there.
"""

from __future__ import annotations

import hashlib
import re
import textwrap
from collections.abc import Callable, Iterable
from html import escape, unescape

import msgspec

from bot.media.found import Attachment

LINES = 6
"""Lines that are said of an image that is not shown."""

LINE = 44
"""Characters of such a line."""

_LINK = re.compile(r"<a ([^>]*)>([^<]*)</a>")  # what we wrote ourselves: neither sign stands inside
_ADDRESS = re.compile(r'href="([^"]*)"')
_SIGN = 'class="media"'
_PICTURE = 'class="media picture"'


class Picture(msgspec.Struct, frozen=True):
    """An image on a page: where it is had from us, where it comes from, and what it shows."""

    src: str
    href: str
    alt: str


def name_of(address: str) -> str:
    """What an address is called on our pages; it may be a secret, and it may be long."""
    return hashlib.sha256(address.encode("utf-8", "replace")).hexdigest()[:32]


def drawn(html: str, media: Iterable[Attachment], src: Callable[[str], str]) -> tuple[str, tuple[Picture, ...]]:
    """The text with its images in the places of the links to them, and the images that have no place in it.

    `src` gives our address for a name. Such an image is inside of another link; the hidden ones stay links.
    """
    images = {one.address: one for one in media if not one.plays}
    stands: set[str] = set()

    def image(found: re.Match[str]) -> str:
        address = _ADDRESS.search(found[1])
        one = images.get(unescape(address[1])) if address is not None and _SIGN in found[1] else None
        if one is None:
            return found[0]
        stands.add(one.address)
        drawn = f'<img src="{escape(src(name_of(one.address)))}" alt="{escape(one.alt or "image")}" loading="lazy">'
        return f"<a {found[1].replace(_SIGN, _PICTURE)}>{drawn}</a>"

    html = _LINK.sub(image, html)
    rest = [one for one in images.values() if one.address not in stands and not one.hidden]
    return html, tuple(Picture(src(name_of(one.address)), one.address, one.alt or "image") for one in rest)


def missing_lines(alt: str, why: str) -> list[str]:
    """What stands in the place of an image that is not shown, line by line."""
    said = textwrap.wrap(_printable(alt), LINE, max_lines=2, placeholder=" …")
    return said + textwrap.wrap(f"Not shown: {_printable(why)}", LINE, max_lines=LINES - len(said), placeholder=" …")


def _printable(words: str) -> str:
    """XML takes no control characters, not even escaped."""
    return "".join(sign if sign.isprintable() else " " for sign in words)
