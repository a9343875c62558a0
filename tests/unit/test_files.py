"""Small files of adapters: whole or as before, on the disk before anything is told that they are there."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from adapters.files import found, replaced


def test_a_file_is_for_its_owner_alone_and_so_is_a_folder_that_is_made_for_it(tmp_path: Path) -> None:
    """What it holds may be a login."""
    file = tmp_path / "own" / "kept.json"
    replaced(file, b"{}")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_file_is_on_the_disk_under_its_name_when_it_was_put_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cursor that is committed next may count on it: first its words are on the disk, then its name."""
    file, synced = tmp_path / "kept.json", list[tuple[str, bool]]()
    sync = os.fsync

    def seen(descriptor: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "words"
        synced.append((kind, file.exists()))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", seen)
    replaced(file, b"{}")
    assert synced == [("words", False), ("folder", True)]


def test_what_cannot_be_written_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk costs the change, and not what was kept before."""
    file = tmp_path / "kept.json"
    replaced(file, b'{"a":"b"}')

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        replaced(file, b'{"c":"d"}')
    assert found(file, dict[str, str]) == {"a": "b"}


@pytest.mark.parametrize("held", [None, b"", b"\xff", b"[1]", b'{"a": 1}'])
def test_what_is_none_of_ours_counts_as_nothing(tmp_path: Path, held: bytes | None) -> None:
    """Somebody may have touched it; the program starts all the same."""
    file = tmp_path / "kept.json"
    if held is not None:
        file.write_bytes(held)
    assert found(file, dict[str, str]) is None
