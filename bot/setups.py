"""`threadline setup`: a forum and a chat asked for, checked, written down; what to do next."""

from __future__ import annotations

import getpass
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from bot.app import SETTING, App, opened
from bot.errors import SettingsError, ThreadlineError
from bot.home import Home
from bot.log import configure
from bot.ports import Match
from bot.registry import Registry
from bot.settings import load, secret_fields
from bot.store.vault import keep_secret

FILE = "threadline.toml"
"""The settings file of a home."""

USUAL = "var"
"""The home where none is named."""


class Answers(msgspec.Struct, frozen=True):
    """What was answered already, by options or the environment; empty where it is to be asked."""

    forum: str = ""
    chat: str = ""
    channel: str = ""
    notices: str = ""


def ask(question: str, option: str, given: str, default: str = "", secret: bool = False) -> str:
    """An answer: the one given, else asked for at the terminal, else the default."""
    if given:
        return given
    if not sys.stdin.isatty():
        if default:
            return default
        raise ThreadlineError(f"{question} is not answered: give {option}, or run setup at a terminal")
    hint = f" [{default}]" if default else ""
    words = getpass.getpass(f"{question}: ") if secret else input(f"{question}{hint}: ")
    if not words.strip() and not default:
        raise ThreadlineError(f"{question} is needed: give {option}")
    return words.strip() or default


class Wanted(msgspec.Struct, frozen=True):
    """What is to be set up, every question answered."""

    file: Path
    """Where the settings are to be."""
    text: str
    """The settings."""
    address: str
    into: str
    tokens: dict[str, str]
    """Secrets by the names they are kept under; they do not stand in the file."""


def ask_all(
    home: Path, config: Path | None, answers: Answers, environ: Mapping[str, str], registry: Registry
) -> Wanted:
    """Everything that is to be known, as far as it was not answered already.

    It waits for somebody at the terminal, so no event loop may run: that would keep Ctrl+C from them. Raises
    `ThreadlineError` where something is not answered and nobody is there to be asked.
    """
    file = config or home / FILE
    if file.exists():
        raise ThreadlineError(f"{file} is there already: edit it, or move it away to set up anew")
    address = ask("The forum's address", "--forum ADDRESS", answers.forum)
    forum, match = registry.recognise(address)
    print(f"{address} is read by the adapter {forum.name} ({match.why}).")
    chats = registry.installed("chat")
    chat = ask(f"The chat ({', '.join(chats)})", "--chat NAME", answers.chat, chats[0] if len(chats) == 1 else "")
    registry.chat(chat)
    channel = ask("The channel to mirror into", "--channel NAME", answers.channel, "lounge")
    notices = ask("The channel where admins are told what fails", "--notices NAME", answers.notices, "notices")
    tokens = token_answers("chats", chat, registry.chat(chat).settings, environ)
    tokens |= token_answers("forums", match.forum, forum.settings, environ)
    text = written(forum.name, match, chat, f"{chat}:{notices}")
    return Wanted(file, text, address, f"{chat}:{channel}", tokens)


def token_answers(table: str, name: str, settings: type[msgspec.Struct], environ: Mapping[str, str]) -> dict[str, str]:
    """The secrets that an adapter wants, from the environment or asked for unechoed, by the names they have."""
    found = {}
    for field in secret_fields(settings):
        given = _given(environ, table, name, field)
        found[f"{table}.{name}.{field}"] = ask(f"{name}: {field}", _variable(table, name, field), given, secret=True)
    return found


async def set_up(home: Home, wanted: Wanted, environ: Mapping[str, str], registry: Registry) -> str:
    """Check what is wanted by doing it, make the first mirror, then keep the settings; what to do next, in words.

    Changes no settings where something is wrong.
    """
    with home.lock():  # makes the home, for its owner alone, before anything is written into it
        draft = _draft(wanted)
    try:
        settings = load(draft, environ, registry.settings, registry.installed)
        async with opened(home, settings, registry, configure("error")) as app:
            for owner, token in wanted.tokens.items():
                await app.store.write(keep_secret, SETTING, owner, app.sealer.seal(SETTING, owner, token))
            await app.arrangement.make()
            answer = await app.handle({"group": "mirror", "words": ["add", wanted.address, "--into", wanted.into]})
            if not answer.ok:
                raise SettingsError(f"nothing was set up: {answer.text}")
            draft.rename(wanted.file)
            return said(app, answer.text, wanted)
    finally:
        draft.unlink(missing_ok=True)


def _draft(wanted: Wanted) -> Path:
    """The settings in a file beside the one they are meant for, for its owner's eyes alone."""
    draft = wanted.file.with_name(wanted.file.name + ".new")
    try:
        draft.parent.mkdir(parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        draft.touch(0o600)
        draft.write_text(wanted.text, "utf-8")
    except OSError as error:
        raise SettingsError(f"{draft} cannot be written ({error.strerror}); name another place") from error
    return draft


def said(app: App, first: str, wanted: Wanted) -> str:
    """What to do next."""
    web = app.settings.web
    where = f" --home {shlex.quote(str(app.home.path))}" if app.home.path != Path(USUAL).absolute() else ""
    where += f" --config {shlex.quote(str(wanted.file))}" if wanted.file.absolute() != app.home.path / FILE else ""
    return "\n".join(
        [
            first,
            f"The settings are in {wanted.file}.",
            "",
            "Next:",
            f"  threadline check{where}   looks whether everything is as it must be",
            f"  threadline run{where}   starts it; then open http://{web.host}:{web.port}",
            "  /mirror status   in the chat: how everything goes",
            "  /mirror add ADDRESS   in a channel of it: mirrors another board or thread there",
        ]
    )


def written(adapter: str, match: Match, chat: str, notices: str) -> str:
    """The settings file for one forum and one chat."""
    lines = ["# Written by `threadline setup`; every setting is explained in the reference.", ""]
    lines += [f"[forums.{_key(match.forum)}]", f"adapter = {_value(adapter)}"]
    lines += [f"{_key(name)} = {_value(value)}" for name, value in match.settings.items()]
    lines += ["", f"[chats.{_key(chat)}]", f"adapter = {_value(chat)}"]
    lines += ["", "[community]", f"notices = {_value(notices)}", ""]
    return "\n".join(lines)


def _key(name: str) -> str:
    return name if name.replace("_", "a").replace("-", "a").isalnum() and name.isascii() else _value(name)


def _value(value: Any) -> str:
    # A JSON string, number, list or truth value is the same in TOML.
    return msgspec.json.encode(value).decode()


def _variable(table: str, name: str, field: str) -> str:
    return f"THREADLINE_{table}_{name}_{field}".upper().replace("-", "_")


def _given(environ: Mapping[str, str], table: str, name: str, field: str) -> str:
    variable = _variable(table, name, field)
    if file := environ.get(f"{variable}_FILE"):
        return Path(file).read_text("utf-8").strip()
    return environ.get(variable, "")
