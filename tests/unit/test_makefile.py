"""A fresh machine either gets its environment or is told the command that makes it ready."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    # A make that runs the tests hands its own settings down; this one is to start as if alone.
    alone = {key: value for key, value in os.environ.items() if key not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}}
    return subprocess.run(
        ["make", "-C", str(ROOT), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=alone,
    )


def python_that(tmp_path: Path, *, is_new: bool, has_venv: bool) -> Path:
    """A stand-in for an interpreter, which answers only what the Makefile asks."""
    script = tmp_path / "python-stand-in"
    script.write_text(
        "#!/bin/sh\n"
        'case "$*" in\n'
        '  --version) echo "Python 3.x" ;;\n'
        f"  *version_info*) exit {0 if is_new else 1} ;;\n"
        f"  *ensurepip*) exit {0 if has_venv else 1} ;;\n"
        "  *) exit 9 ;;\n"
        "esac\n",
        "utf-8",
    )
    script.chmod(0o755)
    return script


def test_a_missing_python_is_named_with_the_command_that_installs_it(tmp_path: Path) -> None:
    """Someone who has never installed Python reads this line first."""
    tried = make("python-ready", f"PYTHON={tmp_path}/no-such-python", f"VENV={tmp_path}/venv")
    assert tried.returncode != 0
    assert "was not found" in tried.stderr
    assert "nstall" in tried.stderr


def test_an_old_python_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    """Half an environment made by the wrong interpreter is harder to explain than none."""
    old = python_that(tmp_path, is_new=False, has_venv=True)
    tried = make("env", f"PYTHON={old}", f"VENV={tmp_path}/venv")
    assert tried.returncode != 0
    assert "too old" in tried.stderr
    assert "make env PYTHON=" in tried.stderr
    assert not (tmp_path / "venv").exists()


def test_a_python_without_venv_is_refused_with_the_package_to_install(tmp_path: Path) -> None:
    """Debian ships venv without ensurepip, whose own message leaves a broken directory behind."""
    bare = python_that(tmp_path, is_new=True, has_venv=False)
    tried = make("env", f"PYTHON={bare}", f"VENV={tmp_path}/venv")
    assert tried.returncode != 0
    assert "no venv" in tried.stderr
    assert not (tmp_path / "venv").exists()


def test_the_demo_runs_until_there_are_settings(tmp_path: Path) -> None:
    """The first `make run` needs no settings; the first settings need no other command."""
    assert "config/demo.toml" in make("--dry-run", "run", f"HOME_DIR={tmp_path}").stdout
    (tmp_path / "threadline.toml").touch()
    assert f'--config "{tmp_path}/threadline.toml"' in make("--dry-run", "run", f"HOME_DIR={tmp_path}").stdout
    assert '--config "mine.toml"' in make("--dry-run", "run", f"HOME_DIR={tmp_path}", "CONFIG=mine.toml").stdout


def test_tests_run_side_by_side_unless_a_debugger_wants_to_watch() -> None:
    """One after the other they would leave a core idle; a debugger can follow one process only."""
    assert "-n 2 " in make("--dry-run", "test").stdout
    assert "-n 0 " in make("--dry-run", "test", "WORKERS=0").stdout


def test_help_lists_every_command() -> None:
    """A command that help does not list is a command nobody finds."""
    listed = make("help").stdout
    for command in ("run", "env", "test", "lint", "faults", "bench", "build", "requirements", "clean"):
        assert f"make {command} " in listed
