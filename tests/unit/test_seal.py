"""Sealed credentials: worth nothing without the keys, and bound to whose they are."""

from __future__ import annotations

import multiprocessing
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import LoginRejected, SettingsError
from bot.seal import Sealer
from bot.secret import known


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "seal.key"


def test_what_was_sealed_can_be_opened(path: Path) -> None:
    """Also after a restart."""
    sealed = Sealer.open(path).seal("forum password", "7", "correct horse")
    assert b"correct" not in sealed
    assert Sealer.open(path).unseal("forum password", "7", sealed) == "correct horse"


@given(st.text(), st.text(), st.text())
def test_any_text_survives(purpose: str, owner: str, secret: str) -> None:
    """Passwords hold everything."""
    sealer = Sealer(Path("unused"), [b"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="])
    assert sealer.unseal(purpose, owner, sealer.seal(purpose, owner, secret)) == secret


@pytest.mark.parametrize(("purpose", "owner"), [("chat token", "7"), ("forum password", "8"), ("forum password7", "")])
def test_a_credential_cannot_be_passed_off_as_another(path: Path, purpose: str, owner: str) -> None:
    """Whoever can write to the database could else read a credential by moving its row."""
    sealer = Sealer.open(path)
    with pytest.raises(LoginRejected, match="enter the credential again"):
        sealer.unseal(purpose, owner, sealer.seal("forum password", "7", "x"))


@pytest.mark.parametrize("sealed", [b"", b"x", b"gAAAAAB" + b"x" * 80])
def test_what_was_not_sealed_here_is_rejected_with_what_to_do(path: Path, sealed: bytes) -> None:
    """The key file may be missing from a backup."""
    with pytest.raises(LoginRejected, match="backup"):
        Sealer.open(path).unseal("p", "o", sealed)


def test_a_changed_seal_is_rejected(path: Path) -> None:
    """A flipped bit must not become another password."""
    sealer = Sealer.open(path)
    sealed = bytearray(sealer.seal("p", "o", "secret"))
    sealed[-3] ^= 1
    with pytest.raises(LoginRejected):
        sealer.unseal("p", "o", bytes(sealed))


def test_keys_are_their_owner_s_alone(path: Path) -> None:
    """They open everything."""
    Sealer.open(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [one.name for one in path.parent.iterdir()] == ["seal.key"]


def test_keys_that_others_can_read_are_refused(path: Path) -> None:
    """Silently closing the file would hide that somebody may have read it."""
    Sealer.open(path)
    path.chmod(0o640)
    with pytest.raises(SettingsError, match="chmod 600"):
        Sealer.open(path)
    path.chmod(0o600)
    path.parent.chmod(0o755)
    with pytest.raises(SettingsError, match="chmod 700"):
        Sealer.open(path)


@pytest.mark.parametrize("text", ["", "no key", "bm8ga2V5"])
def test_a_file_without_keys_is_not_overwritten(path: Path, text: str) -> None:
    """A new key in its place would make every credential unreadable for good."""
    path.parent.mkdir(mode=0o700)
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(SettingsError, match="backup"):
        Sealer.open(path)
    assert path.read_text() == text


def test_a_key_can_be_changed_without_losing_anything(path: Path) -> None:
    """Somebody may have seen the old one."""
    sealer = Sealer.open(path)
    old = sealer.seal("p", "o", "secret")
    sealer.renew()
    assert sealer.unseal("p", "o", old) == "secret"
    fresh = sealer.rotate(old)
    sealer.forget_old_keys()
    for one in (sealer, Sealer.open(path)):
        assert one.unseal("p", "o", fresh) == "secret"
        with pytest.raises(LoginRejected):
            one.unseal("p", "o", old)
        with pytest.raises(LoginRejected):
            one.rotate(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def _opens(path: Path) -> bytes:
    Sealer.open(path)
    return path.read_bytes()


def test_two_that_begin_at_once_agree_on_one_key(path: Path) -> None:
    """What one sealed, the other has to open."""
    path.parent.mkdir(mode=0o700)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert len(set(pool.map(_opens, [path] * 8, chunksize=1))) == 1


def test_what_is_sealed_or_opened_is_known_to_the_log(path: Path) -> None:
    """A credential of the database must not reach a log either."""
    sealer = Sealer.open(path)
    sealed = sealer.seal("p", "o", "canary-from-the-database")
    assert "canary-from-the-database" in set(known)
    sealer.unseal("p", "o", sealed)
    assert path.read_text().strip() in set(known)
