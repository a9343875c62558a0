"""Files of people's messages: asked for of our own homeserver, and decrypted where they lie there encrypted."""

from __future__ import annotations

import importlib

from adapters.chats.matrix import names
from adapters.chats.matrix.client import Denied, path
from adapters.chats.matrix.encryption.crypto import Crypto
from adapters.chats.matrix.encryption.machine import Locked
from adapters.chats.matrix.powers import mapping
from adapters.chats.matrix.receiving.files import Sealed, Source, source
from adapters.chats.matrix.session import Session
from bot.errors import Gone, Refused
from bot.model import Attached
from bot.ports import Context

DOWNLOADING = 60.0
"""Seconds that a file may take; the settings bound its size."""


class Downloads:
    """Fetches the files of messages that one login reads."""

    def __init__(self, session: Session, crypto: Crypto, context: Context) -> None:
        self._session = session
        self._crypto = crypto
        self._work = context.work

    async def content(self, attached: Attached, most: int) -> bytes:
        """What is in a file, as it was before it was encrypted; its message is asked where it lies."""
        room, _, event = attached.address.partition("/")
        where = await self._source(names.room_of(room), names.event_of(event))
        content = await self._download(where, most)
        return await self._work(opened, content, where.sealed) if where.sealed is not None else content

    async def _source(self, room: str, event: str) -> Source:
        said = await self._session.call("GET", path("rooms", room, "event", event))
        try:
            message = await self._crypto.opened(room, said)
        except Locked as error:
            raise Refused("The message that holds the file cannot be decrypted any more.") from error
        found = source(mapping(message.get("content"))) if message is not None else None
        if found is None:
            raise Gone("The file was taken out of its room.")
        return found

    async def _download(self, where: Source, most: int) -> bytes:
        try:
            steps = ("media", "download", where.server, where.id)
            return await self._session.download(path(*steps, version="client/v1"), most, DOWNLOADING)
        except Denied as error:
            if error.code != "M_UNRECOGNIZED":
                raise
        # The homeserver is older than files that only members can have.
        return await self._session.download(
            path("download", where.server, where.id, version="media/v3"), most, DOWNLOADING
        )


def opened(content: bytes, sealed: Sealed) -> bytes:
    """An encrypted file, decrypted; `Refused` where that is not what was encrypted."""
    nio = importlib.import_module("nio")
    decrypt = importlib.import_module("nio.crypto.attachments").decrypt_attachment
    try:
        return bytes(decrypt(content, sealed.key, sealed.hash, sealed.iv))
    except (nio.EncryptionError, ValueError) as error:
        raise Refused("The file cannot be decrypted: it is not what its message says.") from error
