"""How large an image is, as its first bytes tell."""

import pytest

from adapters.chats.matrix.media.measures import measured


def jpeg(*segments: bytes) -> bytes:
    return b"\xff\xd8" + b"".join(segments)


def segment(mark: int, body: bytes) -> bytes:
    return bytes([0xFF, mark]) + (len(body) + 2).to_bytes(2) + body


EXIF = segment(0xE1, b"Exif\0\0" + bytes(60_000))
FRAME = segment(0xC2, b"\x08" + (480).to_bytes(2) + (640).to_bytes(2) + b"\x03" + bytes(9))


def webp(kind: bytes, body: bytes) -> bytes:
    return b"RIFF" + bytes(4) + b"WEBP" + kind + len(body).to_bytes(4, "little") + body


SMALL = (639).to_bytes(3, "little") + (479).to_bytes(3, "little")


@pytest.mark.parametrize(
    "head",
    [
        b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4) + b"IHDR" + (640).to_bytes(4) + (480).to_bytes(4) + bytes(9),
        b"GIF89a" + (640).to_bytes(2, "little") + (480).to_bytes(2, "little") + bytes(3),
        jpeg(FRAME),
        jpeg(EXIF, b"\xff", FRAME),
        webp(b"VP8X", bytes(4) + SMALL),
        webp(b"VP8 ", bytes(3) + b"\x9d\x01\x2a" + (640).to_bytes(2, "little") + (480).to_bytes(2, "little")),
        webp(b"VP8L", b"\x2f" + (639 | 479 << 14).to_bytes(4, "little") + bytes(5)),
    ],
)
def test_an_image_says_how_large_it_is(head):
    """Clients leave room for it, and the text below does not jump when it arrives."""
    assert measured(head) == (640, 480)
    for end in range(len(head)):
        assert measured(head[:end]) in (None, (640, 480))


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"%PDF-1.7",
        b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4) + b"IHDR" + bytes(17),
        b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4) + b"IHDR" + b"\xff" * 17,
        jpeg(EXIF),
        jpeg(segment(0xC4, bytes(20))),
        webp(b"VP8 ", bytes(20)),
        webp(b"ALPH", bytes(20)),
    ],
)
def test_what_does_not_say_it_has_no_size(head):
    """Wrong measures are worse than none."""
    assert measured(head) is None
