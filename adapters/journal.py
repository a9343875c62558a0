"""A durable file of entries: how the built-in forum and the built-in chat keep what was said.

One line is one commit: the JSON array of the entries that were written and synced together. So a power cut,
whatever order the disk wrote the blocks in, can damage the last line only, and nothing on that line was
acknowledged yet.

Words that were deleted or replaced leave the file when it is compacted: its owner says what of each entry is left, the
file is written anew beside the old one and takes its name. That happens at opening, if anything is dead, and in
between when the dead outweigh the living (`Journal.outweighed`).
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from bot.errors import Unparsable, Unreachable

MAX_BATCH = 64
"""Entries that share one commit: bounds the length of a line."""


LEAST_DEAD = 64 * 1024
"""Dead bytes below which a file is not written anew before the next opening."""

CHUNK = 1024 * 1024


class JournalDamaged(Unparsable):
    """A line before the last one cannot be read; nothing was changed in the file."""


class JournalInUse(Unreachable):
    """Another process has the file open."""


class Journal:
    """Entries that outlive a kill, a power cut and a full disk.

    Read it once with `replay`, then `append` and `compact`. The file is made 0600 in a folder made 0700.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cut = 0
        """Bytes of a torn last line that `replay` cut off."""
        self.unsure = False
        """True while a failed entry may still be in the file, because taking it back failed too.

        The outcome of that append is unknown; the next one tries to take it back first.
        """
        self._anew = path.with_name(f"{path.name}.new")
        self._named = True
        """False while the file has its name and a power cut could still give the name back to the old one."""
        self._least = LEAST_DEAD
        self._length = 0
        self._fd = -1
        self._replayed = False
        self._closed = False
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None
        self._file = threading.Lock()

    @property
    def length(self) -> int:
        """Bytes that are durable."""
        return self._length

    def replay(self) -> Iterator[dict[str, Any]]:
        """Every entry in the order of the appends; to be read to its end before the first append.

        Blocks: call it in a thread. Raises `JournalDamaged` naming file and line, `JournalInUse`, `OSError`.
        """
        if self._fd < 0:
            self._open()
        good = os.lseek(self._fd, 0, os.SEEK_SET)
        with open(self._fd, "rb", closefd=False) as lines:
            for number, line in enumerate(lines, 1):
                try:
                    entries = _entries(line)
                except ValueError as error:
                    if lines.peek(1):
                        raise JournalDamaged(
                            f"Line {number} of {self.path} is damaged ({error}). Nothing was changed. Put a "
                            f"backup of the file in its place, or move it away to begin anew.",
                            looked_for="a JSON array of entries on every line",
                            sample=line,
                        ) from error
                    break
                good += len(line)
                yield from entries
        self.cut = os.fstat(self._fd).st_size - good
        if self.cut:
            os.ftruncate(self._fd, good)
            os.fsync(self._fd)
        self._length = good
        self._replayed = True

    async def append(self, entry: dict[str, Any]) -> None:
        """Keep an entry: it is on the disk when this returns; entries stand in the order of the calls.

        Appends made at the same time share one sync. Raises `OSError` when the entry could not be kept (a
        full disk, a closed journal); the file is then as it was, unless `unsure` says otherwise. A cancelled
        append may be kept.
        """
        if not self._replayed:
            raise RuntimeError("replay the journal to its end before appending to it")
        if self._closed:
            raise OSError(errno.EBADF, "the journal is closed", str(self.path))
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((msgspec.json.encode(entry), kept))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        await kept

    def outweighed(self, dead: int) -> bool:
        """Whether more than half of the file is dead, and `LEAST_DEAD` at least; more, after a failure to compact."""
        return dead >= self._least and 2 * dead > self._length

    def compact(self, left: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Write the file anew with what is `left` of each entry, given in order, and let go of the old one.

        Whatever happens meanwhile, the file's name leads to the whole old journal or to the whole new one. Blocks: call
        it in a thread; appends wait. Raises `OSError` when it could not be done, and the old file goes on.
        """
        with self._file:
            if not self._replayed or self._fd < 0:
                raise OSError(errno.EBADF, "the journal is not open", str(self.path))
            try:
                fd, length = self._written_anew(left)
                try:
                    os.replace(self._anew, self.path)
                except OSError:
                    os.close(fd)
                    raise
            except Exception:
                self._least *= 2
                with contextlib.suppress(OSError):
                    self._anew.unlink()
                raise
            # Only closing the old file lets its lock go: the new one is locked before it has its name.
            os.close(self._fd)
            self._fd, self._length, self._least = fd, length, LEAST_DEAD
            self.unsure, self._named = False, False
            self._sync_name()

    async def close(self) -> None:
        """Write what waits, then let go of the file; later appends are refused."""
        self._closed = True
        if self._writer is not None:
            await asyncio.wait([self._writer])
        with self._file:
            if self._fd >= 0:
                os.close(self._fd)
                self._fd = -1

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            line = b"[" + b",".join(encoded for encoded, _ in batch) + b"]\n"
            failure: Exception | None = None
            try:
                await asyncio.to_thread(self._commit, line)
            except Exception as error:
                failure = error
            for _, kept in batch:
                if kept.done():  # its caller was cancelled
                    continue
                if failure is None:
                    kept.set_result(None)
                else:
                    kept.set_exception(failure)

    def _commit(self, line: bytes) -> None:
        with self._file:
            if not self._named:
                self._sync_name()
            if self.unsure:
                self._take_back()
            try:
                at = _put(self._fd, line, self._length)
                os.fsync(self._fd)
            except OSError:
                self.unsure = True
                with contextlib.suppress(OSError):
                    self._take_back()
                raise
            self._length = at

    def _take_back(self) -> None:
        """Cut the file to its last good length; until that is durable, a failed entry might come back."""
        os.ftruncate(self._fd, self._length)
        os.fsync(self._fd)
        self.unsure = False

    def _sync_name(self) -> None:
        """What is appended to a file is durable only when its name is."""
        _sync_folder(self.path.parent)
        self._named = True

    def _written_anew(self, left: Callable[[dict[str, Any]], dict[str, Any]]) -> tuple[int, int]:
        """The new file, locked and durable under its own name, and its length."""
        fd = os.open(self._anew, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            at, chunk = 0, bytearray()
            for line in self._lines():
                chunk += msgspec.json.encode([left(entry) for entry in line]) + b"\n"
                if len(chunk) >= CHUNK:
                    at = _put(fd, chunk, at)
                    chunk = bytearray()
            at = _put(fd, chunk, at)
            os.fsync(fd)
        except BaseException:
            os.close(fd)
            raise
        return fd, at

    def _lines(self) -> Iterator[list[dict[str, Any]]]:
        """What is durable, line by line."""
        os.lseek(self._fd, 0, os.SEEK_SET)
        rest = self._length
        with open(self._fd, "rb", closefd=False) as lines:
            while rest > 0:
                line = lines.readline()
                rest -= len(line)
                try:
                    yield _entries(line)
                except ValueError as error:
                    raise OSError(errno.EIO, f"a line cannot be read any more ({error})", str(self.path)) from error

    def _open(self) -> None:
        folder = self.path.parent
        if not folder.exists():
            folder.mkdir(mode=0o700, parents=True)
            _sync_folder(folder.parent)
        while True:
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                # Held until the file is closed: a second process would cut off what the first one is writing.
                fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if not _leads_to(self.path, fd):
                    # Its owner wrote it anew between the two calls: this is the old one, which nobody holds any more.
                    os.close(fd)
                    continue
                with contextlib.suppress(FileNotFoundError):
                    self._anew.unlink()  # a kill left it
                _sync_folder(folder)
            except BlockingIOError as error:
                os.close(fd)
                raise JournalInUse(
                    f"{self.path} is in use by another process. Stop that one first, or give it another home."
                ) from error
            except OSError:
                os.close(fd)
                raise
            self._fd = fd
            return


def _put(fd: int, data: bytes | bytearray, at: int) -> int:
    """Write all of it at a place in a file; the place behind it."""
    rest = memoryview(data)
    while rest:
        done = os.pwrite(fd, rest, at)
        rest, at = rest[done:], at + done
    return at


def _leads_to(path: Path, fd: int) -> bool:
    """Whether the file that is open is still the one of that name."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(fd))
    except FileNotFoundError:
        return False


def _entries(line: bytes) -> list[dict[str, Any]]:
    if not line.endswith(b"\n"):
        raise ValueError("it has no end")
    try:
        return msgspec.json.decode(line, type=list[dict[str, Any]])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(str(error)) from error


def _sync_folder(folder: Path) -> None:
    """A new name is durable only when its folder is."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
