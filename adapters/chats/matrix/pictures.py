"""Images of posts and of their authors: uploaded, and put into the text where they stand there.

An image stands behind the link to it, which also clients read that show none in a text. One that cannot be had leaves
the link alone; no message waits for it beyond what `Context.media` allows.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Sequence
from html import escape, unescape
from urllib.parse import quote

import msgspec

from adapters.chats.matrix.client import Object, path
from adapters.chats.matrix.render import PROFILE, Picture
from adapters.chats.matrix.session import Session
from bot.errors import AdapterError, LoginRejected, RateLimited
from bot.model import Payload
from bot.ports import Fetches, Log, Media, Missing, ShownIn

UPLOADED = 2000
"""Files of which it is remembered that they were uploaded, the newest."""

LARGEST = 50 * 1024 * 1024
"""Bytes of a file that is uploaded: what Synapse takes by default."""

UPLOADING = 60.0
"""Seconds that an upload may take."""

FACE = 20
"""Height of an author's picture beside the name."""

_LINK = re.compile(r'<a href="([^"]*)">[^<]*</a>')  # what we wrote ourselves: neither sign stands inside
_MXC = re.compile(r"mxc://[A-Za-z0-9.\-:\[\]]+/[A-Za-z0-9_\-]+")


class Pictures:
    """Uploads each file once; `most` images of one message."""

    def __init__(self, session: Session, media: Fetches, log: Log, most: int) -> None:
        self._session = session
        self._media = media
        self._log = log
        self._most = most
        self._uploaded: OrderedDict[str, str] = OrderedDict()

    async def shown(self, payload: Payload, where: ShownIn | None = None) -> Object:
        """The content of a payload, with its pictures in it; `where` it stands already, if it does."""
        content: Object = dict(msgspec.convert(payload.get("content"), dict[str, object]))
        wanted = msgspec.convert(payload.get("images", ()), tuple[Picture, ...])[: self._most]
        avatar = payload.get("avatar")
        face = str(avatar) if avatar and self._most else ""
        if not wanted and not face:
            return content
        addresses = [*(one.address for one in wanted), *([face] if face else [])]
        files = await asyncio.gather(*(self._media.fetch(address, where) for address in addresses))
        # One after the other: an author's picture may stand in the text too.
        had = {address: await self._upload(file) for address, file in zip(addresses, files, strict=True)}
        html = placed(str(content.get("formatted_body", "")), [(one, had[one.address]) for one in wanted])
        if face and had[face]:
            content[PROFILE] = {**content[PROFILE], "avatar_url": had[face]}
            html = faced(html, had[face])
        content["formatted_body"] = html
        return content

    async def _upload(self, found: Media | Missing) -> str:
        """Where a file lies on the homeserver; empty where it cannot be had or is not taken."""
        if not isinstance(found, Media) or found.kind != "image" or found.size > LARGEST:
            return ""
        if found.digest in self._uploaded:
            self._uploaded.move_to_end(found.digest)
            return self._uploaded[found.digest]
        try:
            data = await asyncio.to_thread(found.path.read_bytes)
            said = await self._session.call(
                "POST",
                path("upload", version="media/v3"),
                query={"filename": found.name},
                write=False,
                total=UPLOADING,
                data=data,
                kind=found.mime,
            )
        except (LoginRejected, RateLimited):
            raise
        except (AdapterError, OSError) as error:
            self._log.warning("image not uploaded", why=str(error)[:300])
            return ""
        mxc = str(said.get("content_uri", ""))
        if not _MXC.fullmatch(mxc):
            return ""
        self._uploaded[found.digest] = mxc
        while len(self._uploaded) > UPLOADED:
            self._uploaded.popitem(last=False)
        return mxc


def placed(html: str, pictures: Sequence[tuple[Picture, str]]) -> str:
    """The text with its images behind the links to them; those without a link of their own stand at the end."""
    waiting = {one.address: (one, mxc) for one, mxc in pictures if mxc}

    def image(found: re.Match[str]) -> str:
        one = waiting.pop(unescape(found[1]), None)
        return found[0] + (f"<br>{_drawn(*one)}" if one else "")

    html = _LINK.sub(image, html)
    return html + "".join(f"<p>{_drawn(*one)}</p>" for one in waiting.values())


def faced(html: str, mxc: str) -> str:
    """The text with its author's picture before the name, in its first paragraph."""
    face = f'<img src="{_quoted(mxc)}" alt="" height="{FACE}"> '
    return html.replace("<p>", f"<p>{face}", 1) if html.startswith("<p>") else face + html


def _drawn(one: Picture, mxc: str) -> str:
    alt = escape(one.alt or "image")
    return f'<img src="{_quoted(mxc)}" alt="{alt}" title="{alt}">'


def _quoted(mxc: str) -> str:
    return escape(quote(mxc, safe=":/[]"))
