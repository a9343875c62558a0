"""One run of reading a page of each forum engine: by the adapter, or by what decodes the same bytes and no more.

The adapter makes a thread and its posts of it; bare decoding leaves JSON at dictionaries and lists (msgspec), and HTML
at the text of its tree (lexbor). Times are CPU times, and the best of several rounds, since other programs only ever
add to them.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import aiohttp
import msgspec
from selectolax.lexbor import LexborHTMLParser

from adapters.forums.discourse import parse as discourse
from adapters.forums.flarum import parse as flarum
from adapters.forums.isso import parse as isso
from adapters.forums.nodebb import parse as nodebb
from adapters.forums.phpbb import parse as phpbb
from adapters.forums.phpbb.settings import Rules
from bot.model import DAY
from bot.testing.clock import NOON
from tests.bench.engine_worlds import FIRST, WORLDS, filled, isso_tree
from tests.bench.markup import best

ROOT = Path(__file__).parents[2]
POSTS = 20
"""Posts of a page: as many as Discourse and NodeBB give at once."""

SITE = "https://talk.example"
SEEN = NOON + 365 * DAY
ROUNDS, TIMES = 7, 50
ENGINES = ("Discourse", "NodeBB", "Flarum", "phpBB", "Isso")

Figures = dict[str, float]
Read = Callable[[bytes], int]
"""A page → how many posts were found on it."""


def readers() -> dict[str, Read]:
    """What the adapters make of a page."""
    tags, rules, where = flarum.Tags(), Rules(SITE), isso.Where("/a/", f"{SITE}/a/", SEEN)
    return {
        "Discourse": lambda page: len(discourse.topic(page, SITE, {}, SEEN).chunk.posts),
        "NodeBB": lambda page: len(nodebb.topic(page, SITE, SEEN).posts),
        "Flarum": lambda page: len(flarum.topic(page, SITE, tags, SEEN).chunk.posts),
        "phpBB": lambda page: len(phpbb.topic(page, rules, 0, SEEN).posts),
        "Isso": lambda page: len(isso.branch(page, where).posts),
    }


def decoded(page: bytes) -> int:
    """The least that anybody does who reads it."""
    if page.startswith(b"<"):
        LexborHTMLParser(page).text()
    else:
        msgspec.json.decode(page)
    return POSTS


async def page_of(engine: str) -> bytes:
    """A thread as it is answered."""
    if engine == "Isso":
        return msgspec.json.encode(isso_tree(POSTS))
    world = WORLDS[engine]()
    world.board(FIRST)
    path = world.page.format(filled(world, FIRST, 1, POSTS))
    async with world.site, aiohttp.ClientSession(world.site.address) as session, session.get(path) as answer:
        page = await answer.read()
    # The engines write no blanks between values; some of the stand-ins do.
    return msgspec.json.encode(msgspec.json.decode(page)) if engine in ("Discourse", "NodeBB") else page


def measured(who: str, rounds: int, times: int) -> Figures:
    """CPU µs for each post of a page, by engine."""
    found = {}
    for engine, read in readers().items():
        page = asyncio.run(page_of(engine))
        read = read if who == "ours" else decoded
        if read(page) != POSTS:
            raise SystemExit(f"not every post of {engine} was found, so nothing was measured")
        found[engine] = best(partial(read, page), rounds, times) / POSTS
    return found


def figures(who: str, quick: bool) -> Figures:
    """One run in a process of its own, of `ours` or `bare`."""
    rounds, times = (1, 1) if quick else (ROUNDS, TIMES)
    command = [sys.executable, "-m", "tests.bench.engine_parsing", who, "--rounds", str(rounds), "--times", str(times)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"reading pages ({who}) failed:\n{done.stderr.decode(errors='replace')[-4000:]}")
    return msgspec.json.decode(done.stdout, type=Figures)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("who", choices=("ours", "bare"))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--times", type=int, default=TIMES)
    asked = parser.parse_args()
    sys.stdout.buffer.write(msgspec.json.encode(measured(asked.who, asked.rounds, asked.times)))
