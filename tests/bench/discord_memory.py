"""What a bot in very many servers of Discord keeps in memory: the whole program, or a client of discord.py alone."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bot.home import Home
from tests.bench.contest import Figures
from tests.bench.program import resident, threadline
from tests.discord.gateway import PATH
from tests.discord.rest import PREFIX
from tests.discord.stand_in import TOKEN

ROOT = Path(__file__).parents[2]
SETTINGS = """
[forums.sandbox]
adapter = "sandbox"
opening = false
[chats.discord]
adapter = "discord"
token_file = "{token}"
"""

LED = (
    "import discord, yarl; discord.http.Route.BASE = {api!r}; "
    "discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL({socket!r})"
)
"""Leads discord.py to a stand-in; imports none of it, for memory is the figure."""

LATE = 120.0
"""Seconds within which everything has to be told."""


def ours(guilds: int, channels: int, settle: float) -> Figures:
    """Resident MiB of the program, so many seconds after it was told of every server."""
    with (
        _stand_in(guilds, channels) as (api, socket),
        tempfile.TemporaryDirectory(prefix="threadline-bench-") as folder,
    ):
        token, settings, home = Path(folder, "token"), Path(folder, "threadline.toml"), Path(folder, "home")
        token.write_text(TOKEN, "utf-8")
        token.chmod(0o600)
        settings.write_text(SETTINGS.format(token=token), "utf-8")
        with threadline("--config", str(settings), home=home, first=LED.format(api=api, socket=socket)) as (process, _):
            _await_present(Home(home))
            time.sleep(settle)
            return {"memory": resident(process.pid)}


def bare(guilds: int, channels: int, settle: float) -> Figures:
    """Resident MiB of discord.py's client, which remembers as little as it can, at the same moment."""
    with _stand_in(guilds, channels) as (api, socket):
        command = [sys.executable, "-m", "tests.bench.discord_idle", api, socket, TOKEN, str(guilds)]
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            if not process.stdout.readline():
                raise SystemExit("discord.py alone did not come up; what it said stands above")
            time.sleep(settle)
            found = resident(process.pid)
            process.terminate()
            return {"memory": found}


@contextmanager
def _stand_in(guilds: int, channels: int) -> Iterator[tuple[str, str]]:
    """A Discord with so many servers: where it is asked, and where bots listen."""
    command = [sys.executable, "-m", "tests.bench.discord_crowd", f"--guilds={guilds}", f"--channels={channels}"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as there:
        assert there.stdout is not None
        try:
            address = there.stdout.readline().strip()
            yield address + PREFIX, address.replace("http", "ws", 1) + PATH
        finally:
            there.terminate()


def _await_present(home: Home) -> None:
    """Return when the program says where the present is: it has been told of every server then."""
    began = time.perf_counter()
    with closing(sqlite3.connect(f"{home.database.as_uri()}?mode=ro", uri=True)) as database:
        while not database.execute("SELECT count(*) FROM chat_cursor").fetchone()[0]:
            if time.perf_counter() - began > LATE:
                raise SystemExit(f"the program was not told of every server within {LATE:.0f} seconds")
            time.sleep(0.05)
