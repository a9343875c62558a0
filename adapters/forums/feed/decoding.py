"""Pure: the bytes of a feed as text, whatever it says of its encoding; nothing here can fail or be slow.

Feeds often lie about their encoding. Text that is UTF-8 to the last byte is UTF-8, whatever is declared: no other
encoding looks like that by chance. Only then is a declaration believed, and only of encodings that browsers know.
"""

from __future__ import annotations

import codecs
import re

from bot.net import Answer

_DECLARED = re.compile(rb"""<\?xml[^>]{1,200}?encoding\s{0,8}=\s{0,8}["']([A-Za-z0-9_.:-]{1,40})""")
_HEADER = re.compile(r"""charset\s{0,8}=\s{0,8}["']?([A-Za-z0-9_.:-]{1,40})""", re.IGNORECASE)
_UTF_8 = frozenset({"utf-8", "utf8", "utf_8"})
_STATEFUL = b"\x1b"
"""What only an encoding of escapes holds (ISO-2022-JP), whose bytes are all ASCII."""

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that no XML may hold; one of them would make a strict parser give up."""


def text_of(body: bytes, content_type: str) -> str:
    """The text of a feed, without what no XML may hold."""
    return _FORBIDDEN.sub("", _decoded(body, content_type))


def _decoded(body: bytes, content_type: str) -> str:
    if body.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Answer(200, "", {}, body).text()
    if _STATEFUL not in body:
        try:
            # What is cut in the middle of a character is UTF-8 all the same.
            return codecs.getincrementaldecoder("utf-8")().decode(body, final=False)
        except UnicodeDecodeError:
            pass
    declared = _declared(body, content_type)
    if not declared:
        broken = body.decode("utf-8", "replace")
        lost = broken.count("\ufffd")
        if sum(character > "\x7f" for character in broken[:100_000]) - lost > lost:
            return broken  # some bad bytes in what is UTF-8 else
    kind = f"text/plain; charset={declared}" if declared else "text/plain"
    return Answer(200, "", {"content-type": kind}, body).text()


def _declared(body: bytes, content_type: str) -> str:
    """The encoding that is declared, by the server or inside; what is not UTF-8 is not believed to be."""
    header, inside = _HEADER.search(content_type), _DECLARED.search(body[:1024])
    labels = (header[1] if header else "", inside[1].decode("ascii") if inside else "")
    return next((label for label in labels if label and label.lower() not in _UTF_8), "")
