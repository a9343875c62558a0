"""Pure: by what a page shows that Flarum made it, which version, and where the site stands."""

from __future__ import annotations

import re

MOST = 512 * 1024
"""Bytes of a page that are looked at."""

_PAYLOAD = re.compile(rb"\bid=[\"']flarum-json-payload[\"'][^>]{0,200}>")
_MARKS = (
    b'id="flarum-json-payload"',
    b'id="flarum-loading"',
    b'id="flarum-content"',
    b"flarum.core.app.load",
    b"flarum.core.app.boot",
    b"app.boot(@payload)",
)
_VERSION = re.compile(rb'"version":"([0-9][0-9A-Za-z.+-]{0,30})"')
_BASE = re.compile(rb'"baseUrl":"(https?:[^"\s]{1,300})"')
_SITE = re.compile(rb'\A\s*\{.{0,4000}?"data":\{"type":"forums"', re.S)
_LIST = re.compile(rb'\A\s*\{.{0,4000}?"data":\[?\{"type":"(discussions|posts|tags)"', re.S)
_OF_LIST = {
    b"discussions": (b'"commentCount"', b'"participantCount"'),
    b"posts": (b'"contentType"', b'"number"'),
    b"tags": (b'"backgroundMode"', b'"discussionCount"'),
}


def engine(page: bytes) -> tuple[float, str]:
    """How sure it is that a page is of Flarum, and why; 0 where nothing tells so."""
    start = page[:MOST]
    if any(mark in start for mark in _MARKS):
        return 0.97, f"the page is made by {_named(start)}"
    if start.lstrip()[:1] != b"{":
        return 0.0, ""
    if _SITE.match(start) and (b'"apiUrl"' in start or b'"baseUrl"' in start):
        return 0.98, f"the page is what {_named(start)} says about itself"
    found = _LIST.match(start)
    if found is not None and all(mark in start for mark in _OF_LIST[found[1]]):
        return 0.92, "the page is what Flarum answers programs"
    return 0.0, ""


def base(page: bytes) -> str:
    """Where the site stands, by its own word; empty where the page does not tell."""
    found = _BASE.search(page[:MOST])
    return found[1].decode("ascii", "replace").replace("\\/", "/").rstrip("/") if found else ""


def payload(page: bytes) -> bytes:
    """What a page of HTML brings along for the program that draws it; empty where it brings nothing."""
    found = _PAYLOAD.search(page)
    end = page.find(b"</script", found.end()) if found else -1
    return page[found.end() : end] if found and end >= 0 else b""


def _named(page: bytes) -> str:
    found = _VERSION.search(page)
    return f"Flarum {found[1].decode('ascii')}" if found else "Flarum"
