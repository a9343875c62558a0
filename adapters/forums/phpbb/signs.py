"""Pure: which phpBB a page is of; the engine does not say, but each release line looks another way."""

from __future__ import annotations

import re

_BODY = re.compile(rb"<body id=\"phpbb\"")
_MARKS = (
    re.compile(rb"phpBB style name:"),
    re.compile(rb"<a href=\"https?://www\.phpbb\.com/\">phpBB</a>"),
    re.compile(rb"phpBB</a>&reg; Forum Software|phpBB&reg; Forum Software"),
    re.compile(rb"<div id=\"phpbb_alert\""),
)
"""What pages have besides, two of them where a style has another body."""

_LINES = (
    ("3.3", re.compile(rb"assets/javascript/jquery-3\.")),
    ("3.2", re.compile(rb"assets/css/font-awesome|assets/javascript/jquery\.min\.js[^<>]*>[\s\S]{0,400}\bfa-fw\b")),
    ("3.1", re.compile(rb"assets/javascript/core\.js|\bclass=\"nojs notouch")),
    ("3.0", re.compile(rb"phpBB Group|styles/\w+/theme/normal\.css|\bclass=\"section-\w+ (?:ltr|rtl)")),
)
"""The newest first: what a release line has that no older one has."""


def version(page: bytes) -> str | None:
    """The release line of the board that a page is of, "3" where it does not tell; None for another engine's page."""
    page = page[:2_000_000]
    if not _BODY.search(page) and sum(mark.search(page) is not None for mark in _MARKS) < 2:  # pages link to phpbb.com
        return None
    return next((line for line, sign in _LINES if sign.search(page)), "3")
