"""Whether forums and chats answer: one real call for each, under a time limit, all of them side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from bot import errors
from bot.app import App
from bot.commands.finding import located, read
from bot.examining import REACH, examined, fault
from bot.lanes import OpenForum
from bot.model import TargetKind
from bot.ports import Chat, Examines, Forum, Probes
from bot.redaction import redacted
from bot.secret import known
from bot.store.forums import wanted_forums
from bot.store.sources import Mirrored, mirrored

Key = tuple[str, str, str]
"""Forum, kind and key of what was read: several mirrors may show it, and it is read once."""


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
        """The finding in one line; what others said in it may have been a secret."""
        return f"{self.level:<5}{self.about}: {redacted(' '.join(self.text.split()), known)}"


class Reading(msgspec.Struct, frozen=True):
    """Something of a forum that is to be read: what it is for, and how."""

    about: str
    call: Callable[[Forum], Awaitable[str]]


async def reach(app: App) -> list[Finding]:
    """Every configured forum and chat, and whatever is mirrored, answers."""
    findings, readings = await _readings(app)
    forums = [_forum(app, name, some) for name, some in readings.items()]
    chats = [_chat(app, name) for name in app.settings.chats]
    for found in await asyncio.gather(*forums, *chats):
        findings += found
    return findings


async def _readings(app: App) -> tuple[list[Finding], dict[str, list[Reading]]]:
    """What is to be read of each forum, and what cannot even be tried."""
    findings: list[Finding] = []
    done: set[Key] = set()
    readings: dict[str, list[Reading]] = {name: [] for name in app.settings.forums}
    for name, *_ in await app.store.read(wanted_forums):
        readings.setdefault(name, [])
    for wanted in app.settings.mirrors:
        about = f"mirror {wanted.address}"
        try:
            forum, leads = await app.sought(wanted.address)
        except errors.ThreadlineError as error:
            findings.append(Finding("bad", about, str(error)))
        else:
            readings.setdefault(forum.name, []).append(Reading(about, _address(forum.name, leads, done)))
    for mirror in await app.store.read(mirrored):
        about, what = f"mirror {mirror.mirror}", f"{mirror.name} ({mirror.forum}) → {mirror.chat}:{mirror.label}"
        if mirror.chat not in app.settings.chats:
            text = f"{what}: there is no chat {mirror.chat} in the settings; add it, or `threadline unmirror` this"
            findings.append(Finding("bad", about, text))
        if mirror.polled:
            readings.setdefault(mirror.forum, []).append(Reading(about, _kept(mirror, what, done)))
        else:
            findings.append(Finding("ok", about, f"{what}; nothing more is read for it"))
    return findings, readings


def _address(name: str, address: str, done: set[Key]) -> Callable[[Forum], Awaitable[str]]:
    async def call(forum: Forum) -> str:
        target = await located(forum, address)
        await read(forum, target.kind, target.key)
        done.add((name, target.kind, target.key))
        return f"{target.kind} “{target.title}” of {name}"

    return call


def _kept(mirror: Mirrored, what: str, done: set[Key]) -> Callable[[Forum], Awaitable[str]]:
    async def call(forum: Forum) -> str:
        if (mirror.forum, mirror.kind, mirror.key) not in done:
            await read(forum, TargetKind(mirror.kind), mirror.key)
            done.add((mirror.forum, mirror.kind, mirror.key))
        return what

    return call


async def _forum(app: App, name: str, readings: list[Reading]) -> list[Finding]:
    """One forum, asked one thing at a time, and nothing more once it does not answer."""
    about = f"forum {name}"
    try:
        opened = await app.forum(name)
    except errors.ThreadlineError as error:
        return [Finding("bad", about, str(error))]
    except Exception as error:
        return [Finding("bad", about, fault(error))]
    if not readings:
        return [await _probed(about, opened)]
    findings: list[Finding] = []
    silent = ""
    for reading in readings:
        if silent:
            findings.append(Finding("note", reading.about, f"not tried, for {name} does not answer ({silent})"))
            continue
        finding = await _tried(reading.about, reading.call(opened.forum))
        findings.append(finding)
        silent = reading.about if isinstance(finding, Silent) else ""
    read = sum(finding.level == "ok" for finding in findings)
    text = f"{read} of {len(readings)} mirrored boards and threads could be read"
    return [Finding("ok" if read == len(readings) else "bad", about, text), *findings]


async def _probed(about: str, opened: OpenForum) -> Finding:
    if isinstance(opened.forum, Probes):
        return await _tried(about, opened.forum.probe())
    return Finding("note", about, "set up, but not tried: nothing of it is mirrored yet (`threadline mirror ADDRESS`)")


async def _chat(app: App, name: str) -> list[Finding]:
    """One chat, and what it sees where it answers and can look more closely."""
    about = f"chat {name}"
    finding = await _tried(about, _asked(app, name))
    if finding.bad:
        return [finding]
    chat = app.chats[name]
    seen = await examined(chat) if isinstance(chat, Examines) else ()
    return [finding, *(Finding(one.level, about, one.text) for one in seen)]


async def _asked(app: App, name: str) -> str:
    return await probed(await app.chat(name))


async def probed(chat: Chat) -> str:
    """What a chat says of itself, where it can be asked; raises what it raises."""
    return await chat.probe() if isinstance(chat, Probes) else "ready; whether it answers shows when it runs"


class Silent(Finding, frozen=True):
    """Nobody answered."""


async def _tried(about: str, call: Awaitable[str]) -> Finding:
    """A call under the time limit, as a finding, whatever it comes to."""
    try:
        async with asyncio.timeout(REACH):
            return Finding("ok", about, await call)
    except TimeoutError:
        return Silent("bad", about, f"no answer within {REACH:g} s; look whether it is up")
    except errors.Unreachable as error:
        return Silent("bad", about, str(error))
    except errors.RateLimited as error:
        return Finding("note", about, f"{error} It answers; look again later")
    except errors.ThreadlineError as error:
        return Finding("bad", about, str(error))
    except Exception as error:
        return Finding("bad", about, fault(error))
