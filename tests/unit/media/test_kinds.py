"""What a file is, by its first bytes."""

import pytest

from bot.media.kinds import PLAIN, typed

FILES = {
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR": ("image", "image/png"),
    b"\xff\xd8\xff\xe0\0\x10JFIF": ("image", "image/jpeg"),
    b"GIF89a\1\0\1\0": ("image", "image/gif"),
    b"GIF87a\1\0\1\0": ("image", "image/gif"),
    b"RIFF\x24\0\0\0WEBPVP8 ": ("image", "image/webp"),
    b"\0\0\0\x20ftypavif\0\0\0\0": ("image", "image/avif"),
    b"\0\0\0\x20ftypisom\0\0\2\0": ("video", "video/mp4"),
    b"\0\0\0\x14ftypqt  \0\0\0\0": ("video", "video/quicktime"),
    b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\1\x42\x82\x84webm": ("video", "video/webm"),
    b"OggS\0\2" + b"\0" * 22 + b"\x80theora": ("video", "video/ogg"),
    b"OggS\0\2" + b"\0" * 22 + b"OpusHead": ("audio", "audio/ogg"),
    b"ID3\4\0\0": ("audio", "audio/mpeg"),
    b"\xff\xfb\x90\x64": ("audio", "audio/mpeg"),
    b"fLaC\0\0\0\x22": ("audio", "audio/flac"),
    b"RIFF\x24\0\0\0WAVEfmt ": ("audio", "audio/wav"),
    b"\0\0\0\x20ftypM4A \0\0\0\0": ("audio", "audio/mp4"),
    b"%PDF-1.7": ("file", "application/pdf"),
    b"PK\3\4\x14\0": ("file", "application/zip"),
}


@pytest.mark.parametrize(("body", "expected"), FILES.items(), ids=lambda value: repr(value)[:24])
def test_a_file_is_what_it_holds(body, expected):
    found = typed(body)
    assert found is not None
    assert (found.kind, found.mime) == expected


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE html><title>Log in",
        b"  \r\n<html>",
        b'\xef\xbb\xbf<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"<svg onload=alert(1)>",
        "\ufeff <svg>".encode("utf-16-le"),
        "\ufeff<svg>".encode("utf-16-be"),
        b"",
        b" \n",
    ],
)
def test_a_page_is_no_file(body):
    """SVG and HTML hold scripts; a login page in the place of an image helps nobody."""
    assert typed(body) is None


@pytest.mark.parametrize(
    "body",
    [b"GIF88a", b"\x89PNG\n", b"RIFF\0\0\0\0AVI LIST", b"\0\0\0\x20ftypheic", b"\x7fELF\2", b"words", b"\xff\xff\xff"],
)
def test_what_is_not_known_is_a_plain_file_and_never_an_image(body):
    assert typed(body) == PLAIN


def test_an_image_stays_one_whatever_follows():
    """Bytes behind the head may hold a page: served under its own type, it is never read as one."""
    found = typed(b"GIF89a/*<html><script>alert(1)</script>*/")
    assert found is not None
    assert found.mime == "image/gif"
