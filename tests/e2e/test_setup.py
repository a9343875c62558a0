"""`threadline setup`: from nothing to a first mirror, answered beforehand or at a terminal."""

from __future__ import annotations

import os
import pty
import subprocess

import pytest

from tests.e2e.conftest import PATIENCE, Program

pytestmark = pytest.mark.e2e


def test_answers_given_beforehand_set_everything_up(threadline: Program) -> None:
    """Options beat the environment, which may name files; what it writes, `run` and `check` find by themselves."""
    file = threadline.folder / "address"
    file.write_text("sandbox:b2\n", "utf-8")
    given = {"THREADLINE_FORUM_FILE": str(file), "THREADLINE_CHANNEL": "other"}
    said = threadline.did("setup", "--channel", "forum", **given)
    assert "sandbox:b2 is read by the adapter sandbox" in said
    assert "Lounge is mirrored into web:forum now" in said
    assert f"threadline run --home {threadline.home}" in said
    assert (threadline.home / "threadline.toml").stat().st_mode & 0o077 == 0
    assert threadline("run", "--once").out == "2 sent, 0 still owed\n"
    assert "(sandbox) → web:forum" in threadline.did("mirrors")
    found = threadline.did("check")
    assert all(line.startswith("ok   ") for line in found.splitlines()), found
    assert "is there already: edit it, or move it away" in threadline.failed("setup", "--forum", "sandbox:b1")


def test_what_is_not_answered_is_named_with_its_option(threadline: Program) -> None:
    """A script must not hang on a question that nobody reads."""
    said = threadline.failed("setup")
    assert said == "The forum's address is not answered: give --forum ADDRESS, or run setup at a terminal"
    assert not threadline.home.exists()


def test_a_setup_that_cannot_work_changes_nothing(threadline: Program) -> None:
    """Its settings would greet the next start with the same mistake."""
    code, _, err = threadline("setup", "--forum", "sandbox:b99")
    assert code == 1
    assert err.startswith("threadline: nothing was set up: ")
    assert not (threadline.home / "threadline.toml").exists()
    assert threadline.did("setup", "--forum", "sandbox:b1")


def test_questions_are_asked_at_a_terminal(threadline: Program) -> None:
    """In the order in which they are answered, each with what Enter stands for."""
    ours, theirs = pty.openpty()
    command = subprocess.Popen(
        threadline.command("setup"),
        cwd=threadline.folder,
        env=threadline.environ({"TERM": "dumb"}),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    try:
        for question, answer in (
            ("The forum's address: ", "sandbox:b1"),
            ("The chat (discord, matrix, web) [web]: ", ""),
            ("The channel to mirror into; + makes a new one [lounge]: ", ""),
            ("The channel where admins are told what fails [notices]: ", "admins"),
        ):
            heard(ours, question)
            os.write(ours, f"{answer}\n".encode())
        assert "The Workshop is mirrored into web:lounge now" in heard(ours, "/mirror add ADDRESS")
        assert command.wait(PATIENCE) == 0
    finally:
        command.kill()
        command.wait()
        os.close(ours)
    assert 'notices = "web:admins"' in (threadline.home / "threadline.toml").read_text()


def heard(terminal: int, words: str) -> str:
    """What a terminal shows up to some words."""
    shown = ""
    while words not in shown:
        shown += os.read(terminal, 4096).decode()
    return shown
