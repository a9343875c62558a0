"""Files on the disk, by what they hold, and which address gave each; bounded, what was used longest ago leaves first.

``files/<digest>`` holds a file, ``names/<hash of the address>`` says what it is: addresses may be secrets and stand
nowhere. When a name was last used is its file's time. Everything here touches the disk and may be called from any
thread.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path

import msgspec

from bot.media.kinds import Type
from bot.media.port import Media
from bot.model import Millis

NAME_BYTES = 4096
"""What a name takes on most disks: many names for one small file must not fill one either."""


class Record(msgspec.Struct, frozen=True):
    """What is kept under a name."""

    digest: str
    kind: str
    mime: str
    size: int
    name: str


class Held(msgspec.Struct, frozen=True):
    """How much a cache holds."""

    files: int = 0
    bytes: int = 0
    limit: int = 0
    """0 where nothing is kept."""


class Cache:
    """At most `limit` bytes below `folder`, which is read when it is first asked; the folder is made on first use."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._files = folder / "files"
        self._names = folder / "names"
        self._limit = limit
        self._lock = threading.Lock()
        self._records: OrderedDict[str, tuple[Record, Millis]] | None = None
        self._uses: dict[str, int] = {}
        """How many names each file goes by."""
        self._bytes = 0

    def find(self, address: str, now: Millis) -> Media | None:
        """The file that an address gave, which counts as used now; None where it is not here."""
        with self._lock:
            records, name = self._read(), _hash(address)
            if name not in records:
                return None
            record, _ = records[name]
            media = self._media(record)
            if not _whole(media.path, record.size):  # somebody tidied up by hand, or a power cut tore it
                self._drop(name)
                return None
            self._used(name, record, now)
            return media

    def keep(self, address: str, body: bytes, found: Type, stem: str, now: Millis) -> Media:
        """Keep a file; others leave for it. Raises OSError where the disk does not take it."""
        with self._lock:
            records, name = self._read(), _hash(address)
            digest = hashlib.sha256(body).hexdigest()
            record = Record(digest, found.kind, found.mime, len(body), f"{stem}.{found.ending}")
            media = self._media(record)
            if name in records:
                self._drop(name)
            for folder in (self._files.parent, self._files, self._names):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                if not _whole(media.path, record.size):
                    _write(media.path, body)
                _write(self._names / name, msgspec.json.encode(record))
            except OSError:
                if digest not in self._uses:
                    media.path.unlink(missing_ok=True)
                raise
            self._enter(record)
            self._used(name, record, now)
            while self._bytes > self._limit and len(records) > 1:
                self._drop(next(iter(records)))
            return media

    def sweep(self, before: Millis) -> int:
        """Let everything leave that was not used since a time; how many files."""
        with self._lock:
            records = self._read()
            files = len(self._uses)
            while records and next(iter(records.values()))[1] < before:
                self._drop(next(iter(records)))
            return files - len(self._uses)

    def held(self) -> Held:
        """How much is here now."""
        with self._lock:
            self._read()
            return Held(len(self._uses), self._bytes, self._limit)

    def _media(self, record: Record) -> Media:
        return Media(record.digest, record.kind, record.mime, record.size, record.name, self._files / record.digest)

    def _read(self) -> OrderedDict[str, tuple[Record, Millis]]:
        """What is here, used longest ago first; whatever does not fit together is removed."""
        if self._records is not None:
            return self._records
        found: list[tuple[Millis, str, Record]] = []
        for path in _within(self._names):
            try:
                record = msgspec.json.decode(path.read_bytes(), type=Record)
                if not _whole(self._media(record).path, record.size):
                    raise ValueError
                found.append((path.stat().st_mtime_ns // 1_000_000, path.name, record))
            except (OSError, ValueError, msgspec.DecodeError):
                path.unlink(missing_ok=True)
        self._records = OrderedDict((name, (record, used)) for used, name, record in sorted(found, key=lambda f: f[:2]))
        for record, _ in self._records.values():
            self._enter(record)
        for path in _within(self._files):
            if path.name not in self._uses:
                path.unlink(missing_ok=True)
        return self._records

    def _used(self, name: str, record: Record, now: Millis) -> None:
        records = self._read()
        records[name] = record, now
        records.move_to_end(name)
        with suppress(OSError):  # then it leaves a little earlier
            os.utime(self._names / name, ns=(now * 1_000_000, now * 1_000_000))

    def _enter(self, record: Record) -> None:
        """Note that a name stands for a file."""
        self._bytes += NAME_BYTES + (0 if record.digest in self._uses else record.size)
        self._uses[record.digest] = self._uses.get(record.digest, 0) + 1

    def _drop(self, name: str) -> None:
        """Forget a name; the last one of a file takes it along."""
        record, _ = self._read().pop(name)
        (self._names / name).unlink(missing_ok=True)
        self._bytes -= NAME_BYTES
        self._uses[record.digest] -= 1
        if not self._uses[record.digest]:
            del self._uses[record.digest]
            self._bytes -= record.size
            (self._files / record.digest).unlink(missing_ok=True)


def _hash(address: str) -> str:
    return hashlib.sha256(address.encode("utf-8", "replace")).hexdigest()


def _within(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []


def _whole(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


def _write(path: Path, body: bytes) -> None:
    """Write a file that is there whole or not at all, for its owner's eyes alone."""
    fresh = path.with_name(f"{path.name}.new")
    try:
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(body)
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
