"""Discord on loopback as a process of its own: `python -m tests.discord.serve`.

Its first line says where it is. What it knows, it keeps in memory until it is ended; whoever is connected may die as
often as he likes. It is told what to do at its `/control`.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence

from tests.discord.control import Control
from tests.discord.stand_in import StandIn


async def serve(stand_in: StandIn) -> None:
    """Run it until the process is asked to end."""
    ended = asyncio.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(one, ended.set)
    await stand_in.up(Control(stand_in).route())
    print(stand_in.address, flush=True)
    await ended.wait()
    await stand_in.down()


def main(arguments: Sequence[str]) -> int:
    """Run it until somebody stops it."""
    asked = argparse.ArgumentParser(prog="tests.discord.serve", description="Run a stand-in for Discord.")
    asked.add_argument("--port", type=int, default=0, help="where it listens on loopback (default: any free port)")
    asked.add_argument("--limits", action="store_true", help="keep Discord's rate limits")
    asked.add_argument("--no-content", action="store_true", help="do not grant the intent for others' words")
    wish = asked.parse_args(arguments)
    asyncio.run(serve(StandIn(port=wish.port, limits=wish.limits, content=not wish.no_content)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
