"""`threadline check`: is everything as it must be; each finding says what to do."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Mapping
from importlib.metadata import packages_distributions
from pathlib import Path

from bot import errors
from bot.app import App, opened
from bot.home import Home
from bot.log import configure
from bot.net import Net
from bot.reaching import Finding, reach
from bot.recognition import recognised
from bot.registry import Registry
from bot.settings import Settings, Web, load
from bot.store.mirrors import mirrors
from bot.store.notices import untold
from bot.store.report import status
from bot.texts import say

LEAST_FREE = 256 * 1024 * 1024
"""Bytes of free disk below which `check` warns."""

OLDEST = (3, 11)
"""The oldest Python that Threadline runs on."""


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
        findings.append(await taken_for(registry, settings, address))
    try:
        async with opened(Home(home), settings, registry, configure("error")) as app:
            findings.append(Finding("ok", "database", f"{app.home.database} can be used"))
            findings += [served(settings.web), *await reach(app), *await told(app), *await failing(app)]
    except errors.HomeInUse as error:
        findings.append(Finding("note", "home", f"{error}; reachability is not tried while it runs"))
    except errors.StoreStopped as error:
        findings.append(Finding("bad", "database", str(error)))
    except errors.ThreadlineError as error:
        findings += [Finding("bad", "home", line) for line in str(error).splitlines()]
    except OSError as error:
        text = f"{error.filename or home} cannot be used ({error.strerror}); change its owner or mode"
        findings.append(Finding("bad", "home", text))
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
    try:
        there = next(p for p in (home, *home.absolute().parents) if p.exists())
        free = shutil.disk_usage(there).free
    except OSError as error:
        return Finding("bad", "disk", f"{home} cannot be looked at ({error.strerror}); choose another --home")
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


async def taken_for(registry: Registry, settings: Settings, address: str) -> Finding:
    """What an address is taken for, by its form or by its page."""
    at = settings.forum_at(address)
    if at is not None:
        return Finding("ok", "address", f"{at} (the address begins with that of [forums.{at}])")
    net = Net(contact=settings.net.contact, allow=settings.net.allow)
    try:
        found = await recognised(registry, net, address)
    except errors.NotFound as error:
        return Finding("bad", "address", str(error))
    finally:
        await net.close()
    return Finding("ok", "address", f"{found.adapter.name} ({found.match.why})")


def served(web: Web) -> Finding:
    """The web pages can be served: nobody else has the port."""
    try:
        family, *_, address = socket.getaddrinfo(web.host, web.port, type=socket.SOCK_STREAM)[0]
        socket.create_server(address[:2], family=family).close()
    except OSError as error:
        text = f"port {web.port} of {web.host} cannot be had ({error.strerror}); stop who has it, or set another"
        return Finding("bad", "web", f"{text}: port of [web], or THREADLINE_WEB_PORT")
    return Finding("ok", "web", f"port {web.port} of {web.host} is free")


async def told(app: App) -> list[Finding]:
    """Somebody hears of what goes wrong, wherever something is mirrored into."""
    there = {mirror.chat for mirror in await app.store.read(mirrors)}
    silent = {
        *await app.store.read(untold),
        *({mirror.into.partition(":")[0] for mirror in app.settings.mirrors} - there),
    }
    silent.discard(app.settings.community.notices.partition(":")[0])
    return [Finding("note", f"notices for {chat}", say("notices.untold")) for chat in sorted(silent)]


async def failing(app: App) -> list[Finding]:
    """What could not be read the last time that Threadline ran."""
    sources = (await app.store.read(status, None)).sources
    return [
        Finding("note", f"{source.kind} {source.name}", f"could not be read when it was last tried: {source.error}")
        for source in sources
        if source.failures
    ]
