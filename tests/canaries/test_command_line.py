"""What the commands of the program print, and write down, while every site that they ask says back what it was told."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from bot.testing.server import LoopbackSite
from tests.canaries import parrots
from tests.canaries.gathering import Canaries, Outputs

ROOT = Path(__file__).parents[2]
PATIENCE = 90.0
"""Seconds after which a command does not end by itself any more."""

SETTINGS = """
[net]
allow = ["127.0.0.1"]
[chats.web]
adapter = "web"
channels = ["news"]
[chats.discord]
adapter = "discord"
token = '{discord}'
[chats.matrix]
adapter = "matrix"
homeserver = "{site}"
token = '{matrix}'
[chats.service]
adapter = "matrix"
homeserver = "{site}"
user = "@threadline:example.org"
appservice = true
[forums.discourse]
adapter = "discourse"
address = "{site}/discourse"
username = "threadline"
api_key = '{api_key}'
webhook_secret = '{webhook}'
[forums.person]
adapter = "discourse"
address = "{site}/person"
user_api_key = '{user_key}'
[forums.nodebb]
adapter = "nodebb"
address = "{site}/nodebb"
token = '{nodebb}'
[forums.flarum]
adapter = "flarum"
address = "{site}/flarum"
token = '{flarum}'
user_id = "1"
[forums.phpbb]
adapter = "phpbb"
address = "{site}/phpbb"
username = "bridge"
password = '{phpbb}'
"""

REGISTRATION = "chats/service/registration.yaml"
"""What a homeserver has to know, with what it knows us by: it is made for it to read."""

THREADS = {
    "nodebb": "topic/1",
    "phpbb": "viewtopic.php?t=1",
}

WAYS = {**parrots.every(parrots.discourse), **{f"flarum, {n}": parrots.in_json(parrots.flarum, n) for n in (401, 422)}}
WAYS |= {f"chat, {n}": parrots.in_json(parrots.chat, n) for n in (200, 400, 401, 403)}
WAYS |= {f"nodebb, {n}": parrots.in_json(parrots.nodebb, n) for n in (200, 401, 403)}


@pytest.fixture
async def site() -> AsyncIterator[LoopbackSite]:
    async with LoopbackSite([]) as made:
        yield made


class Program:
    """The program as people start it, with Discord at the site as well."""

    def __init__(self, folder: Path, site: LoopbackSite, outputs: Outputs) -> None:
        self.home = folder / "home"
        self._folder = folder
        self._site = site
        self._outputs = outputs

    async def __call__(self, name: str, *words: str, **environ: str) -> str:
        """Run a command to its end, whatever that is; what it printed."""
        command = [sys.executable, "-m", "tests.discord.program", self._site.address, "--home", str(self.home), *words]
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=self._folder,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "THREADLINE_WEB_PORT": "0", **environ},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(PATIENCE):
            out, err = await process.communicate()
        self._outputs.add(name, out + err)
        return (out + err).decode()


async def test_no_command_prints_a_secret(tmp_path: Path, site: LoopbackSite) -> None:
    """Law 10: people paste what a command printed into their questions to others."""
    canaries, outputs = Canaries(), Outputs()
    program = Program(tmp_path, site, outputs)
    kinds = ("discord", "matrix", "api_key", "webhook", "user_key", "nodebb", "flarum", "phpbb")
    forms = {"phpbb": 'a "word" & {}/+', "discord": "{}.abc"}
    secrets = {kind: canaries.mint(f"the {kind} of the settings", forms.get(kind, "{}")) for kind in kinds}
    file = tmp_path / "threadline.toml"
    file.write_text(SETTINGS.format(site=site.address, **secrets), "utf-8")
    config = ("--config", str(file))
    await program("`matrix`", *config, "matrix", "registration", "--chat", "service")
    registration = program.home / REGISTRATION
    for kind, secret in re.findall(r'(as_token|hs_token)"?: *"?([\w-]+)', registration.read_text("utf-8")):
        canaries.keep(f"the {kind} of the service", secret)
    assert len(canaries.kept) == len(kinds) + 2
    turn = iter(range(10**6))
    ways = list(WAYS.values())

    async def anything(request: web.Request) -> web.StreamResponse:
        """Another way at every question."""
        return await ways[next(turn) % len(ways)](request)

    site.instead = WAYS["JSON, 401"]
    await program("`check`", *config, "check")
    assert "[redacted]" in outputs.given["`check`"].decode(), "nobody said anything back"
    site.instead = anything
    await program("`check`", *config, "check", f"{site.address}/discourse/t/1")
    for forum, thread in THREADS.items():
        await program("`mirror`", *config, "mirror", f"{site.address}/{forum}/{thread}", "--into", "web:news")
    site.instead = WAYS["a page, 401"]
    await program("`preview`", *config, "preview", f"{site.address}/discourse/t/plain/1")
    await program("`run`", *config, "run", "--once")
    site.instead = WAYS["JSON, 403"]
    await program("`boards`", *config, "boards", "flarum")
    for words in (["status", "--json"], ["renew-key"], ["setup", "--help"]):
        await program(f"`{words[0]}`", *config, *words)
    outputs.add("`--help`", outputs.given.pop("`setup`"))
    fresh = Program(tmp_path / "fresh", site, outputs)
    fresh.home.parent.mkdir()
    given = {
        "THREADLINE_CHATS_MATRIX_HOMESERVER": site.address,
        "THREADLINE_CHATS_MATRIX_USER": "@a:example.org",
        "THREADLINE_CHATS_MATRIX_INVITE": "@b:example.org",
        "THREADLINE_CHATS_MATRIX_PASSWORD": canaries.mint("Matrix's password at setup"),
        "THREADLINE_NET_ALLOW": "127.0.0.1",
    }
    site.instead = WAYS["chat, 403"]
    where = ("--forum", f"{site.address}/viewtopic.php?t=1", "--channel", "x", "--notices", "x")
    await fresh("`setup`", "setup", *where, "--chat", "matrix", **given)
    outputs.files("home", program.home, but=("keys/seal.key", REGISTRATION))
    outputs.assert_clean(
        canaries,
        *("`check`", "`mirror`", "`preview`", "`run`", "`boards`", "`status`", "`renew-key`", "`--help`", "`setup`"),
        *("`matrix`", "home", "home: threadline.db"),
    )
