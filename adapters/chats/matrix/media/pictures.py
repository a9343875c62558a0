"""Images and recordings of posts, and pictures of their authors, in the words of a message or in their place.

In a text an image stands behind the link to it, which also clients read that show none in a text. One that cannot be
had leaves the link alone; no message waits for it beyond what `Context.media` allows. What stands in a message already
is neither fetched nor uploaded again when its text changes.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from html import escape, unescape
from typing import NamedTuple
from urllib.parse import quote

import msgspec

from adapters.chats.matrix.client import Object
from adapters.chats.matrix.media.attachments import Picture, as_it_stood, filed
from adapters.chats.matrix.media.measures import HEAD, measured
from adapters.chats.matrix.media.uploads import Uploads
from adapters.chats.matrix.powers import mapping
from adapters.chats.matrix.render import PROFILE
from bot.model import Payload
from bot.ports import Fetches, Media, ShownIn

FACE = 20
"""Height of an author's picture beside the name."""

FILES = "org.threadline.files"
"""Holds, beside the words of a message, where the files lie that it shows, by hashes of where they came from."""

_LINK = re.compile(r'<a href="([^"]*)">[^<]*</a>')  # what we wrote ourselves: neither sign stands inside


class _Wanted(NamedTuple):
    """The files of one message: images in its text, or one that it shows `alone`, and its author's picture."""

    images: tuple[Picture, ...]
    alone: Picture | None
    face: str

    @property
    def addresses(self) -> list[str]:
        """Where all of them come from."""
        files = (*self.images, self.alone) if self.alone is not None else self.images
        return [*(one.address for one in files), *([self.face] if self.face else [])]


class Pictures:
    """Puts files into messages; `most` images of one text."""

    def __init__(self, uploads: Uploads, media: Fetches, most: int) -> None:
        self._uploads = uploads
        self._media = media
        self._most = most

    async def shown(self, payload: Payload, where: ShownIn | None = None, before: Object | None = None) -> Object:
        """The content of a payload, with its files; `where` it stands, if it does, and what it says `before`."""
        content: Object = dict(msgspec.convert(payload.get("content"), dict[str, object]))
        wanted = self._wanted(payload)
        if not wanted.addresses:
            return content
        stood = _stood(wanted, before or {})
        any_kind = {wanted.alone.address} if wanted.alone is not None else set()
        files = await self._files([one for one in wanted.addresses if one not in stood], where, any_kind)
        lying = stood | {address: mxc for address, (_, mxc) in files.items()}
        if wanted.alone is None:
            content["formatted_body"] = placed(str(content["formatted_body"]), wanted.images, lying)
        elif wanted.alone.address in files:
            file, mxc = files[wanted.alone.address]
            content = filed(content, wanted.alone, file, mxc, await asyncio.to_thread(_measured, file))
        elif wanted.alone.address in stood:
            content = as_it_stood(content, wanted.alone, before or {})
        if face := lying.get(wanted.face):
            content[PROFILE] = {**content[PROFILE], "avatar_url": face}
            if wanted.alone is None:
                content["formatted_body"] = faced(str(content["formatted_body"]), face)
        return content | ({FILES: {_hash(address): mxc for address, mxc in lying.items()}} if lying else {})

    def _wanted(self, payload: Payload) -> _Wanted:
        images = msgspec.convert(payload.get("images", ()), tuple[Picture, ...])[: self._most]
        alone = msgspec.convert(payload["file"], Picture) if payload.get("file") else None
        return _Wanted(images, alone, str(payload.get("avatar") or "") if self._most else "")

    async def uploaded(self, address: str) -> str:
        """Where the image at an address lies on the homeserver; empty where it cannot be had, or none are wanted."""
        if not self._most:
            return ""
        found = await self._media.fetch(address)
        return await self._uploads.of(found) if isinstance(found, Media) and found.kind == "image" else ""

    async def _files(
        self, addresses: Sequence[str], where: ShownIn | None, any_kind: Collection[str]
    ) -> dict[str, tuple[Media, str]]:
        """The images at addresses, and where they lie on the homeserver; at some, files of `any_kind`."""
        found = await asyncio.gather(*(self._media.fetch(address, where) for address in addresses))
        files = {
            address: file
            for address, file in zip(addresses, found, strict=True)
            if isinstance(file, Media) and (file.kind == "image" or address in any_kind)
        }
        had = {address: (file, await self._uploads.of(file)) for address, file in files.items()}
        return {address: (file, mxc) for address, (file, mxc) in had.items() if mxc}


def _stood(wanted: _Wanted, before: Object) -> dict[str, str]:
    """Those files that a message shows already, by address, and where they lie."""
    lying = mapping(before.get(FILES))
    stood = {address: str(lying[hashed]) for address in wanted.addresses if (hashed := _hash(address)) in lying}
    if wanted.alone is not None and stood.get(wanted.alone.address) != before.get("url"):
        stood.pop(wanted.alone.address, None)  # it stands in a text, which does not say what kind of file it is
    return stood


def placed(html: str, images: Sequence[Picture], lying: Mapping[str, str]) -> str:
    """The text with its images behind the links to them; those without a link of their own stand at the end."""
    waiting = {one.address: one for one in images if lying.get(one.address)}

    def image(found: re.Match[str]) -> str:
        one = waiting.pop(unescape(found[1]), None)
        return found[0] + (f"<br>{_drawn(one, lying[one.address])}" if one is not None else "")

    html = _LINK.sub(image, html)
    return html + "".join(f"<p>{_drawn(one, lying[one.address])}</p>" for one in waiting.values())


def faced(html: str, mxc: str) -> str:
    """The text with its author's picture before the name, in its first paragraph."""
    face = f'<img src="{_quoted(mxc)}" alt="" height="{FACE}"> '
    return html.replace("<p>", f"<p>{face}", 1) if html.startswith("<p>") else face + html


def _drawn(one: Picture, mxc: str) -> str:
    alt = escape(one.alt or "image")
    return f'<img src="{_quoted(mxc)}" alt="{alt}" title="{alt}">'


def _quoted(mxc: str) -> str:
    return escape(quote(mxc, safe=":/[]"))


def _hash(address: str) -> str:
    """Names an address without saying it: it may be a secret."""
    return hashlib.sha256(address.encode()).hexdigest()[:16]


def _measured(file: Media) -> tuple[int, int] | None:
    """How wide and high an image is; None for other files, and for one that left the cache meanwhile."""
    if file.kind != "image":
        return None
    try:
        with file.path.open("rb") as opened:
            return measured(opened.read(HEAD))
    except OSError:
        return None
