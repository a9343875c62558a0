"""Files on the homeserver: each uploaded once, which is remembered over restarts.

What was uploaded stands in a file, a line each; a line that is lost costs one upload more. After a month it is uploaded
again, for homeservers may be set to tidy up what nobody looked at.
"""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path
from weakref import WeakValueDictionary

import msgspec

from adapters.chats.matrix.client import Object, path
from adapters.chats.matrix.session import Session
from adapters.files import replaced
from bot.errors import AdapterError, LoginRejected, RateLimited, Unreachable
from bot.model import DAY, Millis
from bot.ports import Context, Media

FILE = "uploads.jsonl"
MOST = 2000
"""Files of which it is remembered where they lie, the newest."""

KEPT: Millis = 30 * DAY
"""Milliseconds for which that is believed."""

LARGEST = 50 * 1024 * 1024
"""Bytes of a file that is uploaded where the homeserver does not say how many it takes: Synapse's default."""

UPLOADING = 60.0
"""Seconds that an upload may take."""

_MXC = re.compile(r"mxc://[A-Za-z0-9.\-:\[\]]+/[A-Za-z0-9_\-]+")


class Upload(msgspec.Struct, frozen=True, array_like=True):
    """Where a file lies, and whose upload that was: another device is perhaps one of another homeserver."""

    digest: str
    mxc: str
    by: str
    at: Millis


class Uploads:
    """What one login has uploaded."""

    def __init__(self, session: Session, context: Context) -> None:
        self._session = session
        self._file = context.folder / FILE
        self._now = context.now
        self._work = context.work
        self._log = context.log
        self._known: dict[str, Upload] | None = None
        self._lines = 0
        """How many the file has."""
        self._most: int | None = None
        """Bytes of a file that the homeserver takes, once it was asked."""
        self._uploading: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._writing = asyncio.Lock()

    async def of(self, file: Media) -> str:
        """Where a file lies on the homeserver; empty where that does not take it."""
        lock = self._uploading.setdefault(file.digest, asyncio.Lock())
        async with lock:
            await self._session.begin()
            if mxc := await self._remembered(file.digest):
                return mxc
            try:
                said = await self._upload(file)
            except (LoginRejected, RateLimited):
                raise
            except (AdapterError, OSError) as error:
                self._log.warning("file not uploaded", file=file.name, why=str(error)[:300])
                return ""
            mxc = str(said.get("content_uri", ""))
            if not _MXC.fullmatch(mxc):
                return ""
            await self._remember(Upload(file.digest, mxc, self._us, self._now()))
            return mxc

    async def _upload(self, file: Media) -> Object:
        if file.size > await self._largest():
            return {}
        return await self._session.call(
            "POST",
            path("upload", version="media/v3"),
            query={"filename": file.name},
            write=False,
            total=UPLOADING,
            data=file.path,
            kind=file.mime,
        )

    async def _largest(self) -> int:
        """How large a file the homeserver takes; it is asked once."""
        if self._most is None:
            try:
                said = await self._session.call("GET", path("media", "config", version="client/v1"))
            except (LoginRejected, RateLimited, Unreachable):
                raise
            except AdapterError:
                said = {}  # it is older than that question
            most = said.get("m.upload.size")
            self._most = most if isinstance(most, int) and most > 0 else LARGEST
        return self._most

    # ------------------------------------------------------------------------------------------------- remembering

    @property
    def _us(self) -> str:
        return f"{self._session.user} {self._session.device}"

    async def _remembered(self, digest: str) -> str:
        async with self._writing:
            if self._known is None:
                kept = await self._work(_read, self._file)
                self._lines = len(kept)
                self._known = {one.digest: one for one in kept[-MOST:]}
        known = self._known.get(digest)
        if known is None or known.by != self._us or not 0 <= self._now() - known.at < KEPT:
            return ""
        return known.mxc

    async def _remember(self, upload: Upload) -> None:
        async with self._writing:
            assert self._known is not None
            self._known.pop(upload.digest, None)
            self._known[upload.digest] = upload
            while len(self._known) > MOST:
                del self._known[next(iter(self._known))]
            try:
                if self._lines < 2 * MOST:
                    await self._work(_append, self._file, _line(upload))
                    self._lines += 1
                else:
                    await self._work(replaced, self._file, b"".join(map(_line, self._known.values())))
                    self._lines = len(self._known)
            except OSError as error:
                self._log.warning("uploads are not remembered", why=str(error.strerror))


def _line(upload: Upload) -> bytes:
    return b"\n" + msgspec.json.encode(upload)  # so that a line that was torn before it ends there


def _append(file: Path, line: bytes) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as out:
        out.write(line)


def _read(file: Path) -> list[Upload]:
    """What stands in the file, oldest first; lines that were torn count for nothing."""
    found = []
    try:
        lines = filter(None, file.read_bytes().splitlines())
    except OSError:
        return []
    for line in lines:
        try:
            found.append(msgspec.json.decode(line, type=Upload))
        except (msgspec.DecodeError, ValueError):
            continue
    return found
