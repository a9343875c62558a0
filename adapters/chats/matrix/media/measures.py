"""Pure: how wide and high an image is, as its first bytes tell, so that clients can leave room for it.

Nothing is decoded. PNG (ISO/IEC 15948), GIF89a, JPEG (ITU-T T.81, annex B) and WebP (RFC 9649) each have it in
another place.
"""

from __future__ import annotations

HEAD = 262_144
"""Bytes that are looked at: in a JPEG, a preview and colours may stand before the measures."""

_NO_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
"""Marks of a JPEG that stand alone."""

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Marks of a JPEG behind which the measures stand."""


def measured(head: bytes) -> tuple[int, int] | None:
    """Width and height in pixels; None where they are not told, or make no sense."""
    found = _told(head)
    return found if found is not None and min(found) > 0 else None


def _told(head: bytes) -> tuple[int, int] | None:
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR" and len(head) >= 24:
        width, height = int.from_bytes(head[16:20]), int.from_bytes(head[20:24])
        return (width, height) if max(width, height) < 2**31 else None
    if head.startswith((b"GIF87a", b"GIF89a")) and len(head) >= 10:
        return int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP" and len(head) >= 30:
        return _of_webp(head)
    return _of_jpeg(head) if head.startswith(b"\xff\xd8\xff") else None


def _of_webp(head: bytes) -> tuple[int, int] | None:
    match head[12:16]:
        case b"VP8X":
            return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
        case b"VP8 " if head[23:26] == b"\x9d\x01\x2a":
            return (
                int.from_bytes(head[26:28], "little") & 0x3FFF,
                int.from_bytes(head[28:30], "little") & 0x3FFF,
            )
        case b"VP8L" if head[20] == 0x2F:
            bits = int.from_bytes(head[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return None


def _of_jpeg(head: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(head) and head[at] == 0xFF:
        mark = head[at + 1]
        if mark == 0xFF:  # filling
            at += 1
        elif mark in _NO_LENGTH:
            at += 2
        elif mark in _FRAMES:
            return int.from_bytes(head[at + 7 : at + 9]), int.from_bytes(head[at + 5 : at + 7])
        else:
            at += 2 + int.from_bytes(head[at + 2 : at + 4])
    return None
