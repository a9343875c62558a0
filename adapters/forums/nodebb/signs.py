"""Pure: by what a page shows that NodeBB made it, and what it tells of the version.

NodeBB tells nobody but administrators which version it is. Federation came with version 4, the theme Harmony with 3.
"""

from __future__ import annotations

import html
import re

import msgspec

from adapters.forums.nodebb.rows import Config, TopicPage
from bot.errors import Unparsable

MOST = 512 * 1024
"""Bytes of a page that are looked at."""

_AJAX = re.compile(rb"""\bid=["']ajaxify-data["']""")
_CONFIG = re.compile(rb"""(?:config|app)\s*=\s*JSON\.parse\(["']\{""")
_MARKS = (b"/assets/nodebb.min.js", b"nodebb.min.js", b"/plugins/nodebb-", b'content="NodeBB', b"/assets/client-")
_LONGEST_TAG = 4096
_PATH = re.compile(rb'"relative_path"\s*:\s*"(/[^"\\\s]{1,100})?"')
_ESCAPED = re.compile(rb"&quot;relative_path&quot;\s*:\s*&quot;(/[^&\s]{1,100})?&quot;")


def engine(page: bytes) -> tuple[float, str]:
    """How sure it is that a page is of NodeBB, and why; 0 where nothing tells so."""
    start = page[:MOST]
    named = version(start)
    if start.lstrip()[:1] == b"{":
        if thread(page):
            return 0.95, f"the page is a thread as {named} answers programs"
        if b'"relative_path"' in page and (b'"bodyClass"' in page or b'"cache-buster"' in page):
            return 0.93, f"the page is what {named} answers programs"
        return 0.0, ""
    if _AJAX.search(start):
        return 0.95, f"the page carries its data as {named} does"
    if _status(start) and _CONFIG.search(start):
        return 0.93, f"the page is made by {named}"
    if sum(mark in start for mark in _MARKS) >= 2:
        return 0.9, f"the page loads the programs of {named}"
    return 0.0, ""


def version(page: bytes) -> str:
    """The engine with its version as far as a page tells it."""
    if b"activitypub" in page:
        return "NodeBB 4 or later"
    return "NodeBB 3 or later" if b"theme-harmony" in page else "NodeBB"


def told(config: Config) -> str:
    """The same, by what the forum tells every browser."""
    if bytes(config.activitypub) not in (b"", b"null"):
        return "NodeBB 4 or later"
    return "NodeBB 3 or later" if config.theme == "nodebb-theme-harmony" else "NodeBB"


def folder(page: bytes) -> str:
    """The folder below the host in which the forum stands; empty where it has none, or does not tell."""
    found = _PATH.search(page) or _ESCAPED.search(page)
    return (found[1] or b"").decode("ascii", "replace") if found else ""


def thread(page: bytes) -> bool:
    """Whether a page is the JSON of a thread."""
    try:
        found = msgspec.json.decode(page, type=TopicPage)
    except (msgspec.DecodeError, ValueError, RecursionError, Unparsable):
        return False
    return found.main_pid is not None and found.pagination is not None


def carried(page: bytes) -> bytes:
    """The data that a page of HTML brings along; empty where it brings none."""
    found = _AJAX.search(page)
    start = page.find(b">", found.end()) + 1 if found is not None else 0
    end = page.find(b"</script>", start) if start else -1
    data = page[start:end].strip() if end > 0 else b""
    escaped = data.lstrip(b"{ \r\n\t").startswith(b"&quot;")
    return html.unescape(data.decode("utf-8", "replace")).encode() if escaped else data


def _status(page: bytes) -> bool:
    """Whether the body's classes name the status of the page, as NodeBB writes it there."""
    start = page.find(b"<body")
    return start >= 0 and b"page-status-" in page[start : start + _LONGEST_TAG].partition(b">")[0]
