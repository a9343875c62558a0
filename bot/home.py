"""The home directory: everything that a running Threadline keeps, for its owner's eyes alone, held by one process."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from bot.errors import HomeInUse, SettingsError

OURS = frozenset({"lock", "threadline.db", "threadline.toml", "keys", "forums", "chats", "media"})
"""Names by which a directory is known to be a home."""

LONGEST_SOCKET = 100
"""Bytes that the path of a socket may have: systems allow 104 or 108 (sun_path of unix(7)), one of them for the end."""


class Home:
    """A home directory by its path; nothing is made before `lock`."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()

    @property
    def database(self) -> Path:
        """The file that SQLite keeps its database in."""
        return self.path / "threadline.db"

    @property
    def media(self) -> Path:
        """The directory of images and files that can be fetched again."""
        return self.path / "media"

    @property
    def key(self) -> Path:
        """The file that holds the keys of sealed credentials."""
        return self.path / "keys" / "seal.key"

    @property
    def socket(self) -> Path:
        """Where the process that holds the home takes commands.

        In the home, unless its path is too long for a socket: then in a directory of its own among the temporary
        files, named by a hash of the home's path.
        """
        inside = self.path / "control.sock"
        if len(os.fsencode(inside)) <= LONGEST_SOCKET:
            return inside
        name = hashlib.sha256(os.fsencode(self.path.resolve())).hexdigest()[:16]
        short = Path(tempfile.gettempdir()) / f"threadline-{name}" / "control.sock"
        return short if len(os.fsencode(short)) <= LONGEST_SOCKET else Path("/tmp", *short.parts[-2:])

    def folder(self, kind: str, name: str) -> Path:
        """The directory of one adapter (`kind` is "forums" or "chats"), whatever characters its name holds."""
        safe = quote(name, safe="")
        return self.path / kind / (safe if safe.strip(".") else safe.replace(".", "%2E"))

    def check_free(self) -> None:
        """Raise `HomeInUse` where another process holds the home now; makes nothing and holds nothing."""
        try:
            held = os.open(self.path / "lock", os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return  # nobody was here yet; whatever else is wrong, `lock` says it
        try:
            _take(held, self.path)
        finally:
            os.close(held)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the home for this process alone; made on first use, 0700, and every file made meanwhile 0600.

        Raises `HomeInUse` naming the process that holds it, `SettingsError` where the directory cannot serve.
        """
        self._make()
        try:
            held = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise SettingsError(_unfit(self.path, error)) from error
        try:
            _take(held, self.path)
            os.ftruncate(held, 0)
            os.pwrite(held, f"{os.getpid()}\n".encode(), 0)
            if self.socket.parent != self.path:
                _private(self.socket.parent)
            mask = os.umask(0o077)
            try:
                self._close_to_others()
                yield
            finally:
                os.umask(mask)
                os.ftruncate(held, 0)
        finally:
            os.close(held)  # and with it the lock; the file stays, for removing it would let two in at once

    def _make(self) -> None:
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            mode = stat.S_IMODE(self.path.stat().st_mode)
            if mode & 0o077:
                there = {entry.name for entry in self.path.iterdir()}
                if there and not there & OURS:
                    raise SettingsError(
                        f"{self.path} holds other things and others can open it; "
                        "name a directory of Threadline's own with --home"
                    )
                self.path.chmod(0o700)
        except OSError as error:
            raise SettingsError(_unfit(self.path, error)) from error

    def _close_to_others(self) -> None:
        """What an earlier umask or a copy left open."""
        self.database.touch(0o600)
        for file in (self.database, *(self.path / f"{self.database.name}-{end}" for end in ("wal", "shm"))):
            with suppress(FileNotFoundError):
                file.chmod(0o600)


def holder(lock: Path) -> int | None:
    """The process whose number stands in a lock file, None where none does or that process is gone."""
    try:
        process = int(lock.read_text("ascii").strip())
    except (OSError, ValueError):
        return None
    if process <= 0:  # these stand for groups of processes
        return None
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass  # it runs, as another user
    return process


def _private(directory: Path) -> None:
    """Make a directory among the temporary files that only we can open."""
    with suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise SettingsError(f"{directory} belongs to somebody else; remove it, or choose a shorter --home")
    if stat.S_IMODE(found.st_mode) & 0o077:
        directory.chmod(0o700)


def _take(held: int, home: Path) -> None:
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
            raise SettingsError(f"{home} cannot be locked ({error.strerror}); put the home on a local disk") from error
        process = os.pread(held, 20, 0).decode("ascii", "replace").strip()
        who = f"process {process}" if process else "another process"
        stop = f"stop it (kill {process})" if process else "stop it"
        raise HomeInUse(f"{home} is in use by {who}; {stop}, or choose another directory with --home") from error


def _unfit(path: Path, error: OSError) -> str:
    return f"{path} cannot be used as home ({error.strerror}); change its owner or mode, or name another with --home"
