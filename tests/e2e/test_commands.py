"""The program's commands, each a process of its own, on a home that was empty."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.registry import Registry
from tests.e2e.conftest import ROOT, Program

DATA = ROOT / "tests" / "data" / "democratic_underground"
DEMO = ROOT / "config" / "demo.toml"

pytestmark = pytest.mark.e2e


def kept(home: Path) -> list[str]:
    """What is in a home."""
    return sorted(file.name for file in home.iterdir()) if home.exists() else []


def test_a_saved_page_is_previewed_mirrored_and_delivered_once(threadline: Program, seed: Path) -> None:
    """The main job, on real input: the OP and six replies, of which two are known from the outline alone."""
    shown = threadline.did("preview", seed, "--as", "plain")
    heads = [line for line in shown.splitlines() if line.startswith(("OP · ", "#"))]
    assert [head.split(" · ")[:2] for head in heads] == [
        ["OP", "pscot"],
        ["#1", "villager"],
        ["#2", "pscot"],
        ["#3", "villager"],
        ["#4", "cprise"],
        ["#5", "pscot"],
        ["#6", "cprise"],
    ]
    assert shown.count("listed, text not seen yet") == 2
    assert kept(threadline.home) == []

    said = threadline.did("mirror", seed, "--into", "web:lounge")
    assert "is mirrored into web:lounge now" in said
    assert "7 messages will be posted" in said
    assert threadline.did("run", "--once") == "7 sent, 0 still owed\n"
    assert threadline.did("run", "--once") == "0 sent, 0 still owed\n"
    state = json.loads(threadline.did("status", "--json"))
    assert {name: state[name] for name in ("boards", "threads", "posts")} == {"boards": 1, "threads": 1, "posts": 7}
    none = dict.fromkeys(("pending", "sending", "held", "refused", "dropped"), 0)
    assert state["deliveries"] == {**none, "sent": 7}
    assert "stands in web:lounge" in threadline.did("why", "#5")


def test_a_running_program_carries_commands_out(threadline: Program) -> None:
    """It alone holds the home; whoever starts a second one there is told which process to stop."""
    page = DATA / "thread.txt"
    with threadline.running():
        assert "is mirrored into web:lounge now" in threadline.did("mirror", page, "--into", "web:lounge")
        assert "already (mirror 1); nothing was changed" in threadline.did("mirror", page, "--into", "web:lounge")
        assert threadline.did("status").startswith("1 mirror, 1 board, 1 thread, 5 posts")
        assert threadline.did("preview", page).startswith("OP · ")
        process = (threadline.home / "lock").read_text().strip()
        for again in (("run",), ("run", "--once")):
            said = threadline.failed(*again)
            assert f"is in use by process {process}" in said
            assert "choose another directory with --home" in said
        assert f"is in use by process {process}" in threadline.did("check")
    assert (threadline.home / "lock").read_text() == ""
    assert threadline.did("run", "--once").endswith(" sent, 0 still owed\n")
    assert '"sent": 5' in threadline.did("status", "--json")
    assert threadline.did("mirrors").startswith("1. ")
    assert threadline.did("unmirror", "1")
    assert threadline.did("mirrors").startswith("Nothing is mirrored yet.")


def test_check_looks_at_everything_and_says_what_to_do(threadline: Program) -> None:
    found = threadline.did("check", "--config", DEMO)
    assert [line for line in found.splitlines() if not line.startswith("ok   ")] == []
    assert f"settings: {DEMO}" in found
    assert "mirror sandbox:b1: board “The Workshop” of sandbox" in found
    code, out, _ = threadline("check", "--config", threadline.folder / "missing.toml")
    assert code == 1
    assert "missing.toml: there is no such file; `threadline setup` writes one" in out


def test_mistakes_in_the_settings_are_told_all_at_once(threadline: Program) -> None:
    """With file and line, and the key that was probably meant."""
    file = threadline.folder / "wrong.toml"
    file.write_text(
        """\
[forums.sandbox]
adaptor = "sandbox"

[forums.board]
adapter = "phorum"

[chats.web]
adapter = "web"
chanels = ["lounge"]

[web]
port = "http"
""",
        "utf-8",
    )
    told = threadline.failed("run", "--config", file).splitlines()
    assert told == [
        f"{file}:2: [forums.sandbox] adaptor: there is no such setting; did you mean adapter?",
        f'{file}:5: [forums.board] adapter: no forum adapter "phorum" is installed; '
        f"installed: {', '.join(Registry().installed('forum'))}; pip install the package that brings another",
        f"{file}:9: [chats.web] chanels: there is no such setting; did you mean channels?",
        f'{file}:12: [web] port: expected a whole number from 0 to 65535, not "http"',
    ]
    checked = threadline("check", "--config", file)
    assert checked.code == 1
    assert [line for line in checked.out.splitlines() if line.startswith("bad")] == [
        f"bad  settings: {line}" for line in told
    ]
    assert kept(threadline.home) == []


def test_a_page_that_is_no_thread_says_what_was_looked_for(threadline: Program) -> None:
    """Else nobody can tell a wrong page from a forum that looks otherwise now."""
    page = threadline.folder / "page.html"
    page.write_text("<p>Please log in.", "utf-8")
    told = threadline.failed("preview", page, "--address", "https://www.democraticunderground.com/10141")
    assert told.startswith(f"{page}: no thread found on the page: looked for ")
    told = threadline.failed("mirror", page, "--into", "web:lounge")
    assert "no installed forum adapter knows the saved page" in told
    assert "name its own address with --address" in told
    assert threadline.failed("preview", "nowhere.html").startswith("there is no file nowhere.html")


def test_what_cannot_be_done_says_what_to_do_instead(threadline: Program) -> None:
    page = DATA / "thread.txt"
    assert threadline.failed("mirror", page, "--into", "lounge").endswith("web:lounge, or CHAT:+ for a new one")
    assert threadline.failed("mirror", page, "--into", "irc:lounge").endswith("configured: web")
    assert "choose one of plain, " in threadline.failed("preview", page, "--as", "irc")
    assert "name it by its address" in threadline.failed("why", "#99")
