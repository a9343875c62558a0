"""`threadline setup`: a forum and a chat asked for, checked, written down; what to do next."""

from __future__ import annotations

import getpass
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


async def setup(
    home: Path, config: Path | None, answers: Answers, environ: Mapping[str, str], registry: Registry
) -> str:
    """Set up a forum and a chat; what to do next, in words. Changes nothing where something is wrong."""
    file = config or home / "threadline.toml"
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
    return await _prove(home, file, text, environ, registry, tokens, address, f"{chat}:{channel}")


def token_answers(table: str, name: str, settings: type[msgspec.Struct], environ: Mapping[str, str]) -> dict[str, str]:
    """The secrets that an adapter wants, from the environment or asked for unechoed, by the names they have."""
    found = {}
    for field in secret_fields(settings):
        given = _given(environ, table, name, field)
        found[f"{table}.{name}.{field}"] = ask(f"{name}: {field}", _variable(table, name, field), given, secret=True)
    return found


async def _prove(
    home: Path,
    file: Path,
    text: str,
    environ: Mapping[str, str],
    registry: Registry,
    tokens: Mapping[str, str],
    address: str,
    into: str,
) -> str:
    place = Home(home)
    draft = file.with_name(file.name + ".new")
    draft.parent.mkdir(parents=True, exist_ok=True)
    draft.write_text(text, "utf-8")
    draft.chmod(0o600)
    try:
        settings = load(draft, environ, registry.settings, registry.installed)
        async with opened(place, settings, registry, configure("error")) as app:
            for owner, token in tokens.items():
                await app.store.write(keep_secret, SETTING, owner, app.sealer.seal(SETTING, owner, token))
            await app.arrange()
            words = ["add", address, "--into", into]
            answer = await app.handle({"group": "mirror", "words": words})
            if not answer.ok:
                raise SettingsError(f"nothing was set up: {answer.text}")
            draft.rename(file)
            return said(app, answer.text, file, into)
    finally:
        draft.unlink(missing_ok=True)


def said(app: App, first: str, file: Path, into: str) -> str:
    """What to do next."""
    web = app.settings.web
    return "\n".join(
        [
            first,
            f"The settings are in {file}.",
            "",
            "Next:",
            "  threadline check        looks whether everything is as it must be",
            "  threadline run          starts it",
            f"  http://{web.host}:{web.port}/   shows it; the channel is {into}",
            "  /mirror status          in the chat: how everything goes",
            "  /mirror add ADDRESS     in a channel: mirrors another board or thread into it",
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
