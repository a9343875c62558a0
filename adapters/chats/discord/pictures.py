"""Images of posts in messages: fetched, uploaded with the message, and kept where they stand when it changes.

Addresses on Discord's own servers expire, so that images have to be uploaded. One that cannot be had leaves the link
that stands in the text; no message waits for it beyond what `Context.media` allows.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from adapters.chats.discord.render import Picture
from adapters.chats.discord.rest import File, Object
from bot.model import Payload
from bot.ports import Fetches, Media, ShownIn

FILE_BYTES = 10 * 1024 * 1024
TOGETHER = 24 * 1024 * 1024
"""Bytes of one file and of all files of a message that Discord takes, with a little room in the second."""

_UPLOADED = re.compile(
    r"https?://[^/]+/attachments/[0-9]+/(?P<id>[0-9]+)/(?P<name>[0-9a-f]{16}\.[a-z0-9]{1,8})(?:\?.*)?"
)
_ENDING = re.compile(r"\.[a-z0-9]{1,8}")


class Shown(NamedTuple):
    """What a message is made of: its embeds, what its files are, those files that go with it, and its buttons."""

    embeds: list[Object]
    attachments: list[Object]
    files: list[File]
    components: list[Object]

    @property
    def body(self) -> Object:
        """As Discord wants it; nobody is called by it."""
        return {
            "embeds": self.embeds,
            "attachments": self.attachments,
            "components": self.components,
            "allowed_mentions": {"parse": []},
        }


class Pictures:
    """Puts images into messages; `most` into one."""

    def __init__(self, media: Fetches, most: int) -> None:
        self._media = media
        self._most = most

    async def shown(
        self, payload: Payload, url: str, where: ShownIn | None = None, before: Object | None = None
    ) -> Shown:
        """What a payload is as a message whose embeds have this `url`; `where` it stands, if it does, and as what."""
        embed: Object = {**msgspec.convert(payload.get("embed", {}), dict[str, Any]), "url": url}
        wanted = self.wanted(payload)
        standing = _standing(before or {})
        found = await asyncio.gather(
            *(self._media.fetch(one.address, where) for one in wanted if _hash(one.address) not in standing)
        )
        fetched = iter(found)
        attachments: list[Object] = []
        files: list[File] = []
        shown: list[str] = []
        room = TOGETHER
        for one in wanted:
            if stands := standing.get(_hash(one.address)):
                attachments.append({"id": stands[0]})
                shown.append(stands[1])
                continue
            media = next(fetched)
            if not isinstance(media, Media) or media.kind != "image" or media.size > min(FILE_BYTES, room):
                continue
            file = await asyncio.to_thread(_read, media, _hash(one.address))
            if file is None:
                continue
            room -= len(file.data)
            described = {"description": one.alt} if one.alt else {}
            attachments.append({"id": str(len(files)), "filename": file.name, **described})
            files.append(file)
            shown.append(file.name)
        embeds = [embed, *({"url": url} for _ in shown[1:])]
        for one_embed, name in zip(embeds, shown, strict=False):
            one_embed["image"] = {"url": f"attachment://{name}"}
        return Shown(embeds, attachments, files, msgspec.convert(payload.get("components", []), list[Object]))

    def wanted(self, payload: Payload) -> tuple[Picture, ...]:
        """The images that a message is to show."""
        return msgspec.convert(payload.get("images", ()), tuple[Picture, ...])[: self._most]


def _standing(message: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Images that a message shows already, by the hash of where they came from: the file's id and name."""
    standing = {}
    for embed in message.get("embeds") or ():
        found = _UPLOADED.fullmatch(str((embed.get("image") or {}).get("url") or ""))
        if found:
            standing[found["name"].partition(".")[0]] = found["id"], found["name"]
    return standing


def _hash(address: str) -> str:
    """Names an address without saying it: it may be a secret."""
    return hashlib.sha256(address.encode()).hexdigest()[:16]


def _read(media: Media, name: str) -> File | None:
    """The file as it goes out; None where it left the cache meanwhile."""
    ending = media.name[media.name.rfind(".") :].lower() if "." in media.name else ""
    try:
        data = media.path.read_bytes()
    except OSError:
        return None
    return File(name + (ending if _ENDING.fullmatch(ending) else ".png"), media.mime, data)
