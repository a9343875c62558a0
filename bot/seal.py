"""Credentials at rest: sealed with keys that are kept outside of the database.

A sealed credential is bound to its purpose and owner, so that one row cannot be passed off as another.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.errors import LoginRejected, SettingsError
from bot.secret import known

_Bound = tuple[str, str, str]  # purpose, owner, secret: Fernet has no place for the first two


class Sealer:
    """Seals and opens credentials with the keys of one file, the newest key first. Made by `Sealer.open`."""

    def __init__(self, path: Path, keys: list[bytes]) -> None:
        self._path = path
        self._take(keys)

    def _take(self, keys: list[bytes]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._keys = keys
        for key in keys:
            known.add(key.decode("ascii"))

    @classmethod
    def open(cls, path: Path) -> Sealer:
        """The keys of a file; made with a first key where it is missing, 0600 in a directory 0700.

        Raises `SettingsError` where others can read the file, or where it holds no keys.
        """
        if not path.exists():
            _make(path)
        for one, kind in ((path.parent, "directory"), (path, "file")):
            mode = stat.S_IMODE(one.stat().st_mode)
            if mode & 0o077:
                raise SettingsError(
                    f"the {kind} {one} is open to other users (mode {mode:04o}); close it with "
                    f"`chmod {'700' if kind == 'directory' else '600'} {one}`, and renew the sealed credentials if "
                    "somebody else may have read the keys"
                )
        keys = path.read_bytes().split()
        try:
            return cls(path, keys)
        except ValueError as error:
            raise SettingsError(
                f"{path} holds no keys that could be read; put it back from a backup: without it, the sealed "
                "credentials have to be entered again"
            ) from error

    def seal(self, purpose: str, owner: str, secret: str, *, remembered: bool = True) -> bytes:
        """The secret, to be opened for this purpose and owner only; one that soon opens nothing is not remembered."""
        if remembered:
            known.add(secret)
        return self._fernet.encrypt(msgspec.json.encode((purpose, owner, secret)))

    def unseal(self, purpose: str, owner: str, sealed: bytes, *, remembered: bool = True) -> str:
        """The secret that was sealed for this purpose and owner; raises `LoginRejected` where it cannot be opened."""
        try:
            bound: _Bound = msgspec.json.decode(self._fernet.decrypt(sealed), type=_Bound)
        except (InvalidToken, msgspec.DecodeError) as error:
            raise LoginRejected(
                f"the {purpose} of {owner} cannot be opened: it was changed, or sealed with a key that is not in "
                f"{self._path}; put that file back from a backup, or enter the credential again"
            ) from error
        told, whose, secret = bound
        if (told, whose) != (purpose, owner):
            raise LoginRejected(
                f"the {purpose} of {owner} was sealed for something else; somebody changed the database by hand: "
                "enter the credential again"
            )
        if remembered:
            known.add(secret)
        return secret

    def renew(self) -> None:
        """Seal with a new key from now on; what older keys sealed can still be opened."""
        self._write([Fernet.generate_key(), *self._keys])

    def rotate(self, sealed: bytes) -> bytes:
        """The same secret under the newest key; raises `LoginRejected` where it cannot be opened."""
        try:
            return self._fernet.rotate(sealed)
        except InvalidToken as error:
            raise LoginRejected(f"a sealed credential cannot be opened with the keys of {self._path}") from error

    def forget_old_keys(self) -> None:
        """Keep the newest key only; to be called when everything sealed was rotated and committed."""
        self._write(self._keys[:1])

    def _write(self, keys: list[bytes]) -> None:
        fresh = self._path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        _write_synced(fresh, keys)
        fresh.replace(self._path)
        _sync_directory(self._path.parent)
        self._take(keys)


def _make(path: Path) -> None:
    """A file with a first key, whole or not at all, even if two begin at once."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.unlink(missing_ok=True)
    _write_synced(fresh, [Fernet.generate_key()])
    try:
        with suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink()
    _sync_directory(path.parent)


def _write_synced(path: Path, keys: list[bytes]) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(file, b"\n".join(keys) + b"\n")
        os.fsync(file)
    finally:
        os.close(file)


def _sync_directory(path: Path) -> None:
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
