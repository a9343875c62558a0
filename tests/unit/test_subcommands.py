"""What adapters do at the command line: the right one, for the right login, with what it has to know."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from bot.cli import base, own
from bot.errors import NotFound, ThreadlineError
from bot.registry import Registry
from bot.settings import load
from bot.subcommands import wished

KNOCKING = '''
"""A chat that one has to knock at."""

import msgspec

from bot.ports import Subcommand
from bot.secret import Secret


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    door: str = ""
    word: Secret = Secret("")


async def knock(settings, context):
    return f"{settings.door} {settings.word.reveal()} {context.name}"


class Adapter:
    name = "knocking"
    settings = Settings
    subcommands = (Subcommand("knock", "Knock.", knock, lambda settings: ("door", "word")),)


adapter = Adapter()
'''


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    (tmp_path / "knocking.py").write_text(KNOCKING)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "knocking", raising=False)
    web = EntryPoint("web", "adapters.chats.web:adapter", "threadline.chats")
    return Registry([EntryPoint("knocking", "knocking:adapter", "threadline.chats"), web])


def settings(registry: Registry, folder: Path, text: str):
    file = folder / "threadline.toml"
    file.write_text(text)
    return load(file, {}, registry.settings, registry.installed)


ONE = '[chats.a]\nadapter = "knocking"\ndoor = "front"\nword = "sesame"\n'
TWO = f'{ONE}[chats.b]\nadapter = "knocking"\ndoor = "back"\nword = "sesame"\n'


def test_the_only_login_is_meant_and_else_the_one_that_is_named(registry, tmp_path):
    """Nobody types what can be known, and nothing is guessed."""
    assert wished("knocking", "knock", "", settings(registry, tmp_path, ONE), registry).chat == "a"
    both = settings(registry, tmp_path, TWO)
    assert wished("knocking", "knock", "b", both, registry).values.door == "back"
    with pytest.raises(NotFound, match="--chat"):
        wished("knocking", "knock", "", both, registry)
    with pytest.raises(NotFound, match="those that do: a, b"):
        wished("knocking", "knock", "c", both, registry)


def test_what_is_not_there_is_said_with_what_is(registry, tmp_path):
    """The command of an adapter, its name, and a login that uses it."""
    one = settings(registry, tmp_path, ONE)
    with pytest.raises(NotFound, match="it has: knock"):
        wished("knocking", "shout", "", one, registry)
    with pytest.raises(NotFound, match="it has: none"):
        wished("web", "login", "", one, registry)
    with pytest.raises(NotFound, match=r"\[chats\.knocking\]"):
        wished("knocking", "knock", "", settings(registry, tmp_path, ""), registry)


def test_what_nothing_sets_is_asked_for(registry, tmp_path, monkeypatch):
    """A password need not stand anywhere; where nobody can be asked, that is said."""
    without = settings(registry, tmp_path, '[chats.a]\nadapter = "knocking"\ndoor = "front"\n')
    with pytest.raises(ThreadlineError, match="THREADLINE_CHATS_A_WORD"):
        wished("knocking", "knock", "", without, registry)
    monkeypatch.setattr("bot.subcommands.ask", lambda words, option, given, secret: f"{words} {secret}")
    assert wished("knocking", "knock", "", without, registry).values.word.reveal() == "a: word True"


def test_it_is_done_with_the_settings_and_the_folder_of_its_login(registry, tmp_path, monkeypatch):
    """As if the login were opened, which it is not: nobody else may use it meanwhile."""
    settings(registry, tmp_path, ONE)
    monkeypatch.setattr(own, "Registry", lambda: registry)
    app = typer.Typer()
    app.callback()(base.before)
    monkeypatch.setattr(own, "app", app)
    own.bring("knocking")
    words = ["--home", str(tmp_path / "home"), "--config", str(tmp_path / "threadline.toml"), "knocking", "knock"]
    result = CliRunner().invoke(app, words)
    assert (result.exit_code, result.stdout) == (0, "front sesame a\n"), result.output


def test_adapters_commands_hide_none_of_the_programs():
    """An adapter may be called as it likes."""
    names = [command.name or getattr(command.callback, "__name__", "") for command in base.app.registered_commands]
    assert len(names) == len(set(names))
    assert "matrix" in names
