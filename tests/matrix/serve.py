"""Runs a Matrix homeserver on this machine for people: `make synapse`.

It is the one that the tests start. What it knows stays in a folder, and it makes what a first try needs: two people and
a room.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import aiohttp

ROOT = Path(__file__).parents[2]
# Not this directory: its modules are `tests.matrix.…`.
sys.path[0] = str(ROOT)

from tests.environment import NotInstalled, python_of  # noqa: E402
from tests.matrix.homeserver import PROGRAM, SERVER_NAME, Homeserver, NotStarted, kept, taken  # noqa: E402
from tests.matrix.people import Person, Refused, log_in  # noqa: E402

FOLDER = ROOT / "var" / "synapse"
PORT = 8008
"""Where config/matrix-local.toml looks for it."""

BOT, READER, ROOM = "threadline", "ada", "workshop"
LAST_WORDS = "Ctrl-C stops it."

GUIDE = """
Synapse, a Matrix homeserver, runs at {address}

  the bot   @{bot}:{server}   its password is in {file}
  you       @{reader}:{server}   password: {password}

How to go on:

  1. In another terminal: make run CONFIG=config/matrix-local.toml
  2. In a Matrix client: log in to the homeserver {address} as {reader}, with the password above.
  3. Open the room "Workshop", #{room}:{server}. What the forum holds appears there; what you answer goes to the forum.

What it knows stays in {folder}; remove that folder to begin anew. {last}
"""


async def furnish(homeserver: Homeserver) -> dict[str, str]:
    """Make both people, and the reader's room, unless they are there; gives the passwords by name.

    Passwords are written down first, so that a start that was interrupted goes on with them.
    """
    passwords = {
        name: kept(homeserver.folder / f"{name}.password", secrets.token_urlsafe(12)) for name in (BOT, READER)
    }
    for name, password in passwords.items():
        await homeserver.register(name, password)
    if not await _has_room(homeserver):
        # The reader's own room, so that the reader may give orders there.
        reader = Person(homeserver.address, await log_in(homeserver.address, READER, passwords[READER]))
        try:
            await reader.room(name="Workshop", room_alias_name=ROOM, invite=[f"@{BOT}:{SERVER_NAME}"])
            await reader.call("POST", "/logout", {})
        finally:
            await reader.close()
    return passwords


async def _has_room(homeserver: Homeserver) -> bool:
    alias = quote(f"#{ROOM}:{SERVER_NAME}", safe="")
    url = f"{homeserver.address}/_matrix/client/v3/directory/room/{alias}"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status == 200


def guide(homeserver: Homeserver, passwords: dict[str, str]) -> str:
    """What somebody who has just started it reads."""
    return GUIDE.format(
        address=homeserver.address,
        server=SERVER_NAME,
        bot=BOT,
        file=homeserver.folder / f"{BOT}.password",
        reader=READER,
        password=passwords[READER],
        room=ROOM,
        folder=homeserver.folder,
        last=LAST_WORDS,
    ).strip()


def main(arguments: Sequence[str]) -> int:
    """Run it until somebody stops it."""
    asked = argparse.ArgumentParser(prog="make synapse", description="Run a Matrix homeserver on this machine.")
    asked.add_argument("--port", type=int, default=PORT, help="where it listens on loopback (%(default)s)")
    asked.add_argument("--folder", type=Path, default=FOLDER, help="where it keeps what it knows")
    asked.add_argument("--limits", action="store_true", help="keep Synapse's own rate limits: 12 messages a minute")
    wish = asked.parse_args(arguments)
    if taken(wish.port):
        return _failed(
            f"something listens on port {wish.port} already. Stop it, or choose another port with "
            f'ARGS="--port {wish.port + 1}" and name it in a copy of config/matrix-local.toml.'
        )
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.default_int_handler)
    homeserver: Homeserver | None = None
    try:
        python = python_of("synapse", PROGRAM, say=_say)
        homeserver = Homeserver(python, wish.folder.resolve(), port=wish.port, limits=wish.limits)
        homeserver.start()
        _say(guide(homeserver, asyncio.run(furnish(homeserver))))
        return _failed(f"Synapse ended by itself ({homeserver.wait()}); {homeserver.folder / 'out'} may say why.")
    except KeyboardInterrupt:
        return 0
    except (NotInstalled, NotStarted, Refused) as why:
        return _failed(str(why))
    finally:
        if homeserver is not None:
            homeserver.stop()


def _say(words: str) -> None:
    print(words, flush=True)


def _failed(why: str) -> int:
    print(f"make synapse: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
