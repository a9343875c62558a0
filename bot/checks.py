"""`threadline check`: is everything as it must be; each finding says what to do."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
from collections.abc import Mapping
from importlib.metadata import packages_distributions
from pathlib import Path

import msgspec

from bot import errors
from bot.app import App, opened
from bot.home import Home
from bot.log import configure
from bot.model import BoardKey, Bookmark
from bot.registry import Registry
from bot.settings import Settings, Web, load
from bot.store.forums import wanted_forums
from bot.store.places import mirrors
from bot.store.report import status

LEAST_FREE = 256 * 1024 * 1024
"""Bytes of free disk below which `check` warns."""

OLDEST = (3, 11)
"""The oldest Python that Threadline runs on."""

REACH = 25.0
"""Seconds that one forum or chat may take to answer."""


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at: `ok`, `note` (works, but) or `bad`, and what to do."""

    level: str
    about: str
    text: str

    @property
    def bad(self) -> bool:
        """Whether this must be mended before Threadline can work."""
        return self.level == "bad"

    def line(self) -> str:
        """The finding in one line."""
        return f"{self.level:<5}{self.about}: {self.text}"


async def check(
    home: Path, config: Path | None, environ: Mapping[str, str], registry: Registry, address: str = ""
) -> list[Finding]:
    """Everything that can be looked at without changing anything outside."""
    findings = [python(), packages(), disk(home)]
    for kind in ("forum", "chat"):
        for name in registry.installed(kind):
            findings.append(adapter(registry, kind, name))
    try:
        settings = load(config, environ, registry.settings, registry.installed)
    except errors.SettingsError as error:
        return [*findings, *(Finding("bad", "settings", line) for line in str(error).splitlines())]
    where = str(config) if config is not None else "none; the web chat alone runs"
    findings.append(Finding("ok", "settings", where))
    if address:
        findings.append(recognised(registry, address))
    try:
        async with opened(Home(home), settings, registry, configure("error")) as app:
            findings.append(Finding("ok", "database", f"{app.home.database} can be used"))
            findings += [served(settings.web), *await reach(app, settings), *await kept(app)]
    except errors.HomeInUse as error:
        findings.append(Finding("note", "home", f"{error}; reachability is not tried while it runs"))
    except errors.StoreStopped as error:
        findings.append(Finding("bad", "database", str(error)))
    return findings


def python() -> Finding:
    """The interpreter is new enough."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < OLDEST:
        return Finding("bad", "python", f"{version} is too old; install Python 3.11 or newer")
    return Finding("ok", "python", version)


def packages() -> Finding:
    """`bot` and `adapters` are ours: foreign packages of these names exist."""
    owners = packages_distributions()
    for name in ("bot", "adapters"):
        foreign = sorted(set(owners.get(name, [])) - {"threadline"})
        if foreign:
            text = (
                f"{', '.join(foreign)} also brings a package `{name}`; install Threadline in an environment of its own"
            )
            return Finding("bad", "packages", text)
    return Finding("ok", "packages", "bot and adapters are Threadline's own")


def disk(home: Path) -> Finding:
    """There is room for the database."""
    there = next(p for p in (home, *home.absolute().parents) if p.exists())
    free = shutil.disk_usage(there).free
    text = f"{free // 1024 // 1024} MiB free for {home}"
    if not os.access(there, os.W_OK):
        return Finding("bad", "disk", f"{there} cannot be written; change its owner or choose another --home")
    return Finding(
        "ok" if free > LEAST_FREE else "bad", "disk", text if free > LEAST_FREE else f"only {text}; make room"
    )


def adapter(registry: Registry, kind: str, name: str) -> Finding:
    """An installed adapter can be imported."""
    try:
        registry.settings(kind, name)
    except errors.SettingsError as error:
        return Finding("bad", f"{kind} adapter {name}", str(error))
    return Finding("ok", f"{kind} adapter {name}", "can be used")


def recognised(registry: Registry, address: str) -> Finding:
    """What an address is taken for."""
    try:
        found, match = registry.recognise(address)
    except errors.NotFound as error:
        return Finding("bad", "address", str(error))
    return Finding("ok", "address", f"{found.name} ({match.why})")


def served(web: Web) -> Finding:
    """The web pages can be served: nobody else has the port."""
    try:
        family, *_, address = socket.getaddrinfo(web.host, web.port, type=socket.SOCK_STREAM)[0]
        socket.create_server(address[:2], family=family).close()
    except OSError as error:
        text = f"port {web.port} of {web.host} cannot be had ({error.strerror}); stop who has it, or set another"
        return Finding("bad", "web", f"{text}: port of [web], or THREADLINE_WEB_PORT")
    return Finding("ok", "web", f"port {web.port} of {web.host} is free")


async def reach(app: App, settings: Settings) -> list[Finding]:
    """Every configured forum and chat answers."""
    findings = []
    for mirror in settings.mirrors:
        about = f"mirror {mirror.address}"
        try:
            async with asyncio.timeout(REACH):
                forum = await app.forum_for(mirror.address)
                target = await forum.forum.locate(mirror.address)
            findings.append(Finding("ok", about, f"{target.kind} “{target.title}” of {forum.name}"))
            if target.kind == "board":
                async with asyncio.timeout(REACH):
                    await forum.forum.listing(BoardKey(target.key), Bookmark())
        except (errors.ThreadlineError, TimeoutError) as error:
            findings.append(Finding("bad", about, str(error) or "no answer in time; look whether the forum is up"))
    for name in settings.chats:
        try:
            await app.chat(name)
        except errors.ThreadlineError as error:
            findings.append(Finding("bad", f"chat {name}", str(error)))
        else:
            findings.append(Finding("ok", f"chat {name}", "ready"))
    return findings


async def kept(app: App) -> list[Finding]:
    """The mirrors in the database have their chat and, where they are still read, their forum."""
    findings = []
    for name, *_ in await app.store.read(wanted_forums):
        try:
            await app.forum(name)
        except errors.ThreadlineError as error:
            findings.append(Finding("bad", f"forum {name}", str(error)))
        else:
            findings.append(Finding("ok", f"forum {name}", "ready"))
    for mirror in await app.store.read(mirrors, None):
        what = f"{mirror.board or mirror.thread} → {mirror.chat}:{mirror.label}"
        try:
            await app.chat(mirror.chat)
        except errors.ThreadlineError as error:
            findings.append(Finding("bad", f"mirror {mirror.id}", f"{what}: {error}"))
        else:
            findings.append(Finding("ok", f"mirror {mirror.id}", what))
    for source in (await app.store.read(status, None)).sources:
        if source.failures:
            findings.append(Finding("note", f"{source.kind} {source.name}", f"could not be read: {source.error}"))
    return findings
