"""Pure: what a web page tells about the comments that it shows, and about itself.

Only some tags are looked at, in one pass whose cost grows with the page's length and with nothing else.
"""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import unquote, urlsplit

import msgspec

from bot.markup.addresses import absolute

LARGEST = 1024 * 1024
"""Bytes of a page that are looked at."""
LONGEST = 300
"""Characters of a title or name that are kept."""

# Possessive throughout: nothing is tried twice.
_TAG = re.compile(
    r"<(script|section|div|meta|base|html)(?=[\s/>])((?:[^<>\"']++|\"[^\"]*+\"|'[^']*+')*+)>|<title[^<>]*+>([^<]*+)<",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"""([a-zA-Z][a-zA-Z:_-]{0,60}+)\s{0,8}+=\s{0,8}+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))""")


class Page(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a page tells; what it does not tell is empty."""

    server: str = ""
    """Where Isso answers, without a slash at the end."""
    shows: bool = False
    """Whether it has a place for comments: a list of pages names the server too, for the counts of theirs."""
    uri: str = ""
    """What the page's comments are filed under, where it is not the page's path."""
    title: str = ""
    author: str = ""
    published: str = ""


def read(body: bytes, address: str) -> Page:
    """What the page at an address tells; of any bytes."""
    text = body[:LARGEST].decode("utf-8", "replace")
    found: dict[str, str] = {}
    base = address
    for piece in _without_comments(text):
        for tag in _TAG.finditer(piece):
            if tag[1] is None:
                found.setdefault("title", tag[3])
                continue
            given = {one[1].lower(): one[2] or one[3] or one[4] or "" for one in _ATTRIBUTE.finditer(tag[2])}
            match tag[1].lower():
                case "base":
                    base = absolute(unescape(given.get("href", "")), address) or base
                case "script" if "data-isso" in given:
                    found.setdefault("server", unescape(given["data-isso"]))
                case "script" if given.get("src", "").split("?")[0].endswith(("/js/embed.min.js", "/js/embed.dev.js")):
                    found.setdefault("script", unescape(given["src"]))
                case "div" | "section" if given.get("id") == "isso-thread":
                    found.setdefault("uri", unquote(unescape(given.get("data-isso-id", ""))))
                    found.setdefault("named", unquote(unescape(given.get("data-title", ""))))
                case "meta":
                    name = (given.get("property") or given.get("name", "")).lower()
                    found.setdefault(f"meta {name}", given.get("content", ""))
    return Page(
        _server(found, base),
        "uri" in found,
        found.get("uri", ""),
        _line(found.get("named") or unescape(found.get("meta og:title", "") or found.get("title", ""))),
        _author(found, address),
        unescape(found.get("meta article:published_time", ""))[:40],
    )


def _server(found: dict[str, str], base: str) -> str:
    """The server, seen from the page; a script of it alone names it only where there is a place for the comments."""
    if "server" in found:
        given = found["server"].strip()
        if urlsplit(base).scheme in ("http", "https"):
            given = absolute(given, base)
        return given.rstrip("/") if given.startswith(("http://", "https://")) else ""
    if "script" in found and "uri" in found:
        script = absolute(found["script"], base).split("?")[0]
        return script.removesuffix("/js/embed.min.js").removesuffix("/js/embed.dev.js")
    return ""


def _author(found: dict[str, str], address: str) -> str:
    """Who wrote the page, else what the site is called, else its host."""
    for name in ("meta author", "meta og:site_name"):
        if told := _line(unescape(found.get(name, ""))):
            return told
    return urlsplit(address).hostname or ""


def _line(text: str) -> str:
    return " ".join(text.split())[:LONGEST].rstrip()


def _without_comments(text: str) -> list[str]:
    first, *others = text.split("<!--")
    return [first, *(piece.partition("-->")[2] for piece in others)]
