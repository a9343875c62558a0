"""The home directory: private, and one process's alone."""

from __future__ import annotations

import multiprocessing
import os
import stat
import tempfile
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from bot.errors import HomeInUse, SettingsError
from bot.home import LONGEST_SOCKET, Home, holder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_home_is_made_for_its_owner_s_eyes_alone(tmp_path: Path) -> None:
    """It holds what people wrote and the keys of their credentials."""
    home = Home(tmp_path / "deep" / "home")
    with home.lock():
        (home.path / "made-meanwhile").touch()
        assert mode(home.path) == 0o700
        assert {path.name: mode(path) for path in home.path.iterdir()} == {
            "lock": 0o600,
            "threadline.db": 0o600,
            "made-meanwhile": 0o600,
        }


def test_nothing_is_made_before_the_home_is_held(tmp_path: Path) -> None:
    """A command that only asks must leave no traces."""
    home = Home(tmp_path / "home")
    assert home.database.parent == home.path
    assert not home.path.exists()


def test_what_was_left_open_is_closed(tmp_path: Path) -> None:
    """A backup that was put back has the mode that the copy gave it."""
    path = tmp_path / "home"
    path.mkdir(mode=0o755)
    for name in ("threadline.db", "threadline.db-wal"):
        (path / name).touch(0o644)
        (path / name).chmod(0o644)
    path.chmod(0o755)
    with Home(path).lock():
        assert mode(path) == 0o700
        assert mode(path / "threadline.db") == mode(path / "threadline.db-wal") == 0o600


def test_whether_a_home_is_free_is_found_out_without_a_trace(tmp_path: Path) -> None:
    """Who is asked many questions should hear before the first that the answers could not be used."""
    home = Home(tmp_path / "home")
    home.check_free()
    assert not home.path.exists()
    with home.lock():
        with pytest.raises(HomeInUse, match=f"in use by process {os.getpid()}"):
            home.check_free()
        assert (home.path / "lock").read_text() == f"{os.getpid()}\n"
    home.check_free()


def test_a_directory_of_other_things_is_not_taken(tmp_path: Path) -> None:
    """`--home /` would else close the whole machine to everybody."""
    tmp_path.chmod(0o755)
    (tmp_path / "letters").mkdir()
    with pytest.raises(SettingsError, match="holds other things"), Home(tmp_path).lock():
        pass
    assert mode(tmp_path) == 0o755


def test_what_cannot_be_a_home_is_named(tmp_path: Path) -> None:
    """A file may stand where the directory is wanted."""
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot be used as home"), Home(tmp_path / "file").lock():
        pass


def _hold(path: Path, held: Event, go: Event) -> None:
    with Home(path).lock():
        held.set()
        go.wait()


def test_a_home_is_held_by_one_process(tmp_path: Path) -> None:
    """Two would write one database, and answer the same post twice."""
    home = Home(tmp_path / "home")
    context = multiprocessing.get_context("spawn")
    held, go = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(home.path, held, go))
    other.start()
    try:
        assert held.wait(60)
        assert holder(home.path / "lock") == other.pid
        with pytest.raises(HomeInUse, match=rf"process {other.pid}; stop it \(kill {other.pid}\).*--home"), home.lock():
            pass
        assert other.pid is not None
        os.kill(other.pid, 9)
        other.join()
        with home.lock():  # the system gives the lock back, however the process ended
            assert holder(home.path / "lock") == os.getpid()
    finally:
        other.kill()
        other.join()


def test_a_lock_is_given_back(tmp_path: Path) -> None:
    """One process may hold its home again, and nobody is named who holds nothing."""
    home = Home(tmp_path / "home")
    mask = os.umask(0o022)
    os.umask(mask)
    for _ in range(2):
        with home.lock(), pytest.raises(HomeInUse), home.lock():
            pass
    assert holder(home.path / "lock") is None
    assert os.umask(mask) == mask


@pytest.mark.parametrize("text", ["", "x", "999999999", "-1", "\n\n"])
def test_a_lock_file_that_tells_nothing_names_nobody(tmp_path: Path, text: str) -> None:
    """It is read while another process writes it."""
    (tmp_path / "lock").write_text(text)
    assert holder(tmp_path / "lock") is None


def test_each_adapter_has_a_folder_of_its_own(tmp_path: Path) -> None:
    """Names come from addresses and settings; none may lead out of the home."""
    home = Home(tmp_path)
    assert home.folder("forums", "forum.example") == tmp_path / "forums" / "forum.example"
    names = ["a", "..", ".", "../..", "/etc", "a/b", "a:b", "%2E%2E", ""]
    folders = [home.folder("forums", name) for name in names if name]
    assert len(set(folders)) == len(folders)
    assert all(folder.parent == tmp_path / "forums" and folder.name.strip(".") for folder in folders)


def test_the_socket_stands_in_the_home_where_its_path_is_short_enough(tmp_path: Path) -> None:
    """It is found by whoever knows the home."""
    home = Home(Path("/h"))
    assert home.socket == Path("/h/control.sock")


def test_a_home_with_a_long_path_has_its_socket_elsewhere(tmp_path: Path) -> None:
    """A socket's path is bounded by the system, a directory's is not."""
    home = Home(tmp_path / ("x" * 120))
    assert len(os.fsencode(home.socket)) <= LONGEST_SOCKET
    assert home.socket == Home(home.path).socket
    assert home.socket != Home(tmp_path / ("y" * 120)).socket
    with home.lock():
        assert mode(home.socket.parent) == 0o700
    home.socket.parent.rmdir()


def test_a_socket_s_directory_that_somebody_else_made_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among the temporary files anybody can make one first, and listen in."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    home = Home(tmp_path / ("x" * 120))
    home.socket.parent.symlink_to(tmp_path)
    with pytest.raises(SettingsError, match="somebody else"), home.lock():
        pass
