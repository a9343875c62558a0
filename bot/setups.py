"""`threadline setup`: a forum and a chat asked for, tried, then written down; what to do next."""

from __future__ import annotations

import asyncio
import getpass
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from bot.app import OPERATOR, App, opened
from bot.commands.channels import OWN
from bot.commands.finding import Located, read, which
from bot.commands.mirrors import SHOW, order
from bot.errors import HomeInUse, SettingsError, ThreadlineError
from bot.home import Home
from bot.log import configure
from bot.model import Target, TargetKind
from bot.net import Net
from bot.opening import SETTING
from bot.ports import Asks, ChatAdapter, ForumAdapter, Question
from bot.reaching import probed
from bot.recognition import Recognised, by_form, recognised
from bot.registry import Registry
from bot.secret import Secret
from bot.settings import Settings, load, secret_fields
from bot.settings.given import given, variable
from bot.settings.written import written
from bot.store.mirrors import mirrors
from bot.store.vault import keep_secret

FILE = "threadline.toml"
"""The settings file of a home."""

USUAL = "var"
"""The home where none is named."""


class Answers(msgspec.Struct, frozen=True):
    """What options answered already; empty where it is to be looked for or asked."""

    forum: str = ""
    chat: str = ""
    channel: str = ""
    notices: str = ""


class Token(msgspec.Struct, frozen=True):
    """A secret that an adapter wants; it does not stand in the settings file."""

    table: str
    name: str
    field: str
    value: Secret

    @property
    def owner(self) -> str:
        """The name under which it is kept, sealed."""
        return f"{self.table}.{self.name}.{self.field}"


class Wanted(msgspec.Struct, frozen=True):
    """What is to be set up, every question answered."""

    file: Path
    """Where the settings are to be."""
    text: str
    """The settings."""
    address: str
    chat: str
    channel: str
    tokens: tuple[Token, ...]

    @property
    def into(self) -> str:
        """Where the first mirror goes, as "chat:channel"."""
        return f"{self.chat}:{self.channel}"


def ask(question: str, option: str, given: str, default: str = "", secret: bool = False) -> str:
    """An answer: the one given, else asked for at the terminal, else the default."""
    if given:
        return given
    if not sys.stdin.isatty():
        if default:
            return default
        raise ThreadlineError(f"{question} is not answered: give {option}, or run setup at a terminal")
    hint = f" [{default}]" if default else ""
    try:
        words = getpass.getpass(f"{question}: ") if secret else input(f"{question}{hint}: ")
    except EOFError:
        words = ""
    if not words.strip() and not default:
        raise ThreadlineError(f"{question} is needed: give {option}")
    return words.strip() or default


def ask_all(
    home: Path, config: Path | None, answers: Answers, environ: Mapping[str, str], registry: Registry
) -> Wanted:
    """Everything that is to be known, as far as it was not answered already: by options, variables, their files.

    It waits for somebody at the terminal, so no event loop may run: that would keep Ctrl+C from them. Raises
    `ThreadlineError` where something is not answered and nobody is there to be asked, `HomeInUse` before it asks.
    """
    file = config or home / FILE
    if file.exists():
        raise ThreadlineError(f"{file} is there already: edit it, or move it away to set up anew")
    Home(home).check_free()
    _check_place(file)

    def answer(name: str) -> str:
        return str(getattr(answers, name)) or given(environ, variable(name), "the answer").strip()

    address = ask("The forum's address", "--forum ADDRESS", answer("forum"))
    found = by_form(registry, address) or asyncio.run(_recognised(address, environ, registry))
    forum, match, address = found.adapter, found.match, found.address
    print(f"{address} is read by the adapter {forum.name} ({match.why}).")
    chats = registry.installed("chat")
    chat = ask(f"The chat ({', '.join(chats)})", "--chat NAME", answer("chat"), _ready(chats, registry))
    registry.chat(chat)
    # A chat that has to be told something is a network where others have names too, and "lounge" may be theirs.
    own = not questions(registry.chat(chat))
    mirrored, told = ("lounge", "notices") if own else (OWN, "threadline-notices")
    channel = ask(f"The channel to mirror into; {OWN} makes a new one", "--channel NAME", answer("channel"), mirrored)
    notices = ask("The channel where admins are told what fails", "--notices NAME", answer("notices"), told)
    of_chat, tokens = ask_settings("chats", chat, registry.chat(chat), environ)
    of_forum, more = ask_settings("forums", match.forum, forum, environ)
    match = msgspec.structs.replace(match, settings={**match.settings, **of_forum})
    text = written(forum, match, chat, registry.chat(chat).settings, of_chat, f"{chat}:{notices}")
    return Wanted(file, text, address, chat, channel, tokens + more)


async def _recognised(address: str, environ: Mapping[str, str], registry: Registry) -> Recognised:
    """Whose an address is; nothing but the environment says yet what may be reached."""
    told = Settings().net
    with suppress(SettingsError):  # what is wrong is told when there is a file that it belongs to
        told = load(None, environ, registry.settings, registry.installed).net
    net = Net(contact=told.contact, allow=told.allow)
    try:
        return await recognised(registry, net, address)
    finally:
        await net.close()


def questions(adapter: ForumAdapter | ChatAdapter) -> tuple[Question, ...]:
    """What an adapter has to be told before it can be opened: what it asks, else its secrets."""
    if isinstance(adapter, Asks):
        return adapter.questions
    return tuple(Question(field, field) for field in secret_fields(adapter.settings))


def _ready(chats: Sequence[str], registry: Registry) -> str:
    """The first chat that works without being told anything; the only one in any case."""
    if len(chats) == 1:
        return chats[0]
    for name in chats:
        with suppress(SettingsError):  # what it depends on may be missing
            if not questions(registry.chat(name)):
                return name
    return ""


def ask_settings(
    table: str, name: str, adapter: ForumAdapter | ChatAdapter, environ: Mapping[str, str]
) -> tuple[dict[str, Any], tuple[Token, ...]]:
    """The settings that an adapter wants, and its secrets: from the environment, or asked for, secrets unechoed.

    A list is answered with commas between its entries.
    """
    values: dict[str, Any] = {}
    tokens: list[Token] = []
    secrets = secret_fields(adapter.settings)
    lists = {field.name for field in msgspec.structs.fields(adapter.settings) if isinstance(field.default, tuple)}
    for question in questions(adapter):
        its, secret = variable(table, name, question.field), question.field in secrets
        words = f"{name}: {question.words}"
        value = ask(words, its, given(environ, its, "the secret" if secret else "the answer"), secret=secret)
        if secret:
            tokens.append(Token(table, name, question.field, Secret(value)))
        elif question.field in lists:
            values[question.field] = [entry for entry in map(str.strip, value.split(",")) if entry]
        else:
            values[question.field] = value.strip()
    return values, tuple(tokens)


def _check_place(file: Path) -> None:
    """The settings file can be written where it is to be."""
    there = next(parent for parent in file.absolute().parents if parent.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise SettingsError(f"{file} cannot be written: {there} is no directory of yours; name another place")


async def set_up(home: Home, wanted: Wanted, environ: Mapping[str, str], registry: Registry) -> str:
    """Try what is wanted, and only then keep it: settings, secrets, the first mirror; what to do next, in words.

    Where something is wrong, nothing is made and nothing changed.
    """
    with tempfile.TemporaryDirectory() as folder:
        settings = _loaded(Path(folder, FILE), wanted, environ, registry)
        # What is kept already may be what is named: a thread of the sandbox. Else nothing is made before it is tried.
        place = home if home.database.exists() else Home(Path(folder, "home"))
        try:
            async with opened(place, settings, registry, configure("error")) as app:
                located = await tried(app, wanted)
        except HomeInUse:
            raise
        except ThreadlineError as error:
            raise SettingsError(f"nothing was set up: {error}") from error
        with home.lock():
            take_over(place.folder("chats", wanted.chat), home.folder("chats", wanted.chat))
    async with opened(home, settings, registry, configure("error")) as app:
        return await keep(app, wanted, located)


def take_over(tried: Path, kept: Path) -> None:
    """Keep what a chat wrote down when it was tried: its login. Without it the next one would be a second device."""
    if tried.is_dir() and not kept.exists():
        kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copytree(tried, kept)


def _loaded(draft: Path, wanted: Wanted, environ: Mapping[str, str], registry: Registry) -> Settings:
    """The settings as they will be, with the secrets in their places."""
    draft.write_text(wanted.text, "utf-8")
    settings = load(draft, environ, registry.settings, registry.installed)
    tables = {"forums": dict(settings.forums), "chats": dict(settings.chats)}
    for token in wanted.tokens:
        told = tables[token.table][token.name]
        values = msgspec.structs.replace(told.values, **{token.field: token.value})
        tables[token.table][token.name] = msgspec.structs.replace(told, values=values)
    return msgspec.structs.replace(settings, forums=tables["forums"], chats=tables["chats"])


async def tried(app: App, wanted: Wanted) -> Located:
    """What the address names, once it was read and the chat has answered; raises what they raise."""
    opened, address = await app.sought(wanted.address)
    forum = opened.forum
    target, posts = await forum.locate(address), 0
    if target.kind is not TargetKind.SITE:
        posts = await read(forum, target.kind, target.key)
    await probed(await app.chat(wanted.chat))
    return Located(target, posts)


async def keep(app: App, wanted: Wanted, located: Located) -> str:
    """Make the first mirror and the notices channel, seal the secrets, write the settings; what to do next."""
    target = located.target
    first, mirror = f"{target.title} is set up, and nothing of it is mirrored yet.", None
    if not target.public:
        first = (
            f"{target.title} is set up, and not mirrored yet, for guests cannot read it: `threadline mirror "
            f"{shlex.quote(wanted.address)} --into {shlex.quote(wanted.into)} --private {SHOW}` does that."
        )
    elif target.kind is not TargetKind.SITE:
        forum, _ = await app.sought(wanted.address)
        where = forum, forum.adapter, forum.settings, target, wanted.into, OPERATOR
        made = await order(app, *where, posts=located.posts)
        first, mirror = made.text, made.data["mirror"]
    await app.arrangement.make()
    for token in wanted.tokens:
        sealed = app.opening.sealer.seal(SETTING, token.owner, token.value.reveal())
        await app.store.write(keep_secret, SETTING, token.owner, sealed)
    _write(wanted.file, wanted.text)
    others = [m for m in await app.store.read(mirrors, None) if m.id != mirror]
    there = [f"  {m.id}. {m.board or m.thread} ({m.forum}) → {m.chat}:{m.label}" for m in others]
    sign = (await app.chat(wanted.chat)).caps.sign
    return "\n".join([first, *_said(app, wanted, target, there, sign)])


def _write(file: Path, text: str) -> None:
    """The settings, whole or not at all, for their owner's eyes alone."""
    draft = file.with_name(file.name + ".new")
    try:
        draft.parent.mkdir(parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        draft.touch(0o600)
        draft.write_text(text, "utf-8")
        draft.rename(file)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise SettingsError(f"{file} cannot be written ({error.strerror}); name another place") from error


def _said(app: App, wanted: Wanted, target: Target, there: list[str], sign: str) -> list[str]:
    """What to do next; `sign` stands before commands in the chat."""
    web = app.settings.web
    where = f" --home {shlex.quote(str(app.home.path))}" if app.home.path != Path(USUAL).absolute() else ""
    where += f" --config {shlex.quote(str(wanted.file))}" if wanted.file.absolute() != app.home.path / FILE else ""
    lines = [f"The settings are in {wanted.file}."]
    if there:
        lines += ["", "Mirrored in this home from before, and still so:", *there]
        lines += [f"  threadline unmirror NUMBER{where}   ends one; what was posted stays"]
    lines += ["", "Next:"]
    if target.kind is TargetKind.SITE:
        lines += [
            f"  threadline mirror ADDRESS --into {shlex.quote(wanted.into)}{where}   mirrors a board or thread",
            f"  ({which(target)})",
        ]
    return [
        *lines,
        f"  threadline check{where}   looks whether everything is as it must be",
        f"  threadline run{where}   starts it; then open http://{web.host}:{web.port}",
        f"  {sign}mirror status   in the chat: how everything goes",
        f"  {sign}mirror add ADDRESS   in a channel of it: mirrors another board or thread there",
    ]
