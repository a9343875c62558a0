"""Pure: the file that a message is, in the house's nouns.

It is named by its message, not by where it lies: that says how it is decrypted, too, which then is kept nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec

from adapters.chats.matrix.names import server_of
from adapters.chats.matrix.powers import mapping
from bot.model import Attached

SHOWN = ("m.image", "m.file", "m.audio", "m.video")
"""Messages that are files; their words, if any, are a caption."""

_MXC = re.compile(r"mxc://(?P<server>[A-Za-z0-9.\-:\[\]]+)/(?P<id>[A-Za-z0-9_\-]+)")
_KIND = re.compile(r"[a-z]+/[a-z0-9.+-]+")


class Sealed(msgspec.Struct, frozen=True):
    """How a file is decrypted that lies on its homeserver encrypted."""

    key: str
    hash: str
    iv: str


class Source(NamedTuple):
    """Where a file lies: on which homeserver, under which id, and how it is decrypted where it has to be."""

    server: str
    id: str
    sealed: Sealed | None = None


def source(content: Mapping[str, Any]) -> Source | None:
    """Where the file of a message lies; None where the message is none, or does not say it."""
    if content.get("msgtype") not in SHOWN:
        return None
    file = mapping(content.get("file"))
    found = _MXC.fullmatch(str(file.get("url") if file else content.get("url")))
    if found is None:
        return None
    if not file:
        return Source(found["server"], found["id"])
    told = {"key": mapping(file.get("key")).get("k"), "hash": mapping(file.get("hashes")).get("sha256")}
    try:
        sealed = msgspec.convert({**told, "iv": file.get("iv")}, Sealed)
    except msgspec.ValidationError:
        return None
    return Source(found["server"], found["id"], sealed)


def attached(content: Mapping[str, Any], room: str, event: str, sender: str) -> tuple[Attached, ...]:
    """The file of a message, by the id of its event in a room; none where it has none."""
    if source(content) is None:
        return ()
    name, info = content.get("filename", content.get("body")), mapping(content.get("info"))
    kind, size = str(info.get("mimetype", "")).lower(), info.get("size")
    link = f"https://matrix.to/#/{quote(room, safe='')}/{quote(event, safe='')}?via={quote(server_of(sender), safe='')}"
    return (
        Attached(
            f"{room}/{event}",
            name if isinstance(name, str) else "",
            kind if _KIND.fullmatch(kind) else "",
            size if isinstance(size, int) and not isinstance(size, bool) and 0 < size < 2**53 else 0,
            link,
        ),
    )
