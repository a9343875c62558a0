"""Pure: what a file is, told by its first bytes alone. Its name and what its server calls it count for nothing.

Nothing is decoded. Pages (HTML, SVG and other texts in angle brackets) are no files: as images they could hold scripts,
and where an image was asked for they are a login or an error.
"""

from __future__ import annotations

import re

import msgspec

HEAD = 4096
"""Bytes that are looked at."""


class Type(msgspec.Struct, frozen=True):
    """What a file is: `kind` is image, video, audio or file."""

    kind: str
    mime: str
    ending: str


PLAIN = Type("file", "application/octet-stream", "bin")
"""Any file that is none of the known ones."""

_STARTS: tuple[tuple[bytes, Type], ...] = (
    (b"\x89PNG\r\n\x1a\n", Type("image", "image/png", "png")),
    (b"\xff\xd8\xff", Type("image", "image/jpeg", "jpg")),
    (b"GIF87a", Type("image", "image/gif", "gif")),
    (b"GIF89a", Type("image", "image/gif", "gif")),
    (b"fLaC", Type("audio", "audio/flac", "flac")),
    (b"ID3", Type("audio", "audio/mpeg", "mp3")),
    (b"%PDF-", Type("file", "application/pdf", "pdf")),
    (b"PK\x03\x04", Type("file", "application/zip", "zip")),
)

_RIFF = {
    b"WEBP": Type("image", "image/webp", "webp"),
    b"WAVE": Type("audio", "audio/wav", "wav"),
}

_BRANDS = {  # ISO/IEC 14496-12: the major brand of a box "ftyp"
    b"avif": Type("image", "image/avif", "avif"),
    b"avis": Type("image", "image/avif", "avif"),
    b"M4A ": Type("audio", "audio/mp4", "m4a"),
    b"qt  ": Type("video", "video/quicktime", "mov"),
} | dict.fromkeys(
    (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"dash", b"M4V ", b"MSNV"),
    Type("video", "video/mp4", "mp4"),
)

_OGG = Type("audio", "audio/ogg", "ogg")
_OGG_VIDEO = Type("video", "video/ogg", "ogv")
_WEBM = Type("video", "video/webm", "webm")
_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<[!?/a-zA-Z]")
_WIDE_PAGE = re.compile(rb"(?:\xff\xfe(?:\s\x00)*<\x00|\xfe\xff(?:\x00\s)*\x00<)")


def typed(body: bytes) -> Type | None:
    """What a file is; None for a page, and for what is empty."""
    head = body[:HEAD]
    for start, found in _STARTS:
        if head.startswith(start):
            return found
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12], PLAIN)
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], PLAIN)
    if head.startswith(b"\x1a\x45\xdf\xa3"):  # EBML: WebM names itself within the first bytes, Matroska otherwise
        return _WEBM if b"webm" in head[:64] else PLAIN
    if head.startswith(b"OggS"):
        return _OGG_VIDEO if b"theora" in head[:128] else _OGG
    # MPEG audio without a tag: the sync word, a layer, and neither a forbidden rate nor a forbidden frequency.
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2 and head[2] >> 4 != 15 and head[2] >> 2 & 3 != 3:
        return Type("audio", "audio/mpeg", "mp3")
    if not head.strip() or _PAGE.match(head) or _WIDE_PAGE.match(head):
        return None
    return PLAIN
